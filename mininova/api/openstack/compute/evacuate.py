# SPDX-License-Identifier: Apache-2.0
"""Build a server of a host that is down on another one (nova-api).  Nova: nova/api/openstack/compute/evacuate.py."""
from oslo_utils import strutils

import mininova.conf
from mininova import exception, utils
from mininova.api import validation
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import evacuate as schemas
from mininova.compute import api as compute
from mininova.compute import vm_states
from mininova.policies import evacuate as policies

CONF = mininova.conf.CONF


class EvacuateController(wsgi.Controller):
    """For administrators whose host died."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    @wsgi.action('evacuate')
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.evacuate)
    @validation.response_schema(schemas.evacuate_response)
    def evacuate(self, req, id, body):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(policies.EVACUATE, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        asked, host = body['evacuate'], body['evacuate'].get('host')
        shared = strutils.bool_from_string(asked['onSharedStorage']) if 'onSharedStorage' in asked else None
        force, password = _force(req, asked, host), _password(asked, shared)
        self.compute_api.evacuate(
            context, instance, host, shared, password, force=force,
            target_state=vm_states.STOPPED if versions.is_supported(req, '2.95') else None)
        if versions.is_supported(req, '2.14') or not CONF.api.enable_instance_password:
            return None
        return {'adminPass': password}


def _force(req, asked, host):
    """Tell whether the scheduler is not asked about a host that is named: before 2.29 it never was.

    :raises Invalid: it is forced where no host is named (400)
    """
    if not versions.is_supported(req, '2.29'):
        return host is not None
    force = strutils.bool_from_string(asked.get('force', False), strict=True)
    if force and not host:
        raise exception.Invalid("Can't force to a non-provided destination")
    return force


def _password(asked, shared):
    """Return the administrator's password of the new guest; None for one whose disks go on to be used.

    :raises Invalid: one is given for disks that go on to be used (400)
    """
    if shared and 'adminPass' in asked:
        raise exception.Invalid("admin password can't be changed on existing disk")
    return asked['adminPass'] if 'adminPass' in asked else None if shared else utils.generate_password()


class Evacuate(extensions.Extension):
    """evacuate."""

    alias = 'os-evacuate'
    name = 'Evacuate'
    actions = (extensions.ControllerActions('servers', EvacuateController),)

# SPDX-License-Identifier: Apache-2.0
"""rescue and unrescue (nova-api).  Nova: nova/api/openstack/compute/rescue.py."""
import mininova.conf
from mininova import utils
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import rescue as schemas
from mininova.compute import api as compute
from mininova.policies import rescue as policies

CONF = mininova.conf.CONF


class RescueController(wsgi.Controller):
    """Boot from something else, and back."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    # 200 although the work is still to be done, as always: there is a password to give.
    @wsgi.action('rescue')
    @wsgi.expected_errors((400, 404, 409, 501))
    @validation.schema(schemas.rescue)
    @validation.response_schema(schemas.rescue_response)
    def rescue(self, req, id, body):
        context, instance = self._find(req, id, policies.RESCUE)
        asked = body['rescue'] or {}
        password = asked['adminPass'] if 'adminPass' in asked else utils.generate_password()
        self.compute_api.rescue(context, instance, password, asked.get('rescue_image_ref'))
        return {'adminPass': password} if CONF.api.enable_instance_password else {}

    @wsgi.action('unrescue')
    @wsgi.response(202)
    @wsgi.expected_errors((404, 409, 501))
    @validation.schema(schemas.unrescue)
    @validation.response_schema(validation.EMPTY)
    def unrescue(self, req, id, body):
        self.compute_api.unrescue(*self._find(req, id, policies.UNRESCUE))


class Rescue(extensions.Extension):
    """Rescue mode."""

    alias = 'os-rescue'
    name = 'Rescue'
    actions = (extensions.ControllerActions('servers', RescueController),)

# SPDX-License-Identifier: Apache-2.0
"""Reset the state of a server by decree (nova-api).  Nova: nova/api/openstack/compute/admin_actions.py."""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import admin_actions as schemas
from mininova.compute import api as compute
from mininova.compute import vm_states
from mininova.policies import admin_actions as policies

_STATES = {'active': vm_states.ACTIVE, 'error': vm_states.ERROR}


class AdminActionsController(wsgi.Controller):
    """For administrators who know better than the record."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    @wsgi.action('os-resetState')
    @wsgi.response(202)
    @wsgi.expected_errors(404)
    @validation.schema(schemas.reset_state)
    def reset_state(self, req, id, body):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id)
        context.can(policies.RESET_STATE, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        self.compute_api.reset_state(instance, _STATES[body['os-resetState']['state']])


class AdminActions(extensions.Extension):
    """os-resetState."""

    alias = 'os-admin-actions'
    name = 'AdminActions'
    actions = (extensions.ControllerActions('servers', AdminActionsController),)

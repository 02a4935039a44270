# SPDX-License-Identifier: Apache-2.0
"""Reset the state of a server by decree, or its networks (nova-api).  Nova:
nova/api/openstack/compute/admin_actions.py."""
from mininova import exception
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
    @validation.response_schema(validation.EMPTY)
    def reset_state(self, req, id, body):
        instance = self._find(req, id, policies.RESET_STATE)
        self.compute_api.reset_state(instance, _STATES[body['os-resetState']['state']])

    @wsgi.action('injectNetworkInfo')
    @wsgi.response(202)
    @wsgi.expected_errors((404, 409))
    @validation.schema(schemas.inject_network_info)
    @validation.response_schema(validation.EMPTY)
    def inject_network_info(self, req, id, body):
        """Have the host serve the networks of a server again."""
        instance = self._find(req, id, policies.INJECT_NETWORK_INFO)
        self.compute_api.inject_network_info(req.environ['nova.context'], instance)

    @wsgi.action('resetNetwork')
    @wsgi.removed('21.0.0', 'It worked with XenServer only.')
    @validation.schema(schemas.reset_network)
    def reset_network(self, req, id, body):
        raise exception.Gone(reason='resetNetwork')

    def _find(self, req, id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return instance


class AdminActions(extensions.Extension):
    """os-resetState, injectNetworkInfo, resetNetwork."""

    alias = 'os-admin-actions'
    name = 'AdminActions'
    actions = (extensions.ControllerActions('servers', AdminActionsController),)

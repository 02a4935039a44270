# SPDX-License-Identifier: Apache-2.0
"""What os-resetState and its neighbours accept.  Nova: nova/api/openstack/compute/schemas/reset_server_state.py."""
from mininova.api import validation
from mininova.api.openstack.compute.schemas import server_actions

reset_state = validation.body({
    'type': 'object',
    'properties': {'os-resetState': {
        'type': 'object', 'properties': {'state': {'type': 'string', 'enum': ['active', 'error']}},
        'required': ['state'], 'additionalProperties': False}},
    'required': ['os-resetState'], 'additionalProperties': False})
inject_network_info = server_actions.bare('injectNetworkInfo')
reset_network = server_actions.bare('resetNetwork')

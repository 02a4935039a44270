# SPDX-License-Identifier: Apache-2.0
"""What resize and the decision on it accept.  Nova: nova/api/openstack/compute/schemas/servers.py."""
from mininova.api import validation
from mininova.api.openstack.compute.schemas import server_actions
from mininova.api.validation import parameter_types

resize = validation.body({
    'type': 'object',
    'properties': {'resize': {
        'type': 'object',
        'properties': {'flavorRef': parameter_types.flavor_ref, 'OS-DCF:diskConfig': parameter_types.disk_config},
        'required': ['flavorRef'], 'additionalProperties': False}},
    'required': ['resize'], 'additionalProperties': False})
confirm = server_actions.bare('confirmResize')
revert = server_actions.bare('revertResize')

# SPDX-License-Identifier: Apache-2.0
"""What resize and the decision on it accept.  Nova: nova/api/openstack/compute/schemas/servers.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

resize = validation.body({
    'type': 'object',
    'properties': {'resize': {
        'type': 'object',
        'properties': {'flavorRef': parameter_types.flavor_ref, 'OS-DCF:diskConfig': parameter_types.disk_config},
        'required': ['flavorRef'], 'additionalProperties': False}},
    'required': ['resize'], 'additionalProperties': False})


def _bare(name):
    """Return the schema of an action that takes nothing; what clients send all the same is passed over."""
    return validation.body({'type': 'object', 'properties': {name: {}}, 'required': [name],
                            'additionalProperties': False})


confirm = _bare('confirmResize')
revert = _bare('revertResize')

# SPDX-License-Identifier: Apache-2.0
"""What os-resetState accepts.  Nova: nova/api/openstack/compute/schemas/reset_server_state.py (Newton)."""
from mininova.api import validation

reset_state = validation.body({
    'type': 'object',
    'properties': {'os-resetState': {
        'type': 'object', 'properties': {'state': {'type': 'string', 'enum': ['active', 'error']}},
        'required': ['state'], 'additionalProperties': False}},
    'required': ['os-resetState'], 'additionalProperties': False})

# SPDX-License-Identifier: Apache-2.0
"""What lock and unlock accept.  Nova: nova/api/openstack/compute/schemas/lock_server.py."""
from mininova.api import validation
from mininova.api.openstack.compute.schemas import server_actions

lock = server_actions.bare('lock')
lock_with_reason = validation.body({
    'type': 'object',
    'properties': {'lock': {
        'type': ['object', 'null'],
        'properties': {'locked_reason': {'type': 'string', 'minLength': 1, 'maxLength': 255}},
        'additionalProperties': False}},
    'required': ['lock'], 'additionalProperties': False})
unlock = server_actions.bare('unlock')

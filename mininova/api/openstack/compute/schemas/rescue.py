# SPDX-License-Identifier: Apache-2.0
"""What rescue and unrescue accept.  Nova: nova/api/openstack/compute/schemas/rescue.py."""
from mininova.api import validation
from mininova.api.openstack.compute.schemas import server_actions
from mininova.api.validation import parameter_types as types
from mininova.api.validation import response_types

rescue = validation.body({
    'type': 'object',
    'properties': {'rescue': {
        'type': ['object', 'null'],
        'properties': {'adminPass': types.admin_password, 'rescue_image_ref': types.image_id},
        'additionalProperties': False}},
    'required': ['rescue'], 'additionalProperties': False})
unrescue = server_actions.bare('unrescue')

_PASSWORD = response_types.closed({'adminPass': response_types.string}, optional=['adminPass'])
rescue_response = validation.body(_PASSWORD)

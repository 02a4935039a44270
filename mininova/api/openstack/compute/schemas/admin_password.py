# SPDX-License-Identifier: Apache-2.0
"""What changePassword accepts.  Nova: nova/api/openstack/compute/schemas/admin_password.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

change_password = validation.body({
    'type': 'object',
    'properties': {'changePassword': {
        'type': 'object', 'properties': {'adminPass': parameter_types.admin_password}, 'required': ['adminPass'],
        'additionalProperties': False}},
    'required': ['changePassword'], 'additionalProperties': False})

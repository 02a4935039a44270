# SPDX-License-Identifier: Apache-2.0
"""What evacuate accepts.  Nova: nova/api/openstack/compute/schemas/evacuate.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

evacuate = validation.body({
    'type': 'object',
    'properties': {'evacuate': {
        'type': 'object',
        'properties': {'host': parameter_types.hostname, 'onSharedStorage': parameter_types.boolean,
                       'adminPass': parameter_types.admin_password},
        'required': ['onSharedStorage'], 'additionalProperties': False}},
    'required': ['evacuate'], 'additionalProperties': False})
evacuate = validation.extend(evacuate, '2.14', drop=('onSharedStorage',))
evacuate = validation.extend(evacuate, '2.29', {'force': parameter_types.boolean})
evacuate = validation.extend(evacuate, '2.68', drop=('force',))

evacuate_response = validation.body({'oneOf': [
    response_types.closed({'adminPass': response_types.nullable(response_types.string)}), response_types.null]})
evacuate_response = validation.extend(evacuate_response, '2.14', schema=response_types.null)

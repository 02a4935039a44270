# SPDX-License-Identifier: Apache-2.0
"""What addFixedIp and removeFixedIp accept.  Nova: nova/api/openstack/compute/schemas/multinic.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types as types


def _action(name, properties):
    return validation.body({
        'type': 'object',
        'properties': {name: {'type': 'object', 'properties': properties, 'required': list(properties),
                              'additionalProperties': False}},
        'required': [name], 'additionalProperties': False})


add_fixed_ip = _action('addFixedIp', {'networkId': {'type': ['string', 'number'], 'minLength': 1, 'maxLength': 36}})
remove_fixed_ip = _action('removeFixedIp', {'address': types.ip_address})

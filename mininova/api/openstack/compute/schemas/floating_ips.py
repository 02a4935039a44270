# SPDX-License-Identifier: Apache-2.0
"""What requests about floating addresses may contain and what they are answered.

Nova: nova/api/openstack/compute/schemas/floating_ips.py.
"""
from mininova.api import validation
from mininova.api.validation import parameter_types

# Clients of old times send more, or nothing at all; what is unknown is not looked at.
create = validation.body({
    'type': ['object', 'null'],
    'properties': {'pool': {'type': ['string', 'null'], 'maxLength': 255, 'format': 'printable'}},
    'additionalProperties': True})


def _action(name, properties):
    return validation.body({
        'type': 'object',
        'properties': {name: {'type': 'object', 'properties': properties, 'required': ['address'],
                              'additionalProperties': False}},
        'required': [name], 'additionalProperties': False})


add_floating_ip = _action('addFloatingIp', {'address': parameter_types.ip_address,
                                            'fixed_address': parameter_types.ip_address})
remove_floating_ip = _action('removeFloatingIp', {'address': parameter_types.ip_address})

index_query = show_query = validation.query({})

# -- answers ------------------------------------------------------------------------------

_address_or_none = {'type': ['string', 'null'], 'anyOf': [{'format': 'ipv4'}, {'format': 'ipv6'}]}
_floating_ip = {
    'type': 'object',
    'properties': {
        'id': parameter_types.uuid, 'ip': parameter_types.ip_address, 'pool': {'type': 'string'},
        'fixed_ip': _address_or_none, 'instance_id': {'type': ['string', 'null'], 'format': 'uuid'}},
    'required': ['id', 'ip', 'pool', 'fixed_ip', 'instance_id'], 'additionalProperties': False}

show_response = create_response = validation.body({
    'type': 'object', 'properties': {'floating_ip': _floating_ip}, 'required': ['floating_ip'],
    'additionalProperties': False})
index_response = validation.body({
    'type': 'object', 'properties': {'floating_ips': {'type': 'array', 'items': _floating_ip}},
    'required': ['floating_ips'], 'additionalProperties': False})
delete_response = add_floating_ip_response = remove_floating_ip_response = validation.body({'type': 'null'})

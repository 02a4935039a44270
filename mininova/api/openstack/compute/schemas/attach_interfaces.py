# SPDX-License-Identifier: Apache-2.0
"""What requests about the cards of a server accept.  Nova: nova/api/openstack/compute/schemas/attach_interfaces.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types as types
from mininova.api.validation import response_types

_WHICH = ('interfaceAttachment',)

# Nothing is required: without a network the only one is meant.
create = validation.body({
    'type': 'object',
    'properties': {'interfaceAttachment': {
        'type': 'object',
        'properties': {
            'net_id': types.network_id,
            'port_id': types.network_port_id,
            'fixed_ips': {
                'type': 'array', 'minItems': 1, 'maxItems': 1,
                'items': {'type': 'object', 'properties': {'ip_address': types.ip_address}, 'required': ['ip_address'],
                          'additionalProperties': False}},
        },
        'additionalProperties': False}},
    'additionalProperties': False})
create = validation.extend(create, '2.49', {'tag': types.tag}, at=_WHICH)
index_query = show_query = delete_query = validation.query({})

_card = response_types.closed({
    'net_id': response_types.uuid,
    'port_id': response_types.uuid,
    'mac_addr': response_types.mac_address,
    'port_state': {'enum': ['ACTIVE', 'DOWN']},
    'fixed_ips': response_types.array(response_types.closed({
        'subnet_id': response_types.uuid, 'ip_address': {'type': 'string', 'format': 'ip'}})),
})
_TAG = {'tag': response_types.nullable(response_types.string)}
index_response = response_types.many('interfaceAttachments', _card, paged=False)
index_response = response_types.extend(index_response, '2.70', _TAG, at=('interfaceAttachments',))
show_response = response_types.one('interfaceAttachment', _card)
show_response = create_response = response_types.extend(show_response, '2.70', _TAG, at=('interfaceAttachment',))

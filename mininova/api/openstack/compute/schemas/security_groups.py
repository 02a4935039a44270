# SPDX-License-Identifier: Apache-2.0
"""What requests about security groups may contain, and what they answer.  Nova:
nova/api/openstack/compute/schemas/security_groups.py.

What else clients send beside the keys here is passed over, as Nova does.
"""
from mininova.api import validation
from mininova.api.validation import parameter_types


def _inside(key, properties, required):
    return validation.body({
        'type': 'object', 'properties': {key: {
            'type': 'object', 'properties': properties, 'required': required, 'additionalProperties': True}},
        'required': [key], 'additionalProperties': False})


_text = {'type': 'string', 'minLength': 0, 'maxLength': 255}
# A port, or an ICMP type or code: a number, or a text that is one.
_number = {'type': ['integer', 'string', 'null'], 'pattern': r'^-?[0-9]{1,9}\Z', 'minimum': -999999999,
           'maximum': 999999999}

create = update = _inside('security_group', {'name': {**_text, 'minLength': 1}, 'description': _text},
                          ['name', 'description'])
create_rule = _inside('security_group_rule', {
    'parent_group_id': {'type': 'string'}, 'group_id': {'type': ['string', 'null']},
    'ip_protocol': {'type': ['string', 'null']}, 'from_port': _number, 'to_port': _number,
    'cidr': {'type': ['string', 'null'], 'maxLength': 255}}, ['parent_group_id'])
add_security_group = _inside('addSecurityGroup', {'name': {'type': 'string', 'minLength': 1}}, ['name'])
remove_security_group = _inside('removeSecurityGroup', {'name': {'type': 'string', 'minLength': 1}}, ['name'])

index_query = validation.query({
    'limit': parameter_types.multi_params(parameter_types.non_negative_integer),
    'offset': parameter_types.multi_params(parameter_types.non_negative_integer),
    'all_tenants': parameter_types.multi_params({'type': 'string'})})
show_query = delete_query = server_index_query = validation.query({})

# -- answers ------------------------------------------------------------------------------


def _closed(properties):
    return {'type': 'object', 'properties': properties, 'required': list(properties), 'additionalProperties': False}


_uuid = {'type': 'string', 'format': 'uuid'}
_port = {'type': ['integer', 'null'], 'minimum': -1, 'maximum': 65535}
_nothing = {'type': 'object', 'additionalProperties': False}
_source = _closed({'name': {'type': 'string'}, 'tenant_id': {'type': 'string'}})
_rule = _closed({
    'id': _uuid, 'parent_group_id': _uuid, 'ip_protocol': {'enum': ['tcp', 'udp', 'icmp', None]}, 'from_port': _port,
    'to_port': _port, 'group': {'oneOf': [_nothing, _source]},
    'ip_range': {'oneOf': [_nothing, _closed({'cidr': {'type': 'string', 'format': 'cidr'}})]}})
_group = _closed({'id': _uuid, 'name': {'type': 'string'}, 'description': {'type': ['string', 'null']},
                  'tenant_id': {'type': 'string'}, 'rules': {'type': 'array', 'items': _rule}})

show_response = create_response = update_response = validation.body(_closed({'security_group': _group}))
index_response = server_index_response = validation.body(
    _closed({'security_groups': {'type': 'array', 'items': _group}}))
create_rule_response = validation.body(_closed({'security_group_rule': _rule}))
delete_response = delete_rule_response = validation.body({'type': 'null'})
add_security_group_response = remove_security_group_response = validation.body({'type': 'null'})

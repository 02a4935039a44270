# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-aggregates may contain.  Nova: nova/api/openstack/compute/schemas/aggregates.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types


def _zone(schema):
    return {'oneOf': [schema, {'type': 'null'}]}


def _aggregate(**more):
    return validation.body({
        'type': 'object',
        'properties': {'aggregate': {
            'type': 'object', 'additionalProperties': False, **more,
            'properties': {'name': parameter_types.name, 'availability_zone': _zone(parameter_types.az_name)}}},
        'required': ['aggregate'], 'additionalProperties': False})


_LENIENT = {'name': parameter_types.name_with_leading_trailing_spaces,
            'availability_zone': _zone(parameter_types.az_name_with_leading_trailing_spaces)}

create = validation.extend(_aggregate(required=['name']), '2.0', _LENIENT)
update = validation.extend(_aggregate(anyOf=[{'required': ['name']}, {'required': ['availability_zone']}]), '2.0',
                           _LENIENT)


def _action(name, **properties):
    return validation.body({
        'type': 'object',
        'properties': {name: {'type': 'object', 'properties': properties, 'required': list(properties),
                              'additionalProperties': False}},
        'required': [name], 'additionalProperties': False})


add_host = _action('add_host', host=parameter_types.hostname)
remove_host = _action('remove_host', host=parameter_types.hostname)
set_metadata = _action('set_metadata', metadata=parameter_types.metadata_with_null)

images = validation.body({
    'type': 'object',
    'properties': {'cache': {
        'type': 'array', 'minItems': 1,
        'items': {'type': 'object', 'properties': {'id': parameter_types.image_id}, 'required': ['id'],
                  'additionalProperties': False}}},
    'required': ['cache'], 'additionalProperties': False})

query = validation.query({})
delete_query = {'type': 'object', 'properties': {}, 'additionalProperties': True}

# -- answers ------------------------------------------------------------------------------

_created = {
    'id': response_types.integer,
    'name': response_types.string,
    'availability_zone': response_types.nullable(response_types.string),
    'created_at': response_types.plain_time,
    'updated_at': response_types.nullable(response_types.plain_time),
    **response_types.not_deleted,
}
_shown = response_types.closed({**_created, 'hosts': response_types.array(response_types.string),
                                'metadata': response_types.strings})
_uuid = {'uuid': response_types.uuid}

index_response = response_types.extend(response_types.many('aggregates', _shown, paged=False), '2.41', _uuid,
                                       at=('aggregates',))
create_response = response_types.extend(response_types.one('aggregate', response_types.closed(_created)), '2.41', _uuid,
                                        at=('aggregate',))
show_response = response_types.extend(response_types.one('aggregate', _shown), '2.41', _uuid, at=('aggregate',))
update_response = add_host_response = remove_host_response = set_metadata_response = show_response
delete_response = images_response = response_types.EMPTY

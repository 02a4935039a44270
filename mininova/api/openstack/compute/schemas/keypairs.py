# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-keypairs may contain.  Nova: nova/api/openstack/compute/schemas/keypairs.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

_user_id = {'type': 'string', 'maxLength': 255}

create = validation.body({
    'type': 'object',
    'properties': {'keypair': {
        'type': 'object',
        'properties': {'name': {'allOf': [parameter_types.name, parameter_types.keypair_name]},
                       'public_key': {'type': 'string'}},
        'required': ['name'], 'additionalProperties': False}},
    'required': ['keypair'], 'additionalProperties': False})
create = validation.extend(create, '2.0', {'name': parameter_types.name_with_leading_trailing_spaces})
create = validation.extend(create, '2.2', {'type': {'type': 'string', 'enum': ['ssh', 'x509']}})
create = validation.extend(create, '2.10', {'user_id': _user_id})
# From here on keys are only imported.
create = validation.extend(create, '2.92', {
    'name': {'allOf': [parameter_types.name, parameter_types.keypair_name_v292]}}, required=['public_key'])


def _query():
    found = validation.query({}, closed='2.75')
    return validation.extend(found, '2.10', {'user_id': parameter_types.multi_params(_user_id)}, at=())


show_query = delete_query = _query()
index_query = validation.extend(_query(), '2.35', parameter_types.pagination_parameters, at=())

# -- answers ------------------------------------------------------------------------------

_brief = {'name': response_types.string, 'public_key': response_types.string, 'fingerprint': response_types.string}
_owned = {**_brief, 'user_id': response_types.user_id}
_type = {'type': response_types.choice('ssh', 'x509')}

create_response = response_types.one('keypair', response_types.closed(
    {**_owned, 'private_key': response_types.string}, optional=['private_key']))
create_response = response_types.extend(create_response, '2.2', _type, at=('keypair',))
create_response = response_types.extend(create_response, '2.92', drop=['private_key'], at=('keypair',))
show_response = response_types.one('keypair', response_types.closed({
    **_owned, 'id': response_types.integer, 'created_at': response_types.plain_time,
    'updated_at': response_types.null, **response_types.not_deleted}))
show_response = response_types.extend(show_response, '2.2', _type, at=('keypair',))
index_response = response_types.many('keypairs', response_types.closed({'keypair': response_types.closed(_brief)}),
                                     paged=False)
index_response = response_types.extend(index_response, '2.2', _type, at=('keypairs', 'keypair'))
index_response = response_types.paged(index_response, '2.35', 'keypairs')
delete_response = response_types.EMPTY

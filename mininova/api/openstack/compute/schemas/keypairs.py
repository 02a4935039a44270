# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-keypairs may contain.  Nova: nova/api/openstack/compute/schemas/keypairs.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

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

# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-server-groups may contain.  Nova: nova/api/openstack/compute/schemas/server_groups.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

HARD = ['anti-affinity', 'affinity']
ALL = [*HARD, 'soft-anti-affinity', 'soft-affinity']


def _policies(names):
    return {'type': 'array', 'minItems': 1, 'maxItems': 1, 'items': {'type': 'string', 'enum': names}}


create = validation.body({
    'type': 'object',
    'properties': {'server_group': {
        'type': 'object', 'properties': {'name': parameter_types.name, 'policies': _policies(HARD)},
        'required': ['name', 'policies'], 'additionalProperties': False}},
    'required': ['server_group'], 'additionalProperties': False})
create = validation.extend(create, '2.0', {'name': parameter_types.name_with_leading_trailing_spaces})
create = validation.extend(create, '2.15', {'policies': _policies(ALL)})
create = validation.extend(create, '2.64', {
    'policy': {'type': 'string', 'enum': ALL},
    'rules': {'type': 'object', 'properties': {'max_server_per_host': parameter_types.positive_integer},
              'additionalProperties': False}}, required=['policy'], drop=['policies'])

index_query = validation.query({
    'all_projects': parameter_types.multi_params({'type': 'string'}),
    'limit': parameter_types.multi_params(parameter_types.non_negative_integer),
    'offset': parameter_types.multi_params(parameter_types.non_negative_integer)}, closed='2.75')
show_query = validation.query({})
delete_query = {'type': 'object', 'properties': {}, 'additionalProperties': True}

# -- answers ------------------------------------------------------------------------------

_shown = response_types.closed({
    'id': response_types.uuid,
    'name': response_types.string,
    'members': response_types.array(response_types.uuid),
    'policies': response_types.array(response_types.choice(*ALL), minItems=1, maxItems=1),
    'metadata': response_types.closed({}),
})
_rules = response_types.closed({'max_server_per_host': {'type': 'integer', 'minimum': 1}},
                               optional=['max_server_per_host'])


def _grown(answer, at):
    answer = response_types.extend(answer, '2.13', {'project_id': response_types.project_id,
                                                    'user_id': response_types.user_id}, at=at)
    return response_types.extend(answer, '2.64', {'policy': response_types.choice(*ALL), 'rules': _rules},
                                 drop=['policies', 'metadata'], at=at)


index_response = _grown(response_types.many('server_groups', _shown, paged=False), ('server_groups',))
show_response = create_response = _grown(response_types.one('server_group', _shown), ('server_group',))
delete_response = response_types.EMPTY

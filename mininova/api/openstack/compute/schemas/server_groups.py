# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-server-groups may contain.  Nova: nova/api/openstack/compute/schemas/server_groups.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

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

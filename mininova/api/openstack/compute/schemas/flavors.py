# SPDX-License-Identifier: Apache-2.0
"""What requests to /flavors may contain.  Nova: nova/api/openstack/compute/schemas/flavors.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

SORT_KEYS = ('created_at', 'description', 'disabled', 'ephemeral_gb', 'flavorid', 'id', 'is_public', 'memory_mb',
             'name',
             'root_gb', 'rxtx_factor', 'swap', 'updated_at', 'vcpu_weight', 'vcpus')
# The largest number of the database's single precision column.
MAX_FLOAT = 3.40282e+38

_flavor = {
    'type': 'object',
    'properties': {
        'name': parameter_types.name,
        'id': {'type': ['string', 'number', 'null'], 'minLength': 1, 'maxLength': 255,
               'pattern': r'^(?! )[a-zA-Z0-9. _-]+(?<! )\Z'},
        'ram': parameter_types.flavor_param_positive,
        'vcpus': parameter_types.flavor_param_positive,
        'disk': parameter_types.flavor_param_non_negative,
        'OS-FLV-EXT-DATA:ephemeral': parameter_types.flavor_param_non_negative,
        'swap': parameter_types.flavor_param_non_negative,
        'rxtx_factor': {'type': ['number', 'string'], 'pattern': r'^[0-9]+(\.[0-9]+)?\Z',
                        'minimum': 0, 'exclusiveMinimum': True, 'maximum': MAX_FLOAT},
        'os-flavor-access:is_public': parameter_types.boolean,
    },
    'required': ['name', 'ram', 'vcpus', 'disk'],
    'additionalProperties': False,
}
_description = {'type': ['string', 'null'], 'minLength': 0, 'maxLength': 65535, 'format': 'printable'}

create = validation.body({'type': 'object', 'properties': {'flavor': _flavor}, 'required': ['flavor'],
                          'additionalProperties': False})
create = validation.extend(create, '2.0', {'name': parameter_types.name_with_leading_trailing_spaces})
create = validation.extend(create, '2.55', {'description': _description})
create = validation.extend(create, '2.102', drop=['rxtx_factor'])

update = validation.body({
    'type': 'object',
    'properties': {'flavor': {'type': 'object', 'properties': {'description': _description},
                              'required': ['description'], 'additionalProperties': False}},
    'required': ['flavor'], 'additionalProperties': False})


def _sort_key(keys):
    return parameter_types.multi_params({'type': 'string', 'enum': list(keys)})


_text = parameter_types.multi_params({'type': 'string'})

index_query = validation.query({
    **parameter_types.pagination_parameters,
    'is_public': _text, 'minRam': _text, 'minDisk': _text,
    'sort_key': _sort_key(SORT_KEYS), 'sort_dir': parameter_types.multi_params({'type': 'string', 'enum': ['asc',
                                                                                                           'desc']}),
}, closed='2.75')
index_query = validation.extend(index_query, '2.102', {
    'name': parameter_types.multi_params({'type': 'string', 'format': 'regex'}),
    'sort_key': _sort_key(key for key in SORT_KEYS if key != 'rxtx_factor')})

show_query = validation.query({})
delete_query = {'type': 'object', 'properties': {}, 'additionalProperties': True}

# -- answers ------------------------------------------------------------------------------

_shown = response_types.closed({
    'id': response_types.string,
    'name': response_types.string,
    'ram': response_types.integer,
    'vcpus': response_types.integer,
    'disk': response_types.integer,
    'swap': {'oneOf': [response_types.integer, {'const': ''}]},
    'OS-FLV-EXT-DATA:ephemeral': response_types.integer,
    'OS-FLV-DISABLED:disabled': response_types.boolean,
    'os-flavor-access:is_public': response_types.boolean,
    'rxtx_factor': {'oneOf': [response_types.number, {'const': ''}]},
    'links': response_types.own_links,
})


def _grown(answer, at):
    answer = response_types.extend(answer, '2.55', {'description': {'type': ['string', 'null']}}, at=at)
    # Whoever may not read extra specs is not shown any.
    answer = response_types.extend(answer, '2.61', {'extra_specs': response_types.strings}, optional=['extra_specs'],
                                   at=at)
    answer = response_types.extend(answer, '2.75', {'swap': response_types.integer}, at=at)
    return response_types.extend(answer, '2.102', drop=['rxtx_factor', 'OS-FLV-DISABLED:disabled'], at=at)


show_response = create_response = update_response = _grown(response_types.one('flavor', _shown), ('flavor',))
detail_response = _grown(response_types.many('flavors', _shown), ('flavors',))
index_response = response_types.many('flavors', response_types.closed({
    'id': response_types.string, 'name': response_types.string, 'links': response_types.own_links}))
index_response = response_types.extend(index_response, '2.55', {'description': {'type': ['string', 'null']}},
                                       at=('flavors',))
delete_response = response_types.EMPTY

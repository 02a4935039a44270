# SPDX-License-Identifier: Apache-2.0
"""What requests about image properties may contain.  Nova: nova/api/openstack/compute/schemas/image_metadata.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types


def _below(name, schema):
    return validation.body({'type': 'object', 'properties': {name: schema}, 'required': [name],
                            'additionalProperties': False})


create = update_all = _below('metadata', parameter_types.metadata)
update = _below('meta', {**parameter_types.metadata, 'minProperties': 1, 'maxProperties': 1})
index_query = show_query = validation.query({})
delete_query = {'type': 'object', 'properties': {}, 'additionalProperties': True}

# -- answers ------------------------------------------------------------------------------

index_response = create_response = update_all_response = response_types.one('metadata', response_types.strings)
show_response = update_response = response_types.one('meta', response_types.one_string)
delete_response = response_types.EMPTY

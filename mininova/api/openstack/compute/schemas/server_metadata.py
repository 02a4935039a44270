# SPDX-License-Identifier: Apache-2.0
"""What the metadata of servers may be.  Nova: nova/api/openstack/compute/schemas/server_metadata.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

create = validation.body({
    'type': 'object', 'properties': {'metadata': parameter_types.metadata}, 'required': ['metadata'],
    'additionalProperties': False})
update_all = create
update = validation.body({
    'type': 'object', 'properties': {'meta': parameter_types.metadata}, 'required': ['meta'],
    'additionalProperties': False})
empty_query = validation.query({})

metadata_response = validation.body(response_types.closed({'metadata': response_types.strings}))
meta_response = validation.body(response_types.closed({'meta': response_types.one_string}))

# SPDX-License-Identifier: Apache-2.0
"""What requests about the shares of a server accept.  Nova: nova/api/openstack/compute/schemas/server_shares.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types as types

create = validation.body({
    'type': 'object',
    'properties': {'share': {
        'type': 'object',
        'properties': {'share_id': types.uuid,
                       'tag': {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'^[a-zA-Z0-9-]*\Z'}},
        'required': ['share_id'], 'additionalProperties': False}},
    'required': ['share'], 'additionalProperties': False})
index_query = show_query = validation.query({}, closed='2.97')
delete_query = validation.query({})

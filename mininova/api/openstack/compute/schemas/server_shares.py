# SPDX-License-Identifier: Apache-2.0
"""What requests about the shares of a server accept.  Nova: nova/api/openstack/compute/schemas/server_shares.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types as types
from mininova.api.validation import response_types

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

_share = response_types.closed({
    'share_id': response_types.uuid,
    'status': {'enum': ['attaching', 'detaching', 'inactive', 'active', 'error']},
    'tag': response_types.string,
    'uuid': response_types.uuid,
    'export_location': response_types.string,
}, optional=['uuid', 'export_location'])
index_response = response_types.many('shares', _share, paged=False)
show_response = create_response = response_types.one('share', _share)

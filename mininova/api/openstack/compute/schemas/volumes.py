# SPDX-License-Identifier: Apache-2.0
"""What requests to the proxies of the volume service accept.  Nova: nova/api/openstack/compute/schemas/volumes.py,
snapshots.py.
"""
from mininova.api import validation
from mininova.api.validation import parameter_types as types

_TEXT = {'type': 'string'}


def _within(name, properties, *required):
    return validation.body({
        'type': 'object',
        'properties': {name: {'type': 'object', 'properties': properties, 'required': list(required),
                              'additionalProperties': False}},
        'required': [name], 'additionalProperties': False})


create = _within('volume', {
    'volume_type': _TEXT, 'metadata': {'type': 'object'}, 'snapshot_id': _TEXT,
    'size': {'type': ['integer', 'string'], 'pattern': r'^[0-9]+\Z', 'minimum': 1}, 'availability_zone': _TEXT,
    'display_name': _TEXT, 'display_description': _TEXT}, 'size')
snapshot_create = _within('snapshot', {
    'volume_id': _TEXT, 'force': types.boolean, 'display_name': _TEXT, 'display_description': _TEXT}, 'volume_id')
index_query = validation.query({'limit': types.multi_params(types.non_negative_integer),
                                'offset': types.multi_params(types.non_negative_integer)}, closed='2.75')
show_query = validation.query({})

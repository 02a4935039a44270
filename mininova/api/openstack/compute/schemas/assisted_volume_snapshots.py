# SPDX-License-Identifier: Apache-2.0
"""What requests about assisted snapshots accept.  Nova:
nova/api/openstack/compute/schemas/assisted_volume_snapshots.py.
"""
from mininova.api import validation
from mininova.api.validation import parameter_types as types
from mininova.api.validation import response_types

_ID = {'type': 'string', 'minLength': 1}


def _closed(properties, *required):
    return {'type': 'object', 'properties': properties, 'required': list(required), 'additionalProperties': False}


create = validation.body(_closed({'snapshot': _closed({
    'volume_id': _ID,
    'create_info': _closed({'snapshot_id': _ID, 'type': {'type': 'string', 'enum': ['qcow2']}, 'new_file': _ID,
                            'id': _ID}, 'snapshot_id', 'type', 'new_file'),
}, 'volume_id', 'create_info')}, 'snapshot'))
delete_query = validation.query({'delete_info': types.multi_params({'type': 'string'})}, closed='2.75')

# -- answers ------------------------------------------------------------------------------

# What a cloud with volumes would answer; here there are none.
create_response = response_types.one('snapshot', response_types.closed({
    'id': response_types.nullable(response_types.uuid), 'volumeId': response_types.uuid}))
delete_response = response_types.EMPTY

# SPDX-License-Identifier: Apache-2.0
"""What requests to the proxies of the volume service accept.  Nova: nova/api/openstack/compute/schemas/volumes.py,
snapshots.py.
"""
from mininova.api import validation
from mininova.api.validation import parameter_types as types
from mininova.api.validation import response_types

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

# -- answers ------------------------------------------------------------------------------

# Of volumes and snapshots: what a cloud that has them would answer. Here lists are empty.
_described = {
    'id': response_types.uuid,
    'displayName': response_types.nullable(response_types.string),
    'displayDescription': response_types.nullable(response_types.string),
    'createdAt': response_types.date_time,
    'size': response_types.count,
}
_attachment = response_types.closed({'id': response_types.uuid, 'volumeId': response_types.uuid,
                                     'serverId': response_types.uuid, 'device': response_types.string},
                                    optional=['device'])
_volume = response_types.closed({
    **_described,
    'status': response_types.choice(
        'creating', 'available', 'reserved', 'attaching', 'detaching', 'in-use', 'maintenance', 'deleting',
        'awaiting-transfer', 'error', 'error_deleting', 'backing-up', 'restoring-backup', 'error_backing-up',
        'error_restoring', 'error_extending', 'downloading', 'uploading', 'retyping', 'extending'),
    'availabilityZone': response_types.nullable(response_types.string),
    'volumeType': response_types.nullable(response_types.string),
    'snapshotId': response_types.nullable(response_types.uuid),
    'metadata': response_types.strings,
    # One that is not attached shows one attachment without anything.
    'attachments': response_types.array({'oneOf': [_attachment, response_types.closed({})]}, minItems=1),
})
_snapshot = response_types.closed({
    **_described,
    'volumeId': response_types.uuid,
    'status': response_types.choice('creating', 'available', 'backing-up', 'restoring', 'unmanaging', 'deleting',
                                    'deleted', 'error', 'error_deleting'),
})

index_response = response_types.many('volumes', _volume, paged=False)
show_response = response_types.one('volume', _volume)
snapshot_index_response = response_types.many('snapshots', _snapshot, paged=False)
snapshot_show_response = response_types.one('snapshot', _snapshot)
delete_response = response_types.EMPTY

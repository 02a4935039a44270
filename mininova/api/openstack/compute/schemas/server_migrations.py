# SPDX-License-Identifier: Apache-2.0
"""What requests about live migrations accept.  Nova: nova/api/openstack/compute/schemas/server_migrations.py."""
from mininova.api import validation
from mininova.api.validation import response_types
from mininova.objects import migration

force_complete = validation.body({
    'type': 'object', 'properties': {'force_complete': {'type': 'null'}}, 'required': ['force_complete'],
    'additionalProperties': False})

index_query = validation.query({}, closed='2.102')
show_query = validation.query({}, closed='2.102')

_where = response_types.nullable(response_types.string)
_bytes = response_types.nullable(response_types.integer)
_migration = response_types.closed({
    'id': response_types.integer,
    'server_uuid': response_types.uuid,
    'status': response_types.choice(*migration.LIVE_IN_PROGRESS),
    'created_at': response_types.plain_time,
    'updated_at': response_types.nullable(response_types.plain_time),
    **dict.fromkeys(('dest_compute', 'dest_host', 'dest_node', 'source_compute', 'source_node'), _where),
    **dict.fromkeys(('disk_processed_bytes', 'disk_remaining_bytes', 'disk_total_bytes', 'memory_processed_bytes',
                     'memory_remaining_bytes', 'memory_total_bytes'), _bytes),
})


def _grown(answer, at):
    answer = response_types.extend(answer, '2.59', {'uuid': response_types.uuid}, at=at)
    return response_types.extend(answer, '2.80', {
        'user_id': _where, 'project_id': _where}, at=at)


show_response = _grown(response_types.one('migration', _migration), ('migration',))
index_response = _grown(response_types.many('migrations', _migration, paged=False), ('migrations',))

# SPDX-License-Identifier: Apache-2.0
"""What the list of moves accepts.  Nova: nova/api/openstack/compute/schemas/migrations.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types
from mininova.objects import migration as migrations

_text = parameter_types.multi_params({'type': 'string'})

index_query = validation.query(dict.fromkeys(
    ('hidden', 'host', 'instance_uuid', 'source_compute', 'status', 'migration_type'), _text), closed='2.59')
index_query = validation.extend(index_query, '2.59', {
    'limit': parameter_types.limit_param, 'marker': parameter_types.marker_param,
    'changes-since': parameter_types.changes_since_param}, at=())
index_query = validation.extend(index_query, '2.66', {'changes-before': parameter_types.changes_since_param}, at=())
index_query = validation.extend(index_query, '2.80', {'user_id': _text, 'project_id': _text}, at=())

# -- answers ------------------------------------------------------------------------------

_AT = ('migrations',)
_place = response_types.nullable(response_types.string)     # null: not known yet, or not for this caller
_flavor = response_types.nullable(response_types.integer)

index_response = response_types.many('migrations', response_types.closed({
    'id': response_types.integer,
    'instance_uuid': response_types.uuid,
    **dict.fromkeys(('source_compute', 'source_node', 'dest_compute', 'dest_node', 'dest_host'), _place),
    'status': response_types.choice(*migrations.STATUSES),
    **dict.fromkeys(('old_instance_type_id', 'new_instance_type_id'), _flavor),
    'created_at': response_types.plain_time,
    'updated_at': response_types.nullable(response_types.plain_time),
}), paged=False)
# Live migrations that go on can be looked at.
index_response = response_types.extend(index_response, '2.23', {
    'migration_type': response_types.choice(*migrations.KINDS), 'links': response_types.own_links},
    optional=['links'], at=_AT)
index_response = response_types.extend(index_response, '2.59', {'uuid': response_types.uuid}, at=_AT)
index_response = response_types.paged(index_response, '2.59', 'migrations')
index_response = response_types.extend(index_response, '2.80', {
    'user_id': response_types.user_id, 'project_id': response_types.project_id}, at=_AT)

# SPDX-License-Identifier: Apache-2.0
"""What the list of moves accepts.  Nova: nova/api/openstack/compute/schemas/migrations.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

_text = parameter_types.multi_params({'type': 'string'})

index_query = validation.query(dict.fromkeys(
    ('hidden', 'host', 'instance_uuid', 'source_compute', 'status', 'migration_type'), _text), closed='2.59')
index_query = validation.extend(index_query, '2.59', {
    'limit': parameter_types.limit_param, 'marker': parameter_types.marker_param,
    'changes-since': parameter_types.changes_since_param}, at=())
index_query = validation.extend(index_query, '2.66', {'changes-before': parameter_types.changes_since_param}, at=())
index_query = validation.extend(index_query, '2.80', {'user_id': _text, 'project_id': _text}, at=())

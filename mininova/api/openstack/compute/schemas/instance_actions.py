# SPDX-License-Identifier: Apache-2.0
"""What the list of a server's actions accepts.  Nova: nova/api/openstack/compute/schemas/instance_actions.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

index_query = validation.query({}, closed='2.58')
index_query = validation.extend(index_query, '2.58', {
    'limit': parameter_types.single_param(parameter_types.non_negative_integer),
    'marker': parameter_types.single_param({'type': 'string'}),
    'changes-since': parameter_types.changes_since_param}, at=())
index_query = validation.extend(index_query, '2.66', {'changes-before': parameter_types.changes_since_param}, at=())
show_query = validation.query({})

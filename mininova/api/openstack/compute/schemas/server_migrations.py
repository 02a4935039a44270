# SPDX-License-Identifier: Apache-2.0
"""What requests about live migrations accept.  Nova: nova/api/openstack/compute/schemas/server_migrations.py."""
from mininova.api import validation

force_complete = validation.body({
    'type': 'object', 'properties': {'force_complete': {'type': 'null'}}, 'required': ['force_complete'],
    'additionalProperties': False})

index_query = validation.query({}, closed='2.102')
show_query = validation.query({}, closed='2.102')

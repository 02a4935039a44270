# SPDX-License-Identifier: Apache-2.0
"""What GET /os-floating-ip-pools may contain and what it is answered.

Nova: nova/api/openstack/compute/schemas/floating_ip_pools.py.
"""
from mininova.api import validation

index_query = validation.query({})

index_response = validation.body({
    'type': 'object',
    'properties': {'floating_ip_pools': {'type': 'array', 'items': {
        'type': 'object', 'properties': {'name': {'type': 'string'}}, 'required': ['name'],
        'additionalProperties': False}}},
    'required': ['floating_ip_pools'], 'additionalProperties': False})

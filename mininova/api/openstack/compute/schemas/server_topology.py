# SPDX-License-Identifier: Apache-2.0
"""What a request for the topology of a server accepts and answers.

Nova: nova/api/openstack/compute/schemas/server_topology.py.
"""
from mininova.api import validation

_CPUS = {'type': 'array', 'items': {'type': 'integer', 'minimum': 0}}
_NODE = {
    'type': 'object',
    'properties': {
        'vcpu_set': _CPUS, 'siblings': {'type': 'array', 'items': _CPUS}, 'memory_mb': {'type': 'integer'},
        # These two for those who may see the host.
        'host_node': {'type': 'integer'},
        'cpu_pinning': {'type': 'object', 'patternProperties': {'^[0-9]+$': {'type': 'integer'}},
                        'additionalProperties': False}},
    'required': ['vcpu_set', 'siblings', 'memory_mb'], 'additionalProperties': False}

index_query = validation.query({}, closed='2.78')

index_response = validation.body({
    'type': 'object',
    'properties': {'nodes': {'type': 'array', 'items': _NODE}, 'pagesize_kb': {'type': ['integer', 'null']}},
    'required': ['nodes', 'pagesize_kb'], 'additionalProperties': False})

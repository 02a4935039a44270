# SPDX-License-Identifier: Apache-2.0
"""What requests for the figures of a guest accept, and what they are answered.

Nova: nova/api/openstack/compute/schemas/server_diagnostics.py.
"""
from mininova.api import validation
from mininova.api.validation import response_types as types

index_query = validation.query({})

_count = types.nullable(types.integer)
_counts = ('octets', 'packets', 'errors', 'drop')

# In the words of the hypervisor: cpu0_time, vda_read, vnet0_rx.
hypervisor_response = validation.body({'type': 'object', 'additionalProperties': _count})
index_response = validation.body(types.closed({
    'state': {'enum': ['pending', 'running', 'paused', 'shutdown', 'crashed', 'suspended']},
    'driver': types.string,
    'hypervisor': types.nullable(types.string),
    'hypervisor_os': types.nullable(types.string),
    'uptime': _count,
    'config_drive': types.boolean,
    'num_cpus': types.integer,
    'num_nics': types.integer,
    'num_disks': types.integer,
    'cpu_details': types.array(types.closed({'id': _count, 'time': _count, 'utilisation': _count})),
    'nic_details': types.array(types.closed({
        'mac_address': types.mac_address, 'rx_rate': _count, 'tx_rate': _count,
        **{f'{way}_{name}': _count for way in ('rx', 'tx') for name in _counts}})),
    'disk_details': types.array(types.closed(dict.fromkeys((
        'read_requests', 'read_bytes', 'write_requests', 'write_bytes', 'errors_count'), _count))),
    'memory_details': types.closed({'maximum': types.integer, 'used': _count}),
}))

# SPDX-License-Identifier: Apache-2.0
"""RamFilter and AggregateRamFilter: the guest's memory fits.  Nova: nova/scheduler/filters/ram_filter.py (Newton)."""
from mininova.scheduler.filters import resource


class RamFilter(resource.ResourceFilter):
    """MiB of memory."""
    unit = 'MB'
    room = 'room_memory_mb'
    ratio = 'ram_allocation_ratio'
    remedy = ('nova.conf of a host: [DEFAULT] ram_allocation_ratio, reserved_host_memory_mb; or a flavor with less '
              'memory')

    def __init__(self, spec):
        super().__init__(spec, spec.flavor.memory_mb)

    def numbers(self, host):
        return host.total_usable_ram_mb, host.memory_mb_reserved, host.memory_mb_used


class AggregateRamFilter(RamFilter):
    """MiB of memory, with the ratio that the host's aggregates say, the least of several, or else its own.

    To be enabled in place of RamFilter; with both, the lesser ratio counts.
    """
    remedy = ('metadata ram_allocation_ratio of the aggregates (`openstack aggregate set --property`); nova.conf of '
              'a host that is in none; or a flavor with less memory')

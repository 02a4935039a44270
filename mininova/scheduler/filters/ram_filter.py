# SPDX-License-Identifier: Apache-2.0
"""RamFilter: the guest's memory fits.  Nova: nova/scheduler/filters/ram_filter.py (Newton)."""
from mininova.scheduler.filters import resource


class RamFilter(resource.ResourceFilter):
    """MiB of memory."""
    unit = 'MB'
    room = 'room_memory_mb'
    remedy = ('nova.conf of a host: [DEFAULT] ram_allocation_ratio, reserved_host_memory_mb; or a flavor with less '
              'memory')

    def __init__(self, spec):
        super().__init__(spec, spec.flavor.memory_mb)

    def numbers(self, host):
        return host.total_usable_ram_mb, host.memory_mb_reserved, host.ram_allocation_ratio, host.memory_mb_used

# SPDX-License-Identifier: Apache-2.0
"""RamFilter: the guest's memory fits.  Nova: nova/scheduler/filters/ram_filter.py (Newton)."""
from mininova.scheduler import filters
from mininova.scheduler.filters import resource


class RamFilter(resource.ResourceFilter):
    """MiB of memory."""
    unit = 'MB'
    remedy = '[DEFAULT] ram_allocation_ratio or reserved_host_memory_mb in nova.conf of a host; or a flavor with less memory'

    def __init__(self, spec):
        super().__init__(spec, spec.flavor.memory_mb)

    def host_passes(self, host):
        if host.memory_mb_used + self.wanted <= host.memory_mb_limit:
            return filters.PASS
        return self.too_small(host.memory_mb_limit - host.memory_mb_used, host.total_usable_ram_mb, host.memory_mb_reserved,
                              host.ram_allocation_ratio, host.memory_mb_used)

# SPDX-License-Identifier: Apache-2.0
"""DiskFilter: the guest's local disks fit.  Nova: nova/scheduler/filters/disk_filter.py (Newton)."""
from mininova.scheduler import filters
from mininova.scheduler.filters import resource


class DiskFilter(resource.ResourceFilter):
    """GiB of local disk: neither more than may be promised, nor more than the host says is really left.

    A ratio above 1 allows for sparse disks: so much is added to what the host says is left, as in Nova.
    """
    unit = 'GB'
    remedy = '[DEFAULT] disk_allocation_ratio or reserved_host_disk_mb in nova.conf of a host; or free disk there; or a smaller flavor'

    def __init__(self, spec):
        super().__init__(spec, spec.disk_gb)

    def host_passes(self, host):
        if host.local_gb_used + self.wanted > host.local_gb_limit:
            return self.too_small(host.local_gb_limit - host.local_gb_used, host.total_usable_disk_gb, host.local_gb_reserved,
                                  host.disk_allocation_ratio, host.local_gb_used)
        if host.disk_available_least is None:
            return filters.PASS
        left = host.disk_available_least + host.total_usable_disk_gb * (host.disk_allocation_ratio - 1)
        if self.wanted <= left:
            return filters.PASS
        left = max(0, int(left))
        return self.reason(f'needs {self.wanted} GB, free {left} GB by what the host measured', self.wanted, left)

# SPDX-License-Identifier: Apache-2.0
"""DiskFilter: the guest's local disks fit.  Nova: nova/scheduler/filters/disk_filter.py (Newton)."""
from mininova.scheduler.filters import resource


class DiskFilter(resource.ResourceFilter):
    """GiB of local disk: neither more than may be promised, nor more than the host says is really left."""
    unit = 'GB'
    room = 'room_disk_gb'
    remedy = ('nova.conf of a host: [DEFAULT] disk_allocation_ratio, reserved_host_disk_mb; or free disk there; or a '
              'smaller flavor')

    def __init__(self, spec):
        super().__init__(spec, spec.disk_gb)

    def numbers(self, host):
        return host.total_usable_disk_gb, host.local_gb_reserved, host.disk_allocation_ratio, host.local_gb_used

    def too_small(self, host):
        if host.local_gb_used + self.wanted > host.local_gb_limit:
            return super().too_small(host)
        free = max(0, host.room_disk_gb)
        return self.reason(f'needs {self.wanted} GB, free {free} GB by what the host measured', self.wanted, free)

# SPDX-License-Identifier: Apache-2.0
"""DiskFilter and AggregateDiskFilter: the guest's local disks fit.

Nova: nova/scheduler/filters/disk_filter.py (Newton).
"""
from mininova.scheduler.filters import resource


class DiskFilter(resource.ResourceFilter):
    """GiB of local disk: neither more than may be promised, nor more than the host says is really left."""
    unit = 'GB'
    room = 'room_disk_gb'
    ratio = 'disk_allocation_ratio'
    remedy = ('nova.conf of a host: [DEFAULT] disk_allocation_ratio, reserved_host_disk_mb; or free disk there; or a '
              'smaller flavor')

    def __init__(self, spec):
        super().__init__(spec, spec.disk_gb)

    def numbers(self, host):
        return host.total_usable_disk_gb, host.local_gb_reserved, host.local_gb_used

    def too_small(self, host):
        if host.local_gb_used + self.wanted > host.local_gb_limit:
            return super().too_small(host)
        free = max(0, host.room_disk_gb)
        return self.reason(f'needs {self.wanted} GB, free {free} GB by what the host measured', self.wanted, free)


class AggregateDiskFilter(DiskFilter):
    """GiB of local disk, with the ratio that the host's aggregates say, the least of several, or else its own.

    To be enabled in place of DiskFilter; with both, the lesser ratio counts.
    """
    remedy = ('metadata disk_allocation_ratio of the aggregates (`openstack aggregate set --property`); nova.conf of '
              'a host that is in none; or a smaller flavor')

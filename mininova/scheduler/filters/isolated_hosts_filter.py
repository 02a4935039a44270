# SPDX-License-Identifier: Apache-2.0
"""IsolatedHostsFilter: some images run on some hosts only.

Nova: nova/scheduler/filters/isolated_hosts_filter.py.  The comparison is in
mininova/scheduler/client/image_isolation.py.
"""
from mininova.scheduler import filters
from mininova.scheduler.client import image_isolation


class IsolatedHostsFilter(filters.BaseHostFilter):
    """Isolated images go to isolated hosts; other images stay away from those, unless the option allows them."""
    remedy = ('[filter_scheduler] isolated_hosts, isolated_images, restrict_isolated_hosts_to_isolated_images; or '
              'more isolated hosts')

    def __init__(self, spec):
        super().__init__(spec)
        self.isolation = image_isolation.HostIsolation(spec.image)
        self.applies = self.isolation.applies

    def host_passes(self, host):
        found = self.isolation.mismatch(host.host)
        return filters.PASS if found is None else self.reason(*found)

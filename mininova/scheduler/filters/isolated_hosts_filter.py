# SPDX-License-Identifier: Apache-2.0
"""IsolatedHostsFilter: some images run on some hosts only.  Nova: nova/scheduler/filters/isolated_hosts_filter.py."""
import mininova.conf
from mininova.scheduler import filters

CONF = mininova.conf.CONF


class IsolatedHostsFilter(filters.BaseHostFilter):
    """Isolated images go to isolated hosts; other images stay away from those, unless the option allows them."""
    remedy = ('[filter_scheduler] isolated_hosts, isolated_images, restrict_isolated_hosts_to_isolated_images; or '
              'more isolated hosts')

    def __init__(self, spec):
        super().__init__(spec)
        options = CONF.filter_scheduler
        self.hosts = frozenset(options.isolated_hosts)
        image_id = spec.image.id if spec.image is not None else None
        self.isolated = image_id in options.isolated_images
        self.applies = self.isolated or bool(options.restrict_isolated_hosts_to_isolated_images and self.hosts)

    def host_passes(self, host):
        if (host.host in self.hosts) == self.isolated:
            return filters.PASS
        if self.isolated:
            return self.reason('not among the isolated hosts, where the image belongs', 'isolated', 'not isolated')
        return self.reason('for isolated images only', 'not isolated', 'isolated')

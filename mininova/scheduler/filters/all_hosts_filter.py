# SPDX-License-Identifier: Apache-2.0
"""AllHostsFilter: every host passes.  Nova: nova/scheduler/filters/all_hosts_filter.py."""
from mininova.scheduler import filters


class AllHostsFilter(filters.BaseHostFilter):
    """For a list of filters that shall test nothing but room, which is tested in any case."""
    applies = False

    def host_passes(self, host):
        return filters.PASS

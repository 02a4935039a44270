# SPDX-License-Identifier: Apache-2.0
"""NumInstancesFilter, AggregateNumInstancesFilter: the host has not too many servers.

Nova: nova/scheduler/filters/num_instances_filter.py.
"""
import mininova.conf
from mininova.scheduler import aggregate_metadata, filters

CONF = mininova.conf.CONF


class NumInstancesFilter(filters.BaseHostFilter):
    """Fewer than max_instances_per_host servers have a claim on the host."""
    option = 'max_instances_per_host'
    remedy = '[filter_scheduler] max_instances_per_host; or more hosts'

    def __init__(self, spec):
        super().__init__(spec)
        self.most = CONF.filter_scheduler.max_instances_per_host

    def limit(self, host):
        """Return how many are too many."""
        return self.most

    def host_passes(self, host):
        most = self.limit(host)
        if host.num_instances < most:
            return filters.PASS
        return self.reason(f'has {host.num_instances} servers, the most are {most}', most, host.num_instances)


class AggregateNumInstancesFilter(NumInstancesFilter):
    """The same, with the least max_instances_per_host of the host's aggregates if one says so."""
    remedy = ('metadata max_instances_per_host of the aggregates (`openstack aggregate set --property`); '
              '[filter_scheduler] max_instances_per_host; or more hosts')

    def limit(self, host):
        return host.aggregate_metadata.least(self.option, aggregate_metadata.count, self.most)

# SPDX-License-Identifier: Apache-2.0
"""IoOpsFilter, AggregateIoOpsFilter: not too much is under way on the host that keeps its disks busy.

Nova: nova/scheduler/filters/io_ops_filter.py.
"""
import mininova.conf
from mininova.scheduler import aggregate_metadata, filters

CONF = mininova.conf.CONF


class IoOpsFilter(filters.BaseHostFilter):
    """Fewer than max_io_ops_per_host builds, resizes, rebuilds, snapshots, rescues and unshelvings are under way."""
    option = 'max_io_ops_per_host'
    remedy = '[filter_scheduler] max_io_ops_per_host; or wait until they are done'

    def __init__(self, spec):
        super().__init__(spec)
        self.most = CONF.filter_scheduler.max_io_ops_per_host

    def limit(self, host):
        """Return how many are too many."""
        return self.most

    def host_passes(self, host):
        most = self.limit(host)
        if host.num_io_ops < most:
            return filters.PASS
        return self.reason(f'has {host.num_io_ops} operations under way, the most are {most}', most, host.num_io_ops)


class AggregateIoOpsFilter(IoOpsFilter):
    """The same, with the least max_io_ops_per_host of the host's aggregates if one says so."""
    remedy = ('metadata max_io_ops_per_host of the aggregates (`openstack aggregate set --property`); '
              '[filter_scheduler] max_io_ops_per_host; or wait until they are done')

    def limit(self, host):
        return host.aggregate_metadata.least(self.option, aggregate_metadata.count, self.most)

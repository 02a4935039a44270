# SPDX-License-Identifier: Apache-2.0
"""AggregateTypeAffinityFilter: aggregates that are for some flavors only.

Nova: nova/scheduler/filters/type_filter.py.
"""
from mininova.scheduler import filters
from mininova.scheduler.filters import aggregate

KEY = 'instance_type'


class AggregateTypeAffinityFilter(aggregate.AggregateFilter):
    """Metadata instance_type names the flavors, divided by commas; a host without it is for all."""
    remedy = 'metadata instance_type of the aggregates (`openstack aggregate set --property`); or another flavor'

    def judge(self, metadata):
        flavors, wanted = metadata.texts.get(KEY), self.spec.flavor.name
        if flavors is None or wanted in flavors:
            return filters.PASS
        had = ', '.join(sorted(flavors))
        return self.reason(f'for flavors {had} only, not {wanted}', wanted, had)

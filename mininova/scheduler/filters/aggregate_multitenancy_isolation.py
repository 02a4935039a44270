# SPDX-License-Identifier: Apache-2.0
"""AggregateMultiTenancyIsolation: aggregates that are for some projects only.

Nova: nova/scheduler/filters/aggregate_multitenancy_isolation.py.
"""
from mininova.scheduler import filters
from mininova.scheduler.filters import aggregate

KEY = 'filter_tenant_id'


class AggregateMultiTenancyIsolation(aggregate.AggregateFilter):
    """Metadata filter_tenant_id, with any ending, names the projects: filter_tenant_id2, since a value is 255 long.

    A host that none of its aggregates reserves is for all, so a named project may go there too.
    """
    remedy = 'metadata filter_tenant_id of the aggregates (`openstack aggregate set --property`); or more hosts'

    def judge(self, metadata):
        reserved = frozenset().union(*(texts for key, texts in metadata.texts.items() if key.startswith(KEY)))
        if not reserved or self.spec.project_id in reserved:
            return filters.PASS
        return self.reason('reserved for other projects', self.spec.project_id, ', '.join(sorted(reserved)))

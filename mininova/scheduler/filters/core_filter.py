# SPDX-License-Identifier: Apache-2.0
"""CoreFilter: the guest's virtual CPUs fit.  Nova: nova/scheduler/filters/core_filter.py (Newton)."""
from mininova.scheduler import filters
from mininova.scheduler.filters import resource


class CoreFilter(resource.ResourceFilter):
    """Virtual CPUs."""
    unit = 'VCPUs'
    remedy = '[DEFAULT] cpu_allocation_ratio or reserved_host_cpus in nova.conf of a host; or a flavor with fewer VCPUs'

    def __init__(self, spec):
        super().__init__(spec, spec.flavor.vcpus)

    def host_passes(self, host):
        if host.vcpus_used + self.wanted <= host.vcpus_limit:
            return filters.PASS
        return self.too_small(host.vcpus_limit - host.vcpus_used, host.vcpus_total, host.vcpus_reserved,
                              host.cpu_allocation_ratio, host.vcpus_used)

# SPDX-License-Identifier: Apache-2.0
"""CoreFilter: the guest's virtual CPUs fit.  Nova: nova/scheduler/filters/core_filter.py (Newton)."""
from mininova.scheduler.filters import resource


class CoreFilter(resource.ResourceFilter):
    """Virtual CPUs."""
    unit = 'VCPUs'
    room = 'room_vcpus'
    remedy = 'nova.conf of a host: [DEFAULT] cpu_allocation_ratio, reserved_host_cpus; or a flavor with fewer VCPUs'

    def __init__(self, spec):
        super().__init__(spec, spec.flavor.vcpus)

    def numbers(self, host):
        return host.vcpus_total, host.vcpus_reserved, host.cpu_allocation_ratio, host.vcpus_used

# SPDX-License-Identifier: Apache-2.0
"""CoreFilter and AggregateCoreFilter: the guest's virtual CPUs fit.

Nova: nova/scheduler/filters/core_filter.py (Newton).
"""
from mininova.scheduler.filters import resource


class CoreFilter(resource.ResourceFilter):
    """Virtual CPUs that share; those with a CPU of their own are a matter of NUMATopologyFilter."""
    unit = 'VCPUs'
    room = 'room_vcpus'
    ratio = 'cpu_allocation_ratio'
    remedy = 'nova.conf of a host: [DEFAULT] cpu_allocation_ratio, reserved_host_cpus; or a flavor with fewer VCPUs'

    def __init__(self, spec):
        super().__init__(spec, spec.vcpus)

    def numbers(self, host):
        return host.vcpus_total, host.vcpus_reserved, host.vcpus_used


class AggregateCoreFilter(CoreFilter):
    """Virtual CPUs, with the ratio that the host's aggregates say, the least of several, or else its own.

    To be enabled in place of CoreFilter; with both, the lesser ratio counts.
    """
    remedy = ('metadata cpu_allocation_ratio of the aggregates (`openstack aggregate set --property`); nova.conf of '
              'a host that is in none; or a flavor with fewer VCPUs')

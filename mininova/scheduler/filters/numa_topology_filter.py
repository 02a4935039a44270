# SPDX-License-Identifier: Apache-2.0
"""NUMATopologyFilter: CPUs of their own, memory pages and NUMA nodes that a server wants are there.

Nova: nova/scheduler/filters/numa_topology_filter.py.
"""
from mininova.scheduler import filters
from mininova.virt import hardware


class NUMATopologyFilter(filters.BaseHostFilter):
    """Fits the server into the host's cells as the claim will; a server without such wishes is not concerned."""
    remedy = ("nova.conf of a host: [compute] cpu_dedicated_set, cpu_shared_set, [DEFAULT] reserved_huge_pages; more "
              "huge pages there (/proc/sys/vm/nr_hugepages); or the flavor's extra specs hw:cpu_policy, "
              'hw:mem_page_size, hw:numa_nodes')

    def __init__(self, spec):
        super().__init__(spec)
        document = spec.numa_topology
        self.applies = document is not None
        self.wanted = document and hardware.InstanceNUMATopology.from_document(document)

    def host_passes(self, host):
        found = host.fit_numa(self.wanted)
        if isinstance(found, hardware.Misfit):
            return self.reason(found.text, found.wanted, found.had)
        return filters.PASS

    @classmethod
    def summarise(cls, rejected):
        host, reason = max(rejected, key=lambda pair: pair[1].had)
        return f'{host.host}{" comes nearest" if len(rejected) > 1 else ""}: {reason.text}'

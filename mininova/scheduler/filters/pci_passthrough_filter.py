# SPDX-License-Identifier: Apache-2.0
"""PciPassthroughFilter: the PCI devices that a server wants are free, and where its NUMA policy lets it have them.

Nova: nova/scheduler/filters/pci_passthrough_filter.py.
"""
from mininova.pci import request, stats
from mininova.scheduler import filters
from mininova.virt import hardware


class PciPassthroughFilter(filters.BaseHostFilter):
    """Chooses devices as the claim will; a server without such wishes is not concerned."""
    remedy = ('nova.conf of a host: [pci] device_spec, which names the devices that guests may have; [pci] alias of '
              "nova-api; or the flavor's extra specs pci_passthrough:alias, hw:pci_numa_affinity_policy")

    def __init__(self, spec):
        super().__init__(spec)
        *_, numa_topology, pci_requests = spec.to_claim()
        self.applies = bool(pci_requests)
        self.requests = request.from_documents(pci_requests)
        self.numa_topology = numa_topology and hardware.InstanceNUMATopology.from_document(numa_topology)

    def host_passes(self, host):
        found = host.pci_stats.fit(self.requests)
        if self.numa_topology is not None and not isinstance(found, stats.Shortage):
            # A misfit of the cells alone is what NUMATopologyFilter tells of.
            found = host.fit(self.numa_topology, self.requests)
        if isinstance(found, stats.Shortage):
            return self.reason(found.text, found.wanted, found.had)
        return filters.PASS

    @classmethod
    def summarise(cls, rejected):
        host, reason = max(rejected, key=lambda pair: pair[1].had)
        return f'{host.host}{" comes nearest" if len(rejected) > 1 else ""}: {reason.text}'

# SPDX-License-Identifier: Apache-2.0
"""HostState: one host as the scheduler sees it.  Nova: HostState in nova/scheduler/host_manager.py.

Unlike Nova's it never changes once it is built: a request that takes room works on a copy, so concurrent requests
share the others.  Attributes that Nova has carry Nova's names, since flavors name them in extra specs.
"""
import copy
import functools

import orjson

from mininova.pci import fitting as pci_fitting
from mininova.pci import request, stats
from mininova.scheduler import aggregate_metadata
from mininova.virt import hardware
from mininova.virt.hardware import fitting, topology

DEFAULT_RATIO = 1.0
RATIOS = ('cpu_allocation_ratio', 'ram_allocation_ratio', 'disk_allocation_ratio')


@functools.lru_cache(maxsize=4096)
def _document(text):
    """Parse a JSON document once; hosts of a kind share it."""
    return orjson.loads(text)


def _parsed(document):
    """Return a document that is text, as it is read, or parsed, as a request has changed it."""
    return orjson.loads(document) if isinstance(document, str) else document


class HostState:
    """Capacity in VCPUs, MiB and GiB.

    :ivar memory_mb_limit: (total - reserved) * ratio, to which claims may add up; likewise vcpus_limit, local_gb_limit
    :ivar room_memory_mb: what may still be claimed, whole MiB; likewise room_vcpus, and room_disk_gb, which is less if
        the host measured less (a ratio above 1 allows for sparse disks: so much is added to the measured, as in Nova)
    :ivar free_ram_mb: neither reserved nor claimed, without the ratio, as in Nova; may be negative
    :ivar free_disk_mb: likewise, or less if the host measured less
    :ivar free_vcpus: what may still be claimed, with the ratio, as Nova's CPUWeigher counts
    :ivar own_ratios: {'cpu_allocation_ratio', ...} as nova-compute reported them
    :ivar ratios: those that aggregates set instead (``scheduler/aggregate_ratios.py``); claims need them
    :ivar num_instances: servers with a claim here, also those that are being built
    :ivar num_io_ops: builds, resizes, rebuilds, snapshots, rescues and unshelvings under way here
    :ivar failed_builds: builds that failed here, one after another, since the last one that worked
    :ivar metrics: {name: value} that the host's monitors report
    :ivar free_pci_devices: that the host could still give to guests
    :ivar zones: availability zones of the host
    :ivar aggregate_metadata: AggregateMetadata of the host, the same object for hosts in the same aggregates
    :ivar service: None when its nova-compute is well, else {'missing'} or {'disabled', 'disabled_reason',
        'forced_down', 'age'}
    """
    __slots__ = (
        'compute_node_id', 'uuid', 'host', 'nodename', 'generation', 'updated_at',
        'vcpus_total', 'vcpus_used', 'vcpus_reserved', 'vcpus_limit', 'cpu_allocation_ratio',
        'total_usable_ram_mb', 'memory_mb_used', 'memory_mb_reserved', 'memory_mb_limit', 'ram_allocation_ratio',
        'total_usable_disk_gb', 'local_gb_used', 'local_gb_reserved', 'local_gb_limit', 'disk_allocation_ratio',
        'own_ratios', 'ratios', 'disk_available_least', 'free_ram_mb', 'free_disk_mb', 'free_vcpus', 'room_vcpus',
        'room_memory_mb', 'room_disk_gb', 'num_instances', 'num_io_ops', 'failed_builds', 'metrics', 'free_pci_devices',
        'hypervisor_type', 'hypervisor_version', 'host_ip', 'cpu_info', 'supported_instances', 'stats',
        'aggregate_metadata', 'zones', 'service', '_hardware')

    def __init__(self, row, zones, metadata=aggregate_metadata.NONE, service=None, ratios=None, num_io_ops=0):
        """Build it.

        :param row: of ``db/host_states.py``
        :param ratios: AggregateRatios, or None if aggregates set none
        """
        self.compute_node_id, self.uuid, self.host, self.nodename = row.id, row.uuid, row.host, row.hypervisor_hostname
        self.generation, self.updated_at = row.generation, row.updated_at
        self._set_capacity(row)
        self.disk_available_least = row.disk_available_least
        self.num_instances, self.num_io_ops = row.running_vms or 0, num_io_ops
        self.hypervisor_type, self.hypervisor_version = row.hypervisor_type, row.hypervisor_version
        self.host_ip = row.host_ip
        self.cpu_info = _document(row.cpu_info) if row.cpu_info else {}
        self.supported_instances = _document(row.supported_instances) if row.supported_instances else []
        self._hardware = (row.numa_topology, row.numa_used, row.pci_stats)
        self.free_pci_devices = self.pci_stats.count
        self._set_stats(_document(row.stats) if row.stats else {})
        self.service = service
        self._place(zones, metadata, ratios)

    def _set_capacity(self, row):
        self.vcpus_total, self.vcpus_used = row.vcpus, row.vcpus_used or 0
        self.total_usable_ram_mb, self.memory_mb_used = row.memory_mb, row.memory_mb_used or 0
        self.total_usable_disk_gb, self.local_gb_used = row.local_gb, row.local_gb_used or 0
        self.vcpus_reserved, self.memory_mb_reserved = row.reserved_vcpus or 0, row.reserved_memory_mb or 0
        self.local_gb_reserved = row.reserved_disk_gb or 0
        self.own_ratios = {name: _ratio(getattr(row, name)) for name in RATIOS}

    def _set_stats(self, said):
        self.stats = said
        facts = said if isinstance(said, dict) else {}
        self.failed_builds = facts.get('failed_builds') or 0
        self.metrics = {metric['name']: metric['value'] for metric in facts.get('metrics') or ()}

    def _place(self, zones, metadata, ratios):
        """Take over what the host's aggregates say of it."""
        self.zones, self.aggregate_metadata = zones, metadata
        self.ratios = ratios.of(metadata, self.own_ratios) if ratios else {}
        for name in RATIOS:
            setattr(self, name, self.ratios.get(name, self.own_ratios[name]))
        self.vcpus_limit = (self.vcpus_total - self.vcpus_reserved) * self.cpu_allocation_ratio
        self.memory_mb_limit = (self.total_usable_ram_mb - self.memory_mb_reserved) * self.ram_allocation_ratio
        self.local_gb_limit = (self.total_usable_disk_gb - self.local_gb_reserved) * self.disk_allocation_ratio
        self._set_free()

    @property
    def hypervisor_hostname(self):
        return self.nodename

    @property
    def aggregates(self):
        """The aggregates of the host, each {'id', 'name', 'hosts', 'metadata'}."""
        return self.aggregate_metadata.aggregates

    def _set_free(self):
        """Work out what is left: what filters, weighers and extra specs ask for most often."""
        self.free_ram_mb = self.total_usable_ram_mb - self.memory_mb_reserved - self.memory_mb_used
        self.free_vcpus = self.vcpus_limit - self.vcpus_used
        self.room_vcpus = int(self.vcpus_limit) - self.vcpus_used
        self.room_memory_mb = int(self.memory_mb_limit) - self.memory_mb_used
        self.room_disk_gb = int(self.local_gb_limit) - self.local_gb_used
        free_gb = self.total_usable_disk_gb - self.local_gb_reserved - self.local_gb_used
        if self.disk_available_least is not None:
            free_gb = min(free_gb, self.disk_available_least)
            sparse = self.total_usable_disk_gb * (self.disk_allocation_ratio - 1)
            self.room_disk_gb = min(self.room_disk_gb, int(self.disk_available_least + sparse))
        self.free_disk_mb = free_gb * 1024

    def replaced(self, **values):
        """Return a copy that differs in some attributes."""
        changed = copy.copy(self)
        for name, value in values.items():
            setattr(changed, name, value)
        return changed

    def placed(self, zones, metadata, ratios, service):
        """Return the host as it is with other aggregates."""
        changed = self.replaced(service=service)
        changed._place(zones, metadata, ratios)
        return changed

    @property
    def numa_topology(self):
        """Its NUMATopology with what is used of it, None if the host tells of none; built when somebody asks."""
        facts, used, _pools = self._hardware
        if facts is None:
            return None
        return hardware.NUMATopology.from_documents(_document(facts), _parsed(used))

    @property
    def pci_stats(self):
        """The PciDeviceStats of its free devices; built when somebody asks."""
        pools = self._hardware[2]
        return stats.PciDeviceStats(pools and _parsed(pools))

    def fit_numa(self, wanted):
        """Fit the InstanceNUMATopology that a server wants: return what it would get, or a Misfit."""
        limits = fitting.Limits(self.cpu_allocation_ratio, self.ram_allocation_ratio)
        return hardware.numa_fit_instance_to_host(self.numa_topology, wanted, limits)

    def fit(self, numa_topology, pci_requests):
        """Fit all that a server wants of the host's hardware: return what it would get, or why it does not fit.

        :param numa_topology: InstanceNUMATopology or None
        :param pci_requests: list of InstancePCIRequest
        :returns: as :func:`mininova.pci.fitting.fit`
        """
        limits = fitting.Limits(self.cpu_allocation_ratio, self.ram_allocation_ratio)
        return pci_fitting.fit(self.numa_topology, self.pci_stats, numa_topology, pci_requests, limits)

    def consumed(self, vcpus, memory_mb, disk_gb, numa_topology=None, pci_requests=None):
        """Return the host as it will be with one more guest.  Nova: consume_from_request.

        :param numa_topology: document of the InstanceNUMATopology that the guest wants
        :param pci_requests: documents of its InstancePCIRequests
        """
        changed = self.replaced(vcpus_used=self.vcpus_used + vcpus, memory_mb_used=self.memory_mb_used + memory_mb,
                                local_gb_used=self.local_gb_used + disk_gb, num_instances=self.num_instances + 1,
                                num_io_ops=self.num_io_ops + 1)
        changed._set_free()
        if numa_topology is not None or pci_requests:
            wanted = numa_topology and hardware.InstanceNUMATopology.from_document(numa_topology)
            fitted = self.fit(wanted, request.from_documents(pci_requests))
            if isinstance(fitted, pci_fitting.Fit):
                changed._take(fitted)
        return changed

    def _take(self, fitted):
        """Take what a guest gets off what is free; only for an object that nobody else has yet."""
        facts, used, pools = self._hardware
        if fitted.numa_topology is not None:
            used = topology.add_usage(_parsed(used), fitted.numa_topology)
        if fitted.devices:
            left = self.pci_stats.without([address for devices in fitted.devices.values() for address in devices])
            pools, self.free_pci_devices = left.pools, left.count
        self._hardware = (facts, used, pools)

    def as_destination(self):
        """Return what callers of select_destinations get; `ratios` are those that a claim of an alternate needs."""
        destination = {'host': self.host, 'node': self.nodename, 'compute_node_id': self.compute_node_id}
        return {**destination, 'ratios': self.ratios} if self.ratios else destination

    def __repr__(self):
        return (f'({self.host}, {self.nodename}) ram: {self.free_ram_mb}MB disk: {self.free_disk_mb}MB '
                f'vcpus: {self.vcpus_used}/{self.vcpus_limit:g} instances: {self.num_instances}')


def _ratio(value):
    return DEFAULT_RATIO if value is None else value

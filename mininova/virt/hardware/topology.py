# SPDX-License-Identifier: Apache-2.0
"""NUMA cells of hosts and of servers, as data.

Memory is in MiB, pages in KiB.  A host's facts and what servers use of them are two documents, as they have two
writers: the host reports the one, claims write the other.
Nova: nova/objects/numa.py, nova/objects/instance_numa.py.
"""
import dataclasses

KIB = 1024


@dataclasses.dataclass
class NUMAPagesTopology:
    """Memory pages of one size in a cell.

    :ivar used: claimed by servers
    :ivar reserved: kept back by the option reserved_huge_pages
    """

    size_kb: int
    total: int
    used: int = 0
    reserved: int = 0

    @property
    def free(self):
        return self.total - self.used - self.reserved


@dataclasses.dataclass
class NUMACell:
    """One cell of a host.

    :ivar cpuset: CPUs that servers share; pcpuset: those that single servers may have
    :ivar siblings: sets of CPUs that are threads of one core
    :ivar cpu_usage: shared virtual CPUs claimed; memory_usage: MiB claimed
    :ivar pinned_cpus: dedicated CPUs that are taken
    """

    id: int
    cpuset: set
    pcpuset: set
    memory: int
    siblings: list = dataclasses.field(default_factory=list)
    mempages: list = dataclasses.field(default_factory=list)
    socket: int | None = None
    cpu_usage: int = 0
    memory_usage: int = 0
    pinned_cpus: set = dataclasses.field(default_factory=set)

    @property
    def free_pcpus(self):
        """Dedicated CPUs that nobody has."""
        return self.pcpuset - self.pinned_cpus

    @property
    def avail_memory(self):
        return self.memory - self.memory_usage

    @property
    def has_threads(self):
        return any(len(group) > 1 for group in self.siblings)

    def to_facts(self):
        """Return what the host says of it, as JSON."""
        return {'id': self.id, 'cpuset': sorted(self.cpuset), 'pcpuset': sorted(self.pcpuset), 'memory': self.memory,
                'siblings': [sorted(group) for group in self.siblings], 'socket': self.socket,
                'mempages': [{'size_kb': pages.size_kb, 'total': pages.total, 'reserved': pages.reserved}
                             for pages in self.mempages]}

    @classmethod
    def from_documents(cls, facts, usage):
        """Build it from its facts and from what is used of it."""
        pages_used = usage.get('mempages') or {}
        pages = [NUMAPagesTopology(each['size_kb'], each['total'], pages_used.get(str(each['size_kb']), 0),
                                   each.get('reserved', 0)) for each in facts['mempages']]
        return cls(facts['id'], set(facts['cpuset']), set(facts['pcpuset']), facts['memory'],
                   [set(group) for group in facts['siblings']], pages, facts.get('socket'),
                   usage.get('cpu_usage', 0), usage.get('memory_usage', 0), set(usage.get('pinned_cpus') or ()))


@dataclasses.dataclass
class NUMATopology:
    """All cells of a host."""

    cells: list

    def to_facts(self):
        return {'cells': [cell.to_facts() for cell in self.cells]}

    @classmethod
    def from_documents(cls, facts, usage=None):
        """Build it from the reported facts and the usage, {id of the cell as text: amounts}."""
        usage = usage or {}
        return cls([NUMACell.from_documents(cell, usage.get(str(cell['id'])) or {}) for cell in facts['cells']])


@dataclasses.dataclass
class InstanceNUMACell:
    """One NUMA node of a server: a wish, or, once it is fitted, what it has.

    :ivar id: its number in the server as long as it is a wish, then that of the host's cell
    :ivar cpuset: virtual CPUs that share; pcpuset: those with a CPU of their own
    :ivar pagesize: KiB, or one of MEMPAGES_* of a wish, or None
    :ivar cpu_pinning: {virtual CPU: CPU of the host} of a fit
    :ivar cpuset_reserved: CPUs of the host for the emulator threads alone
    :ivar blocked: CPUs of the host that stay idle beside an isolated thread
    :ivar threads: of one core that the pinned CPUs are, 1 if nothing is known of it
    """

    id: int
    cpuset: set
    pcpuset: set
    memory: int
    pagesize: int | None = None
    cpu_policy: str | None = None
    cpu_thread_policy: str | None = None
    cpu_pinning: dict = dataclasses.field(default_factory=dict)
    cpuset_reserved: set = dataclasses.field(default_factory=set)
    blocked: set = dataclasses.field(default_factory=set)
    threads: int = 1

    @property
    def total_cpus(self):
        return self.cpuset | self.pcpuset

    @property
    def siblings(self):
        """Sets of virtual CPUs that are threads of one core."""
        if self.threads < 2:
            return []
        cpus = sorted(self.pcpuset)
        return [set(cpus[start:start + self.threads]) for start in range(0, len(cpus), self.threads)]

    @property
    def taken_cpus(self):
        """CPUs of the host that nobody else may have."""
        return set(self.cpu_pinning.values()) | self.cpuset_reserved | self.blocked

    @property
    def pages(self):
        """Number of pages that a fit takes, 0 where no page size was asked for."""
        return self.memory * KIB // self.pagesize if self.pagesize else 0

    def to_document(self):
        return {'id': self.id, 'cpuset': sorted(self.cpuset), 'pcpuset': sorted(self.pcpuset), 'memory': self.memory,
                'pagesize': self.pagesize, 'cpu_policy': self.cpu_policy, 'cpu_thread_policy': self.cpu_thread_policy,
                'cpu_pinning': {str(vcpu): cpu for vcpu, cpu in sorted(self.cpu_pinning.items())},
                'cpuset_reserved': sorted(self.cpuset_reserved), 'blocked': sorted(self.blocked),
                'threads': self.threads}

    @classmethod
    def from_document(cls, document):
        values = dict(document)
        for name in ('cpuset', 'pcpuset', 'cpuset_reserved', 'blocked'):
            values[name] = set(values[name])
        values['cpu_pinning'] = {int(vcpu): cpu for vcpu, cpu in values['cpu_pinning'].items()}
        return cls(**values)

    def usage(self):
        """Return what a fit takes of its cell of the host, as JSON."""
        return {'cpu_usage': len(self.cpuset), 'memory_usage': self.memory, 'pinned_cpus': sorted(self.taken_cpus),
                'mempages': {str(self.pagesize): self.pages} if self.pagesize else {}}


@dataclasses.dataclass
class InstanceNUMATopology:
    """All NUMA nodes of a server.

    :ivar emulator_threads_policy: 'isolate', 'share' or None
    """

    cells: list
    emulator_threads_policy: str | None = None

    @property
    def cpu_pinning(self):
        """Return {virtual CPU: CPU of the host} of all its pinned CPUs."""
        return {vcpu: cpu for cell in self.cells for vcpu, cpu in cell.cpu_pinning.items()}

    @property
    def cpuset_reserved(self):
        return set().union(*(cell.cpuset_reserved for cell in self.cells))

    def without_host(self):
        """Return it as it is when the server has no host.  Nova: clear_host_pinning."""
        cells = [dataclasses.replace(cell, id=number, cpu_pinning={}, cpuset_reserved=set(), blocked=set(), threads=1)
                 for number, cell in enumerate(self.cells)]
        return dataclasses.replace(self, cells=cells)

    def to_document(self):
        return {'cells': [cell.to_document() for cell in self.cells],
                'emulator_threads_policy': self.emulator_threads_policy}

    @classmethod
    def from_document(cls, document):
        return cls([InstanceNUMACell.from_document(cell) for cell in document['cells']],
                   document.get('emulator_threads_policy'))


def add_usage(usage, topology, sign=1):
    """Return the usage of a host with a fitted server more (or, with sign -1, less) on it.

    :param usage: {id of the cell as text: amounts}, unchanged; None is nothing
    :param topology: a fitted InstanceNUMATopology
    """
    found = {number: dict(cell, mempages=dict(cell['mempages'])) for number, cell in (usage or {}).items()}
    for each in topology.cells:
        own = each.usage()
        cell = found.setdefault(str(each.id), {'cpu_usage': 0, 'memory_usage': 0, 'pinned_cpus': [], 'mempages': {}})
        for name in ('cpu_usage', 'memory_usage'):
            cell[name] += sign * own[name]
        for size, count in own['mempages'].items():
            cell['mempages'][size] = cell['mempages'].get(size, 0) + sign * count
        pinned = set(cell['pinned_cpus'])
        cell['pinned_cpus'] = sorted(pinned | set(own['pinned_cpus']) if sign > 0
                                     else pinned - set(own['pinned_cpus']))
    return {number: cell for number, cell in found.items() if _is_anything(cell)}


def _is_anything(cell):
    cell['mempages'] = {size: count for size, count in cell['mempages'].items() if count}
    return bool(cell['cpu_usage'] or cell['memory_usage'] or cell['pinned_cpus'] or cell['mempages'])

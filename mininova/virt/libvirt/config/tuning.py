# SPDX-License-Identifier: Apache-2.0
"""Which CPUs and which memory of the host a guest gets.  Runs in nova-compute.

https://libvirt.org/formatdomain.html: CPU tuning, NUMA node tuning, memory backing, guest NUMA topology.
"""
import dataclasses

from mininova.virt import hardware
from mininova.virt.libvirt.config import base


@dataclasses.dataclass
class CPUTune(base.Element):
    """CPUs of the host for each virtual CPU and for the emulator.

    :ivar vcpus: {virtual CPU: set of CPUs of the host}
    :ivar emulator: set of CPUs of the host, empty for no word on it
    :ivar realtime: virtual CPUs that run in realtime, with `priority`
    """

    vcpus: dict
    emulator: set = dataclasses.field(default_factory=set)
    realtime: frozenset = frozenset()
    priority: int = 1

    def to_element(self):
        made = base.parent('cputune', *(base.parent('vcpupin', vcpu=vcpu, cpuset=hardware.format_cpu_spec(cpus))
                                        for vcpu, cpus in sorted(self.vcpus.items())))
        if self.emulator:
            made.append(base.parent('emulatorpin', cpuset=hardware.format_cpu_spec(self.emulator)))
        if self.realtime:
            made.append(base.parent('vcpusched', vcpus=hardware.format_cpu_spec(self.realtime), scheduler='fifo',
                                    priority=self.priority))
        return made


@dataclasses.dataclass
class NUMATune(base.Element):
    """Cells of the host from which the guest's cells have their memory, in the order of the guest's cells."""

    cells: list

    def to_element(self):
        made = base.parent('numatune', base.parent('memory', mode='strict',
                                                   nodeset=hardware.format_cpu_spec(set(self.cells))))
        for number, cell in enumerate(self.cells):
            made.append(base.parent('memnode', cellid=number, mode='strict', nodeset=cell))
        return made


@dataclasses.dataclass
class GuestCell:
    """A NUMA cell as the guest sees it; memory in KiB."""

    cpus: set
    memory_kib: int
    shared_access: bool = False

    def to_element(self, number):
        return base.parent('cell', id=number, cpus=hardware.format_cpu_spec(self.cpus), memory=self.memory_kib,
                           unit='KiB', memAccess='shared' if self.shared_access else None)


@dataclasses.dataclass
class MemoryBacking(base.Element):
    """What the guest's memory is made of.

    :ivar huge_pages: {KiB: cells of the guest}
    :ivar locked: it is never swapped out; shareable: the host may merge equal pages
    """

    huge_pages: dict = dataclasses.field(default_factory=dict)
    locked: bool = False
    shareable: bool = True

    def __bool__(self):
        return bool(self.huge_pages or self.locked or not self.shareable)

    def to_element(self):
        made = base.parent('memoryBacking')
        if self.huge_pages:
            made.append(base.parent('hugepages', *(
                base.parent('page', size=size, unit='KiB', nodeset=hardware.format_cpu_spec(cells))
                for size, cells in sorted(self.huge_pages.items()))))
        if not self.shareable:
            made.append(base.parent('nosharepages'))
        if self.locked:
            made.append(base.parent('locked'))
        return made

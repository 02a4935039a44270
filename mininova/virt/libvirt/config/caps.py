# SPDX-License-Identifier: Apache-2.0
"""What the host and its emulators can do, read from libvirt's documents.  Runs in nova-compute.

https://libvirt.org/formatcaps.html and formatdomaincaps.html
"""
import dataclasses

from oslo_utils import units

from mininova.virt import hardware
from mininova.virt.libvirt.config import base


@dataclasses.dataclass
class HostCaps:
    """The host's processor and the guests it can run.

    :ivar numa_cells: NUMACells of which cpuset has all CPUs
    :ivar guests: dict of architecture to a set of domain types ('kvm', 'qemu')
    """

    arch: str = ''
    model: str | None = None
    vendor: str | None = None
    features: list = dataclasses.field(default_factory=list)
    topology: dict = dataclasses.field(default_factory=dict)
    cells: int = 1
    numa_cells: list = dataclasses.field(default_factory=list)
    guests: dict = dataclasses.field(default_factory=dict)
    emulators: dict = dataclasses.field(default_factory=dict)

    @classmethod
    def parse(cls, document):
        """Read virConnectGetCapabilities' document."""
        root = base.parse(document)
        found = cls(arch=root.findtext('host/cpu/arch') or '', model=root.findtext('host/cpu/model'),
                    vendor=root.findtext('host/cpu/vendor'))
        found.features = [node.get('name') for node in root.findall('host/cpu/feature')]
        topology = root.find('host/cpu/topology')
        if topology is not None:
            found.topology = {key: int(topology.get(key, 1)) for key in ('sockets', 'cores', 'threads')}
        found.cells = max(1, len(root.findall('host/topology/cells/cell')))
        found.numa_cells = [_cell(node) for node in root.findall('host/topology/cells/cell') if node.find('cpus/cpu')
                            is not None]
        for guest in root.findall('guest'):
            arch = guest.find('arch')
            if guest.findtext('os_type') != 'hvm' or arch is None:
                continue
            found.guests.setdefault(arch.get('name'), set()).update(node.get('type') for node in arch.findall('domain'))
            found.emulators[arch.get('name')] = arch.findtext('emulator')
        return found


def _cell(node):
    """Return the NUMACell that an element tells of."""
    cpus = node.findall('cpus/cpu')
    siblings = {frozenset(hardware.parse_cpu_spec(cpu.get('siblings') or cpu.get('id'))) for cpu in cpus}
    pages = [hardware.NUMAPagesTopology(int(each.get('size')), int(each.text)) for each in node.findall('pages')]
    sockets = {cpu.get('socket_id') for cpu in cpus} - {None}
    return hardware.NUMACell(
        int(node.get('id')), {int(cpu.get('id')) for cpu in cpus}, set(), int(node.findtext('memory')) // units.Ki,
        sorted(map(set, siblings), key=min), pages, int(sockets.pop()) if len(sockets) == 1 else None)


@dataclasses.dataclass
class DomainCaps:
    """What one emulator offers for one architecture and machine type.

    :ivar enums: dict of 'device.enum' to a set of values, e.g. ``enums['video.modelType']``
    """

    enums: dict = dataclasses.field(default_factory=dict)
    cpu_modes: set = dataclasses.field(default_factory=set)
    cpu_models: set = dataclasses.field(default_factory=set)
    efi: bool = False

    @classmethod
    def parse(cls, document):
        """Read virConnectGetDomainCapabilities' document."""
        root = base.parse(document)
        found = cls()
        for device in root.findall('devices/*'):
            for enum in device.findall('enum'):
                found.enums[f'{device.tag}.{enum.get("name")}'] = {value.text for value in enum.findall('value')}
        for mode in root.findall('cpu/mode'):
            if mode.get('supported') == 'yes':
                found.cpu_modes.add(mode.get('name'))
        found.cpu_models = {node.text for node in root.findall("cpu/mode[@name='custom']/model")
                            if node.get('usable') != 'no'}
        found.efi = any(value.text == 'efi' for value in root.findall("os/enum[@name='firmware']/value"))
        return found

    def offers(self, enum, value):
        """Say whether a device model exists; true when the emulator does not tell."""
        return enum not in self.enums or value in self.enums[enum]

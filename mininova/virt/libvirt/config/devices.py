# SPDX-License-Identifier: Apache-2.0
"""The devices of a domain.  Runs in nova-compute.  https://libvirt.org/formatdomain.html#devices"""
import dataclasses

from mininova.virt.libvirt.config import base, nodedev


@dataclasses.dataclass
class Disk(base.Element):
    """A disk or CD in a file.  `driver_format` is never left to guessing."""

    source: str
    driver_format: str
    target_dev: str
    target_bus: str
    device: str = 'disk'
    cache: str | None = None
    discard: str | None = None
    serial: str | None = None
    boot_order: int | None = None

    def to_element(self):
        if self.driver_format not in ('raw', 'qcow2'):
            raise ValueError(f'disk {self.source} has no known format ({self.driver_format!r})')
        made = base.parent(
            'disk', base.parent('driver', name='qemu', type=self.driver_format, cache=self.cache, discard=self.discard),
            base.parent('source', file=self.source), base.parent('target', dev=self.target_dev, bus=self.target_bus),
            type='file', device=self.device)
        if self.device == 'cdrom':
            made.append(base.parent('readonly'))
        if self.serial:
            made.append(base.element('serial', self.serial))
        if self.boot_order:
            made.append(base.parent('boot', order=self.boot_order))
        return made


@dataclasses.dataclass
class CopyTarget(base.Element):
    """The file that a disk is copied to."""

    path: str
    driver_format: str

    def to_element(self):
        return base.parent('disk', base.parent('source', file=self.path),
                           base.parent('driver', name='qemu', type=self.driver_format), type='file')


_OFFLOADS = ('csum', 'tso4', 'tso6', 'ecn', 'ufo')


@dataclasses.dataclass
class Interface(base.Element):
    """A card on a bridge.

    :ivar filter_parameters: (name, value) pairs; a name may come several times
    :ivar offloads: whether guest and host leave checksums and the cutting of large packets to each other
    """

    mac: str
    bridge: str
    model: str
    target_dev: str | None = None
    mtu: int | None = None
    filter_name: str | None = None
    filter_parameters: tuple = ()
    driver_name: str | None = None
    openvswitch_id: str | None = None
    offloads: bool = True

    def to_element(self):
        made = base.parent('interface', base.parent('mac', address=self.mac), base.parent('source', bridge=self.bridge),
                           base.parent('model', type=self.model), type='bridge')
        if self.openvswitch_id:
            made.append(base.parent('virtualport', base.parent('parameters', interfaceid=self.openvswitch_id),
                                    type='openvswitch'))
        if self.driver_name:
            made.append(base.parent('driver', name=self.driver_name))
        if not self.offloads:
            made.append(base.parent('driver', base.parent('host', **dict.fromkeys((*_OFFLOADS, 'gso'), 'off')),
                                    base.parent('guest', **dict.fromkeys(_OFFLOADS, 'off'))))
        if self.target_dev:
            made.append(base.parent('target', dev=self.target_dev))
        if self.mtu:
            made.append(base.parent('mtu', size=self.mtu))
        if self.filter_name:
            made.append(base.parent('filterref', *(
                base.parent('parameter', name=name, value=value) for name, value in self.filter_parameters),
                filter=self.filter_name))
        return made


@dataclasses.dataclass
class HostDevice(base.Element):
    """A PCI device of the host, given to the guest.

    :ivar managed: libvirt takes it from the host's driver and gives it back; else it is bound to vfio-pci already
    """

    address: str
    managed: bool = True

    def to_element(self):
        address = base.parent('address', **nodedev.split(self.address))
        return base.parent('hostdev', base.parent('source', address), mode='subsystem', type='pci',
                           managed=self.managed)


@dataclasses.dataclass
class Serial(base.Element):
    """A serial port with its log file.

    :ivar listen: (address, port) of the TCP console, None for a pty
    """

    log_path: str
    listen: tuple | None = None
    port: int = 0

    def to_element(self):
        log = base.parent('log', file=self.log_path, append='off')
        target = base.parent('target', port=self.port)
        if self.listen:
            host, service = self.listen
            return base.parent('serial', base.parent('source', mode='bind', host=host, service=service),
                               base.parent('protocol', type='raw'), target, log, type='tcp')
        return base.parent('serial', target, log, type='pty')


@dataclasses.dataclass
class Graphics(base.Element):
    """The guest's screen over VNC or SPICE.

    :ivar default_mode: 'secure' for no port that is not encrypted
    :ivar settings: of SPICE: {element: {attribute: value, None for QEMU's own}}
    """

    listen: str
    keymap: str | None = None
    kind: str = 'vnc'
    default_mode: str | None = None
    settings: dict = dataclasses.field(default_factory=dict)

    def to_element(self):
        settings = [base.parent(name, **values) for name, values in self.settings.items()
                    if set(values.values()) != {None}]
        return base.parent('graphics', base.parent('listen', type='address', address=self.listen), *settings,
                           type=self.kind, autoport=True, keymap=self.keymap, defaultMode=self.default_mode)


@dataclasses.dataclass
class Video(base.Element):
    """The graphics card: model 'virtio', 'vga', 'cirrus', 'qxl', 'bochs', 'none'."""

    model: str
    vram_kib: int | None = None

    def to_element(self):
        return base.parent('video', base.parent('model', type=self.model, vram=self.vram_kib))


@dataclasses.dataclass
class Rng(base.Element):
    """A source of random numbers."""

    backend: str
    model: str = 'virtio'
    rate_bytes: int | None = None
    rate_period: int | None = None

    def to_element(self):
        rate = base.parent('rate', period=self.rate_period, bytes=self.rate_bytes) if self.rate_bytes else None
        return base.parent('rng', rate, base.element('backend', self.backend, model='random'), model=self.model)


@dataclasses.dataclass
class AgentChannel(base.Element):
    """The way to the guest agent, for which libvirt chooses the socket, or from SPICE to its agent ('spicevmc')."""

    name: str = 'org.qemu.guest_agent.0'
    kind: str = 'unix'

    def to_element(self):
        return base.parent('channel', base.parent('target', type='virtio', name=self.name), type=self.kind)


@dataclasses.dataclass
class Controller(base.Element):
    """A bus controller."""

    type: str
    index: int
    model: str | None = None

    def to_element(self):
        return base.parent('controller', type=self.type, index=self.index, model=self.model)


@dataclasses.dataclass
class Input(base.Element):
    """A pointer or keyboard."""

    type: str = 'tablet'
    bus: str = 'usb'

    def to_element(self):
        return base.parent('input', type=self.type, bus=self.bus)


@dataclasses.dataclass
class Watchdog(base.Element):
    """A watchdog and what it does when it barks."""

    action: str
    model: str = 'i6300esb'

    def to_element(self):
        return base.parent('watchdog', model=self.model, action=self.action)


@dataclasses.dataclass
class MemoryBalloon(base.Element):
    """The memory balloon; `period` seconds between two reports."""

    model: str = 'virtio'
    period: int | None = None

    def to_element(self):
        stats = base.parent('stats', period=self.period) if self.period else None
        return base.parent('memballoon', stats, model=self.model)

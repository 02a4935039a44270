# SPDX-License-Identifier: Apache-2.0
"""The domain document: what a guest is, around its devices.  Runs in nova-compute.

Memory is in KiB, as in libvirt.  https://libvirt.org/formatdomain.html
"""
import dataclasses
import datetime
import xml.etree.ElementTree as ElementTree

from mininova.virt.libvirt.config import base

NOVA_NAMESPACE = 'http://openstack.org/xmlns/libvirt/nova/1.1'
ElementTree.register_namespace('nova', NOVA_NAMESPACE)


@dataclasses.dataclass
class CPU(base.Element):
    """The processor a guest sees; mode None leaves it to the emulator; cells are tuning.GuestCells."""

    sockets: int
    cores: int = 1
    threads: int = 1
    mode: str | None = None
    model: str | None = None
    cells: list = dataclasses.field(default_factory=list)

    def to_element(self):
        made = base.parent('cpu', mode=self.mode)
        if self.mode == 'custom':
            made.set('match', 'exact')
            made.append(base.element('model', self.model, fallback='allow'))
        made.append(base.parent('topology', sockets=self.sockets, cores=self.cores, threads=self.threads))
        if self.cells:
            made.append(base.parent('numa', *(cell.to_element(number) for number, cell in enumerate(self.cells))))
        return made


@dataclasses.dataclass
class OS(base.Element):
    """How a guest boots.

    :ivar firmware: 'efi' or None for the machine's BIOS
    :ivar kernel: path, with `initrd` and `cmdline` for direct boot
    """

    architecture: str
    machine: str
    firmware: str | None = None
    kernel: str | None = None
    initrd: str | None = None
    cmdline: str | None = None
    boot_devices: tuple = ('hd',)
    boot_menu: bool | None = None

    def to_element(self):
        made = base.parent('os', firmware=self.firmware)
        made.append(base.element('type', 'hvm', arch=self.architecture, machine=self.machine))
        if self.firmware == 'efi':
            made.append(base.parent('firmware', base.parent('feature', enabled=False, name='secure-boot'),
                                    base.parent('feature', enabled=False, name='enrolled-keys')))
        for tag in ('kernel', 'initrd', 'cmdline'):
            if getattr(self, tag):
                made.append(base.element(tag, getattr(self, tag)))
        if not self.kernel:
            for device in self.boot_devices:
                made.append(base.parent('boot', dev=device))
        if self.boot_menu is not None:
            made.append(base.parent('bootmenu', enable=self.boot_menu))
        made.append(base.parent('smbios', mode='sysinfo'))
        return made


@dataclasses.dataclass
class SysInfo(base.Element):
    """The firmware tables; guests recognise the cloud by them (cloud-init looks for "OpenStack Nova")."""

    version: str
    uuid: str
    serial: str | None = None

    def to_element(self):
        entries = (('manufacturer', 'OpenStack Foundation'), ('product', 'OpenStack Nova'), ('version', self.version),
                   ('serial', self.serial), ('uuid', self.uuid), ('family', 'Virtual Machine'))
        return base.parent('sysinfo', base.parent('system', *(
            base.element('entry', value, name=name) for name, value in entries if value)), type='smbios')


@dataclasses.dataclass
class Clock(base.Element):
    """The guest's clock: `offset` is 'utc' or 'localtime' (Windows)."""

    offset: str = 'utc'
    pc: bool = True

    def to_element(self):
        made = base.parent('clock', offset=self.offset)
        if self.pc:
            made.append(base.parent('timer', name='pit', tickpolicy='delay'))
            made.append(base.parent('timer', name='rtc', tickpolicy='catchup'))
            made.append(base.parent('timer', name='hpet', present=False))
        if self.offset == 'localtime':
            made.append(base.parent('timer', name='hypervclock', present=True))
        return made


@dataclasses.dataclass
class Metadata(base.Element):
    """Whose guest this is, for people who look with virsh."""

    package: str
    name: str
    flavor_name: str
    memory_mb: int
    disk_gb: int
    swap_mb: int
    ephemeral_gb: int
    vcpus: int
    user_id: str | None = None
    project_id: str | None = None
    image_id: str | None = None
    created: datetime.datetime = dataclasses.field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC))

    def to_element(self):
        def made(tag, content=None, *children, **attributes):
            return base.element(f'{{{NOVA_NAMESPACE}}}{tag}', content, *children, **attributes)

        flavor = made('flavor', None, made('memory', self.memory_mb), made('disk', self.disk_gb),
                      made('swap', self.swap_mb), made('ephemeral', self.ephemeral_gb), made('vcpus', self.vcpus),
                      name=self.flavor_name)
        owner = made('owner', None, made('user', None, uuid=self.user_id), made('project', None, uuid=self.project_id))
        root = made('root', None, type='image', uuid=self.image_id) if self.image_id else None
        return made('instance', None, made('package', None, version=self.package), made('name', self.name),
                    made('creationTime', self.created.strftime('%Y-%m-%d %H:%M:%S')), flavor, owner, root)


@dataclasses.dataclass
class Guest(base.Element):
    """A whole domain.

    :ivar memory_kib: size in KiB
    :ivar vcpu_cpuset: CPUs of the host for all virtual CPUs, as text; cputune, numatune, memory_backing: see tuning
    :ivar devices: objects with ``to_element``
    """

    virt_type: str
    uuid: str
    name: str
    memory_kib: int
    vcpus: int
    os: OS
    cpu: CPU | None = None
    sysinfo: SysInfo | None = None
    clock: Clock | None = None
    metadata: Metadata | None = None
    acpi: bool = True
    vmcoreinfo: bool = False
    vcpu_cpuset: str | None = None
    cputune: base.Element | None = None
    numatune: base.Element | None = None
    memory_backing: base.Element | None = None
    pmu: bool = True
    devices: list = dataclasses.field(default_factory=list)

    def add(self, *devices):
        """Add devices; None is left out."""
        self.devices.extend(device for device in devices if device is not None)

    def serial_port(self):
        """Return the TCP port of the serial console, None if it has none."""
        listens = [device.listen for device in self.devices if getattr(device, 'listen', None)]
        return next((listen[1] for listen in listens if isinstance(listen, tuple)), None)

    def to_element(self):
        made = base.parent(
            'domain', base.element('uuid', self.uuid), base.element('name', self.name),
            base.element('memory', self.memory_kib, unit='KiB'),
            base.element('vcpu', self.vcpus, cpuset=self.vcpu_cpuset), self.cputune, self.numatune, self.memory_backing,
            base.parent('metadata', self.metadata) if self.metadata else None, self.sysinfo, self.os,
            type=self.virt_type)
        features = [base.parent('acpi'), base.parent('apic')] if self.acpi else []
        if self.vmcoreinfo:
            features.append(base.parent('vmcoreinfo', state='on'))
        if not self.pmu:
            features.append(base.parent('pmu', state='off'))
        if features:
            made.append(base.parent('features', *features))
        for part in (self.cpu, self.clock):
            if part:
                made.append(part.to_element())
        # A guest that powers itself off or crashes stays off, so that its owner sees it.
        for tag, action in (('on_poweroff', 'destroy'), ('on_reboot', 'restart'), ('on_crash', 'destroy')):
            made.append(base.element(tag, action))
        made.append(base.parent('devices', *self.devices))
        return made

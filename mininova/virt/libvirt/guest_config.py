# SPDX-License-Identifier: Apache-2.0
"""From an instance, its disks and its cards to the domain document.  Runs in nova-compute.

Image properties and flavor extra specs are the user's words: what they may say is checked here against
what the emulator offers, so that a typing error is named instead of ending in a QEMU message.
Cut out of Nova's nova/virt/libvirt/driver.py (_get_guest_config).
"""
import os

from oslo_log import log as logging
from oslo_utils import strutils, units

import mininova.conf
from mininova import exception, version
from mininova.virt import hardware
from mininova.virt.libvirt import blockinfo, numa_config, pci, utils, vif
from mininova.virt.libvirt.clib import libvirt
from mininova.virt.libvirt.config import devices
from mininova.virt.libvirt.config import guest as config

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

DEFAULT_MACHINES = {'x86_64': 'pc', 'i686': 'pc', 'aarch64': 'virt', 'armv7l': 'virt', 'riscv64': 'virt',
                    'ppc64': 'pseries', 'ppc64le': 'pseries', 's390x': 's390-ccw-virtio'}
ARCHITECTURES = {'amd64': 'x86_64', 'x86-64': 'x86_64', 'i386': 'i686', 'i486': 'i686', 'i586': 'i686',
                 'arm64': 'aarch64', 'armv7': 'armv7l'}
# QEMU's own default (qemu64) lacks what x86-64-v2 distributions need; TCG can do all of Nehalem.
EMULATED_MODELS = {'x86_64': 'Nehalem'}
VIDEO_MODELS = ('virtio', 'vga', 'cirrus', 'qxl', 'bochs', 'none')


def architecture(image_meta, host_arch):
    """Return the processor architecture of a guest."""
    properties = image_meta.properties
    wanted = properties.get('hw_architecture') or properties.get('architecture') or host_arch
    return ARCHITECTURES.get(wanted.lower(), wanted.lower())


def machine_type(image_meta, arch):
    """Return the machine type of a guest."""
    wanted = image_meta.properties.get('hw_machine_type')
    if wanted:
        return wanted
    for pair in CONF.libvirt.hw_machine_type:
        name, _, value = pair.partition('=')
        if name == arch and value:
            return value
    return DEFAULT_MACHINES.get(arch, 'virt')


class GuestConfig:
    """Makes the document of one guest.

    :param host: virt.libvirt.host.Host
    :param virt_type: 'kvm' or 'qemu'
    """

    def __init__(self, host, virt_type, instance, image_meta):
        self._instance = instance
        self._image_meta = image_meta
        self._properties = image_meta.properties
        self._specs = instance.flavor.extra_specs or {}
        capabilities = host.capabilities()
        self.arch = architecture(image_meta, capabilities.arch)
        self.virt_type = self._domain_type(capabilities, virt_type)
        self.machine = machine_type(image_meta, self.arch)
        self._tuning = numa_config.tune(host, instance, image_meta)
        self._offers = self._domain_capabilities(host)

    def _domain_type(self, capabilities, virt_type):
        types = capabilities.guests.get(self.arch)
        if not types:
            raise exception.InstanceDeployFailure(
                reason=f'this host has no emulator for architecture {self.arch}; it can run '
                       f'{", ".join(sorted(capabilities.guests))}')
        return virt_type if virt_type in types else 'qemu'

    def _domain_capabilities(self, host):
        try:
            return host.domain_capabilities(self.arch, self.machine, self.virt_type)
        except libvirt.libvirtError as error:
            self._refuse('hw_machine_type', self.machine, str(error))

    def _refuse(self, name, value, reason):
        raise exception.ImageUnacceptable(image_id=self._image_meta.id, reason=f'{name}={value}: {reason}')

    def _flag(self, name):
        return strutils.bool_from_string(self._properties.get(name), default=False)

    # -- the whole -------------------------------------------------------------------

    def build(self, disks, direct_boot_files, network_info, serial_listen=None):
        """Return the config.guest.Guest.

        :param disks: list of disks.Disk
        :param direct_boot_files: (kernel path, ramdisk path), None for what there is not
        :param serial_listen: (address, port) of the TCP console, None for none
        """
        instance, flavor = self._instance, self._instance.flavor
        pc = self.arch in ('x86_64', 'i686')
        windows = (self._properties.get('os_type') or instance.os_type) == 'windows'
        made = config.Guest(
            virt_type=self.virt_type, uuid=instance.uuid, name=instance.name,
            memory_kib=flavor.memory_mb * units.Ki, vcpus=flavor.vcpus,
            os=self._os(direct_boot_files, disks), cpu=self._cpu(), sysinfo=self._sysinfo(),
            clock=config.Clock('localtime' if windows else 'utc', pc), metadata=self._metadata(), acpi=pc or
            self.arch == 'aarch64', vmcoreinfo=pc or self.arch == 'aarch64', pmu=not self._tuning.realtime,
            vcpu_cpuset=self._tuning.vcpu_cpuset, cputune=self._tuning.cputune, numatune=self._tuning.numatune,
            memory_backing=self._tuning.memory_backing)
        made.add(*self._controllers(disks))
        made.add(*(self._disk(disk, bool(direct_boot_files[0])) for disk in disks))
        made.add(*(vif.get_config(card, self._image_meta) for card in network_info or ()))
        made.add(*pci.hostdevs(instance))
        made.add(devices.Serial(utils.console_path(instance), serial_listen))
        made.add(*self._screen())
        made.add(self._rng(), self._agent(), self._watchdog(), self._balloon())
        return made

    # -- processor and firmware --------------------------------------------------------

    def _cpu(self):
        mode, model = CONF.libvirt.cpu_mode, None
        if mode is None:
            if self.virt_type == 'kvm':
                mode = 'host-model'
            elif self.arch in EMULATED_MODELS:
                mode, model = 'custom', EMULATED_MODELS[self.arch]
        elif mode == 'none':
            mode = None
        elif mode == 'custom':
            model = self._first_usable_model()
        return config.CPU(*self._cpu_topology(), mode, model, self._tuning.cells)

    def _cpu_topology(self):
        try:
            return hardware.get_best_cpu_topology(self._instance.flavor, self._image_meta, self._tuning.threads)
        except exception.Invalid as error:
            # Made before such wishes had an effect, or it would have been refused: it goes on as it did.
            LOG.warning('The wishes for sockets, cores and threads are ignored: %s', error.format_message(),
                        instance=self._instance)
            return hardware.VirtCPUTopology(self._instance.flavor.vcpus, 1, 1)

    def _first_usable_model(self):
        for model in CONF.libvirt.cpu_models:
            if not self._offers.cpu_models or model in self._offers.cpu_models:
                return model
        raise exception.InstanceDeployFailure(
            reason=f'none of [libvirt] cpu_models ({", ".join(CONF.libvirt.cpu_models) or "empty"}) works on this host')

    def _os(self, direct_boot_files, disks):
        kernel, ramdisk = direct_boot_files
        made = config.OS(self.arch, self.machine, boot_devices=())
        firmware = self._properties.get('hw_firmware_type')
        if firmware == 'uefi':
            if not self._offers.efi:
                raise exception.InstanceDeployFailure(
                    reason='this host has no UEFI firmware for such guests (Debian and Ubuntu: package ovmf)')
            made.firmware = 'efi'
        elif firmware not in (None, 'bios'):
            self._refuse('hw_firmware_type', firmware, 'must be bios or uefi')
        if kernel:
            made.kernel, made.initrd = kernel, ramdisk
            made.cmdline = self._properties.get('os_command_line') or self._command_line(disks)
        if self._properties.get('hw_boot_menu'):
            made.boot_menu = self._flag('hw_boot_menu')
        return made

    def _command_line(self, disks):
        root = next((disk.dev for disk in disks if disk.name == blockinfo.ROOT), 'vda')
        return f'root=/dev/{root} console=tty0 console=ttyS0'

    def _sysinfo(self):
        uuid = self._instance.uuid
        return config.SysInfo(version.version_string(), uuid, uuid if CONF.libvirt.sysinfo_serial == 'unique' else None)

    def _metadata(self):
        instance, flavor = self._instance, self._instance.flavor
        return config.Metadata(
            package=version.version_string(), name=instance.display_name or instance.name, flavor_name=flavor.name,
            memory_mb=flavor.memory_mb, disk_gb=flavor.root_gb, swap_mb=flavor.swap or 0,
            ephemeral_gb=flavor.ephemeral_gb or 0, vcpus=flavor.vcpus, user_id=instance.user_id,
            project_id=instance.project_id, image_id=instance.image_ref)

    # -- devices -------------------------------------------------------------------------

    def _controllers(self, disks):
        if self.machine.find('q35') >= 0 and CONF.libvirt.num_pcie_ports:
            yield devices.Controller('pci', 0, 'pcie-root')
            for number in range(CONF.libvirt.num_pcie_ports):
                yield devices.Controller('pci', number + 1, 'pcie-root-port')
        if any(disk.bus == 'scsi' for disk in disks):
            yield devices.Controller('scsi', 0, self._properties.get('hw_scsi_model') or 'virtio-scsi')

    def _disk(self, disk, direct_boot):
        return devices.Disk(
            source=disk.path, driver_format=disk.format, target_dev=disk.dev, target_bus=disk.bus, device=disk.type,
            cache=self._cache_mode() if disk.type == 'disk' else None,
            boot_order=None if direct_boot else disk.boot_order)

    @staticmethod
    def _cache_mode():
        for pair in CONF.libvirt.disk_cachemodes:
            name, _, value = pair.partition('=')
            if name == 'file' and value:
                return value
        return 'none' if utils.supports_direct_io(CONF.instances_path) else 'writeback'

    def _screen(self):
        if not (CONF.vnc.enabled or CONF.spice.enabled):
            return
        model = self._properties.get('hw_video_model')
        if model is None:
            model = 'virtio' if self._offers.offers('video.modelType', 'virtio') else 'vga'
        elif model not in VIDEO_MODELS or not self._offers.offers('video.modelType', model):
            self._refuse('hw_video_model', model, 'this host has no such graphics card')
        if CONF.vnc.enabled:
            yield devices.Graphics(CONF.vnc.server_listen)
        if CONF.spice.enabled:
            yield from self._spice()
        yield devices.Video(model)
        if model != 'none' and self.arch in ('x86_64', 'i686') and self._pointer() == 'usbtablet':
            yield devices.Input('tablet', 'usb')

    @staticmethod
    def _spice():
        options = CONF.spice
        playback = {None: None, True: 'on', False: 'off'}[options.playback_compression]
        yield devices.Graphics(
            options.server_listen, kind='spice', default_mode='secure' if options.require_secure else None,
            settings={'image': {'compression': options.image_compression},
                      'jpeg': {'compression': options.jpeg_compression},
                      'zlib': {'compression': options.zlib_compression}, 'playback': {'compression': playback},
                      'streaming': {'mode': options.streaming_mode}})
        if options.agent_enabled:
            yield devices.AgentChannel('com.redhat.spice.0', 'spicevmc')

    def _pointer(self):
        return self._properties.get('hw_pointer_model') or 'usbtablet'

    def _rng(self):
        model = self._properties.get('hw_rng_model') or 'virtio'
        if model != 'virtio':
            self._refuse('hw_rng_model', model, 'must be virtio')
        if not strutils.bool_from_string(self._specs.get('hw_rng:allowed'), default=True):
            return None
        if not os.path.exists(CONF.libvirt.rng_dev_path):
            raise exception.InstanceDeployFailure(reason=f'rng_dev_path {CONF.libvirt.rng_dev_path} does not exist')
        rate = self._specs.get('hw_rng:rate_bytes')
        return devices.Rng(CONF.libvirt.rng_dev_path, rate_bytes=int(rate) if rate else None,
                           rate_period=int(self._specs.get('hw_rng:rate_period') or 1000) if rate else None)

    def _agent(self):
        return devices.AgentChannel() if self._flag('hw_qemu_guest_agent') else None

    def _watchdog(self):
        action = self._properties.get('hw_watchdog_action') or self._specs.get('hw:watchdog_action') or 'disabled'
        if action == 'disabled':
            return None
        if action not in ('pause', 'reset', 'poweroff', 'none'):
            self._refuse('hw_watchdog_action', action, 'must be disabled, pause, reset, poweroff or none')
        return devices.Watchdog(action)

    @staticmethod
    def _balloon():
        period = CONF.libvirt.mem_stats_period_seconds
        return devices.MemoryBalloon(period=period or None)

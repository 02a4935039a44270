# SPDX-License-Identifier: Apache-2.0
"""Which of a guest's disks sits on which bus under which name.  Runs in nova-compute.

Nova: nova/virt/libvirt/blockinfo.py.

The disks are named ``disk`` (root), ``disk.eph0``..., ``disk.swap`` and ``disk.config``; the same names are
those of the files.  Device names are what libvirt calls "target": guests number disks as they find them.
"""
import dataclasses

import mininova.conf
from mininova import exception
from mininova.virt import configdrive

CONF = mininova.conf.CONF

ROOT, SWAP, CONFIG = 'disk', 'disk.swap', 'disk.config'
EPHEMERAL = 'disk.eph%d'

PREFIXES = {'virtio': 'vd', 'scsi': 'sd', 'sata': 'sd', 'usb': 'sd', 'ide': 'hd', 'fdc': 'fd'}
# More would not fit the bus or one letter.
LIMITS = {'ide': 4, 'sata': 6, 'fdc': 2}


@dataclasses.dataclass
class DiskSlot:
    """Where a disk is plugged in.

    :ivar name: 'disk', 'disk.eph0' ...
    :ivar dev: target name without /dev
    :ivar type: 'disk' or 'cdrom'
    """

    name: str
    bus: str
    dev: str
    type: str = 'disk'
    boot_order: int | None = None


def default_bus(device_type, machine):
    """Return the bus for a kind of disk that the image says nothing about."""
    if device_type != 'cdrom':
        return 'virtio'
    if machine == 'virt' or machine.startswith(('virt-', 's390')):
        return 'scsi'
    return 'sata' if 'q35' in machine else 'ide'


def bus_of(image_meta, name, device_type, machine):
    """Return the bus that an image asks for, or the default one.

    :param name: property of the image
    :raises ImageUnacceptable: there is no such bus
    """
    bus = image_meta.properties.get(name) or default_bus(device_type, machine)
    if bus not in PREFIXES:
        raise exception.ImageUnacceptable(image_id=image_meta.id, reason=f'{name}={bus} is no disk bus')
    if bus == 'ide' and 'q35' in machine:
        raise exception.ImageUnacceptable(
            image_id=image_meta.id, reason=f'{name}=ide does not exist on machine type {machine}; use sata or scsi')
    return bus


class Names:
    """Hands out target names in order."""

    def __init__(self):
        self._used = set()

    def next(self, bus):
        """Return the first free name of a bus."""
        for letter in 'abcdefghijklmnopqrstuvwxyz'[:LIMITS.get(bus, 26)]:
            name = PREFIXES[bus] + letter
            if name not in self._used:
                self._used.add(name)
                return name
        raise exception.InstanceDeployFailure(reason=f'bus {bus} has no room for another disk')

    def take(self, name):
        """Hear that a name is in use."""
        self._used.add(name)


def root_device_name(instance, image_meta, machine):
    """Return the device as which a guest sees its root disk, e.g. '/dev/vda'."""
    return f'/dev/{get_disk_slots(instance, image_meta, machine)[0].dev}'


def get_disk_slots(instance, image_meta, machine, block_device_info=None):
    """Plan all disks of a guest.

    :param machine: machine type, which decides the default buses
    :returns: list of DiskSlot, in the order in which they are plugged
    :raises ImageUnacceptable: the image asks for a bus that does not exist
    """
    devices = block_device_info or {}
    names = Names()
    root_type = 'cdrom' if image_meta.disk_format == 'iso' else 'disk'
    disk_bus = bus_of(image_meta, 'hw_disk_bus', 'disk', machine)
    cdrom_bus = bus_of(image_meta, 'hw_cdrom_bus', 'cdrom', machine)
    root_bus = cdrom_bus if root_type == 'cdrom' else disk_bus
    slots = [DiskSlot(ROOT, root_bus, names.next(root_bus), root_type, boot_order=1)]
    for number, ephemeral in enumerate(ephemerals(instance, devices)):
        bus = ephemeral.get('disk_bus') or disk_bus
        slots.append(DiskSlot(EPHEMERAL % number, bus, names.next(bus)))
    if swap_mb(instance, devices):
        bus = (devices.get('swap') or {}).get('disk_bus') or disk_bus
        slots.append(DiskSlot(SWAP, bus, names.next(bus)))
    if configdrive.required(instance):
        is_disk = CONF.config_drive_format == 'vfat'
        bus = disk_bus if is_disk else cdrom_bus
        slots.append(DiskSlot(CONFIG, bus, names.next(bus), 'disk' if is_disk else 'cdrom'))
    return slots


def ephemerals(instance, block_device_info):
    """Return the ephemeral disks as asked for, or one of the flavor's size if nothing was said."""
    asked = (block_device_info or {}).get('ephemerals')
    if asked:
        return list(asked)
    size = instance.flavor.ephemeral_gb or 0
    return [{'size': size, 'guest_format': None}] if size and asked is None else []


def swap_mb(instance, block_device_info):
    """Return the size of the swap disk in MiB, 0 for none."""
    devices = block_device_info or {}
    if devices.get('swap'):
        return int(devices['swap'].get('swap_size') or 0)
    return int(instance.flavor.swap or 0) if 'swap' not in devices else 0

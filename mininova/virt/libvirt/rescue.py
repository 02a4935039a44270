# SPDX-License-Identifier: Apache-2.0
"""The disks of a guest that is rescued: another image to boot from, its own disks beside it.  Runs in nova-compute.

Ordinarily the rescue disk comes first, then the guest's own root disk, as Nova always had it. An image that says
hw_rescue_device or hw_rescue_bus is added behind all of the guest's own disks, which keep their names, and booted from
there ("stable device rescue"). What is made bears the suffix ``.rescue`` and is recorded in ``rescue.info``; the
guest's own disks and their record are not touched, and their formats are the recorded ones (CVE-2014-0134).
Nova: rescue and unrescue of nova/virt/libvirt/driver.py, rescue in nova/virt/libvirt/blockinfo.py.
"""
import dataclasses
import os

from oslo_utils import uuidutils

import mininova.conf
from mininova import exception
from mininova.compute import vm_states
from mininova.virt import configdrive, imagecache, images
from mininova.virt.libvirt import blockinfo, disks, utils
from mininova.virt.libvirt.imagebackend import backends, raw

CONF = mininova.conf.CONF

SUFFIX = '.rescue'
# What the guest's own root disk is called while another one is the root.
OWN_ROOT = 'disk.own'
DEVICES = ('disk', 'cdrom')
BUSES = ('virtio', 'scsi', 'sata', 'ide', 'usb')


def disks_to_boot(instance):
    """Return the disks that a guest boots from, by its state; what a rescue left that is over is removed."""
    rescue_set = RescueSet(instance)
    if instance.vm_state == vm_states.RESCUED and rescue_set.disks():
        return rescue_set
    rescue_set.remove()
    return disks.DiskSet(instance)


class RescueSet:
    """All disks of one guest while it is rescued; has what is asked of a disks.DiskSet.

    :param instance: the Instance
    """

    def __init__(self, instance):
        self._instance = instance
        self._directory = utils.instance_path(instance)
        self._record = utils.read_record(self._directory, utils.RESCUE_RECORD)

    def disks(self):
        """Return the disks in the order in which they are plugged; the rescue disk is called the root."""
        return [disks.Disk(**{**entry, 'path': os.path.join(self._directory, entry['path'])})
                for entry in self._record.values()]

    def direct_boot_files(self):
        """Return the paths of (kernel, ramdisk) of the rescue image, None for what there is not."""
        paths = [self._path(name) for name in (disks.KERNEL, disks.RAMDISK)]
        return tuple(path if os.path.exists(path) else None for path in paths)

    def restore_base(self, context, image_meta):
        """The cached images under the disks are in use as long as the record is there."""
        disks.DiskSet(self._instance).restore_base(context, image_meta)

    def create(self, context, image_meta, machine, config_drive_files):
        """Make the disks anew.

        :param image_meta: image to boot from
        :param machine: machine type of the guest
        :param config_drive_files: dict of path to bytes, None for no config drive
        :raises ImageUnacceptable: the image asks for a device that does not exist
        """
        own = disks.DiskSet(self._instance).disks()
        plan = _plan_stable if is_stable(image_meta) else _plan
        slots = plan(own, image_meta, machine, configdrive.required(self._instance))
        self.remove()
        limit = utils.space(CONF.instances_path)[1]
        base = imagecache.ensure(context, image_meta, limit)
        made = [self._make(slot, image_meta, base, config_drive_files or {}) for slot in slots]
        self._make_direct_boot_files(context, image_meta)
        self._record = {disk.name: {**dataclasses.asdict(disk), 'path': os.path.basename(disk.path)} for disk in made}
        utils.write_record(self._directory, self._record, utils.RESCUE_RECORD)

    def remove(self):
        """Remove all that the rescue made; fine if there is nothing."""
        images.remove(os.path.join(self._directory, utils.RESCUE_RECORD))
        self._record = {}
        images.remove(*(self._path(name) for name in (blockinfo.ROOT, blockinfo.CONFIG, disks.KERNEL, disks.RAMDISK)))

    def _path(self, name):
        return os.path.join(self._directory, name + SUFFIX)

    def _make(self, disk, image_meta, base, config_drive_files):
        """Make the file of a planned disk; the guest's own disks are there."""
        if disk.name == blockinfo.ROOT:
            backend = raw.Raw if disk.type == 'cdrom' else backends.configured()
            path = self._path(blockinfo.ROOT)
            backend(path).create(base, base.virtual_size)
            return dataclasses.replace(disk, path=path, format=backend.format, size=base.virtual_size,
                                       image_id=image_meta.id)
        if disk.name == blockinfo.CONFIG:
            path = self._path(blockinfo.CONFIG)
            configdrive.build(config_drive_files, path, 'iso9660' if disk.type == 'cdrom' else 'vfat')
            return dataclasses.replace(disk, path=path, format='raw', size=os.stat(path).st_size)
        return disk

    def _make_direct_boot_files(self, context, image_meta):
        for name in (disks.KERNEL, disks.RAMDISK):
            image_id = image_meta.properties.get(f'{name}_id')
            if uuidutils.is_uuid_like(image_id):
                path = self._path(name)
                with images.full_disk(path):
                    utils.copy_sparse(imagecache.ensure_plain(context, image_id), path)


def is_stable(image_meta):
    """Say whether an image asks to be added behind the guest's own disks."""
    return any(image_meta.properties.get(name) for name in ('hw_rescue_device', 'hw_rescue_bus'))


def _plan(own, image_meta, machine, has_config_drive):
    """Return the disks with the rescue disk first: rescue, own root, config drive."""
    names = blockinfo.Names()
    root = next(disk for disk in own if disk.name == blockinfo.ROOT)
    is_cd = image_meta.disk_format == 'iso'
    bus = blockinfo.default_bus('cdrom', machine) if is_cd else blockinfo.bus_of(image_meta, 'hw_disk_bus', 'disk',
                                                                                 machine)
    found = [disks.Disk(blockinfo.ROOT, '', 'raw', 0, bus, names.next(bus), 'cdrom' if is_cd else 'disk', 1),
             dataclasses.replace(root, name=OWN_ROOT, dev=names.next(root.bus), boot_order=None)]
    if has_config_drive:
        kept = next((disk for disk in own if disk.name == blockinfo.CONFIG), None)
        is_disk = CONF.config_drive_format == 'vfat'
        bus = kept.bus if kept else bus if is_disk else blockinfo.default_bus('cdrom', machine)
        kind = kept.type if kept else 'disk' if is_disk else 'cdrom'
        found.append(disks.Disk(blockinfo.CONFIG, '', 'raw', 0, bus, names.next(bus), kind))
    return found


def _plan_stable(own, image_meta, machine, has_config_drive):
    """Return the guest's own disks as they are, with the rescue disk behind them and booted from."""
    kind = image_meta.properties.get('hw_rescue_device') or 'disk'
    bus = image_meta.properties.get('hw_rescue_bus') or blockinfo.default_bus(kind, machine)
    if kind not in DEVICES or bus not in BUSES or (bus == 'ide' and 'q35' in machine) or (kind == 'cdrom'
                                                                                          and bus == 'virtio'):
        raise exception.ImageUnacceptable(
            image_id=image_meta.id,
            reason=f'hw_rescue_device={kind} with hw_rescue_bus={bus} does not exist on machine type {machine}')
    names = blockinfo.Names()
    found = []
    for disk in own:
        names.take(disk.dev)
        name = OWN_ROOT if disk.name == blockinfo.ROOT else disk.name
        found.append(dataclasses.replace(disk, name=name, boot_order=None))
    found.append(disks.Disk(blockinfo.ROOT, '', 'raw', 0, bus, names.next(bus), kind, 1))
    return found

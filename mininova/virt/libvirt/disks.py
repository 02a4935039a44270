# SPDX-License-Identifier: Apache-2.0
"""Make a guest's disks and remember what was made.  Runs in nova-compute.

What was decided for a disk (its format above all) is written to ``disk.info`` beside it and read from
there ever after, so no later change of options, image or first bytes of the disk can change it.
Cut out of Nova's nova/virt/libvirt/driver.py (_create_image).
"""
import dataclasses
import os

from oslo_log import log as logging
from oslo_utils import units, uuidutils

import mininova.conf
from mininova import exception
from mininova.virt import configdrive, imagecache, images, qemu_img
from mininova.virt.libvirt import blockinfo, moving_disks, utils
from mininova.virt.libvirt.imagebackend import backends, raw

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

KERNEL, RAMDISK = 'kernel', 'ramdisk'
EPHEMERAL_LABEL = 'ephemeral%d'


@dataclasses.dataclass
class Disk:
    """A disk that was made.

    :ivar size: virtual size in bytes
    :ivar image_id: image it was made from, None for an empty one
    """

    name: str
    path: str
    format: str
    size: int
    bus: str
    dev: str
    type: str = 'disk'
    boot_order: int | None = None
    image_id: str | None = None


class DiskSet:
    """All disks of one instance.

    :param instance: the Instance
    """

    def __init__(self, instance):
        self._instance = instance
        self._directory = utils.instance_path(instance)
        self._record = utils.read_record(self._directory)

    def disks(self):
        """Return the disks that were made, in the order in which they are plugged."""
        return [Disk(**{**entry, 'path': os.path.join(self._directory, name)}) for name, entry in self._record.items()]

    def direct_boot_files(self):
        """Return the paths of (kernel, ramdisk), None for what there is not."""
        paths = [os.path.join(self._directory, name) for name in (KERNEL, RAMDISK)]
        return tuple(path if os.path.exists(path) else None for path in paths)

    def create(self, context, image_meta, slots, block_device_info, config_drive_files):
        """Make every disk that is not there yet.

        :param slots: list of blockinfo.DiskSlot
        :param config_drive_files: dict of path to bytes, None for no config drive
        """
        utils.make_instance_path(self._instance)
        ephemerals = iter(enumerate(blockinfo.ephemerals(self._instance, block_device_info)))
        for slot in slots:
            if slot.name == blockinfo.ROOT:
                disk = self._make_root(context, image_meta, slot)
            elif slot.name == blockinfo.SWAP:
                size = blockinfo.swap_mb(self._instance, block_device_info) * units.Mi
                disk = self._make_blank(slot, size, 'swap', '')
            elif slot.name == blockinfo.CONFIG:
                disk = self._make_config_drive(slot, config_drive_files or {})
            else:
                number, ephemeral = next(ephemerals)
                kind = ephemeral.get('guest_format') or self._ephemeral_format(image_meta)
                disk = self._make_blank(slot, int(ephemeral['size']) * units.Gi, kind, EPHEMERAL_LABEL % number)
            self._keep(disk)
        self._make_direct_boot_files(context)

    def add_missing(self, context, image_meta, slots, block_device_info, config_drive_files):
        """Make the disks that a moved guest lacks in its new size; its root disk is never made anew.

        :param config_drive_files: function that returns them
        """
        ephemerals = iter(enumerate(blockinfo.ephemerals(self._instance, block_device_info)))
        for slot in slots:
            number, ephemeral = next(ephemerals) if slot.name.startswith(blockinfo.EPHEMERAL[:-2]) else (None, None)
            if slot.name == blockinfo.ROOT or self._made(slot):
                continue
            if slot.name == blockinfo.SWAP:
                size = blockinfo.swap_mb(self._instance, block_device_info) * units.Mi
                disk = self._make_blank(slot, size, 'swap', '')
            elif slot.name == blockinfo.CONFIG:
                disk = self._make_config_drive(slot, config_drive_files())
            else:
                kind = ephemeral.get('guest_format') or self._ephemeral_format(image_meta)
                disk = self._make_blank(slot, int(ephemeral['size']) * units.Gi, kind, EPHEMERAL_LABEL % number)
            self._keep(disk)

    def grow(self, name, size):
        """Enlarge a disk to a size in bytes; a smaller one changes nothing."""
        for disk in self.disks():
            if disk.name == name and disk.type == 'disk' and disk.size < size:
                backends.of_format(disk.format)(disk.path).grow(size)
                self._keep(dataclasses.replace(disk, size=size))

    def place_on_base(self, context, image_meta):
        """Make sure that the cached image under the root disk is where the disk looks for it."""
        for disk in self.disks():
            if disk.format == 'qcow2' and disk.image_id:
                base = imagecache.ensure(context, image_meta)
                if qemu_img.info(disk.path, 'qcow2').get('backing-filename') != base.path:
                    qemu_img.rebase(disk.path, 'qcow2', base.path, base.format)

    def discard_root(self):
        """Forget and remove what the guest boots from and its config drive; the other disks stay."""
        for name in (blockinfo.ROOT, blockinfo.CONFIG):
            if self._record.pop(name, None):
                utils.write_record(self._directory, self._record)
            images.remove(os.path.join(self._directory, name))
        images.remove(*(os.path.join(self._directory, name) for name in (KERNEL, RAMDISK)))

    def restore_base(self, context, image_meta):
        """Fetch the cached image under the root disk again if the cache has lost it."""
        for disk in self.disks():
            if disk.format == 'qcow2' and disk.image_id and not os.path.exists(imagecache.path_of(disk.image_id)):
                LOG.warning('The cached image under the root disk is gone; fetching it again.', instance=self._instance)
                imagecache.ensure(context, image_meta)

    def _keep(self, disk):
        entry = dataclasses.asdict(disk)
        del entry['path']
        if self._record.get(disk.name) != entry:
            self._record[disk.name] = entry
            utils.write_record(self._directory, self._record)

    def _disk(self, slot, disk_format, size, image_id=None):
        return Disk(slot.name, utils.file_path(self._instance, slot.name), disk_format, size, slot.bus, slot.dev,
                    slot.type, slot.boot_order, image_id)

    def _made(self, slot, image_id=None):
        """Return the recorded disk of a slot if it is complete and from that image."""
        for disk in self.disks():
            if disk.name == slot.name and disk.image_id == image_id and os.path.exists(disk.path):
                return disk
        return None

    def _make_root(self, context, image_meta, slot):
        made = self._made(slot, image_meta.id)
        if made:
            return made
        wanted = (self._instance.flavor.root_gb or 0) * units.Gi
        # Without a size in the flavor the image decides, within what the host has.
        limit = wanted or utils.space(CONF.instances_path)[1]
        if image_meta.id != self._instance.image_ref:
            return self._made(slot) or self._make_lasting_root(context, image_meta, slot, wanted, limit)
        base = imagecache.ensure(context, image_meta, limit)
        backend = raw.Raw if slot.type == 'cdrom' else backends.configured()
        size = base.virtual_size if slot.type == 'cdrom' else max(wanted, base.virtual_size)
        disk = self._disk(slot, backend.format, size, image_meta.id)
        backend(disk.path).create(base, size)
        return disk

    def _make_lasting_root(self, context, image_meta, slot, wanted, limit):
        """Make the root disk out of an image that is removed when the server runs: no cached copy lies below it."""
        path = utils.file_path(self._instance, slot.name)
        facts = images.fetch(context, image_meta, path, limit)
        os.chmod(path, 0o600)
        disk = self._disk(slot, facts.format, max(wanted, facts.virtual_size))
        backends.of_format(disk.format)(path).grow(disk.size)
        return disk

    def _make_blank(self, slot, size, filesystem, label):
        made = self._made(slot)
        if made:
            # A disk that outlived the root disk is plugged in as the new image has it.
            return dataclasses.replace(made, bus=slot.bus, dev=slot.dev, type=slot.type)
        disk = self._disk(slot, 'raw', size)
        part = disk.path + '.part'
        with images.removed_after(part), images.full_disk(disk.path):
            utils.new_file(part, size)
            if CONF.preallocate_images == 'space':
                utils.allocate(part, size)
            utils.make_filesystem(part, filesystem, label)
            images.publish(part, disk.path)
        return disk

    def _make_config_drive(self, slot, files):
        path = utils.file_path(self._instance, slot.name)
        configdrive.build(files, path, 'iso9660' if slot.type == 'cdrom' else 'vfat')
        return self._disk(slot, 'raw', os.stat(path).st_size)

    def _make_direct_boot_files(self, context):
        for name, image_id in ((KERNEL, self._instance.kernel_id), (RAMDISK, self._instance.ramdisk_id)):
            path = utils.file_path(self._instance, name)
            if image_id and not os.path.exists(path):
                source = imagecache.ensure_plain(context, image_id)
                with images.removed_after(path + '.part'), images.full_disk(path):
                    utils.copy_sparse(source, path + '.part')
                    images.publish(path + '.part', path)

    def _ephemeral_format(self, image_meta):
        if CONF.default_ephemeral_format:
            return CONF.default_ephemeral_format
        os_type = image_meta.properties.get('os_type') or self._instance.os_type
        return 'ntfs' if os_type == 'windows' else 'ext4'


def prefetch(context, instance, image_meta):
    """Bring the image of an instance into the cache, checked as for a new disk; kernel and ramdisk too."""
    limit = (instance.flavor.root_gb or 0) * units.Gi or utils.space(CONF.instances_path)[1]
    imagecache.ensure(context, image_meta, limit)
    properties = image_meta.properties
    for image_id in (properties.get('kernel_id'), properties.get('ramdisk_id')):
        if uuidutils.is_uuid_like(image_id):
            imagecache.ensure_plain(context, image_id)


def check_complete(disk_set, instance):
    """Make sure that every recorded disk is there.

    :raises InstanceNotFound: nothing of the instance is here
    :raises InstancePowerOnFailure: a disk is missing
    """
    disks = disk_set.disks()
    if not disks:
        raise exception.InstanceNotFound(instance_id=instance.uuid)
    for disk in disks:
        if not os.path.exists(disk.path):
            raise exception.InstancePowerOnFailure(reason=f'disk {disk.name} of instance {instance.uuid} is missing')


def over_committed():
    """Return the bytes by which the sparse disks of this host may still grow."""
    total = 0
    for _uuid, path, removed in utils.list_instance_paths():
        if removed:
            continue
        for name, entry in utils.read_record(path).items():
            try:
                total += max(0, entry['size'] - utils.allocated(os.path.join(path, name)))
            except FileNotFoundError:
                continue
    return total


def image_ids_in_use():
    """Return the ids of the images that disks of this host lie on."""
    found = set()
    for _uuid, path, _kind in (*utils.list_instance_paths(), *moving_disks.list_paths()):
        for record in (utils.read_record(path), utils.read_record(path, utils.RESCUE_RECORD)):
            found.update(entry['image_id'] for entry in record.values() if entry.get('image_id'))
    return found


def renew_config_drive(disk_set, files):
    """Write a config drive again, with other content, in its place.

    :param disk_set: a DiskSet, or what has its disks
    """
    for disk in disk_set.disks():
        if disk.name == blockinfo.CONFIG:
            configdrive.build(files, disk.path, 'iso9660' if disk.type == 'cdrom' else 'vfat')

# SPDX-License-Identifier: Apache-2.0
"""A copy of a guest's root disk as an image, whether the guest runs or not.  Runs in nova-compute.

A running guest's disk is copied by QEMU while the guest goes on; when the copy has caught up it is cut off, which
gives the disk as it was at that one moment, with file systems frozen by the guest's agent if there is one. A disk that
nobody writes is copied by qemu-img. Both lie in the instance's directory, private, until they are uploaded. The format
of the disk is the recorded one, never guessed from what the guest wrote (CVE-2015-7548).
Cut out of Nova's nova/virt/libvirt/driver.py (snapshot, _live_snapshot, quiesce).
"""
import os
import re

from oslo_log import log as logging
from oslo_utils import strutils

import mininova.conf
from mininova import concurrency, crashpoint, exception, privsep
from mininova.compute import task_states
from mininova.exception import excutils
from mininova.virt import imagecache, images, qemu_img
from mininova.virt.libvirt import blockinfo, disks, utils
from mininova.virt.libvirt.clib import libvirt

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

POLL = 0.3
COPY, CONVERTED = 'disk.snapshot', 'disk.snapshot.converted'
# QEMU writes these while a guest runs; other forms are made of a copy afterwards.
COPY_FORMATS = ('raw', 'qcow2')
_OURS = re.compile(r'[0-9a-f-]{36}/disk(\.snapshot)?\Z')


class Snapshot:
    """The snapshot of one guest.

    :param host: virt.libvirt.host.Host
    :param overtaken: function that says whether something else was asked of the server meanwhile
    """

    def __init__(self, host, instance, overtaken=lambda: False):
        self._host, self._overtaken = host, overtaken
        self._instance = instance
        self._copy = utils.file_path(instance, COPY)
        self._converted = utils.file_path(instance, CONVERTED)

    def take(self, context, image_id, update_task_state):
        """Copy the root disk and upload it; see ``ComputeDriver.snapshot``."""
        guest = self._host.get_guest(self._instance)
        disk_set = disks.DiskSet(self._instance)
        disks.check_complete(disk_set, self._instance)
        disk = next(made for made in disk_set.disks() if made.name == blockinfo.ROOT)
        self._clear(guest, disk)
        update_task_state(task_state=task_states.IMAGE_PENDING_UPLOAD)
        try:
            self._check_room(disk)
            wanted = CONF.libvirt.snapshot_image_format or disk.format
            if guest.is_active() and disk.type == 'disk':
                path = self._copy_live(guest, disk, wanted)
            else:
                disk_set.restore_base(context, self._instance.image_meta)
                path = self._copy_still(disk, wanted)
            crashpoint.crashpoint('snapshot.S4.copied.after')
            update_task_state(task_state=task_states.IMAGE_UPLOADING,
                              expected_state=task_states.IMAGE_PENDING_UPLOAD)
            images.upload_snapshot(context, self._instance, image_id, wanted, path, self._stop_if_overtaken)
            crashpoint.crashpoint('snapshot.S5.uploaded.after')
        except Exception:
            with excutils.save_and_reraise_exception():
                self._clear(guest, disk)
        images.remove(self._copy, self._converted)
        LOG.info('The disk was uploaded as image %s.', image_id, instance=self._instance)

    def discard(self):
        """Remove what a broken off snapshot left; see ``ComputeDriver.discard_snapshot``."""
        try:
            guest = self._host.get_guest(self._instance)
        except exception.InstanceNotFound:
            images.remove(self._copy, self._converted)
            return
        disk = next((made for made in disks.DiskSet(self._instance).disks() if made.name == blockinfo.ROOT), None)
        self._clear(guest, disk)

    def _clear(self, guest, disk):
        if not os.path.exists(self._copy) and not os.path.exists(self._converted):
            return
        LOG.info('Clearing away a snapshot that broke off.', instance=self._instance)
        if disk and guest.is_active():
            self._end_copy(guest, disk, True)
        images.remove(self._copy, self._converted)

    def _check_room(self, disk):
        """Refuse at once what would fill the host's disk, from which running guests suffer."""
        needed = utils.allocated(disk.path)
        base = imagecache.path_of(disk.image_id) if disk.image_id else None
        if disk.format == 'qcow2' and base and os.path.exists(base):
            needed += utils.allocated(base)
        free = utils.space(CONF.instances_path)[1]
        if needed > free:
            raise exception.DiskNotEnough(path=CONF.instances_path,
                                          reason=f'the copy takes {needed} bytes, {free} are free')

    # -- a disk that nobody writes ---------------------------------------------------------

    def _copy_still(self, disk, wanted):
        take_over(disk.path)
        with images.full_disk(self._copy):
            _new_private_file(self._copy)
            qemu_img.convert(disk.path, disk.format, self._copy, wanted)
        return self._copy

    # -- a guest that runs -----------------------------------------------------------------

    def _copy_live(self, guest, disk, wanted):
        copy_format = wanted if wanted in COPY_FORMATS else disk.format
        self._make_target(copy_format, disk.size)
        crashpoint.crashpoint('snapshot.S3.target_made.after')
        try:
            guest.start_copy(disk.dev, self._copy, copy_format)
            crashpoint.crashpoint('snapshot.S3.copy_started.after')
            while not guest.copy_is_current(disk.dev):
                self._stop_if_overtaken()
                concurrency.sleep(POLL)
            frozen = self._freeze(guest)
            crashpoint.crashpoint('snapshot.S3.frozen.after')
            self._end_copy(guest, disk, frozen)
        except libvirt.libvirtError as error:
            raise exception.NovaException(f'The disk of the running guest could not be copied: {error}') from error
        take_over(self._copy)
        if copy_format == wanted:
            return self._copy
        _new_private_file(self._converted)
        qemu_img.convert(self._copy, copy_format, self._converted, wanted)
        return self._converted

    def _end_copy(self, guest, disk, thaw):
        """End the copy; whatever becomes of that, the guest may write again."""
        try:
            guest.end_copy(disk.dev)
        finally:
            if thaw:
                self._thaw(guest)

    def _stop_if_overtaken(self):
        """A deletion shall not wait until a large disk is uploaded for nothing."""
        if self._overtaken():
            raise exception.StaleAction(action_id=self._instance.action_id, instance_uuid=self._instance.uuid)

    def _make_target(self, copy_format, size):
        with images.full_disk(self._copy):
            if copy_format == 'raw':
                utils.new_file(self._copy, size)
            else:
                _new_private_file(self._copy)
                qemu_img.create(self._copy, copy_format, size)

    def _freeze(self, guest):
        """Freeze the guest's file systems if it has an agent; return whether they are."""
        properties = self._instance.image_meta.properties
        required = strutils.bool_from_string(properties.get('os_require_quiesce'), default=False)
        if not strutils.bool_from_string(properties.get('hw_qemu_guest_agent'), default=False):
            if required:
                raise exception.InstanceQuiesceNotSupported(
                    instance_id=self._instance.uuid, reason='its image does not say hw_qemu_guest_agent=yes')
            return False
        try:
            guest.freeze()
            return True
        except libvirt.libvirtError as error:
            if required:
                raise exception.InstanceQuiesceNotSupported(instance_id=self._instance.uuid,
                                                            reason=str(error)) from error
            LOG.warning('The file systems are not frozen for the snapshot: %s', error, instance=self._instance)
            return False

    def _thaw(self, guest):
        properties = self._instance.image_meta.properties
        if not strutils.bool_from_string(properties.get('hw_qemu_guest_agent'), default=False):
            return
        try:
            guest.thaw()
        except libvirt.libvirtError as error:
            LOG.warning('The file systems could not be thawed: %s', error, instance=self._instance)


def _new_private_file(path):
    """Make an empty file that only its owner reads; qemu-img keeps mode and owner when it fills it."""
    os.close(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))


def take_over(path):
    """Make a guest's file ours, which libvirt leaves to root or QEMU's user.  QEMU must have let go of it."""
    if not os.access(path, os.R_OK | os.W_OK):
        _take_over_as_root(path, CONF.instances_path, os.geteuid(), os.getegid())


@privsep.sys_admin_pctxt.entrypoint
def _take_over_as_root(path, instances_path, uid, gid):
    change_owner(path, instances_path, uid, gid)


def change_owner(path, instances_path, uid, gid):
    """Give away a disk or the copy of one, and no other file.

    :raises Invalid: it is something else
    """
    name = os.path.relpath(os.path.realpath(path), os.path.realpath(instances_path))
    if not _OURS.match(name):
        raise exception.Invalid(f'{path} is not the disk of a guest.')
    os.chown(path, uid, gid, follow_symlinks=False)

# SPDX-License-Identifier: Apache-2.0
"""Disks on a host to which a guest moves while it runs.  Runs in nova-compute.

QEMU copies what the guest wrote into disks that are there already: overlays on the same cached image, empty files of
the same size.  What QEMU does not copy, the CD with the guest's configuration, comes from the other host by ssh, or is
made anew without the secrets of the first start.
Nova: _create_images_and_backing of nova/virt/libvirt/driver.py.
"""
import os

from oslo_concurrency import processutils
from oslo_log import log as logging

import mininova.conf
from mininova import exception
from mininova.virt import configdrive, imagecache, images, qemu_img
from mininova.virt.libvirt import blockinfo, console, disks, transfer, utils

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

SSH_TIMEOUT = 10  # seconds to connect


class ArrivingDisks:
    """The disks of one guest that is expected.

    :param record: what the other host recorded of them (``disk.info``)
    :param source: (host, directory of the guest's files there)
    """

    def __init__(self, context, instance, record, source):
        self._context, self._instance, self._record = context, instance, record
        self._host, self._directory = source

    def make(self, config_drive_files):
        """Make what is not there yet.

        :param config_drive_files: function that returns the content of a config drive
        """
        directory = utils.make_instance_path(self._instance)
        for name, entry in self._record.items():
            path = os.path.join(directory, name)
            if entry['type'] == 'cdrom':
                self._make_cd(path, name, entry, config_drive_files)
            elif not os.path.exists(path):
                self._make_disk(path, entry)
        for name in (disks.KERNEL, disks.RAMDISK):
            image_id = self._instance.kernel_id if name == disks.KERNEL else self._instance.ramdisk_id
            if image_id and not os.path.exists(os.path.join(directory, name)):
                self._copy_plain(os.path.join(directory, name), image_id)
        utils.write_record(directory, self._record)
        console.prepare_log(self._instance)

    def _make_disk(self, path, entry):
        part = path + '.part'
        with images.removed_after(part), images.full_disk(path):
            if entry['format'] == 'qcow2':
                base = self._find_base(entry)
                qemu_img.create(part, 'qcow2', entry['size'], backing_file=base and base.path,
                                backing_format=base and base.format)
                os.chmod(part, 0o600)
            else:
                utils.new_file(part, entry['size'])
            images.publish(part, path)

    def _find_base(self, entry):
        """Return the cached image under a disk, None if it stands alone."""
        if not entry.get('image_id'):
            return None
        image_meta = self._instance.image_meta
        try:
            return imagecache.ensure(self._context, image_meta)
        except (exception.ImageNotFound, exception.ImageNotAuthorized, exception.ImageNotActive):
            LOG.info('The image is not to be had any more; its copy on %s is fetched.', self._host,
                     instance=self._instance)
        there = os.path.join(os.path.dirname(self._directory), CONF.image_cache.subdirectory_name,
                             imagecache.file_name(entry['image_id']))
        here = imagecache.path_of(entry['image_id'])
        os.makedirs(imagecache.directory(), exist_ok=True)
        with images.removed_after(here + '.arrived.part'), images.removed_after(here + '.arrived.json.part'):
            self._fetch(there, here + '.arrived.part')
            self._fetch(there + '.json', here + '.arrived.json.part')
            imagecache.adopt(entry['image_id'], here + '.arrived.part', here + '.arrived.json.part')
        return imagecache.ensure(self._context, image_meta)

    def _make_cd(self, path, name, entry, config_drive_files):
        try:
            self._fetch(os.path.join(self._directory, name), path)
        except processutils.ProcessExecutionError as error:
            if name != blockinfo.CONFIG:
                base = imagecache.ensure(self._context, self._instance.image_meta)
                utils.copy_sparse(base.path, path)
                return
            LOG.warning('The config drive could not be fetched from %s (%s); it is made anew, without the password '
                        'and the files that were injected at the first start.', self._host,
                        (error.stderr or '').strip()[-200:], instance=self._instance)
            configdrive.build(config_drive_files(), path, 'iso9660')

    def _copy_plain(self, path, image_id):
        source = imagecache.ensure_plain(self._context, image_id)
        with images.removed_after(path + '.part'), images.full_disk(path):
            utils.copy_sparse(source, path + '.part')
            images.publish(path + '.part', path)

    def _fetch(self, there, here):
        """Copy a file from the other host."""
        address = f'[{self._host}]' if ':' in self._host else self._host
        part = here if here.endswith('.part') else here + '.part'
        with images.removed_after(here + '.part'):
            processutils.execute(
                'scp', '-q', '-p', '-o', 'BatchMode=yes', '-o', f'ConnectTimeout={SSH_TIMEOUT}',
                *transfer.scp_options(CONF.libvirt.migration_ssh_options), '--', f'{address}:{there}', part,
                env_variables=transfer.tool_environment())
            if part != here:
                images.publish(part, here)


def needed_space(record, directory, disk_over_commit):
    """Return the bytes that disks take on another host.

    :param disk_over_commit: count what they hold now, not what they may grow to
    """
    return sum(utils.allocated(os.path.join(directory, name)) if disk_over_commit else entry['size']
               for name, entry in record.items())


def free_space(disk_over_commit):
    """Return the bytes that guests' disks may still take here; may be negative."""
    free = utils.space(CONF.instances_path)[1]
    return free if disk_over_commit else free - disks.over_committed()

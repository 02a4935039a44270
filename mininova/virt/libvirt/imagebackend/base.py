# SPDX-License-Identifier: Apache-2.0
"""What every form of root disk has in common.  Runs in nova-compute.

Nova: Image in nova/virt/libvirt/imagebackend.py.
"""
import os

import mininova.conf
from mininova.virt import images
from mininova.virt.libvirt import utils

CONF = mininova.conf.CONF


class Image:
    """One disk file of one guest.

    :param path: where it is or shall be
    """

    format = None

    def __init__(self, path):
        self.path = path

    def exists(self):
        """Say whether the disk is there; disks appear only when complete."""
        return os.path.exists(self.path)

    def create(self, base, size):
        """Make the disk as a copy of a cached image; it appears only when complete.

        :param base: imagecache.Base
        :param size: virtual size in bytes, at least the image's
        :raises DiskNotEnough: the host's disk is full
        """
        part = self.path + '.part'
        with images.removed_after(part), images.full_disk(self.path):
            self._fill(part, base, size)
            os.chmod(part, 0o600)
            if CONF.preallocate_images == 'space':
                utils.allocate(part, size)
            images.publish(part, self.path)

    def grow(self, size):
        """Enlarge the disk to a virtual size in bytes; a smaller one changes nothing."""
        raise NotImplementedError

    def virtual_size(self):
        """Return the bytes the guest sees."""
        raise NotImplementedError

    def _fill(self, part, base, size):
        raise NotImplementedError

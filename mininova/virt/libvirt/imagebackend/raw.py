# SPDX-License-Identifier: Apache-2.0
"""Raw disks: a full, sparse copy of the image.  Runs in nova-compute.

Nova: Flat in nova/virt/libvirt/imagebackend.py.
"""
import os

from mininova.virt import qemu_img
from mininova.virt.libvirt import utils
from mininova.virt.libvirt.imagebackend import base


class Raw(base.Image):
    """A raw file.  qemu-img never resizes it: it could be led to take it for something else (CVE-2026-24708)."""

    format = 'raw'

    def _fill(self, part, base, size):
        if base.format == 'raw':
            utils.copy_sparse(base.path, part)
        else:
            qemu_img.convert(base.path, base.format, part, 'raw')
        os.truncate(part, max(size, os.stat(part).st_size))

    def grow(self, size):
        if size > self.virtual_size():
            os.truncate(self.path, size)

    def virtual_size(self):
        return os.stat(self.path).st_size

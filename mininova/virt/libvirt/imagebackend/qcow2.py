# SPDX-License-Identifier: Apache-2.0
"""qcow2 disks: what a guest changed, over the cached image.  Runs in nova-compute.

Nova: Qcow2 in nova/virt/libvirt/imagebackend.py.
"""
from mininova.virt import qemu_img
from mininova.virt.libvirt.imagebackend import base


class Qcow2(base.Image):
    """An overlay; the format of the file below is written into it, so that nobody has to guess."""

    format = 'qcow2'

    def _fill(self, part, base, size):
        qemu_img.create(part, 'qcow2', max(size, base.virtual_size), backing_file=base.path, backing_format=base.format)

    def grow(self, size):
        if size > self.virtual_size():
            qemu_img.resize(self.path, 'qcow2', size)

    def virtual_size(self):
        return qemu_img.info(self.path, 'qcow2')['virtual-size']

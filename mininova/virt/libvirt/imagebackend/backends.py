# SPDX-License-Identifier: Apache-2.0
"""The forms a root disk can have on this host.  Runs in nova-compute.  Nova: nova/virt/libvirt/imagebackend.py."""
import mininova.conf
from mininova.virt.libvirt.imagebackend import qcow2, raw

CONF = mininova.conf.CONF

BACKENDS = {'raw': raw.Raw, 'flat': raw.Raw, 'qcow2': qcow2.Qcow2}


def configured():
    """Return the class for new root disks."""
    name = CONF.libvirt.images_type
    if name == 'default':
        name = 'qcow2' if CONF.use_cow_images else 'raw'
    return BACKENDS[name]


def of_format(disk_format):
    """Return the class for a disk that exists, by its recorded format."""
    return BACKENDS[disk_format]

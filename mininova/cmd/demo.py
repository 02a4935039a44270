# SPDX-License-Identifier: Apache-2.0
"""What a fresh embedded cloud has, so that the first command works: flavors, an image, a network."""
from oslo_log import log

from mininova import context, exception, objects
from mininova.image import local
from mininova.network import ipam

LOG = log.getLogger(__name__)

IMAGE = 'demo'
FLAVORS = (('1', 'm1.tiny', 512, 1, 1), ('2', 'm1.small', 2048, 1, 20), ('3', 'm1.medium', 4096, 2, 40),
           ('4', 'm1.large', 8192, 4, 80), ('5', 'm1.xlarge', 16384, 8, 160))
NETWORK = {'label': 'private', 'cidr': '10.100.0.0/24', 'bridge': 'br100'}


def seed():
    """Make what is missing and return the name of the image."""
    admin = context.get_admin_context()
    for flavorid, name, memory_mb, vcpus, root_gb in FLAVORS:
        try:
            objects.Flavor(admin, flavorid=flavorid, name=name, memory_mb=memory_mb, vcpus=vcpus, root_gb=root_gb,
                           ephemeral_gb=0,
                           swap=0, rxtx_factor=1.0, is_public=True, disabled=False).create()
        except (exception.FlavorExists, exception.FlavorIdExists):
            break
    _seed_network(admin)
    backend = local.LocalBackend()
    if not any(image['name'] == IMAGE for image in backend.get_all(admin)):
        backend.create(admin, {'name': IMAGE, 'disk_format': 'raw', 'container_format': 'bare', 'min_ram': 0,
                               'min_disk': 0,
                               'visibility': 'public', 'properties': {}}, data=b'\0' * 65536)
    return IMAGE


def _seed_network(admin):
    if not len(objects.NetworkList.get_all(admin)):
        ipam.create_network(admin, **NETWORK)

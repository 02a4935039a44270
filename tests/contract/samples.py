# SPDX-License-Identifier: Apache-2.0
"""Instances, images and networks for tests of the drivers, and images made of code."""
import itertools
import os
import struct
import subprocess
import uuid

from mininova import exception, objects
from mininova.network import model
from mininova.virt import virtapi

_numbers = itertools.count(1)

# Says so on the serial port, then sleeps for ever: a guest that needs no operating system.
BOOT_TEXT = b'contract guest is up\r\n'
_BOOT_CODE = bytes.fromhex(
    '31c0'          # xor ax, ax
    '8ed8'          # mov ds, ax
    'be1f7c'        # mov si, 0x7c1f (the text)
    'fc'            # cld
    'ac'            # next: lodsb
    '84c0'          # test al, al
    '7412'          # jz done
    '88c4'          # mov ah, al
    'bafd03'        # mov dx, 0x3fd
    'ec'            # wait: in al, dx
    'a820'          # test al, 0x20
    '74fb'          # jz wait
    'baf803'        # mov dx, 0x3f8
    '88e0'          # mov al, ah
    'ee'            # out dx, al
    'ebe9'          # jmp next
)


def boot_sector():
    """Return 512 bytes that a PC boots."""
    code = _BOOT_CODE
    # done: sti, hlt; whatever slot the machine wants to be free (port 0xae04 of a PC with ACPI) is let go (0xae08)
    done = bytes.fromhex(
        'fbf4'          # sti; hlt
        'ba04ae'        # mov dx, 0xae04
        '66ed'          # in eax, dx
        '6685c0'        # test eax, eax
        '74f4'          # jz done
        'ba08ae'        # mov dx, 0xae08
        '66ef'          # out dx, eax
        'ebed'          # jmp done
    )
    # lodsb loop at offset 8; "done" follows the code; then the text
    code = code.replace(bytes.fromhex('be1f7c'), b'\xbe' + struct.pack('<H', 0x7c00 + len(code) + len(done)))
    return (code + done + BOOT_TEXT + b'\0').ljust(510, b'\0') + b'\x55\xaa'


def write_boot_image(path, size=1 << 20):
    """Write a raw image with the boot sector."""
    with open(path, 'wb') as stream:
        stream.write(boot_sector())
        stream.truncate(size)
    return path


def flavor(**values):
    """Return a small Flavor."""
    defaults = {'id': 1, 'flavorid': '1', 'name': 'm1.contract', 'memory_mb': 32, 'vcpus': 1, 'root_gb': 1,
                'ephemeral_gb': 0, 'swap': 0, 'extra_specs': {}}
    return objects.Flavor(**{**defaults, **values})


def instance(flavor_values=None, **values):
    """Return an Instance with an id and UUID of its own."""
    number = next(_numbers)
    defaults = {
        'id': number, 'uuid': str(uuid.uuid4()), 'display_name': f'server {number}', 'hostname': f'server-{number}',
        'user_id': 'user', 'project_id': 'project', 'image_ref': 'image', 'kernel_id': None, 'ramdisk_id': None,
        'config_drive': '', 'os_type': None, 'system_metadata': {}, 'metadata': {}, 'launched_at': None,
        'task_state': None, 'vm_state': 'building', 'host': 'contract', 'node': 'contract',
    }
    made = objects.Instance(flavor=flavor(**(flavor_values or {})), **{**defaults, **values})
    return made


def image_meta(image_id='image', size=None, disk_format='raw', container_format='bare', **properties):
    """Return an ImageMeta."""
    return objects.ImageMeta.from_dict({
        'id': image_id, 'name': image_id, 'size': size, 'disk_format': disk_format, 'status': 'active',
        'container_format': container_format, 'properties': properties})


def remember_image(an_instance, meta):
    """Store with an instance what it keeps of its image, as the API does."""
    an_instance.system_metadata = meta.to_system_metadata()
    an_instance.image_ref = meta.id


def network_info(bridge, address='10.66.0.5', mac='fa:16:3e:00:00:05', subnets=True):
    """Return a NetworkInfo of one card on a bridge."""
    ranges = [model.Subnet(cidr='10.66.0.0/24', gateway=model.IP('10.66.0.1'), ips=[model.FixedIP(address)],
                           dhcp_server='10.66.0.2')] if subnets else []
    network = model.Network(id=str(uuid.uuid4()), bridge=bridge, label='contract', subnets=ranges, mtu=1450)
    return model.NetworkInfo([model.VIF(id=str(uuid.uuid4()), address=mac, type='bridge', network=network)])


class Images:
    """Stands for the image service: a dict of image ids to files; counts downloads."""

    def __init__(self):
        self.files = {}
        self.downloads = []
        self.uploads, self.fails = {}, None

    def API(self):  # noqa: N802  (takes the place of a class)
        return self

    def get(self, context, image_id):
        if image_id not in self.files:
            raise exception.ImageNotFound(image_id=image_id)
        return {'id': image_id, 'name': image_id, 'status': 'active', 'size': os.stat(self.files[image_id]).st_size,
                'disk_format': 'raw', 'container_format': 'bare', 'min_ram': 0, 'min_disk': 0, 'properties': {}}

    def download(self, context, image_id, dest_path):
        self.downloads.append(image_id)
        subprocess.run(['cp', '--sparse=always', '--reflink=auto', self.files[image_id], dest_path], check=True)

    def upload(self, context, image_id, image, data, watch=None):
        if self.fails:
            raise self.fails
        if watch:
            watch()
        if not isinstance(data, bytes):
            with open(data, 'rb') as stream:
                data = stream.read()
        self.uploads[image_id] = image, data

    def add(self, image_id, path, **values):
        """Offer a file as an image and return its ImageMeta."""
        self.files[image_id] = str(path)
        return image_meta(image_id, size=os.stat(path).st_size, **values)


class Manager(virtapi.VirtAPI):
    """Stands for the compute manager and remembers what the driver asked."""

    def __init__(self):
        self.asked = []
        self.available = []

    def config_drive_files(self, an_instance, network_info, admin_password, injected_files):
        self.asked.append((an_instance.uuid, admin_password, injected_files))
        return {'openstack/latest/meta_data.json': b'{"uuid": "%s"}' % an_instance.uuid.encode(),
                'openstack/content/0000': b''.join(content for _path, content in injected_files)}

    def host_available(self, available, reason=None):
        self.available.append(available)

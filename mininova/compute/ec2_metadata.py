# SPDX-License-Identifier: Apache-2.0
"""The EC2-style part of what a guest is told about itself, as nested dictionaries, lists and text.

Used by instance_metadata.py. Ids have Amazon's form but are made of ours: the instance's number, and the first eight
digits of an image's UUID (Nova keeps a table of numbers for images). Nova: nova/api/metadata/base.py
"""

VERSIONS = ('1.0', '2007-01-19', '2007-03-01', '2007-08-29', '2007-10-10', '2007-12-15', '2008-02-01', '2008-09-01',
            '2009-04-04')


class Key(dict):
    """The directory of one public key; `label` is how its parent lists it."""

    def __init__(self, label, data):
        super().__init__({'openssh-key': data})
        self.label = label


def tree(documents, version):
    """Build the tree of a version.

    :param documents: the guest's InstanceMetadata
    :param version: one of VERSIONS; later ones know more
    """
    found = {'meta-data': _meta_data(documents, version)}
    if documents.user_data is not None:
        found['user-data'] = documents.user_data
    return found


def _meta_data(documents, version):
    instance = documents.instance
    fixed = [ip['address'] for ip in documents.network_info.fixed_ips() if ip['version'] == 4]
    floating = [ip['address'] for ip in documents.network_info.floating_ips()]
    local_ip = fixed[0] if fixed else ''
    found = {
        'ami-id': _image_id('ami', instance.image_ref), 'ami-launch-index': instance.launch_index or 0,
        'ami-manifest-path': 'FIXME', 'hostname': documents.hostname, 'instance-id': f'i-{instance.id:08x}',
        'local-ipv4': local_ip, 'reservation-id': instance.reservation_id or '',
        'security-groups': documents.security_groups}
    if instance.key_name:
        found['public-keys'] = {'0': Key(f'0={instance.key_name}', instance.key_data)}
    if version >= '2007-01-19':
        found.update({'local-hostname': documents.hostname, 'public-hostname': documents.hostname,
                      'public-ipv4': floating[0] if floating else ''})
    if version >= '2007-08-29':
        found['instance-type'] = instance.flavor.name
    if version >= '2007-12-15':
        found['block-device-mapping'] = _block_devices(documents)
        if instance.kernel_id:
            found['kernel-id'] = _image_id('aki', instance.kernel_id)
        if instance.ramdisk_id:
            found['ramdisk-id'] = _image_id('ari', instance.ramdisk_id)
    if version >= '2008-02-01':
        found['placement'] = {'availability-zone': instance.availability_zone or ''}
    if version >= '2008-09-01':
        found['instance-action'] = 'none'
    return found


def _image_id(kind, image_ref):
    return f'{kind}-{image_ref.replace("-", "")[:8]}' if image_ref else f'{kind}-00000000'


def _block_devices(documents):
    root = documents.instance.root_device_name or '/dev/vda'
    found = {'ami': root.removeprefix('/dev/'), 'root': root}
    volumes = sorted(device.device_name for device in documents.block_devices
                     if device.destination_type == 'volume' and device.device_name)
    found.update({f'ebs{number}': name for number, name in enumerate(volumes)})
    local = [device for device in documents.block_devices if device.source_type == 'blank'
             and device.destination_type != 'volume' and device.device_name]
    ephemerals = [device for device in local if device.guest_format != 'swap']
    for number, device in enumerate(sorted(ephemerals, key=lambda device: device.device_name)):
        found[f'ephemeral{number}'] = device.device_name
    for device in local:
        if device.guest_format == 'swap':
            found['swap'] = device.device_name
    return found


def find(node, parts):
    """Walk down a tree.

    :returns: bytes of a leaf, or the names in a directory
    :raises KeyError: there is no such path
    """
    for part in parts:
        if not isinstance(node, dict):
            raise KeyError(part)
        node = node[part]
    if isinstance(node, dict):
        return [_entry(key, value) for key, value in sorted(node.items())]
    if isinstance(node, list):
        return '\n'.join(node).encode()
    return node if isinstance(node, bytes) else str(node).encode()


def _entry(key, value):
    if isinstance(value, Key):
        return value.label
    return f'{key}/' if isinstance(value, dict) else key


def plain(node):
    """Turn a tree into what JSON can hold, as a config drive has it."""
    if isinstance(node, Key):
        return {'_name': node.label, **node}
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    return node

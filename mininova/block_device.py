# SPDX-License-Identifier: Apache-2.0
"""The disks a create request asks for, checked and written out as block device mappings (nova-api).

Nova: nova/block_device.py and the checks in nova/compute/api.py.  Without a volume service a server has local disks
only: the root disk from its image, ephemeral disks and swap within what its flavor grants.  Sizes are GiB, of swap MiB.
"""
from oslo_utils import strutils, uuidutils

import mininova.conf
from mininova import exception

CONF = mininova.conf.CONF

SOURCES = ('volume', 'image', 'snapshot', 'blank')
SWAP = 'swap'


def from_v2(items, image_id):
    """Turn ``block_device_mapping_v2`` of a request into columns.

    :param image_id: what imageRef names, or None
    :raises InvalidBDMFormat: (400)
    :raises UnsupportedInNoVolumeService: a volume or a snapshot is asked for (400)
    """
    return [_from_v2_item(item, image_id) for item in items if not _is_true(item.get('no_device'))]


def from_v1(items):
    """Turn the old ``block_device_mapping`` of a request into columns.

    :raises InvalidBDMFormat, UnsupportedInNoVolumeService: (400)
    """
    return [_from_v1_item(item) for item in items if not _is_true(item.get('no_device'))]


def _from_v2_item(item, image_id):
    source, uuid = item.get('source_type'), item.get('uuid')
    if source is None:
        source, uuid = _source_by_id(item, uuid)
    if source not in SOURCES:
        raise exception.InvalidBDMFormat(details='Invalid source_type field.')
    if source == 'blank' and uuid:
        raise exception.InvalidBDMFormat(details='Invalid device UUID.')
    if source != 'blank' and not uuid:
        raise exception.InvalidBDMFormat(details='Missing device UUID.')
    boot_index = _integer(item, 'boot_index')
    destination = item.get('destination_type') or ('volume' if source in ('volume', 'snapshot') else 'local')
    if destination == 'volume' or source in ('volume', 'snapshot'):
        raise exception.UnsupportedInNoVolumeService(
            what=f'A disk of source_type {source} and destination_type {destination}')
    if item.get('volume_type'):
        raise exception.UnsupportedInNoVolumeService(what='A volume_type')
    if source == 'image':
        _check_image_device(uuid, image_id, boot_index)
    return _device(source, destination, item, boot_index=boot_index, image_id=uuid if source == 'image' else None,
                   guest_format=item.get('guest_format') or None, volume_size=_integer(item, 'volume_size'))


def _source_by_id(item, uuid):
    """Read the source from the key that holds the id: image_id, volume_id or snapshot_id."""
    for source in ('volume', 'snapshot', 'image'):
        if item.get(f'{source}_id'):
            return source, item[f'{source}_id']
    return None, uuid


def _check_image_device(uuid, image_id, boot_index):
    if not image_id or boot_index != 0:
        raise exception.InvalidBDMFormat(details='Mapping image to local is not supported.')
    if uuid.lower() != image_id.lower():
        raise exception.InvalidBDMFormat(
            details='The disk of boot_index 0 is made of another image than imageRef names.')


def _from_v1_item(item):
    name = item.get('virtual_name')
    if item.get('volume_id') or item.get('snapshot_id'):
        raise exception.UnsupportedInNoVolumeService(what='A disk of a volume or a snapshot')
    if not name:
        raise exception.InvalidBDMFormat(details='Unrecognized legacy format.')
    if name != SWAP and not (name.startswith('ephemeral') and name[9:].isdecimal()):
        raise exception.InvalidBDMFormat(details='Unrecognized legacy format.')
    return _device('blank', 'local', item, boot_index=-1, guest_format=SWAP if name == SWAP else None,
                   volume_size=_integer(item, 'volume_size'))


def _device(source, destination, item, **columns):
    name = item.get('device_name')
    if name is not None and (not name or ' ' in name):
        raise exception.InvalidBDMFormat(details='Device name contains spaces.')
    return {'source_type': source, 'destination_type': destination, 'device_name': prepend_dev(name) if name else None,
            'device_type': item.get('device_type'), 'disk_bus': item.get('disk_bus'), 'tag': item.get('tag'),
            'delete_on_termination': _is_true(item.get('delete_on_termination', True)), 'no_device': False,
            'image_id': None, **columns}


def _integer(item, name):
    value = item.get(name)
    if value is None:
        return None
    number = int(value) if len(str(value)) < 20 else None
    if number is None or not -1 <= number <= 0x7FFFFFFF:
        raise exception.InvalidBDMFormat(details=f'{name} is out of range.')
    return number


def _is_true(value):
    return strutils.bool_from_string(value, default=False)


def prepend_dev(name):
    """Return a device name with /dev/ before it."""
    return name if name.startswith('/dev/') else f'/dev/{name}'


def complete(devices, flavor, image_id):
    """Add the root disk if it was not named, and check the whole against the flavor.

    :param flavor: objects.Flavor
    :raises InvalidBDMBootSequence, InvalidBDMFormat, InvalidBDMLocalsLimit: (400)
    """
    found = list(devices)
    if image_id and not any(device['boot_index'] == 0 for device in found):
        found.insert(0, _device('image', 'local', {}, boot_index=0, image_id=image_id, guest_format=None,
                                volume_size=None))
    _check_boot_sequence(found)
    _check_blank_disks(found, flavor)
    if 0 <= CONF.max_local_block_devices < len(found):
        raise exception.InvalidBDMLocalsLimit()
    return found


def _check_boot_sequence(devices):
    order = sorted(device['boot_index'] for device in devices if device['boot_index'] is not None
                   and device['boot_index'] >= 0)
    if order != list(range(len(order))) or not order:
        raise exception.InvalidBDMBootSequence()


def _check_blank_disks(devices, flavor):
    blank = [device for device in devices if device['source_type'] == 'blank']
    swaps = [device for device in blank if device['guest_format'] == SWAP]
    if len(swaps) > 1:
        raise exception.InvalidBDMFormat(details='More than one swap drive requested.')
    for device in blank:
        limit = flavor.swap if device['guest_format'] == SWAP else flavor.ephemeral_gb
        if device['volume_size'] is None:
            device['volume_size'] = limit
    if swaps and swaps[0]['volume_size'] > flavor.swap:
        raise exception.InvalidBDMFormat(details='Swap drive requested is larger than instance type allows.')
    ephemeral = sum(device['volume_size'] for device in blank if device['guest_format'] != SWAP)
    if ephemeral > flavor.ephemeral_gb:
        raise exception.InvalidBDMFormat(details=(
            'Ephemeral disks requested are larger than the instance type allows. If no size is given in one block '
            'device mapping, flavor ephemeral size will be used.'))


def rows_for(instance_uuid, devices):
    """Return the columns of one server's disks."""
    return [{**device, 'instance_uuid': instance_uuid, 'uuid': uuidutils.generate_uuid()} for device in devices]

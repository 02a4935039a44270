# SPDX-License-Identifier: Apache-2.0
"""From a server's stored disks to what the driver is told of them.  Nova: driver_block_device, virt/block_device.py."""
from mininova import objects


def block_device_info(context, instance):
    """Return what :func:`describe` says of a server's stored disks."""
    return describe(instance, objects.BlockDeviceMappingList.get_by_instance_uuid(context, instance.uuid))


def describe(instance, devices):
    """Return {'root_device_name', 'image', 'ephemerals', 'swap', 'block_device_mapping'} of a server.

    Sizes are GiB, of swap MiB.  A server whose ephemeral disk or swap was not asked for separately has one of the
    flavor's size.

    :param devices: its objects.BlockDeviceMappingList
    """
    local = [device for device in devices if not device.is_volume]
    ephemerals = [_describe(device, 'size', device.volume_size) for device in local
                  if device.source_type == 'blank' and device.guest_format != 'swap']
    swaps = [_describe(device, 'swap_size', device.volume_size) for device in local
             if device.source_type == 'blank' and device.guest_format == 'swap']
    if not ephemerals and instance.flavor.ephemeral_gb:
        ephemerals = [{'size': instance.flavor.ephemeral_gb, 'guest_format': None, 'device_name': None,
                       'disk_bus': None,
                       'device_type': None}]
    if not swaps and instance.flavor.swap:
        swaps = [{'swap_size': instance.flavor.swap, 'device_name': None, 'disk_bus': None, 'device_type': None}]
    images = [_describe(device, 'size', device.volume_size) for device in local if device.source_type == 'image']
    return {'root_device_name': instance.root_device_name, 'image': images, 'ephemerals': ephemerals,
            'swap': swaps[0] if swaps else None, 'block_device_mapping': []}


def _describe(device, size_name, size):
    return {size_name: size, 'guest_format': device.guest_format, 'device_name': device.device_name,
            'disk_bus': device.disk_bus,
            'device_type': device.device_type, 'boot_index': device.boot_index}

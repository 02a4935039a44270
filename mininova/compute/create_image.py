# SPDX-License-Identifier: Apache-2.0
"""Whether an image can become a server of a flavor (nova-api).  In Nova: parts of nova/compute/api.py."""
from oslo_utils import strutils, units, uuidutils

from mininova import exception
from mininova.policies import servers as policies

# What glance stores for "has none" in kernel_id and ramdisk_id of a whole-disk image.
NO_KERNEL = ('nokernel', '')


def get(context, image_api, image_id):
    """Return the image that a create request names.

    :raises ImageNotFound: there is none that the caller may use (400, the body names it)
    :raises ImageNotActive: it has no content yet, or no more (400)
    """
    if not uuidutils.is_uuid_like(image_id):
        raise exception.InvalidImageRef(image_href=image_id)
    try:
        image = image_api.get(context, image_id)
    except (exception.ImageNotFound, exception.ImageNotAuthorized) as error:
        raise exception.ImageNotFound('Can not find requested image', image_id=image_id, code=400) from error
    if image.get('status') != 'active':
        raise exception.ImageNotActive(image_id=image_id)
    return image


def check_against_flavor(context, image, flavor):
    """Refuse an image that does not fit into the flavor's disk or memory.

    :raises FlavorMemoryTooSmall, FlavorDiskSmallerThanImage, FlavorDiskSmallerThanMinDisk: (400)
    :raises Forbidden: the flavor takes the size of its disk from the image, and the caller may not use such (403)
    """
    if flavor.memory_mb < int(image.get('min_ram') or 0):
        raise exception.FlavorMemoryTooSmall()
    if not flavor.root_gb:
        if not context.can(policies.ZERO_DISK_FLAVOR, fatal=False):
            raise exception.Forbidden('Only volume-backed servers are allowed for flavors with zero disk.')
        return
    disk = flavor.root_gb * units.Gi
    size = int(image.get('size') or 0)
    if size > disk:
        raise exception.FlavorDiskSmallerThanImage(flavor_size=disk, image_size=size)
    min_disk = int(image.get('min_disk') or 0) * units.Gi
    if min_disk > disk:
        raise exception.FlavorDiskSmallerThanMinDisk(flavor_size=disk, image_min_disk=min_disk)


def kernel_and_ramdisk(context, image_api, image):
    """Return the ids of the images that an image of a file system boots with; (None, None) for a whole disk.

    :raises ImageNotFound: one of them is gone (400)
    """
    properties = image.get('properties') or {}
    found = []
    for name in ('kernel_id', 'ramdisk_id'):
        value = properties.get(name)
        if value is None or value in NO_KERNEL or not uuidutils.is_uuid_like(value):
            found.append(None)
            continue
        get(context, image_api, value)
        found.append(value)
    return tuple(found)


def auto_disk_config(image, wanted):
    """Return whether the guest's partition is to grow with its disk.

    :param wanted: True or False as the request said, None if it did not
    :raises Invalid: the image forbids it (400)
    """
    value = (image.get('properties') or {}).get('auto_disk_config')
    if wanted and str(value).strip().lower() == 'disabled':
        raise exception.Invalid(f"Requested image {image['id']} has automatic disk resize disabled.")
    return strutils.bool_from_string(value, default=False) if wanted is None else wanted

# SPDX-License-Identifier: Apache-2.0
"""From the bytes somebody uploaded to a disk that may be opened.  Runs in nova-compute.  Nova: nova/virt/images.py.

The format of an image is found out once, by oslo.utils' inspector, which only reads headers.  An
image that is not what it claims to be, or that names other files, is refused before qemu-img sees it.
From then on the format is a recorded fact that every command line and every guest definition states.
"""
import contextlib
import errno
import os
import typing

from oslo_log import log as logging
from oslo_utils.imageutils import format_inspector

import mininova.conf
from mininova import concurrency, crashpoint, exception
from mininova.image import api as image_api
from mininova.virt import qemu_img

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

# What the inspector finds -> what qemu-img calls it.  Everything else (qed, luks, ...) is refused.
QEMU_NAMES = {'raw': 'raw', 'gpt': 'raw', 'iso': 'raw', 'qcow2': 'qcow2', 'vmdk': 'vmdk', 'vdi': 'vdi', 'vhd': 'vpc',
              'vhdx': 'vhdx'}
# What an image may declare -> what the inspector must then find.
DECLARED = {'raw': ('raw', 'gpt'), 'iso': ('iso',), 'ami': ('raw', 'gpt'), 'aki': ('raw', 'gpt'), 'ari': ('raw', 'gpt'),
            'qcow2': ('qcow2',), 'vmdk': ('vmdk',), 'vdi': ('vdi',), 'vhd': ('vhd',), 'vhdx': ('vhdx',)}
CONTAINERS = ('bare', 'ami', 'aki', 'ari', None, '')


class ImageFacts(typing.NamedTuple):
    """What is known of a disk file.

    :ivar format: QEMU's name of the format
    :ivar virtual_size: bytes the guest sees
    """

    format: str
    virtual_size: int


def inspect(path, image_id, declared=None):
    """Find out what a file is.

    :param declared: ``disk_format`` of the image; None for files of our own, which may be anything safe
    :returns: ImageFacts
    :raises ImageUnacceptable: it refers to other files, is of a refused kind or not what was declared
    """
    found = concurrency.native(_detect, path, image_id)
    name = str(found)
    if name not in QEMU_NAMES:
        raise exception.ImageUnacceptable(image_id=image_id, reason=f'images of format {name} are not allowed')
    if declared is not None and name not in DECLARED.get(declared, ()):
        raise exception.ImageUnacceptable(
            image_id=image_id, reason=f'the image is declared {declared} but its content is {name}')
    if QEMU_NAMES[name] == 'raw':
        return ImageFacts('raw', os.stat(path).st_size)
    try:
        found.safety_check()
    except format_inspector.SafetyCheckFailed as error:
        LOG.warning('Image %s refused: %s', image_id, error)
        raise exception.ImageUnacceptable(image_id=image_id, reason=f'the {name} content is unsafe ({error})')
    return ImageFacts(QEMU_NAMES[name], found.virtual_size)


def _detect(path, image_id):
    with open(path, 'rb') as stream:
        head = stream.read(4096)
    # Kinds qemu-img would recognise that the inspector does not know.
    for magic, name in ((b'WithoutFreeSpace', 'parallels'), (b'WithouFreSpacExt', 'parallels'), (b'OOOM', 'cow'),
                        (b'#!/bin/sh\n#V2.0 Format', 'cloop'), (b'Bochs Virtual HD Image', 'bochs')):
        if head.startswith(magic):
            raise exception.ImageUnacceptable(image_id=image_id, reason=f'images of format {name} are not allowed')
    try:
        found = format_inspector.detect_file_format(path)
    except format_inspector.ImageFormatError as error:
        # A bootable CD is a file system and a partition table at once; both are raw bytes to QEMU.
        if _is_hybrid_iso(path):
            return format_inspector.ISOInspector()
        raise exception.ImageUnacceptable(image_id=image_id, reason=str(error))
    if found is None:
        raise exception.ImageUnacceptable(image_id=image_id, reason='its format cannot be determined')
    return found


def _is_hybrid_iso(path):
    with open(path, 'rb') as stream:
        wrapper = format_inspector.InspectWrapper(stream)
        for _chunk in range(32):
            if not wrapper.read(4096):
                break
        wrapper.close()
        return {str(found) for found in wrapper.formats or ()} == {'iso', 'gpt'}


def verify_with_qemu_img(path, image_id, facts):
    """Have qemu-img, told the format, look for anything the inspector may not know.

    :raises ImageUnacceptable: other files are involved, or qemu-img cannot read it
    """
    if facts.format == 'raw':
        return facts
    try:
        report = qemu_img.info(path, facts.format)
    except qemu_img.QemuImgError as error:
        raise exception.ImageUnacceptable(image_id=image_id, reason=error.format_message())
    details = (report.get('format-specific') or {}).get('data') or {}
    refused = None
    if report.get('backing-filename') or report.get('full-backing-filename'):
        refused = 'it has a backing file'
    elif details.get('data-file') or details.get('data-file-raw'):
        refused = 'it has an external data file'
    elif report.get('encrypted'):
        refused = 'it is encrypted'
    elif report.get('format') != facts.format:
        refused = f'its content reads as {report.get("format")}'
    elif facts.format == 'vmdk':
        refused = _refused_vmdk(path, details)
    if refused:
        raise exception.ImageUnacceptable(image_id=image_id, reason=refused)
    return facts._replace(virtual_size=report['virtual-size'])


def _refused_vmdk(path, details):
    kind = details.get('create-type')
    if kind not in CONF.compute.vmdk_allowed_types:
        return f'VMDK images of type {kind} are not allowed'
    if any(extent.get('filename') != path for extent in details.get('extents') or ()):
        return 'it names other files as extents'
    return None


def check_size(facts, image_id, limit):
    """Refuse an image whose disk would exceed the flavor's.

    :param limit: bytes; None for no limit
    """
    if limit is not None and facts.virtual_size > limit:
        LOG.warning('Image %s has a virtual size of %d bytes, allowed are %d.', image_id, facts.virtual_size, limit)
        raise exception.FlavorDiskSmallerThanImage(flavor_size=limit, image_size=facts.virtual_size)


def download(context, image_id, path, size=None):
    """Fetch an image's bytes into a new file of our own.

    :param size: bytes the image should have, None if that is not known
    :raises ServiceUnavailable: fewer or more bytes came; trying again may help
    """
    with full_disk(path):
        image_api.API().download(context, image_id, path)
    arrived = os.stat(path).st_size
    if size and arrived != size:
        raise exception.ServiceUnavailable(reason=f'image {image_id} has {size} bytes, {arrived} arrived')


def fetch(context, image_meta, path, limit):
    """Download an image and turn it into a safe disk file.

    :param path: where the file goes; it appears there only when complete and on disk
    :param limit: most bytes its disk may have; None for no limit
    :returns: ImageFacts of the file
    """
    image_id = image_meta.id
    if image_meta.container_format not in CONTAINERS:
        raise exception.ImageUnacceptable(
            image_id=image_id, reason=f'container format {image_meta.container_format} cannot be booted')
    source, target = path + '.download.part', path + '.part'
    with removed_after(source, target):
        download(context, image_id, source, image_meta.size)
        crashpoint.crashpoint('create.C12.downloaded.after')
        facts = inspect(source, image_id, declared=image_meta.disk_format or 'nothing')
        check_size(facts, image_id, limit)
        facts = verify_with_qemu_img(source, image_id, facts)
        check_size(facts, image_id, limit)
        keep = facts.format == 'raw' or (facts.format == 'qcow2' and not CONF.force_raw_images)
        if not keep:
            qemu_img.convert(source, facts.format, target, 'raw')
            facts = ImageFacts('raw', os.stat(target).st_size)
            if inspect(target, image_id).format != 'raw':
                raise exception.ImageUnacceptable(image_id=image_id, reason='it contains another image')
        publish(source if keep else target, path)
    return facts


def upload_snapshot(context, instance, image_id, disk_format, data, watch=None):
    """Give the image that was made for a guest's disk its bytes.

    :param data: bytes, or the path of a file
    :param watch: function called now and then meanwhile; what it raises ends the upload
    :raises ImageNotFound: somebody removed it meanwhile
    """
    properties = {'image_location': 'snapshot', 'image_state': 'available', 'owner_id': instance.project_id}
    for name in ('kernel_id', 'ramdisk_id', 'os_type'):
        if getattr(instance, name):
            properties[name] = getattr(instance, name)
    # A disk that boots with a kernel beside it is "bare" too: "ami" would have to be the name of both forms.
    image_api.API().upload(context, image_id, {'disk_format': disk_format, 'container_format': 'bare',
                                               'properties': properties}, data, watch)


def publish(source, path):
    """Give a complete file its final name, so that a crash leaves the whole file or none."""
    concurrency.native(_sync, source)
    os.rename(source, path)
    concurrency.native(_sync, os.path.dirname(path))


def _sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def removed_after(*paths):
    """Remove these files before and after, whatever happens between."""
    remove(*paths)
    try:
        yield
    finally:
        remove(*paths)


@contextlib.contextmanager
def removed_after_use(*paths):
    """Remove these files afterwards, whatever happens."""
    try:
        yield
    finally:
        remove(*paths)


def remove(*paths):
    """Remove files; fine if they are gone."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


@contextlib.contextmanager
def full_disk(path):
    """Turn the system's "no space left" into our exception."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise exception.DiskNotEnough(path=path, reason=error.strerror)

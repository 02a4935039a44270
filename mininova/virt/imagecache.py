# SPDX-License-Identifier: Apache-2.0
"""One copy of each image per host, however many guests start from it.  Runs in nova-compute.

A cached image is a file named by the SHA-1 of the image's id, beside a ``.json`` that records its
format and size.  It is looked at again at every use: what does not fit its record is refused.
Nova: nova/virt/imagecache.py, nova/virt/libvirt/imagecache.py.
"""
import hashlib
import json
import os
import time
import typing

from oslo_concurrency import lockutils
from oslo_log import log as logging

import mininova.conf
from mininova import exception
from mininova.virt import images

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

class Base(typing.NamedTuple):
    """A cached image.

    :ivar path: the file
    :ivar format: 'raw' or 'qcow2'
    :ivar virtual_size: bytes the guest sees
    """

    path: str
    format: str
    virtual_size: int


def directory():
    """Return where cached images are."""
    return os.path.join(CONF.instances_path, CONF.image_cache.subdirectory_name)


def file_name(image_id):
    """Return the name of an image's file in the cache."""
    return hashlib.sha1(str(image_id).encode()).hexdigest()  # noqa: S324  (a name, no secret)


def path_of(image_id):
    """Return the path an image has in the cache."""
    return os.path.join(directory(), file_name(image_id))


def lock(name):
    """Hold a lock of this host, across processes and greenthreads."""
    path = os.path.join(CONF.instances_path, 'locks')
    os.makedirs(path, exist_ok=True)
    return lockutils.lock(f'image-{name}', lock_file_prefix='nova-', external=True, lock_path=path)


def ensure(context, image_meta, limit=None):
    """Return the cached disk of an image, fetched first if need be.

    :param limit: most bytes its disk may have; None for no limit
    :returns: Base
    :raises ImageUnacceptable: the image is dangerous, or the cached file is not what was put there
    :raises FlavorDiskSmallerThanImage: its disk exceeds the limit
    """
    path = path_of(image_meta.id)
    os.makedirs(directory(), exist_ok=True)
    with lock(os.path.basename(path)):
        facts = _cached(path, image_meta.id)
        if facts is None:
            LOG.info('Fetching image %s into the cache.', image_meta.id)
            facts = images.fetch(context, image_meta, path, limit)
            _record(path, image_meta.id, facts)
        images.check_size(facts, image_meta.id, limit)
        _note_use(path)
    return Base(path, facts.format, facts.virtual_size)


def is_cached(image_id):
    """Tell whether an image is in the cache; not whether it is sound."""
    return os.path.exists(path_of(image_id)) and os.path.exists(path_of(image_id) + '.json')


def adopt(image_id, path, record_path):
    """Take a cached image over that another host sent, unless there is one; both files are gone afterwards.

    :param record_path: the JSON file that goes with it
    :raises ImageUnacceptable: it is not what its record says
    """
    target = path_of(image_id)
    os.makedirs(directory(), exist_ok=True)
    with images.removed_after_use(path, record_path), lock(os.path.basename(target)):
        if _cached(target, image_id) is not None:
            return
        with open(record_path, encoding='utf-8') as stream:
            record = json.load(stream)
        found = images.inspect(path, image_id)
        if found != images.ImageFacts(record['format'], record['virtual_size']):
            raise exception.ImageUnacceptable(image_id=image_id, reason='the copy that another host sent is damaged')
        images.publish(path, target)
        _record(target, image_id, found)


def ensure_plain(context, image_id):
    """Return the path of a cached kernel or ramdisk, fetched first if need be."""
    path = path_of(image_id)
    os.makedirs(directory(), exist_ok=True)
    with lock(os.path.basename(path)):
        if not is_cached(image_id):
            with images.removed_after(path + '.part'):
                images.download(context, image_id, path + '.part')
                facts = images.inspect(path + '.part', image_id)
                if facts.format != 'raw':
                    raise exception.ImageUnacceptable(image_id=image_id, reason='it is no kernel or ramdisk')
                images.publish(path + '.part', path)
                _record(path, image_id, facts)
        _note_use(path)
    return path


def _cached(path, image_id):
    """Return the ImageFacts of a cached image that is as recorded, None if there is none."""
    try:
        with open(path + '.json', encoding='utf-8') as stream:
            record = json.load(stream)
        facts = images.ImageFacts(record['format'], record['virtual_size'])
    except (FileNotFoundError, ValueError, KeyError):
        return None
    if not os.path.exists(path):
        return None
    found = images.inspect(path, image_id)
    if found != facts:
        raise exception.ImageUnacceptable(
            image_id=image_id, reason=f'its cached copy {path} should be {facts.format} of {facts.virtual_size} bytes '
                                      f'and is {found.format} of {found.virtual_size}; remove it to fetch it anew')
    return facts


def _record(path, image_id, facts):
    part = path + '.json.part'
    with open(part, 'w', encoding='utf-8') as stream:
        json.dump({'image_id': str(image_id), 'format': facts.format, 'virtual_size': facts.virtual_size}, stream)
    images.publish(part, path + '.json')


def _note_use(path):
    """Remember on the record that an image is used now: the image itself belongs to QEMU's user once a guest ran."""
    os.utime(path + '.json')


def age(names_in_use):
    """Remove cached images that were not used for a while, and what broken fetches left.

    :param names_in_use: file names (see `file_name`) that guests need; they count as used now
    :returns: the names removed
    """
    removed = []
    if not os.path.isdir(directory()):
        return removed
    oldest = time.time() - CONF.image_cache.remove_unused_original_minimum_age_seconds
    for name in sorted({_stem(entry) for entry in os.listdir(directory())}):
        path = os.path.join(directory(), name)
        with lock(name):
            images.remove(path + '.part', path + '.download.part', path + '.json.part')
            if name in names_in_use:
                if os.path.exists(path + '.json'):
                    _note_use(path)
            elif CONF.image_cache.remove_unused_base_images and _last_use(path) <= oldest:
                images.remove(path + '.json', path)
                removed.append(name)
                LOG.info('Removed unused cached image %s.', name)
    return removed


def unfinished():
    """Return the paths of files that a fetch under way or a broken one left."""
    if not os.path.isdir(directory()):
        return []
    return [os.path.join(directory(), entry) for entry in sorted(os.listdir(directory())) if entry.endswith('.part')]


def _stem(entry):
    return entry.split('.', 1)[0]


def _last_use(path):
    for candidate in (path + '.json', path):
        if os.path.exists(candidate):
            return os.stat(candidate).st_mtime
    return 0

# SPDX-License-Identifier: Apache-2.0
"""Images of a directory, for clouds without an image service (nova-api, nova-compute).  New here: Nova needs Glance.

Per image two files in [image] local_path: ``<id>.json``, its description, and ``<id>``, its bytes. Both are written
to a temporary name and renamed, the description last: an image that is seen is complete.
"""
import datetime
import hashlib
import json
import os
import re

from oslo_log import log
from oslo_utils import timeutils, uuidutils

import mininova.conf
from mininova import exception, utils
from mininova.image import access, transfer

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

IMAGE_ID = re.compile('[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
TIMES = ('created_at', 'updated_at')
FIELDS = {'name': None, 'status': None, 'size': None, 'container_format': 'bare', 'disk_format': 'raw', 'min_ram': 0,
          'min_disk': 0,
          'owner': None, 'visibility': 'public', 'protected': False, 'checksum': None, 'properties': {}}
CHANGEABLE = ('name', 'status', 'size', 'container_format', 'disk_format', 'min_ram', 'min_disk', 'visibility',
              'protected')


class LocalBackend:
    """The directory of one machine; hosts of a cluster need to share it."""

    def url(self, context):
        """There is no image service to link to."""
        return None

    def get(self, context, image_id):
        image = _read(image_id)
        if not access.is_visible(context, image):
            raise exception.ImageNotFound(image_id=image_id)
        return image

    def get_all(self, context, filters=None, limit=None, marker=None, sort_key='created_at', sort_dir='desc'):
        images = [image for image in _read_all()
                  if access.is_visible(context, image) and _matches(image, filters or {})]
        images.sort(key=lambda image: (str(image.get(sort_key)), image['id']), reverse=sort_dir == 'desc')
        if marker is not None:
            ids = [image['id'] for image in images]
            if marker not in ids:
                raise exception.MarkerNotFound(marker=marker)
            images = images[ids.index(marker) + 1:]
        return images[:limit]

    def download(self, context, image_id, dest_path):
        image = self.get(context, image_id)
        try:
            with open(_path(image_id), 'rb') as source:
                transfer.store(transfer.chunks_of(source), dest_path, image['size'], 'md5', image['checksum'])
        except FileNotFoundError as error:
            raise exception.ImageUnacceptable(image_id=image_id, reason='it has no data') from error
        except (transfer.Incomplete, transfer.Corrupt) as error:
            raise exception.ImageUnacceptable(image_id=image_id, reason=str(error)) from error

    def create(self, context, image, data=None):
        """Make an image.

        :param data: bytes, or a file opened for reading
        """
        image_id = image.get('id') or uuidutils.generate_uuid()
        if os.path.exists(_path(image_id, '.json')):
            raise exception.Conflict(f'Image {image_id} already exists.')
        stored = {'owner': context.project_id, **{name: image[name] for name in FIELDS if name in image}}
        if data is not None:
            stored.update(_store_data(image_id, data))
        now = timeutils.utcnow()
        _write(image_id, {**stored, 'created_at': now, 'updated_at': now})
        return _read(image_id)

    def update(self, context, image_id, image, purge_props=False):
        current = self.get(context, image_id)
        access.require_owner(context, current)
        kept = {} if purge_props else current['properties']
        changes = {name: image[name] for name in CHANGEABLE if name in image}
        properties = {**kept, **image.get('properties', {})} if 'properties' in image else current['properties']
        _write(image_id, {**current, **changes, 'properties': properties, 'updated_at': timeutils.utcnow()})
        return _read(image_id)

    def upload(self, context, image_id, image, data, watch=None):
        """Store an image's bytes; the description says so last.

        :param data: bytes, or the path of a file
        """
        self.update(context, image_id, image)
        with transfer.opened(data, watch) as stream:
            stored = _store_data(image_id, stream)
        try:
            _write(image_id, {**self.get(context, image_id), **stored, 'status': 'active',
                              'updated_at': timeutils.utcnow()})
            return _read(image_id)
        except exception.ImageNotFound:
            # Somebody removed it meanwhile: bytes without a description are nobody's.
            if os.path.exists(_path(image_id)):
                os.unlink(_path(image_id))
            raise

    def delete(self, context, image_id):
        image = self.get(context, image_id)
        access.require_owner(context, image)
        if image['protected']:
            raise exception.ImageNotAuthorized(image_id=image_id)
        for suffix in ('.json', ''):
            if os.path.exists(_path(image_id, suffix)):
                os.unlink(_path(image_id, suffix))


def _path(image_id, suffix=''):
    """Return the path of a file of an image; an id is never anything else than a file name.

    :raises ImageNotFound: (404)
    """
    if not IMAGE_ID.fullmatch(image_id or ''):
        raise exception.ImageNotFound(image_id=image_id)
    return os.path.join(CONF.image.local_path, image_id + suffix)


def _read(image_id):
    try:
        with open(_path(image_id, '.json')) as stream:
            return _complete(image_id, json.load(stream))
    except FileNotFoundError as error:
        raise exception.ImageNotFound(image_id=image_id) from error


def _read_all():
    """Yield all images; what somebody damaged is reported and left out."""
    try:
        names = sorted(os.listdir(CONF.image.local_path))
    except FileNotFoundError:
        return
    for name in names:
        image_id, suffix = os.path.splitext(name)
        if suffix != '.json' or not IMAGE_ID.fullmatch(image_id):
            continue
        try:
            yield _read(image_id)
        except exception.ImageNotFound:
            continue
        except (ValueError, TypeError, AttributeError) as error:
            LOG.warning('%s describes no image: %s', os.path.join(CONF.image.local_path, name), error)


def _complete(image_id, stored):
    """Return an image as a dictionary with all fields; what a hand-written description lacks is found out."""
    image = {**FIELDS, **{name: stored[name] for name in FIELDS if name in stored}, 'id': image_id, 'deleted': False}
    path = _path(image_id)
    has_data = os.path.exists(path)
    if not has_data or image['status'] is None:
        image['status'] = 'active' if has_data else 'queued'
    if image['size'] is None and has_data:
        image['size'] = os.stat(path).st_size
    image['properties'] = {name: value if isinstance(value, str) else str(value)
                           for name, value in image['properties'].items() if value is not None}
    image['is_public'] = image['visibility'] == 'public'
    for name in TIMES:
        text = stored.get(name)
        image[name] = timeutils.normalize_time(timeutils.parse_isotime(text)) if text else _written_at(image_id)
    return image


def _written_at(image_id):
    moment = os.stat(_path(image_id, '.json')).st_mtime
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).replace(tzinfo=None)


def _store_data(image_id, data):
    """Write an image's bytes and return what is known of them."""
    path = _path(image_id)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    temporary = f'{path}.{uuidutils.generate_uuid()}.part'
    hasher = hashlib.md5(usedforsecurity=False)

    def hashed():
        for chunk in transfer.chunks_of(data):
            hasher.update(chunk)
            yield chunk
    size = transfer.store(hashed(), temporary)
    os.replace(temporary, path)
    return {'size': size, 'checksum': hasher.hexdigest()}


def _write(image_id, image):
    kept = {name: image[name] for name in FIELDS if name in image}
    kept.update({name: image[name].isoformat() for name in TIMES if image.get(name)})
    utils.write_file_atomically(_path(image_id, '.json'), json.dumps(kept, indent=1, sort_keys=True))


def _matches(image, filters):
    return all(_matches_one(image, name, wanted) for name, wanted in filters.items())


def _matches_one(image, name, wanted):
    if name in ('min_ram', 'min_disk'):
        try:
            return image[name] == int(wanted)
        except ValueError:
            raise exception.InvalidInput(reason=f'{name} must be a number') from None
    if name.startswith('property-'):
        return str(image['properties'].get(name.removeprefix('property-'))) == str(wanted)
    if name == 'changes-since':
        return image['updated_at'] >= _moment(wanted)
    return str(image.get(name)) == str(wanted)


def _moment(text):
    try:
        return timeutils.normalize_time(timeutils.parse_isotime(text))
    except ValueError:
        raise exception.InvalidInput(reason=f'{text} is no time') from None

# SPDX-License-Identifier: Apache-2.0
"""Images of a directory, for clouds without an image service.  New here: Nova needs Glance.

Per image two files in [image] local_path: ``<id>.json``, its description, and ``<id>``, its bytes.  Both are written to a
temporary name and renamed, the description last: an image that is seen is complete.
"""
import glob
import hashlib
import json
import os
import re
import shutil

from oslo_utils import timeutils, uuidutils

import mininova.conf
from mininova import exception, utils

CONF = mininova.conf.CONF

IMAGE_ID = re.compile('[0-9a-f-]{36}')
TIMES = ('created_at', 'updated_at')
DEFAULTS = {'name': None, 'status': 'active', 'size': 0, 'container_format': 'bare', 'disk_format': 'raw', 'min_ram': 0,
            'min_disk': 0, 'owner': None, 'visibility': 'public', 'protected': False, 'checksum': None,
            'properties': {}}


class LocalBackend:
    """The directory of one machine; hosts of a cluster would need to share it."""

    @property
    def directory(self):
        return CONF.image.local_path

    def _path(self, image_id, suffix=''):
        if not IMAGE_ID.fullmatch(image_id or ''):
            raise exception.ImageNotFound(image_id=image_id)
        return os.path.join(self.directory, image_id + suffix)

    def _read(self, image_id):
        try:
            with open(self._path(image_id, '.json')) as stream:
                return _complete(image_id, json.load(stream))
        except FileNotFoundError as error:
            raise exception.ImageNotFound(image_id=image_id) from error

    def get(self, context, image_id):
        image = self._read(image_id)
        if not _visible(context, image):
            raise exception.ImageNotFound(image_id=image_id)
        return image

    def get_all(self, context, filters=None, limit=None, marker=None, sort_key='created_at', sort_dir='desc'):
        names = [os.path.basename(path)[:-5] for path in glob.glob(os.path.join(glob.escape(self.directory), '*.json'))]
        images = [self._read(name) for name in names if IMAGE_ID.fullmatch(name)]
        images = [image for image in images if _visible(context, image) and _matches(image, filters or {})]
        images.sort(key=lambda image: (str(image.get(sort_key)), image['id']), reverse=sort_dir == 'desc')
        if marker is not None:
            positions = [number for number, image in enumerate(images) if image['id'] == marker]
            if not positions:
                raise exception.MarkerNotFound(marker=marker)
            images = images[positions[0] + 1:]
        return images if limit is None else images[:limit]

    def download(self, context, image_id, dest_path):
        self.get(context, image_id)
        try:
            shutil.copyfile(self._path(image_id), dest_path)
        except FileNotFoundError as error:
            raise exception.ImageUnacceptable(image_id=image_id, reason='the image has no data') from error

    def create(self, context, image, data=None):
        image_id = image.get('id') or uuidutils.generate_uuid()
        now = timeutils.utcnow().isoformat()
        stored = {**DEFAULTS, 'owner': context.project_id, **image, 'created_at': now, 'updated_at': now}
        if data is not None:
            utils.write_file_atomically(self._path(image_id), data)
            stored.update(size=len(data), checksum=hashlib.md5(data, usedforsecurity=False).hexdigest())
        self._write(image_id, stored)
        return self._read(image_id)

    def update(self, context, image_id, image, purge_props=False):
        current = self.get(context, image_id)
        _require_owner(context, current)
        properties = dict(image.get('properties') or {})
        if not purge_props:
            properties = {**current['properties'], **properties}
        current.update(image, properties=properties, updated_at=timeutils.utcnow())
        self._write(image_id, current)
        return self._read(image_id)

    def delete(self, context, image_id):
        image = self.get(context, image_id)
        _require_owner(context, image)
        if image['protected']:
            raise exception.ImageNotAuthorized(image_id=image_id)
        for path in (self._path(image_id, '.json'), self._path(image_id)):
            if os.path.exists(path):
                os.unlink(path)

    def _write(self, image_id, image):
        kept = {name: str(value) if name in TIMES and not isinstance(value, str) else value for name,
                value in image.items()
                if name not in ('id', 'is_public', 'deleted')}
        utils.write_file_atomically(self._path(image_id, '.json'), json.dumps(kept, indent=1, sort_keys=True))


def _complete(image_id, stored):
    image = {**DEFAULTS, **stored, 'id': image_id, 'deleted': False}
    image['is_public'] = image['visibility'] == 'public'
    for name in TIMES:
        image[name] = timeutils.normalize_time(timeutils.parse_isotime(image[name].replace(' ',
                                                                                           'T'))) if image.get(name) else None
    return image


def _visible(context, image):
    return image['is_public'] or context.is_admin or image['owner'] in (None, context.project_id)


def _require_owner(context, image):
    if not context.is_admin and image['owner'] != context.project_id:
        raise exception.ImageNotAuthorized(image_id=image['id'])


def _matches(image, filters):
    for name, wanted in filters.items():
        if name in ('min_ram', 'min_disk'):
            if image[name] < int(wanted):
                return False
        elif name.startswith('property-'):
            if str(image['properties'].get(name[9:])) != str(wanted):
                return False
        elif name == 'changes-since':
            if image['updated_at'] < timeutils.normalize_time(timeutils.parse_isotime(wanted)):
                return False
        elif str(image.get(name)).lower() != str(wanted).lower():
            return False
    return True

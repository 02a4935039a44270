# SPDX-License-Identifier: Apache-2.0
"""How images are shown, in the form of the image API v1.  Nova: nova/api/openstack/compute/views/images.py."""
from oslo_utils import strutils

import mininova.conf
from mininova.api.openstack import common

CONF = mininova.conf.CONF

IMAGE_TYPE = 'application/vnd.openstack.image'
_STATUS = {'active': 'ACTIVE', 'queued': 'SAVING', 'saving': 'SAVING', 'deleted': 'DELETED',
           'pending_delete': 'DELETED', 'killed': 'ERROR'}
_PROGRESS = {'queued': 25, 'saving': 50, 'active': 100}


class ViewBuilder(common.ViewBuilder):
    """Images as dictionaries of :mod:`mininova.image.api`."""

    _collection_name = 'images'

    def index(self, req, images, service_url):
        """Return images with names only.

        :param service_url: where the image service is, None if there is none
        """
        return self._list(req, images, [self._brief(req, image, service_url) for image in images], 'images')

    def detail(self, req, images, service_url):
        return self._list(req, images, [self._full(req, image, service_url) for image in images], 'images/detail')

    def show(self, req, image, service_url):
        return {'image': self._full(req, image, service_url)}

    def _list(self, req, images, shown, collection):
        links = self._get_collection_links(req, images, collection, 'id')
        return {'images': shown, 'images_links': links} if links else {'images': shown}

    def _brief(self, req, image, service_url):
        return {'id': image['id'], 'name': image['name'], 'links': self._image_links(req, image['id'], service_url)}

    def _full(self, req, image, service_url):
        properties = image['properties']
        shown = {
            **self._brief(req, image, service_url),
            'minRam': int(image['min_ram'] or 0),
            'minDisk': int(image['min_disk'] or 0),
            'metadata': properties,
            'created': _time(image['created_at']),
            'updated': _time(image['updated_at']),
            'status': _STATUS.get(image['status'], 'UNKNOWN'),
            'progress': _PROGRESS.get(image['status'], 0),
            'OS-EXT-IMG-SIZE:size': image['size'] or 0,
        }
        if properties.get('instance_uuid') is not None:
            server_id = properties['instance_uuid']
            shown['server'] = {'id': server_id, 'links': self._get_links(req, server_id, 'servers')}
        if properties.get('auto_disk_config') is not None:
            automatic = strutils.bool_from_string(properties['auto_disk_config'])
            shown['OS-DCF:diskConfig'] = 'AUTO' if automatic else 'MANUAL'
        return shown

    def _image_links(self, req, image_id, service_url):
        if service_url is None:
            href = self._get_bookmark_link(req, image_id)
        else:
            href = common.apply_prefix(f'{service_url}/images/{image_id}', CONF.api.glance_link_prefix)
        return [*self._get_links(req, image_id), {'rel': 'alternate', 'type': IMAGE_TYPE, 'href': href}]


def _time(moment):
    return moment.strftime('%Y-%m-%dT%H:%M:%SZ')

# SPDX-License-Identifier: Apache-2.0
"""Images of the image service, API v2 (nova-api, nova-compute).  Nova: nova/image/glance.py.

A caller's token is used when there is one, so that the image service decides what the caller may see. Without one, or
when it has expired while a build waited in the queue, the service user of [glance] asks, and what the caller may see is
decided here.
"""
import urllib.parse

import requests
from oslo_log import log

import mininova.conf
from mininova import concurrency, exception
from mininova.image import access, glance_client, glance_format, transfer

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

MAX_PAGE = 1000
MAX_DELAY_SECONDS = 5


def _path(image_id, *more):
    """Return the path of an image; what would be another path names no image.

    :raises ImageNotFound: (404)
    """
    if image_id in ('', '.', '..', None):
        raise exception.ImageNotFound(image_id=image_id)
    return '/'.join(urllib.parse.quote(part, safe='') for part in ('images', image_id, *more))


class GlanceBackend:
    """Talks to one image service."""

    def __init__(self):
        self._client = glance_client.Client()

    def url(self, context):
        """Return where the image service is."""
        return self._client.endpoint(context)

    def get(self, context, image_id):
        return glance_format.from_v2(self._read(context, image_id)[0])

    def get_all(self, context, filters, limit, marker, sort_key, sort_dir):
        query = {'sort_key': sort_key, 'sort_dir': sort_dir, **glance_format.to_query(filters),
                 'limit': min(limit or MAX_PAGE, MAX_PAGE)}
        if marker is not None:
            query['marker'] = marker
        found, path = [], 'images?' + urllib.parse.urlencode(query)
        while path and (limit is None or len(found) < limit):
            document = self._list(context, path, marker)
            found += [image for image in document['images'] if context.auth_token or access.is_visible(context, image)]
            path = document.get('next', '').removeprefix('/v2/')
        return [glance_format.from_v2(image) for image in found[:limit]]

    def _list(self, context, path, marker):
        try:
            return self._client.request(context, 'GET', path, marker).json()
        except exception.InvalidInput as error:
            if marker is not None and marker in str(error):
                raise exception.MarkerNotFound(marker=marker) from error
            raise

    def download(self, context, image_id, dest_path):
        failure = None
        for attempt in range(CONF.glance.num_retries + 1):
            if attempt:
                LOG.warning('Image %s is fetched again: %s', image_id, failure)
                concurrency.sleep(min(0.5 * 2 ** attempt, MAX_DELAY_SECONDS))
            try:
                return self._download(context, image_id, dest_path)
            except (requests.exceptions.RequestException, transfer.Incomplete, transfer.Corrupt) as error:
                failure = error
        if isinstance(failure, transfer.Corrupt):
            raise exception.ImageUnacceptable(image_id=image_id, reason=str(failure)) from failure
        raise exception.GlanceConnectionFailed(server=self.url(context), reason=str(failure)) from failure

    def _download(self, context, image_id, dest_path):
        document, as_service = self._read(context, image_id)
        answer = self._client.request(context, 'GET', _path(image_id, 'file'), image_id, as_service, stream=True,
                                      headers={'Accept': 'application/octet-stream'})
        with answer:
            if answer.status_code == 204:
                raise exception.ImageUnacceptable(image_id=image_id, reason='it has no data')
            algorithm, digest = glance_format.digest_of(document)
            transfer.store(answer.iter_content(transfer.CHUNK), dest_path, document.get('size'), algorithm, digest)

    def create(self, context, image, data=None):
        made = self._client.request(context, 'POST', 'images', json=glance_format.to_v2(image)).json()
        member = (image.get('properties') or {}).get(access.SHARED_WITH)
        if member and image.get('visibility') == 'shared':
            self._client.request(context, 'POST', _path(made['id'], 'members'), made['id'], json={'member': member})
        if data is not None:
            self._client.request(context, 'PUT', _path(made['id'], 'file'), made['id'], data=data,
                                 headers={'Content-Type': 'application/octet-stream'})
        return self.get(context, made['id'])

    def update(self, context, image_id, image, purge_props=False):
        current = self._read_to_change(context, image_id)
        steps = glance_format.patch(current, glance_format.to_v2(image), purge_props)
        if not steps:
            return glance_format.from_v2(current)
        answer = self._change(
            context, 'PATCH', image_id, json=steps,
            headers={'Content-Type': 'application/openstack-images-v2.1-json-patch'})
        return glance_format.from_v2(answer.json())

    def upload(self, context, image_id, image, data, watch=None):
        """Store an image's bytes; a service that breaks off is given them again.

        :param data: bytes, or the path of a file
        """
        self.update(context, image_id, image)
        failure = None
        for attempt in range(CONF.glance.num_retries + 1):
            if attempt:
                LOG.warning('Image %s is stored again: %s', image_id, failure)
                concurrency.sleep(min(0.5 * 2 ** attempt, MAX_DELAY_SECONDS))
            try:
                self._upload(context, image_id, data, watch)
                return self.get(context, image_id)
            except (requests.exceptions.RequestException, exception.GlanceConnectionFailed) as error:
                failure = error
        raise exception.GlanceConnectionFailed(server=self.url(context), reason=str(failure)) from failure

    def _upload(self, context, image_id, data, watch):
        headers = {'Content-Type': 'application/octet-stream'}
        with transfer.opened(data, watch) as stream:
            self._change(context, 'PUT', image_id, 'file', data=stream, headers=headers)

    def delete(self, context, image_id):
        if not context.auth_token:
            self._read_to_change(context, image_id)
        self._change(context, 'DELETE', image_id)

    # -- as whom ------------------------------------------------------------------------------

    def _read(self, context, image_id):
        """Return (image in API v2, whether the service user had to ask).

        :raises ImageNotFound: unknown, or not the caller's to see (404)
        """
        if context.auth_token:
            try:
                return self._client.request(context, 'GET', _path(image_id), image_id).json(), False
            except exception.ImageNotAuthorized as error:
                if not error.kwargs.get('expired') or not self._client.has_service_user():
                    raise
                LOG.info('The token of request %s has expired; image %s is read as the service user.',
                         context.request_id, image_id)
        document = self._client.request(context, 'GET', _path(image_id), image_id, as_service=True).json()
        if not access.is_visible(context, document) and not self._is_shared(context, document):
            raise exception.ImageNotFound(image_id=image_id)
        return document, True

    def _is_shared(self, context, document):
        """Tell whether the owner of an image shares it with the caller's project."""
        if document.get('visibility') != 'shared' or not context.project_id:
            return False
        try:
            self._client.request(context, 'GET', _path(document['id'], 'members', context.project_id), document['id'],
                                 as_service=True)
        except exception.ImageNotFound:
            return False
        return True

    def _change(self, context, method, image_id, *below, **kwargs):
        """Change an image as the caller, or as the service user if the caller's token expired during long work."""
        path = _path(image_id, *below)
        try:
            return self._client.request(context, method, path, image_id, **kwargs)
        except exception.ImageNotAuthorized as error:
            if not (context.auth_token and error.kwargs.get('expired') and self._client.has_service_user()):
                raise
        self._read_to_change(context, image_id)
        if hasattr(kwargs.get('data'), 'seek'):
            kwargs['data'].seek(0)
        return self._client.request(context, method, path, image_id, as_service=True, **kwargs)

    def _read_to_change(self, context, image_id):
        document, as_service = self._read(context, image_id)
        if as_service:
            access.require_owner(context, document)
        return document

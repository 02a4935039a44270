# SPDX-License-Identifier: Apache-2.0
"""Images of the image service, API v2, over keystoneauth.  Nova: nova/image/glance.py.

What a user asks is asked with the user's own token, so that the image service decides what he may see; nova-compute
downloads as the service user of [glance], since a token may have expired by the time a queued build begins.
"""
import hashlib
import os

import tenacity
from oslo_log import log
from oslo_utils import timeutils

import mininova.conf
from mininova import concurrency, exception

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

CHUNK = 1024 * 1024
BASE_FIELDS = frozenset({
    'id', 'name', 'status', 'size', 'container_format', 'disk_format', 'min_ram', 'min_disk', 'owner', 'visibility',
    'protected',
    'checksum', 'created_at', 'updated_at', 'virtual_size'})
NOT_PROPERTIES = frozenset({'self', 'file', 'schema', 'locations', 'direct_url', 'tags', 'os_hidden', 'stores'})
FILTERS = {'name': 'name', 'status': 'status', 'visibility': 'visibility', 'min_ram': 'min_ram', 'min_disk': 'min_disk',
           'container_format': 'container_format', 'disk_format': 'disk_format', 'owner': 'owner'}


class GlanceBackend:
    """Talks to one image service; connections are kept per process."""

    def __init__(self):
        self._service_session = None
        self._plain_session = None
        self._lock = concurrency.lock()

    # -- connections ----------------------------------------------------------------------

    def _client(self, context, as_service=False):
        """Return an adapter that asks as the caller, or as the service user."""
        from keystoneauth1 import adapter, token_endpoint
        with self._lock:
            if as_service and CONF.glance.username or not context.auth_token:
                return adapter.Adapter(self._as_service(), service_type='image', interface='public',
                                       region_name=CONF.glance.region_name,
                                       endpoint_override=CONF.glance.endpoint_override)
            auth = token_endpoint.Token(self._endpoint(context), context.auth_token)
            return adapter.Adapter(self._session(), auth=auth)

    def _session(self):
        from keystoneauth1 import session
        if self._plain_session is None:
            self._plain_session = session.Session(timeout=CONF.glance.timeout)
        return self._plain_session

    def _as_service(self):
        from keystoneauth1 import loading, session
        if self._service_session is None:
            options = CONF.glance
            if options.auth_type == 'none':
                auth = loading.get_plugin_loader('none').load_from_options(endpoint=options.endpoint_override)
            else:
                auth = loading.get_plugin_loader('password').load_from_options(
                    auth_url=options.auth_url, username=options.username, password=options.password,
                    project_name=options.project_name, user_domain_name=options.user_domain_name,
                    project_domain_name=options.project_domain_name)
            self._service_session = session.Session(auth=auth, timeout=options.timeout)
        return self._service_session

    @staticmethod
    def _endpoint(context):
        """Return where the image service is: as configured, else what the caller's catalog says."""
        if CONF.glance.endpoint_override:
            return CONF.glance.endpoint_override
        for entry in context.service_catalog:
            for endpoint in entry.get('endpoints', ()):
                if CONF.glance.region_name in (None, endpoint.get('region')) and endpoint.get('publicURL'):
                    return endpoint['publicURL']
        raise exception.GlanceConnectionFailed(server='(unknown)',
                                               reason='neither [glance] endpoint_override nor the catalog names it')

    def _ask(self, context, method, path, image_id=None, as_service=False, **kwargs):
        """Send one request; reading ones are repeated while the service cannot be reached."""
        from keystoneauth1 import exceptions
        client = self._client(context, as_service)
        tries = 1 + (CONF.glance.num_retries if method == 'GET' else 0)
        retrying = tenacity.Retrying(stop=tenacity.stop_after_attempt(tries),
                                     wait=tenacity.wait_exponential(0.2, max=2), reraise=True,
                                     retry=tenacity.retry_if_exception_type(exceptions.ConnectFailure))
        try:
            return retrying(client.request, f'/v2/{path}', method, **kwargs)
        except exceptions.NotFound as error:
            raise exception.ImageNotFound(image_id=image_id) from error
        except (exceptions.Unauthorized, exceptions.Forbidden) as error:
            raise exception.ImageNotAuthorized(image_id=image_id) from error
        except exceptions.BadRequest as error:
            raise exception.InvalidInput(reason=f'the image service refused: {error.message}') from error
        except (exceptions.ConnectFailure, exceptions.HttpServerError, exceptions.ConnectTimeout) as error:
            raise exception.GlanceConnectionFailed(
                server=CONF.glance.endpoint_override or 'the image endpoint', reason=type(error).__name__) from error

    # -- questions and changes ---------------------------------------------------------------

    def get(self, context, image_id):
        return _from_v2(self._ask(context, 'GET', f'images/{image_id}', image_id).json())

    def get_all(self, context, filters=None, limit=None, marker=None, sort_key='created_at', sort_dir='desc'):
        params = {'sort_key': sort_key, 'sort_dir': sort_dir, **_to_filters(filters or {})}
        if limit is not None:
            params['limit'] = limit
        if marker is not None:
            params['marker'] = marker
        found, path = [], 'images'
        while path:
            document = self._ask(context, 'GET', path, marker, params=params).json()
            found += [_from_v2(image) for image in document['images']]
            path = document.get('next', '').removeprefix('/v2/') if limit is None else None
            params = {}
        return found

    def download(self, context, image_id, dest_path):
        image = _from_v2(self._ask(context, 'GET', f'images/{image_id}', image_id, as_service=True).json())
        answer = self._ask(context, 'GET', f'images/{image_id}/file', image_id, as_service=True, stream=True,
                           headers={'Accept': 'application/octet-stream'})
        if answer.status_code == 204:
            raise exception.ImageUnacceptable(image_id=image_id, reason='the image has no data')
        try:
            _store(answer, dest_path, image)
        except BaseException:
            if os.path.exists(dest_path):
                os.unlink(dest_path)
            raise

    def create(self, context, image, data=None):
        made = self._ask(context, 'POST', 'images', json=_to_v2(image)).json()
        if data is not None:
            self._ask(context, 'PUT', f'images/{made["id"]}/file', made['id'], data=data,
                      headers={'Content-Type': 'application/octet-stream'})
        return self.get(context, made['id'])

    def update(self, context, image_id, image, purge_props=False):
        current = self._ask(context, 'GET', f'images/{image_id}', image_id).json()
        wanted = _to_v2(image)
        patch = [{'op': 'replace' if name in current else 'add', 'path': _pointer(name), 'value': value}
                 for name, value in wanted.items() if current.get(name) != value]
        if purge_props:
            patch += [{'op': 'remove', 'path': _pointer(name)} for name in _properties(current) if name not in wanted]
        if patch:
            self._ask(context, 'PATCH', f'images/{image_id}', image_id, json=patch,
                      headers={'Content-Type': 'application/openstack-images-v2.1-json-patch'})
        return self.get(context, image_id)

    def delete(self, context, image_id):
        self._ask(context, 'DELETE', f'images/{image_id}', image_id)


def _store(answer, dest_path, image):
    """Write a streamed answer to a file; what arrived must be what the image service says it is."""
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with open(dest_path, 'xb') as stream:
        for chunk in answer.iter_content(CHUNK):
            stream.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    if image['size'] is not None and size != image['size']:
        raise exception.GlanceConnectionFailed(server='the image endpoint',
                                               reason=f'{size} of {image["size"]} bytes arrived')
    if image['checksum'] and digest.hexdigest() != image['checksum']:
        raise exception.ImageUnacceptable(image_id=image['id'], reason='its checksum does not match its data')


def _properties(document):
    return {name: value for name, value in document.items() if name not in BASE_FIELDS and name not in NOT_PROPERTIES
            and not name.startswith('os_hash')}


def _time(text):
    return timeutils.normalize_time(timeutils.parse_isotime(text)) if text else None


def _from_v2(document):
    """Turn an image of API v2 into our dictionary."""
    image = {name: document.get(name) for name in BASE_FIELDS}
    image.update(
        min_ram=document.get('min_ram') or 0, min_disk=document.get('min_disk') or 0,
        created_at=_time(document.get('created_at')),
        updated_at=_time(document.get('updated_at')), is_public=document.get('visibility') == 'public',
        deleted=document.get('status') == 'deleted', properties=_properties(document))
    return image


def _to_v2(image):
    """Turn our dictionary, or part of it, into fields of API v2: properties are top-level texts there."""
    fields = {name: image[name] for name in ('id', 'name', 'container_format', 'disk_format', 'min_ram', 'min_disk',
                                             'visibility', 'protected')
              if image.get(name) is not None}
    fields.update({name: str(value) for name, value in (image.get('properties') or {}).items() if value is not None})
    return fields


def _to_filters(filters):
    params = {FILTERS[name]: value for name, value in filters.items() if name in FILTERS}
    params.update({name[9:]: value for name, value in filters.items() if name.startswith('property-')})
    if 'changes-since' in filters:
        params['updated_at'] = f'gte:{filters["changes-since"]}'
    return params


def _pointer(name):
    return '/' + name.replace('~', '~0').replace('/', '~1')

# SPDX-License-Identifier: Apache-2.0
"""Requests to the image service, as the caller or as the service user.

Nova: GlanceClientWrapper of nova/image/glance.py.

keystoneauth (22 MB, 0.4 s to import) is loaded with this module, and this module only by the backend ``glance``.
"""
import re
import urllib.parse

from keystoneauth1 import adapter, exceptions, loading, session, token_endpoint
from oslo_log import log

import mininova.conf
from mininova import concurrency, exception

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

RETRIABLE_STATUSES = [500, 502, 503, 504]
MAX_SAID = 300
URL_KEYS = {'internal': 'internalURL', 'public': 'publicURL', 'admin': 'adminURL'}
_TAGS = re.compile('<[^>]*>')


def has_service_user():
    """Tell whether [glance] says how to ask without a caller's token."""
    return CONF.glance.auth_type == 'none' or bool(CONF.glance.username)


class Client:
    """Connections to one image service, kept as long as the process lives."""

    def __init__(self):
        self._lock = concurrency.lock()
        self._plain = self._service = None

    def request(self, context, method, path, image_id=None, as_service=False, **kwargs):
        """Send one request; one that reads is repeated while the service does not answer.

        :param path: below /v2, quoted
        :param image_id: named in errors
        :param as_service: as the service user rather than as the caller
        :raises ImageNotFound: (404)
        :raises ImageNotAuthorized: (403); ``kwargs['expired']`` says that the token was not accepted at all
        :raises InvalidInput, Conflict: what the image service says of it (400, 409)
        :raises GlanceConnectionFailed: it is away or broken (503)
        """
        tries = CONF.glance.num_retries if method == 'GET' else 0
        try:
            return self._adapter(context, as_service).request(
                f'/v2/{path}', method, connect_retries=tries, status_code_retries=tries,
                retriable_status_codes=RETRIABLE_STATUSES, global_request_id=context.global_id, **kwargs)
        except exceptions.Unauthorized as error:
            raise exception.ImageNotAuthorized(image_id=image_id, expired=True) from error
        except exceptions.ClientException as error:
            raise self._translate(context, error, image_id) from error

    def endpoint(self, context):
        """Return the URL of the image service without version, e.g. http://127.0.0.1:9292."""
        url = CONF.glance.endpoint_override or _from_catalog(context.service_catalog)
        if url is None and has_service_user() and CONF.glance.auth_type != 'none':
            url = self._service_session().get_endpoint(
                service_type='image', interface=CONF.glance.valid_interfaces, region_name=CONF.glance.region_name)
        if not url:
            raise exception.GlanceConnectionFailed(
                server='(unknown)', reason='neither [glance] endpoint_override nor a service catalog names it')
        return _without_version(url)

    def _adapter(self, context, as_service):
        endpoint = self.endpoint(context)
        if as_service or not context.auth_token:
            if not has_service_user():
                raise exception.GlanceConnectionFailed(
                    server=endpoint, reason='the request has no token, and [glance] username is not set')
            return adapter.Adapter(self._service_session(), endpoint_override=endpoint)
        auth = token_endpoint.Token(endpoint, context.auth_token)
        return adapter.Adapter(self._plain_session(), auth=auth, endpoint_override=endpoint)

    def _plain_session(self):
        with self._lock:
            if self._plain is None:
                self._plain = _session()
            return self._plain

    def _service_session(self):
        with self._lock:
            if self._service is None:
                self._service = _session(_service_auth())
            return self._service

    def _translate(self, context, error, image_id):
        """Return our exception for one of keystoneauth's."""
        if isinstance(error, exceptions.NotFound):
            return exception.ImageNotFound(image_id=image_id)
        if isinstance(error, exceptions.Forbidden):
            return exception.ImageNotAuthorized(image_id=image_id)
        if isinstance(error, exceptions.Conflict):
            return exception.Conflict(f'The image service refused: {_said(error)}')
        if isinstance(error, exceptions.HttpError) and 400 <= (error.http_status or 0) < 500:
            return exception.InvalidInput(reason=f'the image service refused: {_said(error)}')
        LOG.warning('The image service does not answer as it should: %s', error)
        server = CONF.glance.endpoint_override or _from_catalog(context.service_catalog)
        return exception.GlanceConnectionFailed(server=server or '(unknown)', reason=type(error).__name__)


def _said(error):
    """Return what the image service wrote, without the tags of its error pages."""
    return ' '.join(_TAGS.sub(' ', str(error.details or error.message)).split())[:MAX_SAID]


def _session(auth=None):
    options = CONF.glance
    return session.Session(auth=auth, timeout=options.timeout, verify=options.cafile or not options.insecure)


def _service_auth():
    options = CONF.glance
    if options.auth_type == 'none':
        return loading.get_plugin_loader('none').load_from_options(endpoint=options.endpoint_override)
    return loading.get_plugin_loader('password').load_from_options(
        auth_url=options.auth_url, username=options.username, password=options.password,
        project_name=options.project_name, user_domain_name=options.user_domain_name,
        project_domain_name=options.project_domain_name)


def _from_catalog(catalog):
    """Return the image endpoint of a caller's catalog, or None."""
    endpoints = [endpoint for entry in catalog if entry.get('type') == 'image'
                 for endpoint in entry.get('endpoints', ())
                 if CONF.glance.region_name in (None, endpoint.get('region'))]
    for interface in CONF.glance.valid_interfaces:
        for endpoint in endpoints:
            if endpoint.get(URL_KEYS[interface]):
                return endpoint[URL_KEYS[interface]]
    return None


def _without_version(url):
    url = url.rstrip('/')
    last = urllib.parse.urlsplit(url).path.rpartition('/')[2]
    return url[:-len(last)].rstrip('/') if last in ('v1', 'v2') else url

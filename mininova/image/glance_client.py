# SPDX-License-Identifier: Apache-2.0
"""Requests to the image service, as the caller or as the service user.

Nova: GlanceClientWrapper of nova/image/glance.py.

Loaded by the backend ``glance`` only, for what mininova/service_auth.py brings with it.
"""
import re
import urllib.parse

from keystoneauth1 import exceptions
from oslo_log import log

import mininova.conf
from mininova import exception, service_auth

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

RETRIABLE_STATUSES = [500, 502, 503, 504]
MAX_SAID = 300
_TAGS = re.compile('<[^>]*>')


class Client:
    """Connections to one image service, kept as long as the process lives."""

    def __init__(self):
        self._service = service_auth.Service('image', 'glance')

    def has_service_user(self):
        """Tell whether [glance] says how to ask without a caller's token."""
        return self._service.has_user()

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
        url = self._service.url(context)
        if not url:
            raise exception.GlanceConnectionFailed(
                server='(unknown)', reason='neither [glance] endpoint_override nor a service catalog names it')
        return _without_version(url)

    def _adapter(self, context, as_service):
        endpoint = self.endpoint(context)
        if as_service or not context.auth_token:
            if not self._service.has_user():
                raise exception.GlanceConnectionFailed(
                    server=endpoint, reason='the request has no token, and [glance] auth_url or username is not set')
            return self._service.as_user(endpoint)
        return self._service.as_caller(endpoint, context.auth_token)

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
        return exception.GlanceConnectionFailed(server=self._service.known_url(context) or '(unknown)',
                                                reason=type(error).__name__)


def _said(error):
    """Return what the image service wrote, without the tags of its error pages."""
    return ' '.join(_TAGS.sub(' ', str(error.details or error.message)).split())[:MAX_SAID]


def _without_version(url):
    url = url.rstrip('/')
    last = urllib.parse.urlsplit(url).path.rpartition('/')[2]
    return url[:-len(last)].rstrip('/') if last in ('v1', 'v2') else url

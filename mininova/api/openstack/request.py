# SPDX-License-Identifier: Apache-2.0
"""The request as controllers see it (nova-api).  Nova: ``Request`` of nova/api/openstack/wsgi.py."""
import functools
import re

import webob
import webob.exc

from mininova.api.openstack import api_version_request as versions

ENV_LEGACY_V2 = 'openstack.legacy_v2'
ENV_URL_PROJECT = 'nova.url_project_id'
_STANDARD = 'HTTP_OPENSTACK_API_VERSION'
_LEGACY = 'HTTP_X_OPENSTACK_NOVA_API_VERSION'
_HOST = re.compile(r'(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_]([A-Za-z0-9._-]{0,253}[A-Za-z0-9_.])?)(:[0-9]{1,5})?', re.ASCII)


@functools.lru_cache(maxsize=256)
def is_host(text):
    """Tell whether a Host header is a name or address with an optional port, and nothing else."""
    return bool(_HOST.fullmatch(text))


class Request(webob.BaseRequest):
    """A WSGI request with a microversion.

    ``req.environ['nova.context']`` is the caller; ``req.api_version_request`` the version;
    ``req.GET`` the query; ``req.is_legacy_v2()`` tells whether it came through /v2.
    """

    def __init__(self, environ):
        super().__init__(environ)
        self.api_version_request = versions.default_api_version()
        self.link_bases = None

    @classmethod
    def blank(cls, path, *args, version=None, context=None, **kwargs):
        """Make a request for a test, with a version and a caller."""
        req = super().blank(path, *args, **kwargs)
        if version:
            req.api_version_request = versions.parse(version)
        if context:
            req.environ['nova.context'] = context
        return req

    def negotiate_version(self):
        """Read the version headers.

        :returns: whether the version asked for is one of ours; it is kept in any case, to be echoed
        :raises InvalidAPIVersionString: the header has another format (400)
        """
        standard, legacy = self.environ.get(_STANDARD), self.environ.get(_LEGACY)
        if standard is None and legacy is None:
            return True
        self.api_version_request, supported = versions.from_headers(standard, legacy)
        return supported

    def is_legacy_v2(self):
        """Tell whether the request came through /v2: relaxed schemas, no microversions."""
        return ENV_LEGACY_V2 in self.environ

    def set_legacy_v2(self):
        self.environ[ENV_LEGACY_V2] = True

    def check_host(self):
        """Refuse a Host header that must not get into links.

        :raises HTTPBadRequest: it is no host name (400)
        """
        host = self.environ.get('HTTP_HOST')
        if host and not is_host(host):
            raise webob.exc.HTTPBadRequest(explanation='Malformed Host header')

    def read_body(self):
        """Return the body as bytes; sizelimit ends the request (413) if it is too large.

        :raises HTTPBadRequest: it ends too early, or its chunks are malformed (400)
        """
        length = self.environ.get('CONTENT_LENGTH')
        try:
            if length:
                return self.environ['wsgi.input'].read(int(length))
            if 'chunked' in self.environ.get('HTTP_TRANSFER_ENCODING', '').lower():
                return self.environ['wsgi.input'].read()
        except (ValueError, OSError):
            raise webob.exc.HTTPBadRequest(explanation='The body of the request could not be read') from None
        return b''

# SPDX-License-Identifier: Apache-2.0
"""The /v2 endpoint: the 2.1 code without microversions and with relaxed schemas (nova-api).

Nova: ``LegacyV2CompatibleWrapper`` of nova/api/openstack/__init__.py.
"""
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import request

_NAMES = (versions.API_VERSION_REQUEST_HEADER, versions.LEGACY_API_VERSION_REQUEST_HEADER)
_ENVIRON_NAMES = tuple('HTTP_' + name.upper().replace('-', '_') for name in _NAMES)
_LOWER_NAMES = frozenset(name.lower() for name in _NAMES)


class LegacyV2CompatibleWrapper:
    """Paste filter: hides microversion headers from the API and from the client."""

    @classmethod
    def factory(cls, global_config, **local_config):
        return cls

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        for name in _ENVIRON_NAMES:
            environ.pop(name, None)
        environ[request.ENV_LEGACY_V2] = True

        def start(status, headers, exc_info=None):
            return start_response(status, list(_without_versions(headers)), exc_info)
        return self.application(environ, start)


def _without_versions(headers):
    for name, value in headers:
        if name.lower() in _LOWER_NAMES:
            continue
        if name.lower() == 'vary':
            value = ', '.join(part for part in map(str.strip, value.split(',')) if part.lower() not in _LOWER_NAMES)
            if not value:
                continue
        yield name, value

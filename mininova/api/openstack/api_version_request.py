# SPDX-License-Identifier: Apache-2.0
"""The microversion of a request: value, negotiation, header names (nova-api).

Nova: nova/api/openstack/api_version_request.py.  What each version changed is told, in one line,
where it happens: in the schema, view or controller that carries the number.
"""
import functools
import re
import typing

import microversion_parse

from mininova import exception

API_VERSION_REQUEST_HEADER = 'OpenStack-API-Version'
LEGACY_API_VERSION_REQUEST_HEADER = 'X-OpenStack-Nova-API-Version'
SERVICE_TYPE = 'compute'

DEFAULT_API_VERSION = '2.1'
_MIN_API_VERSION = '2.1'
_MAX_API_VERSION = '2.104'

_FORMAT = re.compile(r'([1-9][0-9]{0,99})\.([1-9][0-9]{0,99}|0)', re.ASCII)


class APIVersionRequest(typing.NamedTuple):
    """A version that compares like a pair of numbers and prints like ``2.53``."""

    ver_major: int
    ver_minor: int

    def __str__(self):
        return f'{self.ver_major}.{self.ver_minor}'

    def get_string(self):
        return str(self)

    def matches(self, min_version, max_version=None):
        """Tell whether the version lies in a range; a bound of None is open."""
        if min_version is not None and self < min_version:
            return False
        return max_version is None or self <= max_version


@functools.cache
def parse(text):
    """Return the version that a literal in our own code means; None stays None.

    :param text: '2.53', an APIVersionRequest, or None
    :raises InvalidAPIVersionString: not two numbers with a dot (400)
    """
    if text is None or isinstance(text, APIVersionRequest):
        return text
    return _parse(text)


def _parse(text):
    found = _FORMAT.fullmatch(text)
    if not found:
        raise exception.InvalidAPIVersionString(version=text[:80])
    return APIVersionRequest(int(found[1]), int(found[2]))


def min_api_version():
    return parse(_MIN_API_VERSION)


def max_api_version():
    return parse(_MAX_API_VERSION)


def default_api_version():
    return parse(DEFAULT_API_VERSION)


def is_supported(req, min_version=_MIN_API_VERSION, max_version=_MAX_API_VERSION):
    """Tell whether the request's version lies in a range (for views; controllers use ``wsgi.api_version``)."""
    return req.api_version_request.matches(parse(min_version), parse(max_version))


@functools.lru_cache(maxsize=512)
def from_headers(standard, legacy):
    """Return the version that a request's two headers ask for.

    :param standard: value of OpenStack-API-Version or None; other services' entries are ignored
    :param legacy: value of X-OpenStack-Nova-API-Version or None, looked at if the first says nothing
    :returns: (version, True if it is one of ours)
    :raises InvalidAPIVersionString: the value has another format (400)
    """
    headers = {}
    if standard is not None:
        headers[API_VERSION_REQUEST_HEADER] = standard
    if legacy is not None:
        headers[LEGACY_API_VERSION_REQUEST_HEADER] = legacy
    text = microversion_parse.get_version(headers, SERVICE_TYPE, [LEGACY_API_VERSION_REQUEST_HEADER])
    if text is None:
        return default_api_version(), True
    if text == 'latest':
        return max_api_version(), True
    version = _parse(text)
    return version, version.matches(min_api_version(), max_api_version())

# SPDX-License-Identifier: Apache-2.0
"""Every error that leaves nova-api, made in one place.

Nova: ``Fault`` and ``ResourceExceptionHandler`` of nova/api/openstack/wsgi.py, ``FaultWrapper`` of
nova/api/openstack/__init__.py.

Code below the API raises what it means; nobody translates on the way:

* a ``NovaException`` becomes the status in its ``code``; its text is shown if the class is ``safe``
* a ``webob.exc.HTTPException`` becomes its own status and explanation
* ``NotImplementedError`` (a driver that cannot) becomes 501
* a database that is away becomes 503 with ``Retry-After``
* anything else becomes 500 with the name of the class and nothing more; the log has the rest
"""
import logging

import orjson
import webob.exc
from oslo_db import exception as db_exception

from mininova import exception

LOG = logging.getLogger(__name__)

NAMES = {
    400: 'badRequest',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'itemNotFound',
    405: 'badMethod',
    409: 'conflictingRequest',
    413: 'overLimit',
    415: 'badMediaType',
    429: 'overLimit',
    501: 'notImplemented',
    503: 'serviceUnavailable',
}
OTHER_NAME = 'computeFault'
MAX_MESSAGE_BYTES = 3000
RETRY_AFTER_SECONDS = 5
UNEXPECTED = 'Unexpected API Error. Please report this with the request id and the API log if possible.\n%s'
DATABASE_AWAY = 'The database cannot be reached at the moment. Please try again.'


class Fault:
    """An error as it is sent: status, text, headers.

    :param code: HTTP status
    :param message: text for the user; cut so that the whole answer stays below 4 KiB
    :param headers: additional headers (Retry-After, Location)
    """

    def __init__(self, code, message, headers=None):
        self.code = code
        self.message = _cut(str(message))
        self.headers = dict(headers or {})

    @property
    def name(self):
        return NAMES.get(self.code, OTHER_NAME)

    @property
    def body(self):
        """Return the JSON document as bytes."""
        document = {'code': self.code, 'message': self.message}
        if self.code in (413, 429) and 'Retry-After' in self.headers:
            document['retryAfter'] = self.headers['Retry-After']
        return orjson.dumps({self.name: document})

    def send(self, start_response, extra_headers=()):
        """Answer a WSGI request with this fault."""
        body = self.body
        start_response(status_line(self.code), [
            ('Content-Type', 'application/json; charset=UTF-8'), ('Content-Length', str(len(body))),
            *self.headers.items(), *extra_headers])
        return [body]


def status_line(code):
    """Return e.g. '404 Not Found'."""
    known = webob.exc.status_map.get(code)
    return f'{code} {known.title if known else "Unknown"}'


def _cut(text):
    """Shorten a text to MAX_MESSAGE_BYTES of JSON, whatever characters it is made of."""
    text = text.encode('utf-8', 'replace').decode('utf-8')
    if len(orjson.dumps(text)) <= MAX_MESSAGE_BYTES:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if len(orjson.dumps(text[:middle])) <= MAX_MESSAGE_BYTES - 3:
            low = middle
        else:
            high = middle - 1
    return text[:low] + '...'


def from_exception(error):
    """Return the fault for an exception, and log what users do not get to see.

    :param error: any Exception
    """
    if isinstance(error, webob.exc.HTTPException):
        return _from_http(error)
    if isinstance(error, exception.NovaException) and not _is_internal(error):
        return Fault(error.code, error.format_message(), error.headers)
    if isinstance(error, NotImplementedError):
        return Fault(501, exception.NotSupported.msg_fmt)
    if isinstance(error, db_exception.DBConnectionError):
        LOG.error('The database cannot be reached: %s', error.__class__.__name__)
        return Fault(503, DATABASE_AWAY, {'Retry-After': str(RETRY_AFTER_SECONDS)})
    LOG.error('Unexpected exception in API', exc_info=error)
    if isinstance(error, exception.NovaException):
        return Fault(error.code, UNEXPECTED % _class_name(error), error.headers)
    return Fault(500, UNEXPECTED % _class_name(error))


def _is_internal(error):
    return error.code >= 500 and not error.safe


def _class_name(error):
    """Name the class; what came over RPC without the suffix that the library adds."""
    name = f'{type(error).__module__}.{type(error).__qualname__}'
    return f"<class '{name.replace('_Remote', '').removeprefix('builtins.')}'>"


def _from_http(error):
    headers = {name: value for name, value in error.headers.items()
               if name.lower() not in ('content-type', 'content-length')}
    return Fault(error.status_int, error.explanation if error.detail is None else error.detail, headers)


class FaultWrapper:
    """Paste filter: whatever escapes from below becomes a fault, never a stack trace or a dropped connection."""

    @classmethod
    def factory(cls, global_config, **local_config):
        return cls

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        try:
            return self.application(environ, start_response)
        except Exception as error:
            return from_exception(error).send(start_response)

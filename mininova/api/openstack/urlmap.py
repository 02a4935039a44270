# SPDX-License-Identifier: Apache-2.0
"""Paste composite that leads version prefixes to applications (nova-api).  Nova: nova/api/openstack/urlmap.py.

In the Paste file ``/v2.1`` is exactly that path, with or without a slash at its end; ``/v2.1/+`` is
everything below it; ``/`` is all the rest.
"""
import webob.exc

from mininova.api.openstack import request


def urlmap_factory(loader, global_conf, **local_conf):
    """Paste composite factory."""
    return URLMap({path: loader.get_app(name, global_conf=global_conf) for path, name in local_conf.items()})


class URLMap:
    """Dispatches by the beginning of the path, and refuses a Host header that must not get into links.

    :param applications: {path or path/+: WSGI application}
    """

    def __init__(self, applications):
        self._exact = {}
        self._below = []
        self._rest = webob.exc.HTTPNotFound()
        for path, application in applications.items():
            if path == '/':
                self._rest = application
            elif path.endswith('/+'):
                self._below.append((path[:-2], application))
            else:
                self._exact[path.rstrip('/')] = application
        self._below.sort(key=lambda entry: -len(entry[0]))

    def __call__(self, environ, start_response):
        host = environ.get('HTTP_HOST')
        if host and not request.is_host(host):
            return webob.exc.HTTPBadRequest(explanation='Malformed Host header')(environ, start_response)
        path = environ.get('PATH_INFO', '')
        exact = self._exact.get(path.removesuffix('/'))
        if exact is not None:
            return _shifted(exact, path.removesuffix('/'), environ, start_response)
        for prefix, application in self._below:
            if path.startswith(prefix) and path[len(prefix):len(prefix) + 1] == '/':
                return _shifted(application, prefix, environ, start_response)
        return self._rest(environ, start_response)


def _shifted(application, prefix, environ, start_response):
    environ['SCRIPT_NAME'] = environ.get('SCRIPT_NAME', '') + prefix
    environ['PATH_INFO'] = environ['PATH_INFO'][len(prefix):]
    return application(environ, start_response)

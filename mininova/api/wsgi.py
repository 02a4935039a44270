# SPDX-License-Identifier: Apache-2.0
"""WSGI pieces that both APIs build on (nova-api).  Nova: nova/api/wsgi.py."""
import routes.middleware
import webob.exc


class Router:
    """Lead a request to the application that the mapper names as its controller.

    :param mapper: routes.Mapper whose routes have a WSGI application as ``controller``
    """

    def __init__(self, mapper):
        self.map = mapper
        # No method override: a query must not turn a GET into a DELETE.
        self._router = routes.middleware.RoutesMiddleware(
            self._dispatch, self.map, use_method_override=False, singleton=False)

    def __call__(self, environ, start_response):
        return self._router(environ, start_response)

    @staticmethod
    def _dispatch(environ, start_response):
        """Call what the mapper has found; answer 404 if it has found nothing."""
        match = environ['wsgiorg.routing_args'][1]
        if not match:
            return webob.exc.HTTPNotFound()(environ, start_response)
        return match['controller'](environ, start_response)

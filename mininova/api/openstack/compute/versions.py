# SPDX-License-Identifier: Apache-2.0
"""The documents that clients read first: which versions there are (nova-api).

Nova: nova/api/openstack/compute/versions.py and versionsV21.py.
"""
import webob.exc

from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import versions as schemas
from mininova.api.openstack.compute.views import versions as views


class VersionsController(wsgi.Controller):
    """GET /versions/{id} and GET / of a version."""

    @wsgi.expected_errors(404)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id='v2.1'):
        if id not in views.known_versions():
            raise webob.exc.HTTPNotFound()
        return views.ViewBuilder(req).show(id)


class RootController(wsgi.Controller):
    """The root of the service, and every path of no version."""

    @validation.response_schema(schemas.index_response)
    def index(self, req):
        return views.ViewBuilder(req).index()

    @wsgi.response(300)
    @validation.response_schema(schemas.multi_response)
    def multi(self, req):
        return views.ViewBuilder(req).choices(req.path)


class Versions(extensions.Extension):
    """Version documents behind the token."""

    alias = 'versions'
    name = 'Versions'
    is_core = True
    routes = (
        extensions.Route('GET', '/', VersionsController, 'show'),
        extensions.Route('GET', '/versions/{id}', VersionsController, 'show'),
    )


class RootResource(wsgi.Resource):
    """Paste app for everything outside of /v2 and /v2.1; knows neither microversions nor callers."""

    @classmethod
    def factory(cls, global_config, **local_config):
        return cls(RootController, versioned=False)

    def get_action_args(self, environ):
        return {'action': 'index' if environ.get('PATH_INFO', '') in ('', '/') else 'multi'}


class VersionsV2(wsgi.Resource):
    """Paste app for exactly /v2 and /v2.1, which clients read before they have a token."""

    @classmethod
    def factory(cls, global_config, **local_config):
        return cls(VersionsController, local_config['version'])

    def __init__(self, controller, version):
        super().__init__(controller)
        self._version = version

    def get_action_args(self, environ):
        return {'action': 'show', 'id': self._version}

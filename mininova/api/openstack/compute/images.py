# SPDX-License-Identifier: Apache-2.0
"""/images: a window to the image service, until 2.35 (nova-api).  Nova: nova/api/openstack/compute/images.py.

Also what clients ask that know no image service: ``openstack server create`` with ``--os-auth-type none``.
"""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import images as schemas
from mininova.api.openstack.compute.views import images as views
from mininova.image import api as image_api
from mininova.policies import images as policies

FILTERS = {'name': 'name', 'status': 'status', 'changes-since': 'changes-since', 'server': 'property-instance_uuid',
           'type': 'property-image_type', 'minRam': 'min_ram', 'minDisk': 'min_disk'}


class ImagesController(wsgi.Controller):
    """Images the caller may see."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.image_api = image_api.API()

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        return self._view_builder.index(req, *self._find(req))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.detail_query)
    @validation.response_schema(schemas.detail_response)
    def detail(self, req):
        return self._view_builder.detail(req, *self._find(req))

    def _find(self, req):
        context = req.environ['nova.context']
        context.can(policies.VIEW)
        limit, marker = common.get_limit_and_marker(req)
        return (self.image_api.get_all(context, filters=_filters(req), limit=limit, marker=marker),
                self.image_api.url(context))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.VIEW)
        return self._view_builder.show(req, self.image_api.get(context, id), self.image_api.url(context))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.response(204)
    @wsgi.expected_errors((403, 404))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.DELETE)
        self.image_api.delete(context, id)


def _filters(req):
    """Return the query's filters under the names of the image service."""
    found = {FILTERS.get(name, name): value for name, value in req.GET.items()
             if name in FILTERS or name.startswith('property-')}
    if 'property-instance_uuid' in found:
        found['property-instance_uuid'] = found['property-instance_uuid'].rpartition('/')[2]
    if 'status' in found:
        found['status'] = found['status'].lower()
    return found


class Images(extensions.Extension):
    """Images."""

    alias = 'images'
    name = 'Images'
    resources = (extensions.Resource('images', ImagesController, collection_actions={'detail': 'GET'}),)

# SPDX-License-Identifier: Apache-2.0
"""Which projects may use a private flavor (nova-api).  Nova: nova/api/openstack/compute/flavor_access.py."""
from mininova import exception, objects
from mininova.api import validation
from mininova.api.openstack import extensions, identity, wsgi
from mininova.api.openstack.compute.schemas import flavor_access as schemas
from mininova.api.openstack.compute.views import flavor_access as views
from mininova.policies import flavor_access as policies


class FlavorAccessController(wsgi.Controller):
    """GET /flavors/{flavor_id}/os-flavor-access."""

    _view_builder_class = views.ViewBuilder

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, flavor_id):
        context = req.environ['nova.context']
        context.can(policies.INDEX)
        flavor = objects.Flavor.get_by_flavor_id(context, flavor_id)
        if flavor.is_public:
            raise exception.NotFound('Access list not available for public flavors.')
        return self._view_builder.index(flavor)


class FlavorActionController(wsgi.Controller):
    """Actions of POST /flavors/{id}/action."""

    _view_builder_class = views.ViewBuilder

    @wsgi.api_version('2.1', '2.6')
    @wsgi.expected_errors((400, 403, 404, 409))
    @wsgi.action('addTenantAccess')
    @validation.schema(schemas.add_tenant_access)
    @validation.response_schema(schemas.add_tenant_access_response)
    def add_tenant_access(self, req, id, body):
        context, flavor, project_id = self._find(req, id, body['addTenantAccess'], policies.ADD)
        identity.verify_project_id(context, project_id)
        return self._add(flavor, project_id)

    @wsgi.api_version('2.7')
    @wsgi.expected_errors((400, 403, 404, 409))
    @wsgi.action('addTenantAccess')
    @validation.schema(schemas.add_tenant_access)
    @validation.response_schema(schemas.add_tenant_access_response)
    def add_tenant_access(self, req, id, body):  # noqa: F811
        context, flavor, project_id = self._find(req, id, body['addTenantAccess'], policies.ADD)
        identity.verify_project_id(context, project_id)
        if flavor.is_public:
            raise exception.Conflict('Can not add access to a public flavor.')
        return self._add(flavor, project_id)

    @wsgi.expected_errors((400, 403, 404))
    @wsgi.action('removeTenantAccess')
    @validation.schema(schemas.remove_tenant_access)
    @validation.response_schema(schemas.remove_tenant_access_response)
    def remove_tenant_access(self, req, id, body):
        _context, flavor, project_id = self._find(req, id, body['removeTenantAccess'], policies.REMOVE)
        flavor.remove_access(project_id)
        flavor.projects = [project for project in flavor.projects if project != project_id]
        return self._view_builder.index(flavor)

    @staticmethod
    def _find(req, flavor_id, asked, rule):
        context = req.environ['nova.context']
        context.can(rule, target={})
        return context, objects.Flavor.get_by_flavor_id(context, flavor_id), asked['tenant']

    def _add(self, flavor, project_id):
        flavor.add_access(project_id)
        flavor.projects = [*flavor.projects, project_id]
        return self._view_builder.index(flavor)


class FlavorAccess(extensions.Extension):
    """Access to private flavors."""

    alias = 'os-flavor-access'
    name = 'FlavorAccess'
    resources = (extensions.Resource('os-flavor-access', FlavorAccessController, parent=('flavors', 'flavor_id')),)
    actions = (extensions.ControllerActions('flavors', FlavorActionController),)

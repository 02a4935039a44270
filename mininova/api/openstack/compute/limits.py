# SPDX-License-Identifier: Apache-2.0
"""GET /limits: what a project may have and what it has (nova-api).  Nova: nova/api/openstack/compute/limits.py."""
from mininova import quota
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import limits as schemas
from mininova.api.openstack.compute.views import limits as views
from mininova.policies import limits as policies


class LimitsController(wsgi.Controller):
    """Limits of the caller's project, or of another one for an administrator."""

    _view_builder_class = views.ViewBuilder

    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = req.environ['nova.context']
        context.can(policies.INDEX)
        project_id = context.project_id
        if 'tenant_id' in req.GET:
            project_id = req.GET['tenant_id']
            context.can(policies.OTHER_PROJECT)
        return self._view_builder.build(req, quota.get_project_quotas(context, project_id))


class Limits(extensions.Extension):
    """Limits."""

    alias = 'limits'
    name = 'Limits'
    is_core = True
    resources = (extensions.Resource('limits', LimitsController),)

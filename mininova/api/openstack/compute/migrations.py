# SPDX-License-Identifier: Apache-2.0
"""GET /os-migrations: the moves of servers (nova-api).  Nova: nova/api/openstack/compute/migrations.py."""
import webob.exc

from mininova import objects
from mininova.api import validation
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute import server_search
from mininova.api.openstack.compute.schemas import migrations as schemas
from mininova.api.openstack.compute.views import migrations as views
from mininova.policies import migrations as policies

FILTERS = ('host', 'instance_uuid', 'source_compute', 'status', 'migration_type')
OWNER_FILTERS = ('user_id', 'project_id')
TIMES = (('changes-since', '2.59'), ('changes-before', '2.66'))


class MigrationsController(wsgi.Controller):
    """Moves between hosts and sizes, newest first."""

    _view_builder_class = views.ViewBuilder

    @wsgi.expected_errors((400, 403))
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = req.environ['nova.context']
        context.can(policies.INDEX, target={'project_id': context.project_id})
        filters = self._filters(req)
        if not context.can(policies.INDEX_ALL_PROJECTS, fatal=False):
            if filters.get('project_id', context.project_id) != context.project_id:
                context.can(policies.INDEX_ALL_PROJECTS)
            filters['project_id'] = context.project_id
        limit = marker = None
        if versions.is_supported(req, '2.59'):
            limit, marker = common.get_limit_and_marker(req)
        records = [] if limit == 0 else objects.MigrationList.get_by_filters(context, filters, limit, marker)
        return self._view_builder.index(req, records, context.can(policies.INDEX_HOST, fatal=False), limit)

    @staticmethod
    def _filters(req):
        names = FILTERS + (OWNER_FILTERS if versions.is_supported(req, '2.80') else ())
        filters = {name: req.GET[name] for name in names if name in req.GET}
        if 'hidden' in req.GET:
            filters['hidden'] = common.bool_from_string_strict(req.GET['hidden'])
        for name, since in TIMES:
            if name in req.GET and versions.is_supported(req, since):
                filters[name] = server_search.parse_time(name, req.GET[name])
        if len(TIMES) == sum(name in filters for name, _ in TIMES) and (
                filters['changes-since'] > filters['changes-before']):
            raise webob.exc.HTTPBadRequest(
                explanation='The value of changes-since must be less than or equal to changes-before.')
        return filters


class Migrations(extensions.Extension):
    """/os-migrations."""

    alias = 'os-migrations'
    name = 'Migrations'
    resources = (extensions.Resource('os-migrations', MigrationsController),)

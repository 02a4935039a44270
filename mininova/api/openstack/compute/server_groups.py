# SPDX-License-Identifier: Apache-2.0
"""/os-server-groups: servers that shall be on one host, or on different ones (nova-api).

Nova: nova/api/openstack/compute/server_groups.py.  A server joins when it is made, by the hint `group`.
"""
import mininova.conf
from mininova import exception, objects, quota
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import server_groups as schemas
from mininova.api.openstack.compute.views import server_groups as views
from mininova.policies import server_groups as policies

CONF = mininova.conf.CONF


class ServerGroupController(wsgi.Controller):
    """The groups of a project."""

    _view_builder_class = views.ViewBuilder

    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = req.environ['nova.context']
        project_id = context.project_id
        context.can(policies.INDEX, target={'project_id': project_id})
        if 'all_projects' in req.GET and context.is_admin:
            context.can(policies.INDEX_ALL, target={})
            project_id = None
        limit = min(CONF.api.max_limit, common.to_number(req.GET.get('limit', CONF.api.max_limit)))
        offset = common.to_number(req.GET.get('offset', 0))
        return self._view_builder.index(req, objects.InstanceGroupList.get_page(context, project_id, limit, offset))

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        return self._view_builder.show(req, self._find(req, id, policies.SHOW))

    @wsgi.response(204)
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        self._find(req, id, policies.DELETE).destroy()

    @wsgi.api_version('2.1', '2.63')
    @wsgi.expected_errors((400, 403))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, body):
        asked = body['server_group']
        return self._create(req, asked['name'], asked['policies'][0], None)

    @wsgi.api_version('2.64')
    @wsgi.expected_errors((400, 403))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, body):  # noqa: F811
        asked = body['server_group']
        rules = {name: common.to_number(value) for name, value in asked.get('rules', {}).items()}
        if rules and asked['policy'] != 'anti-affinity':
            raise exception.InvalidInput(reason='Only anti-affinity policy supports rules.')
        return self._create(req, asked['name'], asked['policy'], rules)

    def _create(self, req, name, policy, rules):
        context = req.environ['nova.context']
        context.can(policies.CREATE, target={'project_id': context.project_id})
        values = {'name': common.normalize_name(name), 'project_id': context.project_id, 'user_id': context.user_id,
                  'policy': policy, 'rules': rules or None}
        made = objects.InstanceGroup.make(context, values, quota.get_limit(context, 'server_groups'))
        return self._view_builder.show(req, made)

    @staticmethod
    def _find(req, uuid, rule):
        """Return a group of the caller's project; one of another project is as unknown as none."""
        context = req.environ['nova.context']
        context.can(rule, target={'project_id': context.project_id})
        group = objects.InstanceGroup.get_by_uuid(context, uuid)
        if group.project_id != context.project_id:
            context.can(rule, target={'project_id': group.project_id})
        return group


class ServerGroups(extensions.Extension):
    """Server groups."""

    alias = 'os-server-groups'
    name = 'ServerGroups'
    resources = (extensions.Resource('os-server-groups', ServerGroupController),)

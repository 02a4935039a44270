# SPDX-License-Identifier: Apache-2.0
"""/os-security-groups and /os-security-group-rules: what may reach servers, until 2.35 (nova-api).

Nova: SecurityGroupController and SecurityGroupRulesController of nova/api/openstack/compute/security_groups.py.
The groups of servers are in server_security_groups.py.
"""
from oslo_utils import uuidutils

import mininova.conf
from mininova import exception
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import security_groups as schemas
from mininova.api.openstack.compute.views import security_groups as views
from mininova.network import security_group_api
from mininova.policies import security_groups as policies

CONF = mininova.conf.CONF


class SecurityGroupController(wsgi.Controller):
    """The groups of a project; an administrator reaches all."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.security_group_api = security_group_api.API()

    def _get(self, req, rule, group_id):
        context = req.environ['nova.context']
        context.can(rule, target={'project_id': context.project_id})
        return self.security_group_api.get(context, security_group_api.validate_id(group_id))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = req.environ['nova.context']
        context.can(policies.GET, target={'project_id': context.project_id})
        limit = min(CONF.api.max_limit, common.to_number(req.GET.get('limit', CONF.api.max_limit)))
        offset = common.to_number(req.GET.get('offset', 0))
        return self._view_builder.index(self.security_group_api.list(
            context, limit, offset, 'all_tenants' in req.GET))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors((400, 404))
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        """Show a group.

        Nova answers 400 where the id is no UUID; `openstack server create --security-group NAME`, which asks here
        first when there is no network service, goes on to the list only after 404.
        """
        if not uuidutils.is_uuid_like(id):
            req.environ['nova.context'].can(policies.SHOW)
            raise exception.SecurityGroupNotFound(security_group_id=id[:80])
        return self._view_builder.show(self._get(req, policies.SHOW, id))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors((400, 403))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, body):
        context = req.environ['nova.context']
        context.can(policies.CREATE, target={'project_id': context.project_id})
        made = self.security_group_api.create_security_group(context, *_named(body))
        return self._view_builder.show(made)

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors((400, 404))
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.update_response)
    def update(self, req, id, body):
        group = self._get(req, policies.UPDATE, id)
        context = req.environ['nova.context']
        return self._view_builder.show(self.security_group_api.update_security_group(context, group, *_named(body)))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        group = self._get(req, policies.DELETE, id)
        self.security_group_api.destroy(req.environ['nova.context'], group)


def _named(body):
    """Return name, with the blanks around it that Nova keeps too, and description.

    :raises InvalidInput: the name is blank (400)
    """
    asked = body['security_group']
    common.normalize_name(asked['name'])
    return asked['name'], asked['description']


class SecurityGroupRulesController(wsgi.Controller):
    """The rules of groups."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.security_group_api = security_group_api.API()

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors((400, 403, 404))
    @validation.schema(schemas.create_rule)
    @validation.response_schema(schemas.create_rule_response)
    def create(self, req, body):
        """Add a rule: the groups first, then what it lets in, as Nova does."""
        context = req.environ['nova.context']
        context.can(policies.RULE_CREATE, target={'project_id': context.project_id})
        asked = body['security_group_rule']
        group = self._group(context, asked['parent_group_id'])
        source = asked.get('group_id')
        source = None if source is None else self._group(context, source)
        cidr = None if source else security_group_api.parse_cidr(asked.get('cidr'))
        values = security_group_api.new_rule(asked.get('ip_protocol'), asked.get('from_port'), asked.get('to_port'),
                                             cidr)
        return self._view_builder.show_rule(
            self.security_group_api.create_security_group_rule(context, group, source, values))

    def _group(self, context, group_id):
        return self.security_group_api.get(context, security_group_api.validate_id(group_id))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404, 409))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_rule_response)
    def delete(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.RULE_DELETE, target={'project_id': context.project_id})
        rule = self.security_group_api.get_rule(context, security_group_api.validate_id(id))
        self.security_group_api.remove_rule(context, rule)


class SecurityGroups(extensions.Extension):
    """Security groups and their rules."""

    alias = 'os-security-groups'
    name = 'SecurityGroups'
    resources = (extensions.Resource('os-security-groups', SecurityGroupController),
                 extensions.Resource('os-security-group-rules', SecurityGroupRulesController))

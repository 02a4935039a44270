# SPDX-License-Identifier: Apache-2.0
"""The security groups of a server (nova-api).  In Nova: ServerSecurityGroupController and
SecurityGroupActionController of nova/api/openstack/compute/security_groups.py.

A group is a server's, for all of its cards, as with nova-network.
"""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import security_groups as schemas
from mininova.api.openstack.compute.views import security_groups as views
from mininova.compute import api as compute
from mininova.network import security_group_api
from mininova.policies import security_groups as policies


class ServerSecurityGroupsController(wsgi.Controller):
    """/servers/{id}/os-security-groups, addSecurityGroup, removeSecurityGroup."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()
        self.security_group_api = security_group_api.API()

    def _find(self, req, server_id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id)
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.server_index_query)
    @validation.response_schema(schemas.server_index_response)
    def index(self, req, server_id):
        context, instance = self._find(req, server_id, policies.LIST)
        return self._view_builder.index(self.security_group_api.get_instance_security_groups(context, instance))

    @wsgi.action('addSecurityGroup')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.add_security_group)
    @validation.response_schema(schemas.add_security_group_response)
    def add_security_group(self, req, id, body):
        """Give a server a group, by name or id."""
        context, instance = self._find(req, id, policies.ADD)
        name = common.normalize_name(body['addSecurityGroup']['name'])
        self.security_group_api.add_to_instance(context, instance, name)

    @wsgi.action('removeSecurityGroup')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.remove_security_group)
    @validation.response_schema(schemas.remove_security_group_response)
    def remove_security_group(self, req, id, body):
        """Take a group from a server, by name or id."""
        context, instance = self._find(req, id, policies.REMOVE)
        name = common.normalize_name(body['removeSecurityGroup']['name'])
        self.security_group_api.remove_from_instance(context, instance, name)


class ServerSecurityGroups(extensions.Extension):
    """The security groups of a server."""

    alias = 'os-server-security-groups'
    name = 'ServerSecurityGroups'
    resources = (extensions.Resource('os-security-groups', ServerSecurityGroupsController,
                                     parent=('servers', 'server_id')),)
    actions = (extensions.ControllerActions('servers', ServerSecurityGroupsController),)

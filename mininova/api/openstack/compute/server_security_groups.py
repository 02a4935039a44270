# SPDX-License-Identifier: Apache-2.0
"""The security groups of a server (nova-api).  In Nova: ServerSecurityGroupController and
SecurityGroupActionController of nova/api/openstack/compute/security_groups.py.

The built-in network has one group, ``default``, which every card has and which lets all packets in.
"""
import uuid

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import security_groups as schemas
from mininova.compute import api as compute
from mininova.policies import security_groups as policies

DEFAULT = 'default'
_NAMESPACE = uuid.UUID('6f1c4f0e-52a5-4b53-9c0c-0d7d9a0d1f53')


def default_group(project_id):
    """Return the group of a project; its ids are made from the project's, so that they stay the same."""
    group_id = str(uuid.uuid5(_NAMESPACE, project_id or ''))
    rule = {'id': str(uuid.uuid5(_NAMESPACE, f'{project_id} rule')), 'parent_group_id': group_id, 'ip_protocol': None,
            'from_port': None, 'to_port': None, 'group': {}, 'ip_range': {'cidr': '0.0.0.0/0'}}
    return {'id': group_id, 'name': DEFAULT, 'description': 'Default security group', 'tenant_id': project_id,
            'rules': [rule]}


class ServerSecurityGroupsController(wsgi.Controller):
    """/servers/{id}/os-security-groups, addSecurityGroup, removeSecurityGroup."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, server_id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id)
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return instance

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.index_query)
    def index(self, req, server_id):
        instance = self._find(req, server_id, policies.LIST)
        return {'security_groups': [default_group(instance.project_id)] if instance.network_info else []}

    @staticmethod
    def _require_default(instance, name):
        if name not in (DEFAULT, default_group(instance.project_id)['id']):
            raise exception.SecurityGroupNotFound(security_group_id=name[:80])

    @wsgi.action('addSecurityGroup')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.add_security_group)
    def add_security_group(self, req, id, body):
        """Give a server a group; ``default`` it has."""
        self._require_default(self._find(req, id, policies.ADD), body['addSecurityGroup']['name'])

    @wsgi.action('removeSecurityGroup')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.remove_security_group)
    def remove_security_group(self, req, id, body):
        self._require_default(self._find(req, id, policies.REMOVE), body['removeSecurityGroup']['name'])
        raise exception.SecurityGroupCannotBeApplied(
            'The built-in network has one security group, default, which no server can be without.')


class ServerSecurityGroups(extensions.Extension):
    """The security groups of a server."""

    alias = 'os-server-security-groups'
    name = 'ServerSecurityGroups'
    resources = (extensions.Resource('os-security-groups', ServerSecurityGroupsController,
                                     parent=('servers', 'server_id')),)
    actions = (extensions.ControllerActions('servers', ServerSecurityGroupsController),)

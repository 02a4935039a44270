# SPDX-License-Identifier: Apache-2.0
"""The password that a guest has given away, encrypted for its owner (nova-api).  Nova:
nova/api/openstack/compute/server_password.py."""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import server_password as schemas
from mininova.compute import api as compute
from mininova.policies import server_password as policies


class ServerPasswordController(wsgi.Controller):
    """Show the encrypted password, and forget it; the password in the guest stays as it is."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, server_id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id)
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return instance

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, server_id):
        return {'password': self.compute_api.get_encrypted_password(self._find(req, server_id, policies.SHOW))}

    @wsgi.response(204)
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.query)
    @validation.response_schema(validation.EMPTY)
    def delete_all(self, req, server_id):
        self.compute_api.clear_encrypted_password(self._find(req, server_id, policies.CLEAR))


class ServerPassword(extensions.Extension):
    """/servers/{id}/os-server-password."""

    alias = 'os-server-password'
    name = 'ServerPassword'
    resources = (extensions.Resource('os-server-password', ServerPasswordController,
                                     parent=('servers', 'server_id')),)

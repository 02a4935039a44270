# SPDX-License-Identifier: Apache-2.0
"""Change the administrator's password in a server (nova-api).  Nova: nova/api/openstack/compute/admin_password.py."""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import admin_password as schemas
from mininova.compute import api as compute
from mininova.policies import admin_password as policies


class AdminPasswordController(wsgi.Controller):
    """The one action whose answer comes when it is done."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    @wsgi.action('changePassword')
    @wsgi.response(202)
    @wsgi.expected_errors((404, 409, 501))
    @validation.schema(schemas.change_password)
    @validation.response_schema(validation.EMPTY)
    def change_password(self, req, id, body):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(policies.ROOT, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        self.compute_api.set_admin_password(context, instance, body['changePassword']['adminPass'])


class AdminPassword(extensions.Extension):
    """changePassword."""

    alias = 'os-admin-password'
    name = 'AdminPassword'
    actions = (extensions.ControllerActions('servers', AdminPasswordController),)

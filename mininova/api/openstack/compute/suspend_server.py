# SPDX-License-Identifier: Apache-2.0
"""Suspend and resume a server (nova-api).  Nova: nova/api/openstack/compute/suspend_server.py."""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import suspend_server as schemas
from mininova.compute import api as compute
from mininova.policies import suspend_server as policies


class SuspendServerController(wsgi.Controller):
    """Put servers to disk and back."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, id, rule):
        """Return (context, server) if there is such a server and the caller may act on it."""
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.action('suspend')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.suspend)
    @validation.response_schema(validation.EMPTY)
    def suspend(self, req, id, body):
        self.compute_api.suspend(*self._find(req, id, policies.SUSPEND))

    @wsgi.action('resume')
    @wsgi.response(202)
    @wsgi.expected_errors((404, 409))
    @validation.schema(schemas.resume)
    @validation.response_schema(validation.EMPTY)
    def resume(self, req, id, body):
        self.compute_api.resume(*self._find(req, id, policies.RESUME))


class SuspendServer(extensions.Extension):
    """suspend and resume."""

    alias = 'os-suspend-server'
    name = 'SuspendServer'
    actions = (extensions.ControllerActions('servers', SuspendServerController),)

# SPDX-License-Identifier: Apache-2.0
"""Pause and unpause a server (nova-api).  Nova: nova/api/openstack/compute/pause_server.py."""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import pause_server as schemas
from mininova.compute import api as compute
from mininova.policies import pause_server as policies


class PauseServerController(wsgi.Controller):
    """Freeze servers and let them go on."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, id, rule):
        """Return (context, server) if there is such a server and the caller may act on it."""
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.action('pause')
    @wsgi.response(202)
    @wsgi.expected_errors((404, 409, 501))
    @validation.schema(schemas.pause)
    @validation.response_schema(validation.EMPTY)
    def pause(self, req, id, body):
        self.compute_api.pause(*self._find(req, id, policies.PAUSE))

    @wsgi.action('unpause')
    @wsgi.response(202)
    @wsgi.expected_errors((404, 409, 501))
    @validation.schema(schemas.unpause)
    @validation.response_schema(validation.EMPTY)
    def unpause(self, req, id, body):
        self.compute_api.unpause(*self._find(req, id, policies.UNPAUSE))


class PauseServer(extensions.Extension):
    """pause and unpause."""

    alias = 'os-pause-server'
    name = 'PauseServer'
    actions = (extensions.ControllerActions('servers', PauseServerController),)

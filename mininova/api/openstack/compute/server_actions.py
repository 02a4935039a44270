# SPDX-License-Identifier: Apache-2.0
"""Start, stop and reboot a server (nova-api).  In Nova: nova/api/openstack/compute/servers.py."""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import server_actions as schemas
from mininova.compute import api as compute
from mininova.policies import servers as policies


class ServerActionsController(wsgi.Controller):
    """What is done to a server as a whole."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, id, rule):
        """Return (context, server) if there is such a server and the caller may act on it.

        The server goes to its host with all that the host may need of it: it cannot load more.
        """
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.action('os-start')
    @wsgi.response(202)
    @wsgi.expected_errors((404, 409))
    @validation.schema(schemas.start)
    @validation.response_schema(validation.EMPTY)
    def start(self, req, id, body):
        self.compute_api.start(*self._find(req, id, policies.START))

    @wsgi.action('os-stop')
    @wsgi.response(202)
    @wsgi.expected_errors((404, 409))
    @validation.schema(schemas.stop)
    @validation.response_schema(validation.EMPTY)
    def stop(self, req, id, body):
        self.compute_api.stop(*self._find(req, id, policies.STOP))

    @wsgi.action('reboot')
    @wsgi.response(202)
    @wsgi.expected_errors((404, 409))
    @validation.schema(schemas.reboot)
    @validation.response_schema(validation.EMPTY)
    def reboot(self, req, id, body):
        self.compute_api.reboot(*self._find(req, id, policies.REBOOT), body['reboot']['type'].upper())

    @wsgi.api_version('2.17')
    @wsgi.action('trigger_crash_dump')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.trigger_crash_dump)
    @validation.response_schema(validation.EMPTY)
    def trigger_crash_dump(self, req, id, body):
        self.compute_api.trigger_crash_dump(*self._find(req, id, policies.TRIGGER_CRASH_DUMP))


class ServerActions(extensions.Extension):
    """os-start, os-stop, reboot and trigger_crash_dump."""

    alias = 'os-server-start-stop'
    name = 'ServerStartStop'
    is_core = True
    actions = (extensions.ControllerActions('servers', ServerActionsController),)

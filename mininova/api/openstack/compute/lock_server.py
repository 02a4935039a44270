# SPDX-License-Identifier: Apache-2.0
"""Lock and unlock a server (nova-api).  Nova: nova/api/openstack/compute/lock_server.py."""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import lock_server as schemas
from mininova.compute import api as compute
from mininova.policies import lock_server as policies


class LockServerController(wsgi.Controller):
    """Keep servers from being changed."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, id, rule):
        """Return (context, server) if there is such a server and the caller may act on it."""
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.api_version('2.1', '2.72')
    @wsgi.action('lock')
    @wsgi.response(202)
    @wsgi.expected_errors(404)
    @validation.schema(schemas.lock)
    @validation.response_schema(validation.EMPTY)
    def lock(self, req, id, body):
        """Lock a server; what else the body says is passed over."""
        self.compute_api.lock(*self._find(req, id, policies.LOCK))

    @wsgi.api_version('2.73')
    @wsgi.action('lock')
    @wsgi.response(202)
    @wsgi.expected_errors(404)
    @validation.schema(schemas.lock_with_reason)
    @validation.response_schema(validation.EMPTY)
    def lock(self, req, id, body):  # noqa: F811
        reason = (body['lock'] or {}).get('locked_reason')
        self.compute_api.lock(*self._find(req, id, policies.LOCK), reason=reason)

    @wsgi.action('unlock')
    @wsgi.response(202)
    @wsgi.expected_errors(404)
    @validation.schema(schemas.unlock)
    @validation.response_schema(validation.EMPTY)
    def unlock(self, req, id, body):
        """Unlock a server; a lock of the other side, owner or administrator, takes the right to override it."""
        context, instance = self._find(req, id, policies.UNLOCK)
        if not self.compute_api.is_expected_locked_by(context, instance):
            context.can(policies.UNLOCK_OVERRIDE, target={'project_id': instance.project_id,
                                                          'user_id': instance.user_id})
        self.compute_api.unlock(context, instance)


class LockServer(extensions.Extension):
    """lock and unlock."""

    alias = 'os-lock-server'
    name = 'LockServer'
    actions = (extensions.ControllerActions('servers', LockServerController),)

# SPDX-License-Identifier: Apache-2.0
"""Take back a deleted server, or delete it for good (nova-api).

Nova: nova/api/openstack/compute/deferred_delete.py.
"""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import deferred_delete as schemas
from mininova.compute import api as compute
from mininova.policies import deferred_delete as policies


class DeferredDeleteController(wsgi.Controller):
    """For clouds that keep deleted servers for a while ([DEFAULT] reclaim_instance_interval)."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.action('restore')
    @wsgi.response(202)
    @wsgi.expected_errors((403, 404, 409))
    @validation.schema(schemas.restore)
    @validation.response_schema(validation.EMPTY)
    def restore(self, req, id, body):
        self.compute_api.restore(*self._find(req, id, policies.RESTORE))

    @wsgi.action('forceDelete')
    @wsgi.response(202)
    @wsgi.expected_errors((404, 409))
    @validation.schema(schemas.force_delete)
    @validation.response_schema(validation.EMPTY)
    def force_delete(self, req, id, body):
        self.compute_api.force_delete(*self._find(req, id, policies.FORCE))


class DeferredDelete(extensions.Extension):
    """restore and forceDelete."""

    alias = 'os-deferred-delete'
    name = 'DeferredDelete'
    actions = (extensions.ControllerActions('servers', DeferredDeleteController),)

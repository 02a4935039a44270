# SPDX-License-Identifier: Apache-2.0
"""/servers/{id}/shares: shared file systems of a server, from 2.97 (nova-api).  Nova:
nova/api/openstack/compute/server_shares.py.
"""
from mininova import exception
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import server_shares as schemas
from mininova.compute import api as compute
from mininova.compute import vm_states
from mininova.policies import server_shares as policies


class ServerSharesController(wsgi.Controller):
    """A cloud without a share service has no shares: lists are empty and every id is unknown."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, server_id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id)
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return instance

    @staticmethod
    def _check_state(instance, states, method):
        if instance.vm_state not in states:
            raise exception.InstanceInvalidState(attr='vm_state', instance_uuid=instance.uuid, state=instance.vm_state,
                                                 method=method)

    @wsgi.api_version('2.97')
    @wsgi.expected_errors((400, 403, 404))
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, server_id):
        self._find(req, server_id, policies.INDEX)
        return {'shares': []}

    @wsgi.api_version('2.97')
    @wsgi.expected_errors((400, 403, 404))
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, server_id, id):
        self._find(req, server_id, policies.SHOW)
        raise exception.ShareNotFound(share_id=id[:80])

    @wsgi.api_version('2.97')
    @wsgi.response(201)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, server_id, body):
        instance = self._find(req, server_id, policies.CREATE)
        self._check_state(instance, (vm_states.STOPPED,), 'create share')
        raise exception.ShareNotFound(share_id=body['share']['share_id'])

    @wsgi.api_version('2.97')
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(validation.EMPTY)
    def delete(self, req, server_id, id):
        instance = self._find(req, server_id, policies.DELETE)
        self._check_state(instance, (vm_states.STOPPED, vm_states.ERROR), 'delete share')
        raise exception.ShareNotFound(share_id=id[:80])


class ServerShares(extensions.Extension):
    """/servers/{id}/shares."""

    alias = 'os-server-shares'
    name = 'ServerShares'
    resources = (extensions.Resource('shares', ServerSharesController, parent=('servers', 'server_id')),)

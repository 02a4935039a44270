# SPDX-License-Identifier: Apache-2.0
"""What was done to a server, by whom, and how it ended (nova-api).  Nova:
nova/api/openstack/compute/instance_actions.py.
"""
import copy

import webob.exc

import mininova.conf
from mininova import exception, objects
from mininova.api import validation
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute import server_search
from mininova.api.openstack.compute.schemas import instance_actions as schemas
from mininova.api.openstack.compute.views import instance_actions as views
from mininova.compute import api as compute
from mininova.policies import instance_actions as policies

CONF = mininova.conf.CONF


class InstanceActionsController(wsgi.Controller):
    """Actions by the id of the request that asked for them."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, server_id, rule):
        """Return (context, server); from 2.21 on the server may be deleted."""
        context = req.environ['nova.context']
        reading = context
        if versions.is_supported(req, '2.21'):
            reading = copy.copy(context)
            reading.read_deleted = 'yes'
        instance = common.get_instance(self.compute_api, reading, server_id)
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.expected_errors((400, 404))
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, server_id):
        context, instance = self._find(req, server_id, policies.LIST)
        if not versions.is_supported(req, '2.58'):
            actions = objects.InstanceActionList.get_by_instance_uuid(context, instance.uuid)
            return self._view_builder.index(req, server_id, actions)
        limit, marker = common.get_limit_and_marker(req)
        filters = {name: server_search.parse_time(name, req.GET[name])
                   for name in ('changes-since', 'changes-before') if name in req.GET}
        if len(filters) == 2 and filters['changes-since'] > filters['changes-before']:
            raise webob.exc.HTTPBadRequest(
                explanation='The value of changes-since must be less than or equal to changes-before.')
        actions = objects.InstanceActionList.get_by_instance_uuid(
            context, instance.uuid, filters=filters, limit=limit or CONF.api.max_limit, marker=marker)
        return self._view_builder.index(req, server_id, actions, limit)

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, server_id, id):
        context, instance = self._find(req, server_id, policies.SHOW)
        action = objects.InstanceAction.get_by_request_id(context, instance.uuid, id)
        if action is None:
            raise exception.InstanceActionNotFound(f'Action {id[:80]} not found', request_id=id,
                                                   instance_uuid=server_id)
        target = {'project_id': instance.project_id, 'user_id': instance.user_id}
        events = None
        if versions.is_supported(req, '2.51') or context.can(policies.EVENTS, target=target, fatal=False):
            events = objects.InstanceActionEventList.get_by_action(context, action.id)
        return self._view_builder.show(req, instance, action, events)


class InstanceActions(extensions.Extension):
    """/servers/{id}/os-instance-actions."""

    alias = 'os-instance-actions'
    name = 'InstanceActions'
    resources = (extensions.Resource('os-instance-actions', InstanceActionsController,
                                     parent=('servers', 'server_id')),)

# SPDX-License-Identifier: Apache-2.0
"""/servers: list, show, create, change, delete (nova-api).  Nova: nova/api/openstack/compute/servers.py.

What can be done to a server by POST .../action is in server_actions.py and in a small module per family.
"""
from oslo_utils import strutils, uuidutils

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute import server_body, server_search
from mininova.api.openstack.compute.schemas import server_responses
from mininova.api.openstack.compute.schemas import servers as schemas
from mininova.api.openstack.compute.views import servers as views
from mininova.compute import api as compute
from mininova.compute import search
from mininova.crashpoint import crashpoint
from mininova.network import security_group_api
from mininova.objects import instance_rows
from mininova.policies import servers as policies

# Key of the body of PUT -> field of a server; pinned_availability_zone is no field of it.
_UPDATES = {'name': 'display_name', 'description': 'display_description', 'accessIPv4': 'access_ip_v4',
            'accessIPv6': 'access_ip_v6', 'hostname': 'hostname', 'OS-DCF:diskConfig': 'auto_disk_config'}


def target_of(instance):
    """Return what policy compares the caller with."""
    return {'project_id': instance.project_id, 'user_id': instance.user_id}


class ServersController(wsgi.Controller):
    """Servers of the caller's project; an administrator reaches all."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()
        self.security_group_api = security_group_api.API()

    @wsgi.expected_errors((400, 403))
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(server_responses.index)
    def index(self, req):
        req.environ['nova.context'].can(policies.INDEX)
        return self._view_builder.index(req, self._list(req, policies.INDEX_ALL_TENANTS, search.BRIEF))

    @wsgi.expected_errors((400, 403))
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(server_responses.detail)
    def detail(self, req):
        req.environ['nova.context'].can(policies.DETAIL)
        servers = self._list(req, policies.DETAIL_ALL_TENANTS, views.columns(req), views.wanted(req))
        security_group_api.complete(self.security_group_api, req.environ['nova.context'], servers)
        return self._view_builder.detail(req, servers)

    @staticmethod
    def _list(req, all_tenants_rule, columns, wanted=()):
        asked = server_search.read(req, all_tenants_rule)
        if asked.nothing:
            return []
        return search.list_servers(asked.options, asked.sort, asked.limit, asked.marker, columns, wanted)

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(server_responses.show)
    def show(self, req, id):
        context = req.environ['nova.context']
        server = self._find(req, context, id)
        context.can(policies.SHOW, target={'project_id': server['project_id'], 'user_id': server['user_id']})
        security_group_api.complete(self.security_group_api, context, [server])
        return self._view_builder.show(req, server)

    @staticmethod
    def _find(req, context, id):
        if not uuidutils.is_uuid_like(id):
            raise exception.InstanceNotFound(instance_id=id)
        return instance_rows.get_row(context, views.columns(req), id, views.wanted(req, single=True))

    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 409))
    @validation.schema(schemas.create)
    @validation.response_schema(server_responses.create)
    def create(self, req, body):
        context = req.environ['nova.context']
        context.can(policies.CREATE)
        request = server_body.read(req, body)
        created = self.compute_api.create(context, request)
        crashpoint('create.C4.answered.before')
        if strutils.bool_from_string(body['server'].get('return_reservation_id')):
            return {'reservation_id': created.reservation_id}
        answer = self._view_builder.create(req, created.rows[0], request.admin_password,
                                           body['server'].get('security_groups'))
        return wsgi.ResponseObject(answer, headers={'Location': answer['server']['links'][0]['href']})

    @wsgi.expected_errors((404, 409))
    @validation.schema(schemas.update)
    @validation.response_schema(server_responses.update)
    def update(self, req, id, body):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id)
        context.can(policies.UPDATE, target=target_of(instance))
        asked = dict(body['server'])
        if 'pinned_availability_zone' in asked:
            self.compute_api.pin_zone(context, instance, asked.pop('pinned_availability_zone'))
        if 'OS-DCF:diskConfig' in asked:
            asked['OS-DCF:diskConfig'] = asked['OS-DCF:diskConfig'] == 'AUTO'
        if 'name' in asked:
            asked['name'] = common.normalize_name(asked['name'])
        self.compute_api.update(instance, {_UPDATES[key]: value for key, value in asked.items()})
        return self._view_builder.update(req, self._find(req, context, id))

    @wsgi.response(204)
    @wsgi.expected_errors((404, 409))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(validation.EMPTY)
    def delete(self, req, id):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(policies.DELETE, target=target_of(instance))
        self.compute_api.delete(context, instance)


class Servers(extensions.Extension):
    """Servers: what it is all about."""

    alias = 'servers'
    name = 'Servers'
    is_core = True
    resources = (extensions.Resource('servers', ServersController, collection_actions={'detail': 'GET'},
                                     member_actions={'action': 'POST'}),)

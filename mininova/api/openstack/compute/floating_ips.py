# SPDX-License-Identifier: Apache-2.0
"""/os-floating-ips, until 2.35, and what servers do with floating addresses, until 2.43 (nova-api).

Nova: nova/api/openstack/compute/floating_ips.py.
"""
import ipaddress

import webob.exc

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import floating_ips as schemas
from mininova.api.openstack.compute.views import floating_ips as views
from mininova.compute import api as compute
from mininova.network import api as network_api
from mininova.policies import floating_ips as policies


class FloatingIPController(wsgi.Controller):
    """Floating addresses of the caller's project."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.network_api = network_api.API()

    @staticmethod
    def _authorize(req, rule):
        context = req.environ['nova.context']
        context.can(rule, target={'project_id': context.project_id})
        return context

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors((400, 404))
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        context = self._authorize(req, policies.SHOW)
        return self._view_builder.show(self.network_api.get_floating_ip(context, id))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors(())
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = self._authorize(req, policies.LIST)
        return self._view_builder.index(self.network_api.get_floating_ips_by_project(context))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors((400, 403, 404))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, body=None):
        context = self._authorize(req, policies.CREATE)
        pool = (body or {}).get('pool')
        return self._view_builder.show(self.network_api.allocate_floating_ip(context, pool))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        context = self._authorize(req, policies.DELETE)
        floating_ip = self.network_api.get_floating_ip(context, id)
        self.network_api.disassociate_and_release_floating_ip(context, floating_ip)


class FloatingIPActionController(wsgi.Controller):
    """addFloatingIp and removeFloatingIp."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()
        self.network_api = network_api.API()

    def _find(self, req, id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id)
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.api_version('2.1', '2.43')
    @wsgi.response(202)
    @wsgi.action('addFloatingIp')
    @wsgi.expected_errors((400, 403, 404))
    @validation.schema(schemas.add_floating_ip)
    @validation.response_schema(schemas.add_floating_ip_response)
    def add_floating_ip(self, req, id, body):
        """Let an address lead to a server, by default to its first IPv4 address."""
        context, instance = self._find(req, id, policies.ADD)
        wanted = body['addFloatingIp']
        fixed_address = _choose_fixed_address(instance, wanted.get('fixed_address'))
        self.network_api.associate_floating_ip(context, instance, wanted['address'], fixed_address)

    @wsgi.api_version('2.1', '2.43')
    @wsgi.response(202)
    @wsgi.action('removeFloatingIp')
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.remove_floating_ip)
    @validation.response_schema(schemas.remove_floating_ip_response)
    def remove_floating_ip(self, req, id, body):
        context, instance = self._find(req, id, policies.REMOVE)
        self.network_api.disassociate_floating_ip(context, instance, body['removeFloatingIp']['address'])


def _choose_fixed_address(instance, wanted):
    network_info = instance.get_network_info()
    if not network_info:
        raise webob.exc.HTTPBadRequest(explanation='Instance network is not ready yet')
    present = [ip['address'] for ip in network_info.fixed_ips()]
    if wanted is not None:
        if wanted not in present:
            raise webob.exc.HTTPBadRequest(explanation='Specified fixed address not assigned to instance')
        return wanted
    for address in present:
        if ipaddress.ip_address(address).version == 4:
            return address
    raise exception.InvalidInput(reason='the server has no fixed IPv4 address that a floating IP could lead to')


class FloatingIPs(extensions.Extension):
    """Floating addresses."""

    alias = 'os-floating-ips'
    name = 'FloatingIps'
    resources = (extensions.Resource('os-floating-ips', FloatingIPController),)
    actions = (extensions.ControllerActions('servers', FloatingIPActionController),)

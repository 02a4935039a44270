# SPDX-License-Identifier: Apache-2.0
"""/servers/{id}/os-interface: the cards of a server (nova-api).  Nova:
nova/api/openstack/compute/attach_interfaces.py.
"""
import webob.exc

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import attach_interfaces as schemas
from mininova.api.openstack.compute.views import attach_interfaces as views
from mininova.compute import api as compute
from mininova.policies import attach_interfaces as policies


class InterfaceAttachmentController(wsgi.Controller):
    """Cards by the id of their port, which in the built-in network is the card's own."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, server_id, rule, expected_attrs=None):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id, expected_attrs=expected_attrs)
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    def _card(self, context, instance, port_id):
        for card in self.compute_api.network_api.list_interfaces(context, instance):
            if card['port_id'] == port_id:
                return card
        raise exception.PortNotFoundForInstance(instance_id=instance.uuid, port_id=port_id[:80])

    @wsgi.expected_errors((404, 501))
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, server_id):
        context, instance = self._find(req, server_id, policies.LIST)
        return self._view_builder.index(req, instance, self.compute_api.network_api.list_interfaces(context, instance))

    @wsgi.expected_errors((403, 404))
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, server_id, id):
        context, instance = self._find(req, server_id, policies.SHOW)
        return self._view_builder.show(req, instance, self._card(context, instance, id))

    @wsgi.expected_errors((400, 403, 404, 409, 500, 501))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, server_id, body):
        """Attach a card and answer with it when the guest has it."""
        # The host gets the server with all that it may need of it: it cannot load more.
        context, instance = self._find(req, server_id, policies.CREATE, ['metadata', 'tags'])
        asked = (body or {}).get('interfaceAttachment') or {}
        address = asked['fixed_ips'][0]['ip_address'] if asked.get('fixed_ips') else None
        if asked.get('net_id') and asked.get('port_id'):
            raise webob.exc.HTTPBadRequest(explanation='Must not input both network_id and port_id')
        if address and not asked.get('net_id'):
            raise webob.exc.HTTPBadRequest(explanation='Must input network_id when request IP address')
        port_id = self.compute_api.attach_interface(context, instance, asked.get('net_id'), asked.get('port_id'),
                                                    address, asked.get('tag'))
        return self._view_builder.show(req, instance, self._card(context, instance, port_id))

    @wsgi.response(202)
    @wsgi.expected_errors((400, 404, 409, 501))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(validation.EMPTY)
    def delete(self, req, server_id, id):
        context, instance = self._find(req, server_id, policies.DELETE, ['metadata', 'tags'])
        self.compute_api.detach_interface(context, instance, id)


class AttachInterfaces(extensions.Extension):
    """/servers/{id}/os-interface."""

    alias = 'os-attach-interfaces'
    name = 'AttachInterfaces'
    resources = (extensions.Resource('os-interface', InterfaceAttachmentController, parent=('servers', 'server_id')),)

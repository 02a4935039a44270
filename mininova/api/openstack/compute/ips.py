# SPDX-License-Identifier: Apache-2.0
"""The addresses of a server (nova-api).  Nova: nova/api/openstack/compute/ips.py."""
from mininova import exception
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import ips as schemas
from mininova.api.openstack.compute.views import addresses as views
from mininova.compute import api as compute
from mininova.policies import ips as policies


class IPsController(wsgi.Controller):
    """Addresses by the label of their network."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _addresses(self, req, server_id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id)
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return views.by_network(instance.network_info, extended=False)

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, server_id):
        return {'addresses': self._addresses(req, server_id, policies.INDEX)}

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, server_id, id):
        addresses = self._addresses(req, server_id, policies.SHOW)
        if id not in addresses:
            raise exception.NotFound('Instance is not a member of specified network')
        return {id: addresses[id]}


class IPs(extensions.Extension):
    """/servers/{id}/ips."""

    alias = 'ips'
    name = 'Ips'
    is_core = True
    resources = (extensions.Resource('ips', IPsController, parent=('servers', 'server_id')),)

# SPDX-License-Identifier: Apache-2.0
"""/os-tenant-networks: networks as a project's user sees them, until 2.35 (nova-api).

Nova: nova/api/openstack/compute/tenant_networks.py.  What made networks here is gone.
"""
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import networks as schemas
from mininova.network import api as network_api
from mininova.policies import tenant_networks as policies

GONE = wsgi.removed('21.0.0', 'It worked with nova-network only.')


class TenantNetworkController(wsgi.Controller):
    """Networks the caller may use, three fields of each."""

    def __init__(self):
        super().__init__()
        self.network_api = network_api.API()

    @wsgi.api_version('2.1', '2.35')
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.tenant_index_response)
    def index(self, req):
        context = req.environ['nova.context']
        context.can(policies.LIST)
        return {'networks': [_shown(network) for network in self.network_api.get_all(context)]}

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.tenant_show_response)
    def show(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.SHOW)
        return {'network': _shown(self.network_api.get(context, id))}

    @GONE
    @validation.schema(schemas.removed)
    def create(self, req, body):
        """Removed."""

    @GONE
    @validation.query_schema(schemas.show_query)
    def delete(self, req, id):
        """Removed."""


def _shown(network):
    return {'id': network.uuid, 'cidr': network.cidr or network.cidr_v6 or 'None', 'label': network.label}


class TenantNetworks(extensions.Extension):
    """Networks of a project."""

    alias = 'os-tenant-networks'
    name = 'OSTenantNetworks'
    resources = (extensions.Resource('os-tenant-networks', TenantNetworkController),)

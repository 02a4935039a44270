# SPDX-License-Identifier: Apache-2.0
"""/os-networks: networks for clients that know no network service, until 2.35 (nova-api).

Nova: nova/api/openstack/compute/networks.py and networks_associate.py.  Networks are made with ``nova-manage network``;
what made them here is gone.
"""
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import networks as schemas
from mininova.api.openstack.compute.views import networks as views
from mininova.network import api as network_api
from mininova.policies import networks as policies

GONE = wsgi.removed('21.0.0', 'It worked with nova-network only.')


class NetworkController(wsgi.Controller):
    """Networks the caller may use."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.network_api = network_api.API()

    @wsgi.api_version('2.1', '2.35')
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = req.environ['nova.context']
        context.can(policies.LIST)
        return self._view_builder.index(context, self.network_api.get_all(context))

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.SHOW)
        return self._view_builder.show(context, self.network_api.get(context, id))

    @GONE
    @validation.schema(schemas.removed)
    def create(self, req, body):
        """Removed."""

    @GONE
    @validation.schema(schemas.removed)
    def add(self, req, body):
        """Removed."""

    @GONE
    @validation.query_schema(schemas.show_query)
    def delete(self, req, id):
        """Removed."""

    @GONE
    @wsgi.action('disassociate')
    @validation.schema(schemas.removed)
    def disassociate(self, req, id, body):
        """Removed."""

    @GONE
    @wsgi.action('disassociate_host')
    @validation.schema(schemas.removed)
    def disassociate_host(self, req, id, body):
        """Removed."""

    @GONE
    @wsgi.action('disassociate_project')
    @validation.schema(schemas.removed)
    def disassociate_project(self, req, id, body):
        """Removed."""

    @GONE
    @wsgi.action('associate_host')
    @validation.schema(schemas.removed)
    def associate_host(self, req, id, body):
        """Removed."""


class Networks(extensions.Extension):
    """Networks."""

    alias = 'os-networks'
    name = 'Networks'
    resources = (extensions.Resource('os-networks', NetworkController, collection_actions={'add': 'POST'},
                                     member_actions={'action': 'POST'}),)

# SPDX-License-Identifier: Apache-2.0
"""/servers/{id}/topology: the NUMA nodes of a guest, from 2.78 (nova-api).  Nova:
nova/api/openstack/compute/server_topology.py.
"""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import server_topology as schemas
from mininova.api.openstack.compute.views import server_topology as views
from mininova.compute import api as compute
from mininova.policies import server_topology as policies


class ServerTopologyController(wsgi.Controller):
    """Of a server without a host it shows what the server wants."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    @wsgi.api_version('2.78')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, server_id):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id)
        target = {'project_id': instance.project_id, 'user_id': instance.user_id}
        context.can(policies.INDEX, target=target)
        return self._view_builder.index(instance.get_numa_topology(), instance.host is not None,
                                        context.can(policies.HOST_INDEX, target=target, fatal=False))


class ServerTopology(extensions.Extension):
    """/servers/{id}/topology."""

    alias = 'os-server-topology'
    name = 'ServerTopology'
    resources = (extensions.Resource('topology', ServerTopologyController, parent=('servers', 'server_id')),)

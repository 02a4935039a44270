# SPDX-License-Identifier: Apache-2.0
"""/os-floating-ip-pools: where floating addresses come from, until 2.35 (nova-api).

Nova: nova/api/openstack/compute/floating_ip_pools.py.  Pools are filled with ``nova-manage floating create``.
"""
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import floating_ip_pools as schemas
from mininova.network import api as network_api
from mininova.policies import floating_ip_pools as policies


class FloatingIPPoolsController(wsgi.Controller):
    """The names of the pools."""

    def __init__(self):
        super().__init__()
        self.network_api = network_api.API()

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors(())
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = req.environ['nova.context']
        context.can(policies.BASE)
        return {'floating_ip_pools': [{'name': name} for name in self.network_api.get_floating_ip_pools(context)]}


class FloatingIPPools(extensions.Extension):
    """Pools of floating addresses."""

    alias = 'os-floating-ip-pools'
    name = 'FloatingIpPools'
    resources = (extensions.Resource('os-floating-ip-pools', FloatingIPPoolsController),)

# SPDX-License-Identifier: Apache-2.0
"""/os-availability-zone: groups of hosts that users choose among (nova-api).

Nova: nova/api/openstack/compute/availability_zone.py.  A zone is available while one of its services is enabled.
"""
from mininova import availability_zones
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import availability_zone as schemas
from mininova.api.openstack.compute.views import availability_zone as views
from mininova.compute import hosts
from mininova.policies import availability_zone as policies


class AvailabilityZoneController(wsgi.Controller):
    """Availability zones."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.host_api = hosts.HostAPI()

    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = req.environ['nova.context']
        context.can(policies.LIST)
        services, host_zones = self._read(context)
        return self._view_builder.index(*availability_zones.get_availability_zones(services, host_zones))

    @validation.query_schema(schemas.detail_query)
    @validation.response_schema(schemas.detail_response)
    def detail(self, req):
        context = req.environ['nova.context']
        context.can(policies.DETAIL, target={})
        services, host_zones = self._read(context)
        zones = availability_zones.get_availability_zones(services, host_zones)
        return self._view_builder.detail(*zones, services, host_zones)

    def _read(self, context):
        return self.host_api.service_get_all(), availability_zones.get_host_zones(context.elevated())


class AvailabilityZone(extensions.Extension):
    """Availability zones."""

    alias = 'os-availability-zone'
    name = 'AvailabilityZone'
    resources = (extensions.Resource('os-availability-zone', AvailabilityZoneController,
                                     collection_actions={'detail': 'GET'}),)

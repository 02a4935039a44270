# SPDX-License-Identifier: Apache-2.0
"""How services are shown.  Nova: ``_get_service_detail`` of nova/api/openstack/compute/services.py."""
from mininova import availability_zones, servicegroup
from mininova.api.openstack import api_version_request as versions


class ViewBuilder:
    """Services as records or objects."""

    def index(self, req, services, host_zones):
        return {'services': [self._full(req, service, host_zones) for service in services]}

    def show(self, req, service, host_zones):
        return {'service': self._full(req, service, host_zones)}

    @staticmethod
    def _full(req, service, host_zones):
        """Return all of a service; 2.11 added forced_down, 2.53 made the id a uuid."""
        updated = servicegroup.get_updated_time(service)
        shown = {
            'binary': service.binary,
            'host': service.host,
            'id': service.uuid if versions.is_supported(req, '2.53') else service.id,
            'zone': availability_zones.get_service_zone(service, host_zones),
            'status': 'disabled' if service.disabled else 'enabled',
            'state': 'up' if servicegroup.service_is_up(service) else 'down',
            'updated_at': updated and updated.isoformat(timespec='microseconds'),
            'disabled_reason': service.disabled_reason,
        }
        if versions.is_supported(req, '2.11'):
            shown['forced_down'] = service.forced_down
        return shown

    def update(self, asked, **changed):
        """Return what a verb changed (below 2.53)."""
        return {'service': {'host': asked['host'], 'binary': asked['binary'], **changed}}

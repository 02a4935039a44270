# SPDX-License-Identifier: Apache-2.0
"""How availability zones are shown.  Nova: the dictionaries of nova/api/openstack/compute/availability_zone.py."""
import mininova.conf
from mininova import availability_zones, servicegroup

CONF = mininova.conf.CONF


class ViewBuilder:
    """Zones, and for administrators what is in them."""

    def index(self, available, others):
        """Return zones without hosts; the one of internal services is not for users."""
        return {'availabilityZoneInfo': [
            self._zone(name, state) for names, state in ((available, True), (others, False)) for name in names
            if name != CONF.internal_service_availability_zone]}

    def detail(self, available, others, services, host_zones):
        """Return zones with the enabled services on their hosts."""
        hosts = {}
        for service in services:
            if not service.disabled and service.binary not in availability_zones.API_BINARIES:
                zone = availability_zones.get_service_zone(service, host_zones)
                hosts.setdefault(zone, {}).setdefault(service.host, {})[service.binary] = self._service(service)
        return {'availabilityZoneInfo': [self._zone(name, True, hosts.get(name, {})) for name in available]
                + [self._zone(name, False) for name in others]}

    @staticmethod
    def _zone(name, available, hosts=None):
        return {'zoneName': name, 'zoneState': {'available': available}, 'hosts': hosts}

    @staticmethod
    def _service(service):
        updated = servicegroup.get_updated_time(service)
        return {'available': servicegroup.service_is_up(service), 'active': True,
                'updated_at': updated and updated.isoformat(timespec='microseconds')}

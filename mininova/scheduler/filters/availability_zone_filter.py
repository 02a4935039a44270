# SPDX-License-Identifier: Apache-2.0
"""AvailabilityZoneFilter: the host is in the zone that was asked for.

Nova: nova/scheduler/filters/availability_zone_filter.py (until 28.0.0).
"""
from mininova.scheduler import filters


class AvailabilityZoneFilter(filters.BaseHostFilter):
    """A host is in the zones that its aggregates name, or else in default_availability_zone."""
    remedy = '`openstack availability zone list`; `openstack aggregate set --zone ZONE`, `openstack aggregate add host`'

    def __init__(self, spec):
        super().__init__(spec)
        self.wanted = spec.availability_zone
        self.applies = bool(self.wanted)

    def host_passes(self, host):
        if self.wanted in host.zones:
            return filters.PASS
        had = ', '.join(sorted(host.zones))
        return self.reason(f'in zone {had}, not {self.wanted}', self.wanted, had)

# SPDX-License-Identifier: Apache-2.0
"""AvailabilityZoneFilter: the zone that was asked for, or any."""
from mininova.scheduler import filters
from mininova.scheduler.filters import availability_zone_filter
from tests.unit.scheduler import states


def passes(wanted, *zones):
    return availability_zone_filter.AvailabilityZoneFilter(states.spec(availability_zone=wanted)).host_passes(
        states.state(zones=zones))


def test_a_host_of_the_zone_passes():
    assert passes('az1', 'az1') is filters.PASS
    assert passes('az1', 'az0', 'az1') is filters.PASS


def test_another_zone_is_named():
    reason = passes('az2', 'az1', 'az0')
    assert reason == ('AvailabilityZoneFilter', 'in zone az0, az1, not az2', 'az2', 'az0, az1')


def test_who_asks_for_no_zone_may_go_anywhere():
    assert not availability_zone_filter.AvailabilityZoneFilter(states.spec()).applies

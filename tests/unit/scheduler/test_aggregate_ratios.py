# SPDX-License-Identifier: Apache-2.0
"""Which ratio counts for a host: its own, that of its aggregates, or the lesser of both."""
import pytest

from mininova.scheduler import filters
from mininova.scheduler.filters import core_filter, disk_filter, ram_filter
from tests.unit.scheduler import states

CPU = 'cpu_allocation_ratio'


@pytest.mark.parametrize(('written', 'bounded', 'ratio', 'carried'), [
    ([], {CPU: False}, 4.0, {}),
    ([{CPU: '16'}], {}, 4.0, {}),
    ([{CPU: '16'}], {CPU: False}, 16.0, {CPU: 16.0}),
    ([{CPU: '16'}], {CPU: True}, 4.0, {}),
    ([{CPU: '2'}], {CPU: True}, 2.0, {CPU: 2.0}),
    ([{CPU: '2'}], {CPU: False}, 2.0, {CPU: 2.0}),
    ([{CPU: '8'}, {CPU: '6'}], {CPU: False}, 6.0, {CPU: 6.0}),
    ([{CPU: '4'}], {CPU: False}, 4.0, {}),
    ([{CPU: 'many'}], {CPU: False}, 4.0, {}),
    ([{CPU: '-3'}], {CPU: False}, 4.0, {}),
    ([{CPU: '0'}], {CPU: False}, 0.0, {CPU: 0.0}),
])
def test_the_ratio_that_counts(written, bounded, ratio, carried):
    host = states.state(vcpus=8, cpu_allocation_ratio=4.0, aggregates=written, bounded=bounded)
    assert (host.cpu_allocation_ratio, host.ratios) == (ratio, carried)
    assert (host.vcpus_limit, host.room_vcpus, host.free_vcpus) == (8 * ratio, 8 * ratio, 8 * ratio)


def test_a_host_that_changes_its_aggregates_changes_its_room():
    host = states.state(vcpus=8, vcpus_used=2, cpu_allocation_ratio=4.0, aggregates=[{CPU: '1'}], bounded={CPU: False})
    assert host.room_vcpus == 6
    moved = host.placed(host.zones, states.metadata(), None, None)
    assert (moved.room_vcpus, moved.ratios) == (30, {})
    assert host.room_vcpus == 6


@pytest.mark.parametrize(('cls', 'wanted', 'total'), [
    (ram_filter.AggregateRamFilter, 'memory_mb', 'memory_mb'), (core_filter.AggregateCoreFilter, 'vcpus', 'vcpus'),
    (disk_filter.AggregateDiskFilter, 'root_gb', 'local_gb')])
def test_the_last_unit_of_the_ratio_of_an_aggregate_fits_and_the_reason_names_it(cls, wanted, total):
    host = states.state(**{total: 10, cls.ratio: 1.0}, aggregates=[{cls.ratio: '1.5'}, {cls.ratio: '3'}],
                        bounded={cls.ratio: False})
    assert cls(states.spec(**{wanted: 15})).host_passes(host) is filters.PASS
    reason = cls(states.spec(**{wanted: 16})).host_passes(host)
    assert (reason.filter, reason.wanted, reason.had) == (cls.__name__, 16, 15)
    assert reason.text.endswith(f'free 15 {cls.unit} = 10 x 1.5 of a1 and a2 - 0 claimed')

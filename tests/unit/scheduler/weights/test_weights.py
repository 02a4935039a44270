# SPDX-License-Identifier: Apache-2.0
"""Weighers: normalised over the hosts of one request, multiplied, added up."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mininova.scheduler import weights
from mininova.scheduler.weights import cpu, disk, ram
from tests.unit.scheduler import states


@pytest.mark.parametrize(('cls', 'option', 'column'), [
    (ram.RAMWeigher, 'ram_weight_multiplier', 'memory_mb'), (cpu.CPUWeigher, 'cpu_weight_multiplier', 'vcpus'),
    (disk.DiskWeigher, 'disk_weight_multiplier', 'local_gb')])
def test_most_room_is_one_and_least_is_zero_times_the_multiplier(conf, cls, option, column):
    hosts = [states.state(**{column: amount}) for amount in (100, 300, 200)]
    assert cls(states.spec()).weigh_all(hosts) == [0.0, 1.0, 0.5]
    conf.config(group='filter_scheduler', **{option: -2.0})
    assert cls(states.spec()).weigh_all(hosts) == [0.0, -2.0, -1.0]


def test_memory_counts_without_ratio_and_reserve_cpus_with_the_ratio():
    assert ram.RAMWeigher(states.spec()).weigh(
        states.state(memory_mb=1000, reserved_memory_mb=100, memory_mb_used=300, ram_allocation_ratio=2.0)) == 600
    assert cpu.CPUWeigher(states.spec()).weigh(
        states.state(vcpus=4, cpu_allocation_ratio=16.0, vcpus_used=10)) == 54.0


def test_disk_counts_as_the_host_measured_it_if_that_is_less():
    weigher = disk.DiskWeigher(states.spec())
    assert weigher.weigh(states.state(local_gb=100, disk_available_least=30)) == 30 * 1024
    assert weigher.weigh(states.state(local_gb=100, disk_available_least=300)) == 100 * 1024


def test_equal_hosts_weigh_nothing():
    assert ram.RAMWeigher(states.spec()).weigh_all([states.state(), states.state()]) == [0.0, 0.0]


def test_nothing_of_one_request_is_left_for_the_next():
    weigher = ram.RAMWeigher(states.spec())
    weigher.weigh_all([states.state(memory_mb=0), states.state(memory_mb=10 ** 6)])
    assert weigher.weigh_all([states.state(memory_mb=10), states.state(memory_mb=20)]) == [0.0, 1.0]


def test_a_weigher_may_say_what_counts_as_most_and_least():
    class Bounded(weights.BaseHostWeigher):
        minval, maxval, attribute = 0, 1000, 'free_ram_mb'
    assert Bounded(states.spec()).weigh_all([states.state(memory_mb=250)]) == [0.25]
    assert Bounded(states.spec()).weigh_all([states.state(memory_mb=2000), states.state(memory_mb=500)]) == [1.0, 0.25]


def test_a_multiplier_of_zero_takes_a_weigher_out(conf):
    conf.config(group='filter_scheduler', ram_weight_multiplier=0.0)
    totals, shares = weights.weigh([ram.RAMWeigher(states.spec())], [states.state(), states.state(memory_mb=1)])
    assert (totals, shares) == ([0.0, 0.0], {})
    assert weights.weigh([], []) == ([], {})


@given(st.lists(st.tuples(st.integers(0, 10 ** 6), st.integers(0, 500), st.integers(0, 10 ** 4)), min_size=1))
def test_totals_are_the_sums_of_shares_and_shares_are_between_zero_and_one(hosts):
    made = [states.state(memory_mb=memory, vcpus=vcpus, local_gb=gigabytes) for memory, vcpus, gigabytes in hosts]
    totals, shares = weights.weigh([cls(states.spec()) for cls in (ram.RAMWeigher, cpu.CPUWeigher, disk.DiskWeigher)],
                                   made)
    for index, total in enumerate(totals):
        parts = [values[index] for values in shares.values()]
        assert total == pytest.approx(sum(parts))
        assert all(0 <= part <= 1 for part in parts)

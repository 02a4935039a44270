# SPDX-License-Identifier: Apache-2.0
"""RamFilter, CoreFilter, DiskFilter: exact to the last unit, with the numbers in the reason."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mininova.scheduler import filters
from mininova.scheduler.filters import core_filter, disk_filter, ram_filter
from tests.unit.scheduler import states


@pytest.mark.parametrize(('cls', 'wanted', 'total', 'unit'), [
    (ram_filter.RamFilter, 'memory_mb', 'memory_mb', 'MB'),
    (core_filter.CoreFilter, 'vcpus', 'vcpus', 'VCPUs'),
    (disk_filter.DiskFilter, 'root_gb', 'local_gb', 'GB'),
])
def test_the_last_unit_fits_and_one_more_does_not(cls, wanted, total, unit):
    host = states.state(**{total: 10})
    assert cls(states.spec(**{wanted: 10})).host_passes(host) is filters.PASS
    reason = cls(states.spec(**{wanted: 11})).host_passes(host)
    assert reason == (cls.__name__, f'needs 11 {unit}, free 10 {unit} = 10 x 1 - 0 claimed', 11, 10)


def test_reserved_ratio_and_claims_count():
    host = states.state(memory_mb=1000, reserved_memory_mb=200, ram_allocation_ratio=1.5, memory_mb_used=900)
    assert ram_filter.RamFilter(states.spec(memory_mb=300)).host_passes(host) is filters.PASS
    assert ram_filter.RamFilter(states.spec(memory_mb=301)).host_passes(host).text == (
        'needs 301 MB, free 300 MB = (1000 - 200 reserved) x 1.5 - 900 claimed')


def test_a_host_without_a_ratio_promises_what_it_has():
    host = states.state(memory_mb=1000, ram_allocation_ratio=None)
    assert ram_filter.RamFilter(states.spec(memory_mb=1000)).host_passes(host) is filters.PASS
    assert ram_filter.RamFilter(states.spec(memory_mb=1001)).host_passes(host)


def test_who_wants_nothing_of_a_full_host_fits():
    assert not disk_filter.DiskFilter(states.spec(root_gb=0)).applies
    assert disk_filter.DiskFilter(states.spec(root_gb=1)).applies


def test_an_overdrawn_host_shows_nothing_free():
    host = states.state(vcpus=4, vcpus_used=6)
    assert core_filter.CoreFilter(states.spec()).host_passes(host).had == 0


def test_disk_that_the_host_does_not_really_have_does_not_count():
    host = states.state(local_gb=100, disk_available_least=5)
    assert disk_filter.DiskFilter(states.spec(root_gb=5)).host_passes(host) is filters.PASS
    assert disk_filter.DiskFilter(states.spec(root_gb=6)).host_passes(host).text == (
        'needs 6 GB, free 5 GB by what the host measured')


def test_a_disk_ratio_allows_for_sparse_disks():
    host = states.state(local_gb=100, disk_available_least=5, disk_allocation_ratio=1.5)
    assert disk_filter.DiskFilter(states.spec(root_gb=55)).host_passes(host) is filters.PASS
    assert disk_filter.DiskFilter(states.spec(root_gb=56)).host_passes(host).had == 55


def test_the_summary_names_the_host_with_most_room():
    hosts = [states.state(host='cmp1', memory_mb=100), states.state(host='cmp2', memory_mb=300),
             states.state(host='cmp3', memory_mb=200)]
    kept, rejected = ram_filter.RamFilter(states.spec(memory_mb=400)).split(hosts)
    assert kept == []
    assert ram_filter.RamFilter.summarise(rejected) == 'needs 400 MB, most free 300 MB on cmp2'


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 500), st.sampled_from((0.5, 1.0, 1.1, 1.3, 1.5)),
                          st.integers(0, 3000)), max_size=8), st.integers(1, 2000))
def test_all_at_once_answers_as_one_by_one_and_as_the_claim_compares(hosts, wanted):
    made = [states.state(memory_mb=total, reserved_memory_mb=reserved, ram_allocation_ratio=ratio, memory_mb_used=used)
            for total, reserved, ratio, used in hosts]
    tester = ram_filter.RamFilter(states.spec(memory_mb=wanted))
    kept, rejected = tester.split(made)
    assert kept == [host for host in made if tester.host_passes(host) is filters.PASS]
    assert rejected == [(host, tester.host_passes(host)) for host in made if host not in kept]
    fits = [used + wanted <= (total - reserved) * ratio for total, reserved, ratio, used in hosts]
    assert [host in kept for host in made] == fits

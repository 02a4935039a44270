# SPDX-License-Identifier: Apache-2.0
"""Several schedulers at once never promise more than there is, and fail only when nothing is left."""
import collections

import pytest

from mininova.db import claims
from tests.fixtures import scheduler_race


def two_hosts_with_ten_slots(fleet):
    for name in ('cmp1', 'cmp2'):
        fleet.add_host(name, memory_mb=5120, vcpus=100)
    return [fleet.add_server() for _ in range(100)]


def assert_exactly_full(fleet, outcome):
    assert len(outcome) == 100
    assert collections.Counter(outcome.values()) == {'cmp1': 10, 'cmp2': 10, None: 80}
    assert fleet.used() == {'cmp1': (10, 5120, 10), 'cmp2': (10, 5120, 10)}
    assert claims.audit() == ([], [])


def test_four_schedulers_in_one_process_fill_two_hosts_exactly(fleet):
    servers = two_hosts_with_ten_slots(fleet)
    assert_exactly_full(fleet, scheduler_race.race_of_threads(servers, memory_mb=512))


@pytest.mark.timeout(300)
def test_four_processes_fill_two_hosts_exactly(fleet, database_url):
    servers = two_hosts_with_ten_slots(fleet)
    assert_exactly_full(fleet, scheduler_race.race_of_processes(database_url, servers, memory_mb=512))


def test_parallel_members_of_an_anti_affinity_group_get_a_host_each(fleet):
    for number in range(5):
        fleet.add_host(f'cmp{number}')
    servers = [fleet.add_server() for _ in range(20)]
    fleet.add_group('anti-affinity', servers)
    hosts = [host for host in scheduler_race.race_of_threads(servers, 512).values() if host]
    assert sorted(hosts) == [f'cmp{number}' for number in range(5)]


def test_repeats_of_a_request_at_the_same_moment_claim_once(fleet):
    for number in range(4):
        fleet.add_host(f'cmp{number}', memory_mb=2048 + number % 2)
    servers = [fleet.add_server() for _ in range(10)]
    # Every scheduler gets every server.
    scheduler_race.race_of_threads([server for server in servers for _ in range(4)], 512)
    assert sum(memory_mb for _, memory_mb, _ in fleet.used().values()) == 10 * 512

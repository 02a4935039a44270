# SPDX-License-Identifier: Apache-2.0
"""Several schedulers at once never promise more than there is, and fail only when nothing is left."""
import collections

import pytest

from mininova import objects
from mininova.db import claims
from mininova.virt import hardware
from tests.fixtures import pci_devices, scheduler_race


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
    hosts = [host for host in scheduler_race.race_of_threads(servers, memory_mb=512).values() if host]
    assert sorted(hosts) == [f'cmp{number}' for number in range(5)]


def test_repeats_of_a_request_at_the_same_moment_claim_once(fleet):
    for number in range(4):
        fleet.add_host(f'cmp{number}', memory_mb=2048 + number % 2)
    servers = [fleet.add_server() for _ in range(10)]
    # Every scheduler gets every server.
    scheduler_race.race_of_threads([server for server in servers for _ in range(4)], memory_mb=512)
    assert sum(memory_mb for _, memory_mb, _ in fleet.used().values()) == 10 * 512


# -- CPUs and pages -----------------------------------------------------------------------------


def two_hosts_with_numa_cells(fleet):
    """Hosts of two cells, each with 8 CPUs for single servers and 100 huge pages."""
    for name in ('cmp1', 'cmp2'):
        cells = [hardware.NUMACell(number, set(), set(range(number * 8, number * 8 + 8)), 4096,
                                   mempages=[hardware.NUMAPagesTopology(4, 1000000),
                                             hardware.NUMAPagesTopology(2048, 100)]) for number in range(2)]
        fleet.add_host(name, vcpus=0, memory_mb=8192, numa_topology=hardware.NUMATopology(cells).to_facts())
    return [fleet.add_server() for _ in range(40)]


def pinned(fleet, servers):
    """Return the (host's node, CPU) that servers have, one entry for each."""
    found = [(claim.compute_node_id, cpu) for server in servers
             for claim in objects.AllocationList.get_by_instance(fleet.context, server)
             for cell in claim.numa_topology['cells'] for cpu in cell['cpu_pinning'].values()]
    assert len(found) == len(set(found)), 'a CPU twice'
    return found


def test_no_cpu_is_given_twice_by_schedulers_that_race(fleet):
    servers = two_hosts_with_numa_cells(fleet)
    outcome = scheduler_race.race_of_threads(servers, memory_mb=64, vcpus=2, extra_specs={'hw:cpu_policy': 'dedicated'})
    # 4 cells with 8 CPUs each: 16 servers with two.
    assert collections.Counter(outcome.values()) == {'cmp1': 8, 'cmp2': 8, None: 24}
    assert len(pinned(fleet, servers)) == 32
    assert claims.audit() == ([], [])


def devices(servers):
    """Return the (host's node, address) that servers have."""
    found = [(claim['compute_node_id'], device['address']) for server in servers
             for claim in claims.list_by_instance(server)
             for device in claims.hardware_of(server, claim['compute_node_id'])['pci_devices']]
    assert len(found) == len(set(found)), 'a device twice'
    return found


def test_no_device_is_given_twice_by_schedulers_that_race(fleet):
    for name in ('cmp1', 'cmp2'):
        fleet.add_host(name, pci_devices=[*pci_devices.gpus(3), *pci_devices.card(9, 4)])
    servers = [fleet.add_server() for _ in range(30)]
    outcome = scheduler_race.race_of_threads(servers, memory_mb=64, pci_requests=pci_devices.documents(
        pci_devices.wanted(2)))
    assert collections.Counter(outcome.values()) == {'cmp1': 3, 'cmp2': 3, None: 24}
    assert len(devices(servers)) == 12
    assert claims.audit() == ([], [])


@pytest.mark.timeout(300)
def test_no_page_and_no_cpu_is_given_twice_by_processes_that_race(fleet, database_url):
    servers = two_hosts_with_numa_cells(fleet)
    outcome = scheduler_race.race_of_processes(database_url, servers, memory_mb=40, vcpus=1, extra_specs={
        'hw:cpu_policy': 'dedicated', 'hw:mem_page_size': '2MB'})
    # 100 pages of a cell are 5 servers with 20.
    assert collections.Counter(outcome.values()) == {'cmp1': 10, 'cmp2': 10, None: 20}
    assert len(pinned(fleet, servers)) == 20
    assert claims.audit() == ([], [])
    for server in servers:
        claims.release(server)
    assert claims.audit() == ([], [])
    assert fleet.host_of(memory_mb=200, vcpus=8, extra_specs={'hw:cpu_policy': 'dedicated', 'hw:mem_page_size': '2MB'})

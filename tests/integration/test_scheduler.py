# SPDX-License-Identifier: Apache-2.0
"""Schedulers in processes of their own on a real MariaDB: claims stay exact."""
import collections

import pytest
import sqlalchemy as sa

from mininova.db import aggregates, claims, hypervisors, models, session, system_metadata
from mininova.virt import hardware
from tests.fixtures import pci_devices, scheduler_race
from tests.fixtures.scheduler import Fleet

pytestmark = pytest.mark.needs('mariadb')


@pytest.fixture
def database_url(mariadb):
    return mariadb.new_database()


@pytest.fixture
def fleet(database):
    """An empty cloud on MariaDB."""
    models.metadata.create_all(session.engine())
    return Fleet()


def test_four_processes_fill_two_hosts_exactly(fleet, database_url):
    for name in ('cmp1', 'cmp2'):
        fleet.add_host(name, memory_mb=5120, vcpus=100)
    servers = [fleet.add_server() for _ in range(100)]
    outcome = scheduler_race.race_of_processes(database_url, servers, memory_mb=512)
    assert collections.Counter(outcome.values()) == {'cmp1': 10, 'cmp2': 10, None: 80}
    assert fleet.used() == {'cmp1': (10, 5120, 10), 'cmp2': (10, 5120, 10)}
    assert claims.audit() == ([], [])


def test_four_processes_fill_hosts_exactly_to_the_ratios_of_their_aggregates(fleet, database_url, monkeypatch):
    monkeypatch.setenv('OS_FILTER_SCHEDULER__ENABLED_FILTERS', 'ComputeFilter,AggregateRamFilter')
    for name in ('cmp1', 'cmp2'):
        fleet.add_host(name, memory_mb=1024, vcpus=1000, ram_allocation_ratio=3.0)
    aggregates.create('packed', {'ram_allocation_ratio': '2.5'}, ['cmp1'])
    aggregates.create('calm', {'ram_allocation_ratio': '0.5'}, ['cmp2'])
    outcome = scheduler_race.race_of_processes(database_url, [fleet.add_server() for _ in range(40)], memory_mb=128)
    assert collections.Counter(outcome.values()) == {'cmp1': 20, 'cmp2': 4, None: 16}
    assert claims.audit() == ([], [])


def test_what_is_under_way_and_what_images_servers_have_is_counted(fleet):
    busy, idle = fleet.add_host('cmp1'), fleet.add_host('cmp2')
    for node_id, task_state in ((busy, 'spawning'), (busy, 'rebooting'), (idle, None)):
        server = fleet.add_server()
        assert claims.claim(server, node_id, 1, 1, 1)
        with session.writer() as connection:
            connection.execute(sa.update(models.instances).where(models.instances.c.uuid == server).values(
                host='cmp1' if node_id == busy else 'cmp2', node='cmp1' if node_id == busy else 'cmp2',
                task_state=task_state, system_metadata={'image_os_distro': 'Debian' if task_state else 'debian'}))
    hosts = fleet.manager.driver.host_manager.get_all_host_states()
    assert {host.host: (host.num_io_ops, host.num_instances) for host in hosts} == {'cmp1': (1, 2), 'cmp2': (0, 1)}
    assert system_metadata.count_image_properties({'os_distro': 'debian'}) == {(idle, 'os_distro'): 1}
    assert system_metadata.count_image_properties({'os_distro': 'Debian', '"%': 'x'}) == {(busy, 'os_distro'): 2}
    assert {row['host']: row['current_workload'] for row in hypervisors.list_all()} == {'cmp1': 2, 'cmp2': 0}
    assert hypervisors.statistics()['current_workload'] == 2


def test_parallel_members_of_an_anti_affinity_group_get_a_host_each(fleet, database_url):
    for number in range(5):
        fleet.add_host(f'cmp{number}')
    servers = [fleet.add_server() for _ in range(20)]
    fleet.add_group('anti-affinity', servers)
    hosts = [host for host in scheduler_race.race_of_processes(database_url, servers, memory_mb=512).values() if host]
    assert sorted(hosts) == [f'cmp{number}' for number in range(5)]


def test_repeats_of_a_request_at_the_same_moment_claim_once(fleet, database_url):
    for number in range(4):
        fleet.add_host(f'cmp{number}', memory_mb=2048 + number % 2)
    servers = [fleet.add_server() for _ in range(10)]
    scheduler_race.race_of_processes(database_url, [server for server in servers for _ in range(4)], memory_mb=512)
    assert sum(memory_mb for _, memory_mb, _ in fleet.used().values()) == 10 * 512


def test_no_cpu_and_no_page_is_given_twice(fleet, database_url):
    cells = [hardware.NUMACell(number, set(), set(range(number * 8, number * 8 + 8)), 4096,
                               mempages=[hardware.NUMAPagesTopology(4, 10 ** 6),
                                         hardware.NUMAPagesTopology(2048, 100)]) for number in range(2)]
    for name in ('cmp1', 'cmp2'):
        fleet.add_host(name, vcpus=0, numa_topology=hardware.NUMATopology(cells).to_facts())
    servers = [fleet.add_server() for _ in range(40)]
    outcome = scheduler_race.race_of_processes(database_url, servers, memory_mb=40, vcpus=1, extra_specs={
        'hw:cpu_policy': 'dedicated', 'hw:mem_page_size': '2MB'})
    assert collections.Counter(outcome.values()) == {'cmp1': 10, 'cmp2': 10, None: 20}
    assert claims.audit() == ([], [])


def test_no_pci_device_is_given_twice(fleet, database_url):
    for name in ('cmp1', 'cmp2'):
        fleet.add_host(name, pci_devices=[*pci_devices.gpus(4), *pci_devices.card(9, 4)])
    servers = [fleet.add_server() for _ in range(40)]
    outcome = scheduler_race.race_of_processes(database_url, servers, memory_mb=40, pci_requests=pci_devices.documents(
        pci_devices.wanted(2)))
    # Plain devices and virtual functions, two for each server.
    assert collections.Counter(outcome.values()) == {'cmp1': 4, 'cmp2': 4, None: 32}
    assert claims.audit() == ([], [])
    for server in servers:
        claims.release(server)
    assert claims.audit() == ([], [])
    assert fleet.host_of(pci_requests=pci_devices.documents(pci_devices.wanted(1, dev_type='type-PF')))


def test_a_fractional_ratio_lets_the_last_mebibyte_in(fleet):
    fleet.add_host('cmp1', memory_mb=1000, ram_allocation_ratio=1.3)
    assert fleet.host_of(memory_mb=1300) == 'cmp1'


def test_changes_between_requests_are_found(fleet):
    for number in range(150):
        fleet.add_host(f'cmp{number}', memory_mb=1024)
    assert len(fleet.manager.driver.host_manager.get_all_host_states()) == 150
    fleet.set_service('cmp7', age=100)
    fleet.set_service('cmp8', disabled_reason='new disk')
    states = {state.host: state for state in fleet.manager.driver.host_manager.get_all_host_states()}
    assert 99 < states['cmp7'].service['age'] < 110
    assert states['cmp8'].service['disabled_reason'] == 'new disk'
    assert states['cmp9'].service is None

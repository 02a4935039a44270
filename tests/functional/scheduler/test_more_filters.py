# SPDX-License-Identifier: Apache-2.0
"""Filters and weighers that are not there by default, or need more than one table: through SchedulerManager."""
import json

import pytest
import sqlalchemy as sa
from oslo_messaging.rpc import dispatcher

from mininova import exception
from mininova.compute import task_states
from mininova.db import aggregates, claims, models, session


@pytest.fixture
def enable(conf):
    """Returns a function that enables filters besides ComputeFilter."""
    def enable(*names):
        conf.config(group='filter_scheduler', enabled_filters=['ComputeFilter', *names])
    return enable


def hosts_that_fit(fleet, **wanted):
    """Return the hosts that a request may go to, without taking any."""
    decision = fleet.manager.driver.try_destinations(fleet.context, fleet.spec(**wanted), 1)
    return sorted(row['host'] for row in decision.details()['hosts'] if row['passed'])


def refused(fleet, **wanted):
    with pytest.raises(dispatcher.ExpectedException) as caught:
        fleet.schedule(**wanted)
    assert isinstance(caught.value.exc_info[1], exception.NoValidHost)
    assert claims.audit() == ([], [])
    return caught.value.exc_info[1].format_message()


def begin(server, task_state, system_metadata=None):
    """Write what is being done to a server."""
    with session.writer() as connection:
        connection.execute(sa.update(models.instances).where(models.instances.c.uuid == server).values(
            task_state=task_state, system_metadata=system_metadata))


def three_hosts(fleet):
    return [fleet.add_host(host) for host in ('cmp1', 'cmp2', 'cmp3')]


# -- aggregates -------------------------------------------------------------------------------------


def test_flavors_images_projects_and_types_choose_aggregates(fleet, enable):
    enable('AggregateInstanceExtraSpecsFilter', 'AggregateImagePropertiesIsolation', 'AggregateMultiTenancyIsolation',
           'AggregateTypeAffinityFilter')
    for number in range(1, 6):
        fleet.add_host(f'cmp{number}')
    aggregates.create('fast', {'ssd': 'true'}, ['cmp1', 'cmp2'])
    aggregates.create('linux', {'os_type': 'linux'}, ['cmp2', 'cmp3'])
    aggregates.create('theirs', {'filter_tenant_id': 'q'}, ['cmp4'])
    aggregates.create('big', {'instance_type': 'm1.huge'}, ['cmp5'])
    assert hosts_that_fit(fleet) == ['cmp1', 'cmp2', 'cmp3']
    assert hosts_that_fit(fleet, extra_specs={'ssd': 'true'}) == ['cmp1', 'cmp2']
    assert hosts_that_fit(fleet, properties={'os_type': 'windows'}) == ['cmp1']
    assert hosts_that_fit(fleet, extra_specs={'ssd': 'true'}, properties={'os_type': 'windows'}) == ['cmp1']
    assert refused(fleet, extra_specs={'ssd': 'maybe'}) == (
        'No valid host was found. 0 of 5 hosts fit: 5 AggregateInstanceExtraSpecsFilter (cmp1, cmp2 in aggregates '
        'with ssd = true, wanted maybe, cmp3, cmp4, cmp5 in no aggregate with ssd).')


def test_the_weight_of_memory_in_an_aggregate(fleet):
    fleet.add_host('cmp1', memory_mb=65536)
    fleet.add_host('cmp2', memory_mb=32768)
    fleet.add_host('cmp3', memory_mb=1024)
    assert fleet.host_of(memory_mb=1, root_gb=0, vcpus=0) == 'cmp1'
    aggregates.create('last', {'ram_weight_multiplier': '0.1'}, ['cmp1'])
    assert fleet.host_of(memory_mb=1, root_gb=0, vcpus=0) == 'cmp2'


# -- what is under way ----------------------------------------------------------------------------------


def test_what_is_under_way_counts_from_the_claim_until_it_is_done(fleet, enable, conf):
    enable('IoOpsFilter')
    conf.config(group='filter_scheduler', max_io_ops_per_host=2)
    fleet.add_host('cmp1')
    servers = [fleet.add_server() for _ in range(2)]
    for server in servers:
        begin(server, task_states.SCHEDULING)
        fleet.schedule([server], memory_mb=1, root_gb=0)
    assert '1 IoOpsFilter (cmp1 has 2 operations under way, the most are 2)' in refused(fleet, memory_mb=1)
    begin(servers[0], task_states.SPAWNING)
    assert hosts_that_fit(fleet, memory_mb=1) == []
    begin(servers[0], None)
    assert hosts_that_fit(fleet, memory_mb=1) == ['cmp1']


@pytest.mark.parametrize(('task_state', 'counts'), [
    (task_states.IMAGE_SNAPSHOT, True), (task_states.RESIZE_MIGRATING, True), (task_states.REBUILDING, True),
    (task_states.RESCUING, True), (task_states.UNSHELVING, True), (task_states.REBOOTING, False),
    (task_states.DELETING, False), (None, False)])
def test_which_tasks_keep_disks_busy(fleet, task_state, counts):
    node_id = fleet.add_host('cmp1')
    server = fleet.add_server()
    assert claims.claim(server, node_id, 1, 1, 1)
    begin(server, task_state)
    host, = fleet.manager.driver.host_manager.get_all_host_states()
    assert (host.num_io_ops, host.num_instances) == (int(counts), 1)


def test_a_move_keeps_both_ends_busy_and_one_host_only_once(fleet):
    first, second, _ = three_hosts(fleet)
    moving, staying = fleet.add_server(), fleet.add_server()
    for server, node_id in ((moving, second), (staying, first)):
        assert claims.claim(server, first, 1, 1, 1)
        claims.keep_for_migration(server, first)
        assert claims.claim(server, node_id, 1, 1, 1)
        begin(server, task_states.RESIZE_MIGRATING)
    hosts = fleet.manager.driver.host_manager.get_all_host_states()
    assert {host.host: host.num_io_ops for host in hosts} == {'cmp1': 2, 'cmp2': 1, 'cmp3': 0}


def test_servers_of_one_request_count_for_each_other(fleet, enable, conf):
    enable('IoOpsFilter', 'NumInstancesFilter')
    conf.config(group='filter_scheduler', max_io_ops_per_host=2)
    three_hosts(fleet)
    found = fleet.schedule([fleet.add_server() for _ in range(6)], memory_mb=1, root_gb=0)
    assert sorted(hosts[0]['host'] for hosts in found) == ['cmp1', 'cmp1', 'cmp2', 'cmp2', 'cmp3', 'cmp3']
    assert refused(fleet, servers=[fleet.add_server() for _ in range(7)], memory_mb=1, root_gb=0).startswith(
        'No valid host was found. 6 of 7 servers would fit;')


def test_an_idle_host_is_preferred(fleet):
    first, _, _ = three_hosts(fleet)
    busy = fleet.add_server()
    assert claims.claim(busy, first, 0, 0, 0)
    begin(busy, task_states.SPAWNING)
    chosen, *others = fleet.schedule(memory_mb=1, root_gb=0, vcpus=0)[0]
    assert chosen['host'] != 'cmp1'
    assert [host['host'] for host in others][-1] == 'cmp1'


def test_the_number_of_servers_of_a_host_and_of_an_aggregate(fleet, enable, conf):
    enable('AggregateNumInstancesFilter')
    conf.config(group='filter_scheduler', max_instances_per_host=2)
    fleet.add_host('cmp1')
    fleet.add_host('cmp2')
    aggregates.create('calm', {'max_instances_per_host': '1'}, ['cmp2'])
    hosts = [fleet.host_of(memory_mb=1, root_gb=0) for _ in range(3)]
    assert sorted(hosts) == ['cmp1', 'cmp1', 'cmp2']
    assert '2 AggregateNumInstancesFilter (cmp1 has 2 servers, the most are 2, cmp2 has 1 servers, the most are 1)' in (
        refused(fleet, memory_mb=1))


# -- images and hosts ------------------------------------------------------------------------------------


def test_isolated_images_and_hosts(fleet, enable, conf):
    enable('IsolatedHostsFilter')
    conf.config(group='filter_scheduler', isolated_hosts=['cmp2'])
    three_hosts(fleet)
    assert hosts_that_fit(fleet) == ['cmp1', 'cmp3']
    conf.config(group='filter_scheduler', isolated_images=['image'])
    assert hosts_that_fit(fleet) == ['cmp2']


def test_hosts_whose_servers_have_images_alike(fleet, conf):
    conf.config(group='filter_scheduler', image_props_weight_multiplier=10.0)
    kinds = {'cmp1': [('debian', 'q35')], 'cmp2': [('debian', 'pc'), ('debian', 'pc')], 'cmp3': [('windows', 'q35')]}
    for node_id, host in zip(three_hosts(fleet), kinds, strict=True):
        for distro, machine in kinds[host]:
            server = fleet.add_server()
            assert claims.claim(server, node_id, 0, 0, 0)
            begin(server, None, {'image_os_distro': distro, 'image_hw_machine_type': machine, 'image_min_ram': '0'})
    wanted = {'memory_mb': 1, 'root_gb': 0, 'vcpus': 0}
    assert fleet.host_of(properties={'os_distro': 'debian'}, **wanted) == 'cmp2'
    assert fleet.host_of(properties={'os_distro': 'windows'}, **wanted) == 'cmp3'
    conf.config(group='filter_scheduler', image_props_weight_setting=['os_distro=1', 'hw_machine_type=5'])
    assert fleet.host_of(properties={'os_distro': 'debian', 'hw_machine_type': 'q35'}, **wanted) == 'cmp1'
    conf.config(group='filter_scheduler', image_props_weight_multiplier=-10.0)
    assert fleet.host_of(properties={'os_distro': 'debian', 'hw_machine_type': 'q35'}, **wanted) == 'cmp2'


# -- hints ------------------------------------------------------------------------------------------------


def test_hosts_near_an_address(fleet, enable):
    enable('SimpleCIDRAffinityFilter')
    for number in (1, 2):
        fleet.add_host(f'cmp{number}', host_ip=f'10.0.{number}.5')
    assert hosts_that_fit(fleet, scheduler_hints={'build_near_host_ip': ['10.0.2.77']}) == ['cmp2']
    assert hosts_that_fit(fleet, scheduler_hints={'build_near_host_ip': ['10.0.2.77'], 'cidr': ['/16']}) == [
        'cmp1', 'cmp2']


def test_hosts_as_a_query_describes_them(fleet, enable):
    enable('JsonFilter')
    fleet.add_host('cmp1', memory_mb=1024, stats={'rack': 'r7'})
    fleet.add_host('cmp2', stats={'rack': 'r8'})
    query = ['and', ['>=', '$free_ram_mb', 1024], ['=', '$stats.rack', 'r7']]
    assert hosts_that_fit(fleet, scheduler_hints={'query': [json.dumps(query)]}) == ['cmp1']
    assert refused(fleet, scheduler_hints={'query': ['["!=", 1, 2]']}) == (
        'No valid host was found. 0 of 2 hosts fit: 2 JsonFilter (cmp1, cmp2 cannot be asked the query: "!=" is none '
        'of = < > <= >= in not or and).')


# -- what hosts report --------------------------------------------------------------------------------------


def metric(name, value):
    return {'name': name, 'value': value, 'timestamp': '2026-01-01T00:00:00', 'source': 'test'}


def test_metrics_choose_and_a_host_without_is_left_out(fleet, enable, conf):
    enable('MetricsFilter')
    conf.config(group='metrics', weight_setting=['cpu.percent=-1.0'], weight_multiplier=100.0)
    for host, percent in (('cmp1', 0.9), ('cmp2', 0.2), ('cmp3', 0.5)):
        fleet.add_host(host, stats={'metrics': [metric('cpu.percent', percent)]})
    fleet.add_host('cmp4')
    assert [host['host'] for host in fleet.schedule(memory_mb=1)[0]] == ['cmp2', 'cmp3', 'cmp1']
    assert hosts_that_fit(fleet) == ['cmp1', 'cmp2', 'cmp3']


def test_a_required_metric_that_a_host_does_not_report_fails_the_request_with_the_reason(fleet, conf):
    conf.config(group='metrics', weight_setting=['cpu.percent=-1.0'])
    fleet.add_host('cmp1')
    server = fleet.add_server()
    assert refused(fleet, servers=[server]) == (
        'No valid host was found. Metric cpu.percent could not be found on the compute host node cmp1.cmp1. [metrics] '
        'requires it; MetricsFilter leaves such hosts out.')
    report, = fleet.reports(server)
    assert report.outcome == 'failed'
    conf.config(group='metrics', required=False)
    assert fleet.host_of() == 'cmp1'


def test_hosts_where_builds_fail_come_last(fleet):
    fleet.add_host('cmp1', memory_mb=10 ** 6, stats={'failed_builds': 3})
    fleet.add_host('cmp2', stats={'failed_builds': 1})
    fleet.add_host('cmp3', memory_mb=1024)
    assert [host['host'] for host in fleet.schedule()[0]] == ['cmp3', 'cmp2', 'cmp1']


def test_everything_passes_but_room_is_tested_in_any_case(fleet, conf):
    conf.config(group='filter_scheduler', enabled_filters=['AllHostsFilter'])
    fleet.add_host('cmp1', disabled_reason='new disk')
    fleet.add_host('cmp2', memory_mb=10)
    assert fleet.host_of() == 'cmp1'

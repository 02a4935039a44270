# SPDX-License-Identifier: Apache-2.0
"""Through SchedulerManager on a real database: who gets a host, which, and what is claimed."""
import pytest
from oslo_messaging.rpc import dispatcher

from mininova import exception, objects
from mininova.db import claims
from mininova.scheduler import manager
from tests.fixtures.texts import about


def refused(fleet, **wanted):
    """Schedule what cannot be placed and return the sentence of the fault, with times only about right."""
    with pytest.raises(dispatcher.ExpectedException) as caught:
        fleet.schedule(**wanted)
    error = caught.value.exc_info[1]
    assert isinstance(error, exception.NoValidHost)
    assert claims.audit() == ([], [])
    return about(error.format_message().removeprefix('No valid host was found. '))


# -- picking ------------------------------------------------------------------


def test_the_host_with_most_room_is_taken_and_claimed(fleet):
    fleet.add_host('small', memory_mb=2048)
    fleet.add_host('big', memory_mb=65536)
    server = fleet.add_server()
    assert fleet.schedule([server], memory_mb=1024)[0][0]['host'] == 'big'
    assert fleet.used() == {'small': (0, 0, 0), 'big': (1, 1024, 1)}
    claim, = objects.AllocationList.get_by_instance(fleet.context, server)
    assert (claim.kind, claim.vcpus, claim.memory_mb, claim.disk_gb) == ('instance', 1, 1024, 1)


def test_a_negative_multiplier_stacks(fleet, conf):
    conf.config(group='filter_scheduler', ram_weight_multiplier=-1.0, cpu_weight_multiplier=0.0,
                disk_weight_multiplier=0.0)
    fleet.add_host('big', memory_mb=65536)
    fleet.add_host('small', memory_mb=2048)
    assert fleet.host_of(memory_mb=1024) == 'small'


def test_servers_of_one_request_are_spread(fleet):
    for name in ('cmp1', 'cmp2', 'cmp3'):
        fleet.add_host(name)
    destinations = fleet.schedule([fleet.add_server() for _ in range(6)])
    assert sorted(hosts[0]['host'] for hosts in destinations) == ['cmp1', 'cmp1', 'cmp2', 'cmp2', 'cmp3', 'cmp3']


def test_ephemeral_disk_and_swap_are_claimed_too(fleet):
    fleet.add_host('cmp1')
    fleet.schedule(root_gb=10, ephemeral_gb=5, swap=1025)
    assert fleet.used()['cmp1'] == (1, 512, 17)


def test_a_destination_names_host_node_and_its_id(fleet):
    node_id = fleet.add_host('cmp1', nodename='cmp1.example.org')
    assert fleet.schedule() == [[{'host': 'cmp1', 'node': 'cmp1.example.org', 'compute_node_id': node_id}]]


def test_a_host_subset_takes_any_of_the_best_but_no_other(fleet, conf):
    conf.config(group='filter_scheduler', host_subset_size=2, cpu_weight_multiplier=0.0, disk_weight_multiplier=0.0)
    for number, memory_mb in enumerate((65536, 60000, 4096)):
        fleet.add_host(f'cmp{number}', memory_mb=memory_mb, vcpus=100)
    assert {fleet.host_of(memory_mb=1) for _ in range(40)} == {'cmp0', 'cmp1'}


def test_equal_hosts_are_shuffled_when_asked(fleet, conf):
    conf.config(group='filter_scheduler', shuffle_best_same_weighed_hosts=True, ram_weight_multiplier=0.0,
                cpu_weight_multiplier=0.0, disk_weight_multiplier=0.0)
    for name in ('cmp1', 'cmp2'):
        fleet.add_host(name, vcpus=100)
    assert {fleet.host_of(memory_mb=1, root_gb=0) for _ in range(40)} == {'cmp1', 'cmp2'}


# -- alternates -----------------------------------------------------------------


def test_alternates_are_the_next_best_and_not_claimed(fleet, conf):
    conf.config(group='scheduler', max_attempts=3)
    for number, memory_mb in enumerate((8000, 7000, 6000, 5000)):
        fleet.add_host(f'cmp{number}', memory_mb=memory_mb)
    hosts, = fleet.schedule()
    assert [host['host'] for host in hosts] == ['cmp0', 'cmp1', 'cmp2']
    assert fleet.used()['cmp1'] == (0, 0, 0)


def test_no_alternates_when_none_are_asked_for(fleet):
    fleet.add_host('cmp1')
    fleet.add_host('cmp2')
    hosts, = fleet.schedule(return_alternates=False)
    assert len(hosts) == 1


def test_alternates_are_hosts_with_room_after_the_whole_request(fleet):
    fleet.add_host('cmp1', memory_mb=1024)
    fleet.add_host('cmp2', memory_mb=1024)
    fleet.add_host('cmp3', memory_mb=1000)
    for hosts in fleet.schedule([fleet.add_server() for _ in range(2)], memory_mb=1000):
        assert [host['host'] for host in hosts[1:]] == ['cmp3']


# -- none fits --------------------------------------------------------------------


def test_without_hosts_that_is_said(fleet):
    assert refused(fleet) == 'There are no compute hosts.'


def test_the_fault_is_one_sentence_with_numbers(fleet):
    fleet.add_host('cmp1', memory_mb=8192, reserved_memory_mb=512)
    fleet.add_host('cmp2', memory_mb=4096)
    fleet.add_host('cmp3', age=72)
    assert refused(fleet, memory_mb=65536) == (
        '0 of 3 hosts fit: 2 RamFilter (needs 65536 MB, most free 7680 MB on cmp1), '
        '1 ComputeFilter (cmp3 down for 7x s).')


def test_all_or_nothing(fleet):
    fleet.add_host('cmp1', memory_mb=1024)
    fleet.add_host('cmp2', memory_mb=1024)
    servers = [fleet.add_server() for _ in range(3)]
    assert refused(fleet, servers=servers, memory_mb=1024) == (
        '2 of 3 servers would fit; for the next one 0 of 2 hosts fit: '
        '2 RamFilter (needs 1024 MB, most free 0 MB on cmp1).')
    assert set(fleet.used().values()) == {(0, 0, 0)}


def test_all_or_nothing_also_when_others_take_the_room_between_two_claims(fleet, monkeypatch):
    fleet.add_host('cmp1', memory_mb=1024)
    contested = fleet.add_host('cmp2', memory_mb=1024)
    real, thief = claims.claim_many, [fleet.add_server()]

    def claim_after_thief(wanted, not_on=()):
        if thief:
            assert claims.claim(thief.pop(), contested, 1, 1024, 1)
        return real(wanted, not_on)
    monkeypatch.setattr('mininova.objects.host_states.claim_many', claim_after_thief)
    servers = [fleet.add_server(), fleet.add_server()]
    assert '1 of 2 servers would fit' in refused(fleet, servers=servers, memory_mb=1024)
    assert fleet.used() == {'cmp1': (0, 0, 0), 'cmp2': (1, 1024, 1)}


def test_a_lost_claim_takes_the_next_host(fleet, monkeypatch):
    best = fleet.add_host('cmp1', memory_mb=2048)
    fleet.add_host('cmp2', memory_mb=1024)
    real, thief = claims.claim_many, [fleet.add_server()]

    def claim_after_thief(wanted, not_on=()):
        if thief:
            claims.claim(thief.pop(), best, 1, 2048, 1)
        return real(wanted, not_on)
    monkeypatch.setattr('mininova.objects.host_states.claim_many', claim_after_thief)
    server = fleet.add_server()
    assert fleet.schedule([server], memory_mb=1024)[0][0]['host'] == 'cmp2'
    report, = fleet.reports(server)
    assert report.details['lost_claims'] == [{'host': 'cmp1', 'reason': 'no room'}]


def test_a_host_that_refuses_without_a_change_is_not_asked_for_ever(fleet, monkeypatch):
    fleet.add_host('cmp1')
    asked = []

    def refuse(wanted, not_on=()):
        asked.append(wanted)
        return {one.instance_uuid: (claims.NO_ROOM, None) for one in wanted}
    monkeypatch.setattr('mininova.objects.host_states.claim_many', refuse)
    assert refused(fleet) == '0 of 1 hosts fit: 1 Claim (cmp1 refused the claim).'
    assert len(asked) == 1


# -- repeats, deletions, groups -------------------------------------------------------


def test_a_repeat_gets_the_same_host_and_claims_nothing_more(fleet):
    fleet.add_host('cmp1', memory_mb=1024)
    fleet.add_host('cmp2', memory_mb=1025)
    server = fleet.add_server()
    first = fleet.schedule([server], memory_mb=1024)[0][0]
    assert fleet.schedule([server], memory_mb=1024)[0][0] == first
    assert sorted(fleet.used().values()) == [(0, 0, 0), (1, 1024, 1)]


def test_a_repeat_succeeds_although_its_own_claim_filled_the_cloud(fleet):
    fleet.add_host('cmp1', memory_mb=1024)
    server = fleet.add_server()
    first = fleet.schedule([server], memory_mb=1024)
    assert fleet.schedule([server], memory_mb=1024) == first


def test_a_repeat_of_several_completes_what_is_missing(fleet):
    fleet.add_host('cmp1', memory_mb=1024)
    fleet.add_host('cmp2', memory_mb=1024)
    servers = [fleet.add_server(), fleet.add_server()]
    held = fleet.schedule(servers[:1], memory_mb=1024)[0][0]['host']
    hosts = [hosts[0]['host'] for hosts in fleet.schedule(servers, memory_mb=1024)]
    assert hosts[0] == held
    assert sorted(hosts) == ['cmp1', 'cmp2']


def test_a_claim_left_on_a_host_that_failed_is_given_back(fleet):
    failed = fleet.add_host('cmp1', memory_mb=65536)
    fleet.add_host('cmp2')
    server = fleet.add_server()
    assert claims.claim(server, failed, 1, 512, 1)
    assert fleet.host_of(servers=[server], attempts=[{'host': 'cmp1', 'reason': 'disk full'}]) == 'cmp2'
    assert fleet.used() == {'cmp1': (0, 0, 0), 'cmp2': (1, 512, 1)}


def test_a_server_deleted_meanwhile_claims_nothing(fleet):
    fleet.add_host('cmp1')
    gone, server = fleet.add_server(deleted=1), fleet.add_server()
    destinations = fleet.schedule([gone, server])
    assert [hosts[0]['host'] for hosts in destinations] == ['cmp1', 'cmp1']
    assert fleet.used() == {'cmp1': (1, 512, 1)}
    assert not objects.AllocationList.get_by_instance(fleet.context, gone)


def test_anti_affinity_holds_within_one_request(fleet):
    for name in ('cmp1', 'cmp2', 'cmp3'):
        fleet.add_host(name)
    servers = [fleet.add_server() for _ in range(3)]
    fleet.add_group('anti-affinity', servers)
    assert sorted(hosts[0]['host'] for hosts in fleet.schedule(servers)) == ['cmp1', 'cmp2', 'cmp3']


def test_anti_affinity_refuses_the_host_of_another_member(fleet):
    fleet.add_host('cmp1')
    servers = [fleet.add_server(), fleet.add_server()]
    fleet.add_group('anti-affinity', servers)
    fleet.schedule(servers[:1])
    assert refused(fleet, servers=servers[1:]) == (
        '0 of 1 hosts fit: 1 ServerGroup (cmp1 not allowed by the policy of the server group).')


def test_a_rule_allows_several_members_on_a_host(fleet):
    fleet.add_host('cmp1')
    servers = [fleet.add_server() for _ in range(3)]
    fleet.add_group('anti-affinity', servers, {'max_server_per_host': 2})
    fleet.schedule(servers[:2])
    assert 'ServerGroup' in refused(fleet, servers=servers[2:])


def test_affinity_keeps_members_together(fleet):
    for name in ('cmp1', 'cmp2', 'cmp3'):
        fleet.add_host(name)
    servers = [fleet.add_server() for _ in range(4)]
    fleet.add_group('affinity', servers)
    hosts = {fleet.host_of(servers=[server]) for server in servers}
    assert len(hosts) == 1


def test_a_soft_policy_refuses_nothing(fleet):
    fleet.add_host('cmp1')
    servers = [fleet.add_server(), fleet.add_server()]
    fleet.add_group('soft-anti-affinity', servers)
    assert [hosts[0]['host'] for hosts in fleet.schedule(servers)] == ['cmp1', 'cmp1']


# -- named hosts --------------------------------------------------------------------


def test_a_forced_host_is_taken_although_it_is_disabled(fleet):
    fleet.add_host('cmp1', disabled_reason='being tested')
    fleet.add_host('cmp2', memory_mb=65536)
    assert fleet.host_of(force_hosts=['cmp1']) == 'cmp1'
    assert fleet.used()['cmp1'] == (1, 512, 1)


def test_a_forced_node_is_taken(fleet):
    fleet.add_host('cmp1', nodename='node1')
    fleet.add_host('cmp1', nodename='node2', service=False)
    hosts, = fleet.schedule(force_hosts=['cmp1'], force_nodes=['node2'])
    assert [host['node'] for host in hosts] == ['node2']


def test_a_forced_host_must_have_room(fleet):
    fleet.add_host('cmp1', memory_mb=1024)
    fleet.add_host('cmp2')
    assert refused(fleet, force_hosts=['cmp1'], memory_mb=2048) == (
        '0 of 1 hosts fit: 1 RamFilter (needs 2048 MB, most free 1024 MB on cmp1).')


def test_a_forced_host_must_exist(fleet):
    fleet.add_host('cmp1')
    assert refused(fleet, force_hosts=['cmp9']) == 'There is no compute host cmp9.'
    assert refused(fleet, force_hosts=['cmp1'], force_nodes=['n9']) == 'There is no compute host cmp1 with node n9.'


def test_a_requested_host_must_pass_the_filters(fleet):
    fleet.add_host('cmp1', disabled_reason='new disk')
    fleet.add_host('cmp2')
    assert fleet.host_of(requested_host='cmp2') == 'cmp2'
    assert refused(fleet, requested_host='cmp1') == '0 of 1 hosts fit: 1 ComputeFilter (cmp1 disabled: new disk).'


def test_ignored_hosts_and_failed_builds_are_left_out_with_the_reason(fleet):
    for name in ('cmp1', 'cmp2', 'cmp3'):
        fleet.add_host(name)
    ruled_out = {'ignore_hosts': ['cmp1'], 'attempts': [{'host': 'cmp2', 'reason': 'No room on /var: disk full'}]}
    assert fleet.host_of(**ruled_out) == 'cmp3'
    fleet.set_service('cmp3', forced_down=True)
    assert refused(fleet, **ruled_out) == (
        '0 of 3 hosts fit: 1 IgnoreHosts (cmp1 is to be ignored), '
        '1 Retry (cmp2 failed to build here: No room on /var: disk full), 1 ComputeFilter (cmp3 forced down).')


# -- what the scheduler remembers of the hosts -------------------------------------------


def test_changes_are_seen_by_the_next_request(fleet):
    fleet.add_host('cmp1', memory_mb=1024)
    assert 'RamFilter' in refused(fleet, memory_mb=2048)
    node = objects.ComputeNode.get_by_host_and_nodename(fleet.context, 'cmp1', 'cmp1')
    node.memory_mb = 4096
    node.report()
    server = fleet.add_server()
    assert fleet.host_of(servers=[server], memory_mb=2048) == 'cmp1'
    assert 'RamFilter' in refused(fleet, memory_mb=4096)
    objects.AllocationList.release(fleet.context, server)
    assert fleet.host_of(memory_mb=4096) == 'cmp1'


def test_hosts_that_come_and_go_are_seen(fleet):
    assert refused(fleet) == 'There are no compute hosts.'
    fleet.add_host('cmp1')
    assert fleet.host_of() == 'cmp1'
    fleet.add_host('cmp2', memory_mb=65536)
    server = fleet.add_server()
    assert fleet.host_of(servers=[server]) == 'cmp2'
    objects.AllocationList.release(fleet.context, server)
    objects.Service.get_by_compute_host(fleet.context, 'cmp2').destroy()
    assert fleet.host_of() == 'cmp1'
    fleet.add_host('cmp3', memory_mb=65536)
    assert fleet.host_of() == 'cmp3'


def test_services_that_fall_silent_and_return_are_seen(fleet):
    fleet.add_host('cmp1')
    assert fleet.host_of() == 'cmp1'
    fleet.set_service('cmp1', age=100)
    assert 'cmp1 down for 10x s' in refused(fleet)
    fleet.set_service('cmp1', age=110)
    assert 'cmp1 down for 11x s' in refused(fleet)
    fleet.set_service('cmp1')
    assert fleet.host_of() == 'cmp1'


def test_the_down_time_is_the_option(fleet, conf):
    conf.config(service_down_time=20)
    fleet.add_host('cmp1', age=30)
    assert 'cmp1 down for 3x s' in refused(fleet)


def test_a_node_without_a_service_takes_nothing(fleet):
    fleet.add_host('cmp1', service=False)
    assert refused(fleet) == '0 of 1 hosts fit: 1 ComputeFilter (cmp1 has no nova-compute service).'
    fleet.add_service('cmp1')
    assert fleet.host_of() == 'cmp1'


def test_hundreds_of_hosts_are_read_and_changed_ones_found(fleet):
    for number in range(150):
        fleet.add_host(f'cmp{number}', memory_mb=1024)
    assert len(fleet.manager.driver.host_manager.get_all_host_states()) == 150
    node = objects.ComputeNode.get_by_host_and_nodename(fleet.context, 'cmp131', 'cmp131')
    node.memory_mb = 4096
    node.report()
    assert fleet.host_of(memory_mb=2048) == 'cmp131'


def test_a_second_scheduler_sees_the_claims_of_the_first(fleet):
    fleet.add_host('cmp1', memory_mb=1024)
    second = manager.SchedulerManager('other')
    second.init_host(None)
    fleet.schedule(memory_mb=1024)
    with pytest.raises(dispatcher.ExpectedException):
        fleet.schedule(memory_mb=1024, scheduler=second)


def test_unknown_filters_are_named_at_start(fleet, conf):
    conf.config(group='filter_scheduler', enabled_filters=['RamFilter', 'WishFilter'])
    with pytest.raises(exception.NovaException, match='enabled_filters names WishFilter; there are Aggreg'):
        manager.SchedulerManager('control')


def test_room_is_tested_although_no_filter_for_it_is_enabled(fleet, conf):
    conf.config(group='filter_scheduler', enabled_filters=['ComputeFilter'])
    fleet.add_host('cmp1', memory_mb=1024)
    assert 'RamFilter' in refused(fleet, memory_mb=2048)


def test_only_the_weighers_named_count(fleet, conf):
    conf.config(group='filter_scheduler', weight_classes=['CPUWeigher'])
    fleet.add_host('memory', memory_mb=65536, local_gb=1000, vcpus=2)
    fleet.add_host('cpus', vcpus=16)
    assert fleet.host_of() == 'cpus'

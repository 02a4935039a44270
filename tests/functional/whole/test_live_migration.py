# SPDX-License-Identifier: Apache-2.0
"""Live migration from host to host: its way, its end by request, what goes wrong, what a killed service leaves."""
import datetime

import pytest

from mininova import exception, objects, rpc
from mininova.cmd import manage_verify
from mininova.compute import power_state, task_states, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.compute.operations import live_migration_jobs
from mininova.conductor.tasks import live_migrate
from mininova.network import ipam
from mininova.objects import migration as migrations
from mininova.virt import fake_host

AUTO = {'os-migrateLive': {'host': None, 'block_migration': 'auto'}}
OLD = {'os-migrateLive': {'host': None, 'block_migration': True, 'disk_over_commit': False}}


def to(host, **more):
    return {'os-migrateLive': {'host': host, 'block_migration': 'auto', **more}}


@pytest.fixture
def hosts(whole, monkeypatch):
    """A second host beside cmp1; records are looked at often."""
    monkeypatch.setattr(live_migration_jobs, 'LOOK_INTERVAL', 0.1)
    whole.add_host('cmp2')
    return whole


@pytest.fixture
def server(hosts):
    made = hosts.boot('vm1', availability_zone='nova:cmp1', networks='auto')
    assert hosts.wait(made)['status'] == 'ACTIVE'
    return made


@pytest.fixture(autouse=True)
def network(whole):
    ipam.create_network(whole.admin, 'private', '10.0.0.0/24')


def place(whole, server):
    return whole.show(server)['OS-EXT-SRV-ATTR:host']


def record(whole, server, **filters):
    return objects.MigrationList.get_by_filters(whole.admin, {'instance_uuid': server, **filters}).objects[0]


def instance(whole, server):
    return objects.Instance.get_by_uuid(whole.admin, server)


def guests(host):
    """Return {uuid: guest} of the guests that a machine knows."""
    return {uuid: guest for uuid, guest in fake_host.get(host).guests.items() if guest.domain}


def settled(whole, server, host, status='ACTIVE', ends=None, seconds=15):
    """Wait until a server rests on a host and nothing of its move is left anywhere."""
    shown = whole.wait(server, status, seconds=seconds)
    assert shown['OS-EXT-SRV-ATTR:host'] == shown['OS-EXT-SRV-ATTR:hypervisor_hostname'] == host
    try:
        whole.until(lambda: whole.findings() == [], 10)
    except AssertionError:
        assert whole.findings() == []
    assert {name for name in whole.hosts if server in guests(name)} == {host}
    assert whole.used() == {name: 512 if name == host else 0 for name in whole.hosts}
    if ends:
        whole.until(lambda: record(whole, server).status == ends)
    return shown


def running(whole, server, seconds=30):
    """Begin a live migration that takes its time, and return its record when it runs."""
    whole.cloud.conf(group='fake', live_migration_seconds=seconds)
    assert whole.act(server, AUTO).status == 202
    whole.until(lambda: record(whole, server).status == 'running')
    whole.until(lambda: fake_host.get('cmp1').jobs)
    return record(whole, server)


def waiting_behind(hosts, server):
    """Begin a live migration that takes its time, ask for that of another server, and return this one, which waits."""
    other = hosts.boot('vm2', availability_zone='nova:cmp1')
    hosts.wait(other)
    running(hosts, server)
    assert hosts.act(other, AUTO).status == 202
    hosts.until(lambda: record(hosts, other).status == 'queued')
    return other


# -- it works ------------------------------------------------------------------------------------


@pytest.mark.parametrize('body, version', [(OLD, '2.1'), (AUTO, '2.25'), (to('cmp2'), '2.30'),
                                           (to('cmp2', force=True), '2.30'), (AUTO, '2.104')])
def test_a_guest_moves(hosts, server, body, version):
    before = guests('cmp1')[server]
    address = hosts.show(server)['addresses']
    assert hosts.act(server, body, version).status == 202
    hosts.until(lambda: place(hosts, server) == 'cmp2')
    shown = settled(hosts, server, 'cmp2', ends='completed')
    after = guests('cmp2')[server]
    assert (after.started_at, after.console) == (before.started_at, before.console)
    assert shown['OS-EXT-STS:power_state'] == power_state.RUNNING and shown['addresses'] == address
    found = record(hosts, server)
    assert (found.source_compute, found.dest_compute, found.dest_node, found.migration_type) == (
        'cmp1', 'cmp2', 'cmp2', 'live-migration')
    action = hosts.actions(server)['live-migration']
    assert {event['event']: event['result'] for event in action['events']} == {
        'conductor_live_migrate_instance': 'Success', 'compute_live_migration': 'Success',
        'compute_pre_live_migration': 'Success', 'compute_post_live_migration_at_destination': 'Success'}
    assert action['message'] is None
    assert {card.host for card in objects.FixedIPList.get_allocated(hosts.admin) if card.instance_uuid == server} == {
        'cmp2'}


def test_it_moves_back_and_forth(hosts, server):
    for target in ('cmp2', 'cmp1', 'cmp2'):
        assert hosts.act(server, AUTO).status == 202
        hosts.until(lambda target=target: place(hosts, server) == target)
        settled(hosts, server, target, ends='completed')


def test_a_paused_guest_stays_paused(hosts, server):
    assert hosts.act(server, {'pause': None}).status == 202
    hosts.wait(server, 'PAUSED')
    assert hosts.act(server, AUTO).status == 202
    hosts.until(lambda: place(hosts, server) == 'cmp2')
    assert settled(hosts, server, 'cmp2', 'PAUSED')['OS-EXT-STS:power_state'] == power_state.PAUSED


def test_its_progress_is_seen(hosts, server):
    found = running(hosts, server)
    hosts.until(lambda: record(hosts, server).memory_remaining is not None)
    shown, = hosts.api.get(f'/servers/{server}/migrations', version='2.80').json['migrations']
    assert hosts.show(server)['status'] == 'MIGRATING'
    assert (shown['id'], shown['uuid'], shown['status'], shown['server_uuid'], shown['source_compute'],
            shown['dest_compute'], shown['project_id']) == (
        found.id, found.uuid, 'running', server, 'cmp1', 'cmp2', found.project_id)
    assert shown['memory_total_bytes'] == 512 * 2 ** 20
    assert shown['memory_processed_bytes'] + shown['memory_remaining_bytes'] == shown['memory_total_bytes']
    one = hosts.api.get(f'/servers/{server}/migrations/{found.id}', version='2.80').json['migration']
    assert one['uuid'] == found.uuid
    assert list(manage_verify.find(stuck_after=60)) == []
    hosts.cloud.conf(group='fake', live_migration_seconds=0)
    hosts.until(lambda: place(hosts, server) == 'cmp2')
    settled(hosts, server, 'cmp2')
    assert hosts.api.get(f'/servers/{server}/migrations', version='2.80').json['migrations'] == []
    assert hosts.api.get(f'/servers/{server}/migrations/{found.id}', version='2.80').fault == (
        'itemNotFound', f'Live migration {found.id} for server {server} is not in progress.')


# -- somebody wants it to end ----------------------------------------------------------------------


def test_it_is_hurried(hosts, server):
    found = running(hosts, server)
    answer = hosts.api.post(f'/servers/{server}/migrations/{found.id}/action', {'force_complete': None}, version='2.22')
    assert (answer.status, answer.body) == (202, b'')
    hosts.until(lambda: place(hosts, server) == 'cmp2')
    settled(hosts, server, 'cmp2', ends='completed')
    action = hosts.actions(server)['live_migration_force_complete']
    assert [(event['event'], event['result']) for event in action['events']] == [
        ('compute_live_migration_force_complete', 'Success')]


def test_it_is_called_off(hosts, server):
    found = running(hosts, server)
    assert hosts.api.delete(f'/servers/{server}/migrations/{found.id}', version='2.24').status == 202
    settled(hosts, server, 'cmp1', ends='cancelled')
    action = hosts.actions(server)['live_migration_cancel']
    assert [(event['event'], event['result']) for event in action['events']] == [
        ('compute_live_migration_abort', 'Success')]
    assert hosts.actions(server)['live-migration']['message'] == 'Error'


def test_a_wish_that_came_too_late_ends_although_its_message_was_lost(hosts, server):
    hosts.act(server, to('cmp2'))
    settled(hosts, server, 'cmp2', ends='completed')
    objects.InstanceAction.action_start(hosts.admin, server, 'live_migration_cancel', arguments={
        'migration_id': record(hosts, server).id})
    hosts.until(lambda: hosts.actions(server)['live_migration_cancel']['message'] == 'Error')


@pytest.mark.parametrize('what', ['live_migration_abort', 'live_migration_force_complete'])
def test_a_wish_whose_message_was_lost_is_granted(hosts, server, monkeypatch, what):
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, what, lambda *args, **kwargs: None)
    found = running(hosts, server)
    if what == 'live_migration_abort':
        assert hosts.api.delete(f'/servers/{server}/migrations/{found.id}', version='2.24').status == 202
        settled(hosts, server, 'cmp1', ends='cancelled')
    else:
        hosts.api.post(f'/servers/{server}/migrations/{found.id}/action', {'force_complete': None}, version='2.22')
        hosts.until(lambda: place(hosts, server) == 'cmp2')
        settled(hosts, server, 'cmp2', ends='completed')


def test_one_that_waits_its_turn_is_called_off_from_2_65_on(hosts, server):
    other = waiting_behind(hosts, server)
    found = record(hosts, other)
    url = f'/servers/{other}/migrations/{found.id}'
    assert hosts.api.delete(url, version='2.64').fault == ('badRequest', (
        f'Migration {found.id} state of instance {other} is queued. Cannot abort live migration while the migration '
        'is in this state.'))
    assert hosts.api.delete(url, version='2.65').status == 202
    hosts.until(lambda: record(hosts, other).status == 'cancelled')
    assert place(hosts, other) == 'cmp1' and hosts.wait(other)['status'] == 'ACTIVE'
    assert record(hosts, server).status == 'running'
    hosts.cloud.conf(group='fake', live_migration_seconds=0)
    hosts.until(lambda: record(hosts, server).status == 'completed')


def test_a_waiting_one_goes_when_its_turn_comes(hosts, server):
    other = waiting_behind(hosts, server)
    hosts.cloud.conf(group='fake', live_migration_seconds=0)
    hosts.until(lambda: place(hosts, other) == place(hosts, server) == 'cmp2')
    hosts.wait(other)


@pytest.mark.parametrize('moment', ['running', 'preparing', 'queued'])
def test_a_server_is_deleted_while_it_moves(hosts, server, moment):
    if moment == 'running':
        running(hosts, server)
    elif moment == 'preparing':
        hosts.faults('cmp2').add('pre_live_migration', 'delay', value='1')
        hosts.act(server, AUTO)
        hosts.until(lambda: record(hosts, server).status == 'preparing')
    else:
        other, server = server, waiting_behind(hosts, server)
        hosts.cloud.conf(group='fake', live_migration_seconds=2)
    hosts.api.delete(f'/servers/{server}')
    hosts.wait_gone(server)
    hosts.until(lambda: hosts.findings() == [])
    assert server not in fake_host.get('cmp1').guests and server not in fake_host.get('cmp2').guests
    assert record(hosts, server).status in ('error', 'cancelled', 'failed')
    if moment == 'queued':
        hosts.until(lambda: record(hosts, other).status == 'completed')


def test_a_server_that_arrives_deleted_is_removed(hosts, server, monkeypatch):
    """The deletion is accepted when the guest has left and its row still says that it is on its source."""
    def late(self, instance, migration):
        hosts.api.delete(f'/servers/{server}')
        return original(self, instance, migration)
    manager = hosts.hosts['cmp1'].manager
    original = type(manager.live_migration)._hand_over
    monkeypatch.setattr(type(manager.live_migration), '_hand_over', late)
    hosts.act(server, AUTO)
    hosts.wait_gone(server)
    hosts.until(lambda: hosts.findings() == [])
    assert server not in fake_host.get('cmp1').guests and server not in fake_host.get('cmp2').guests


def test_a_decree_stops_it(hosts, server):
    running(hosts, server)
    assert hosts.act(server, {'os-resetState': {'state': 'active'}}).status == 202
    settled(hosts, server, 'cmp1')
    assert record(hosts, server).status not in migrations.LIVE_IN_PROGRESS


# -- it does not work ----------------------------------------------------------------------------------


def test_the_next_host_is_tried_when_one_does_not_suit(hosts, server):
    hosts.add_host('cmp3')
    for host in ('cmp2', 'cmp3'):
        hosts.faults(host).add('check_can_live_migrate_destination', 'fail', value='wrong processor')
    # Only one of the two is hit: the other's fault is taken away by the first hit.
    tried = []

    def watch(name):
        faults = hosts.faults(name)
        hit = faults.hit

        def hit_once(method):
            if method == 'check_can_live_migrate_destination':
                tried.append(name)
                if len(tried) > 1:
                    return None
            return hit(method)
        faults.hit = hit_once
    watch('cmp2')
    watch('cmp3')
    assert hosts.act(server, AUTO).status == 202
    hosts.until(lambda: place(hosts, server) != 'cmp1')
    assert len(tried) == 2 and place(hosts, server) == tried[1]
    settled(hosts, server, tried[1], ends='completed')
    attempt, = record(hosts, server).data['attempts']
    assert attempt == {'host': tried[0], 'reason': 'Failed to deploy instance: wrong processor'}


def test_no_host_suits(hosts, server):
    hosts.faults('cmp2').add('check_can_live_migrate_destination', 'fail', value='wrong processor')
    assert hosts.act(server, AUTO).status == 202
    settled(hosts, server, 'cmp1', ends='error')
    event = hosts.actions(server)['live-migration']['events'][0]
    assert (event['event'], event['result']) == ('conductor_live_migrate_instance', 'Error')
    assert 'cmp2 (Failed to deploy instance: wrong processor)' in event['details']
    assert hosts.act(server, AUTO).status == 202
    hosts.until(lambda: place(hosts, server) == 'cmp2')


@pytest.mark.parametrize('body, text', [
    (OLD, 'No valid host was found.'),
    ({'os-migrateLive': {'host': 'cmp2', 'block_migration': False, 'disk_over_commit': False}},
     'Failed to deploy instance: no'),
    ({'os-migrateLive': {'host': 'cmp1', 'block_migration': False, 'disk_over_commit': False}},
     'Unable to migrate instance ('),
    ({'os-migrateLive': {'host': 'nowhere', 'block_migration': False, 'disk_over_commit': False}},
     'Compute host nowhere could not be found.')])
def test_before_2_34_the_caller_hears_that_it_cannot_be_done(hosts, server, body, text):
    hosts.faults('cmp2').add('check_can_live_migrate_destination', 'fail', 0, 'no')
    name, message = hosts.act(server, body, '2.24').fault
    assert name == 'badRequest' and text in message
    settled(hosts, server, 'cmp1')


def test_a_named_host_that_is_down(hosts, server):
    stop_host(hosts, 'cmp2')
    body = {'os-migrateLive': {'host': 'cmp2', 'block_migration': False, 'disk_over_commit': False}}
    assert hosts.act(server, body, '2.1').fault == ('badRequest',
                                                    'Compute service of cmp2 is unavailable at this time.')
    assert hosts.act(server, to('cmp2'), '2.68').status == 202
    shown = hosts.wait(server)
    assert (shown['status'], shown['OS-EXT-SRV-ATTR:host']) == ('ACTIVE', 'cmp1')
    assert record(hosts, server).status == 'error'


@pytest.mark.parametrize('host, step, status', [
    ('cmp2', 'pre_live_migration', 'error'), ('cmp2', 'pre_live_migration.end', 'error'),
    ('cmp1', 'live_migration', 'failed'), ('cmp1', 'live_migration.switch', 'failed')])
def test_what_fails_on_the_way_leaves_all_as_it_was(hosts, server, host, step, status):
    hosts.faults(host).add(step, 'fail', value='the cable is cut')
    assert hosts.act(server, AUTO).status == 202
    hosts.until(lambda: record(hosts, server).status == status)
    settled(hosts, server, 'cmp1')
    action = hosts.actions(server)['live-migration']
    assert action['message'] == 'Error'
    failed = next(event for event in action['events'] if event['event'] == 'compute_live_migration')
    assert failed['result'] == 'Error' and 'the cable is cut' in failed['details']


def test_a_guest_that_arrived_is_made_at_home_by_and_by(hosts, server):
    hosts.faults('cmp2').add('post_live_migration_at_destination', 'fail')
    assert hosts.act(server, AUTO).status == 202
    hosts.until(lambda: place(hosts, server) == 'cmp2')
    settled(hosts, server, 'cmp2', ends='completed', seconds=30)


def test_a_lost_hypervisor_connection_is_survived(hosts, server):
    hosts.faults('cmp1').add('live_migration.switch', 'lost')
    assert hosts.act(server, AUTO).status == 202
    hosts.until(lambda: record(hosts, server).status == 'failed', 20)
    settled(hosts, server, 'cmp1')


# -- what a killed service or a lost message leaves ------------------------------------------------------


def abandoned(whole, server, status):
    """Leave a live migration as a service leaves it that is killed at a step."""
    fresh = instance(whole, server)
    action = objects.InstanceAction.pack_start(whole.admin, server, 'live-migration',
                                               '22222222-2222-4222-8222-222222222222',
                                               {'host': None, 'block_migration': None})
    columns = {**migrations.Migration.pack(whole.admin, fresh, migrations.LIVE), 'action_id': action['action_id']}
    fresh.accept_action({'action_id': action['action_id'], 'task_state': task_states.MIGRATING, 'owner': None}, {},
                        action, columns)
    if status == 'accepted':
        return
    made = record(whole, server)
    source, dest = (objects.ComputeNode.get_by_host_and_nodename(whole.admin, host, host) for host in ('cmp1', 'cmp2'))
    objects.AllocationList.keep_for_migration(whole.admin, server, source.id)
    assert dest.claim(server, 1, 512, 1)
    made.status, made.dest_compute, made.dest_node = status, 'cmp2', 'cmp2'
    made.data = {'source_node_id': source.id, 'dest_node_id': dest.id, 'zone': 'nova',
                 'checks': {'machine': 'cmp2', 'is_shared_instance_path': False}}
    made.save()


def incoming(server):
    """Put what pre_live_migration leaves on cmp2."""
    host = fake_host.get('cmp2')
    host.keep(fake_host.Guest(server, 'expected', state=power_state.PAUSED, domain=True, disks=True, incoming=True))


@pytest.mark.parametrize('status', ['accepted', 'queued', 'preparing'])
def test_one_that_had_not_begun_is_taken_up(hosts, server, status):
    abandoned(hosts, server, status)
    hosts.until(lambda: place(hosts, server) == 'cmp2', 20)
    settled(hosts, server, 'cmp2', ends='completed')


def test_one_that_was_under_way_is_rolled_back(hosts, server):
    abandoned(hosts, server, 'running')
    incoming(server)
    hosts.until(lambda: record(hosts, server).status == 'failed', 20)
    settled(hosts, server, 'cmp1')


@pytest.mark.parametrize('status', ['running', 'post-migrating'])
def test_one_whose_guest_had_left_is_finished(hosts, server, status):
    abandoned(hosts, server, status)
    left = fake_host.get('cmp1').guests[server]
    fake_host.get('cmp2').keep(fake_host.Guest(**{**vars(left)}))
    left.domain = False
    fake_host.get('cmp1').stop(left)
    hosts.until(lambda: place(hosts, server) == 'cmp2', 20)
    settled(hosts, server, 'cmp2', ends='completed')


def test_the_destination_finishes_what_the_source_handed_over(hosts, server):
    abandoned(hosts, server, 'post-migrating')
    left = fake_host.get('cmp1').guests[server]
    fake_host.get('cmp2').keep(fake_host.Guest(**{**vars(left)}))
    left.domain = left.disks = False
    fake_host.get('cmp1').keep(left)
    fresh = instance(hosts, server)
    fresh.host = fresh.node = 'cmp2'
    fresh.save()
    hosts.until(lambda: record(hosts, server).status == 'completed', 20)
    # The source's nova-network finds out by itself that the guest left.
    next(one for one in hosts.services if (one.host, one.binary) == ('cmp1', 'nova-network')).manager._sync()
    settled(hosts, server, 'cmp2', ends='completed', seconds=20)


def test_what_the_source_did_not_remove_is_removed(hosts, server):
    assert hosts.act(server, AUTO).status == 202
    hosts.until(lambda: place(hosts, server) == 'cmp2')
    settled(hosts, server, 'cmp2', ends='completed')
    fake_host.get('cmp1').keep(fake_host.Guest(server, 'left', domain=True, disks=True))
    hosts.until(lambda: server not in fake_host.get('cmp1').guests, 20)
    assert server in guests('cmp2')


def stop_host(hosts, name):
    host = hosts.hosts[name]
    host.stop()
    host.service_ref.last_seen_up = datetime.datetime(2020, 1, 1)
    host.service_ref.save()


def test_a_source_that_goes_down_before_the_guest_left(hosts, server):
    stop_host(hosts, 'cmp1')
    abandoned(hosts, server, 'running')
    incoming(server)
    shown = hosts.wait(server, 'ACTIVE', seconds=20)
    assert shown['OS-EXT-SRV-ATTR:host'] == 'cmp1' and record(hosts, server).status == 'error'
    assert server not in fake_host.get('cmp2').guests
    assert hosts.used() == {'cmp1': 512, 'cmp2': 0}


def test_a_source_that_goes_down_after_the_guest_left(hosts, server):
    stop_host(hosts, 'cmp1')
    abandoned(hosts, server, 'running')
    left = fake_host.get('cmp1').guests[server]
    fake_host.get('cmp2').keep(fake_host.Guest(**{**vars(left)}))
    hosts.until(lambda: place(hosts, server) == 'cmp2', 20)
    shown = hosts.wait(server, 'ACTIVE', seconds=20)
    assert shown['OS-EXT-SRV-ATTR:host'] == 'cmp2' and record(hosts, server).status == 'completed'
    assert hosts.used() == {'cmp1': 0, 'cmp2': 512}


def test_a_guest_that_is_nowhere_is_an_error(hosts, server, monkeypatch):
    monkeypatch.setattr('mininova.compute.operations.live_migration.BETWEEN_HOSTS', 0)
    abandoned(hosts, server, 'running')
    left = fake_host.get('cmp1').guests[server]
    left.domain = False
    fake_host.get('cmp1').stop(left)
    shown = hosts.wait(server, 'ERROR', seconds=20)
    assert 'neither on cmp1 nor on cmp2' in shown['fault']['message']
    assert record(hosts, server).status == 'failed' and hosts.used() == {'cmp1': 512, 'cmp2': 0}


def test_a_scheduler_that_does_not_answer_is_asked_again(hosts, server, monkeypatch):
    calls, original = [], live_migrate.LiveMigrationTask._find_destination

    def method(self, *args):
        calls.append(args)
        if len(calls) == 1:
            raise rpc.MessagingTimeout('nobody answered')
        return original(self, *args)
    monkeypatch.setattr(live_migrate.LiveMigrationTask, '_find_destination', method)
    assert hosts.act(server, AUTO).status == 202
    hosts.until(lambda: place(hosts, server) == 'cmp2', 20)
    settled(hosts, server, 'cmp2', ends='completed')


def test_a_stopped_or_locked_server(hosts, server):
    assert hosts.act(server, {'os-stop': None}).status == 202
    hosts.wait(server, 'SHUTOFF')
    assert hosts.act(server, AUTO).fault == (
        'conflictingRequest', f"Cannot 'os-migrateLive' instance {server} while it is in vm_state {vm_states.STOPPED}")
    with pytest.raises(exception.MigrationNotFoundByStatus):
        objects.Migration.get_current(hosts.admin, server)

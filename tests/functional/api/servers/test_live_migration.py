# SPDX-License-Identifier: Apache-2.0
"""os-migrateLive, /servers/{id}/migrations and evacuate by version: what is refused, what is written, who may."""
import datetime

import pytest

from mininova import context, exception, objects, policy, rpc
from mininova.compute import sealing, state_machine, vm_states
from mininova.objects import migration as migrations

OLD = {'os-migrateLive': {'host': None, 'block_migration': False, 'disk_over_commit': True}}
AUTO = {'os-migrateLive': {'host': None, 'block_migration': 'auto'}}
UNKNOWN = '99999999-9999-4999-8999-999999999999'


def live(host=None, block_migration='auto', **more):
    return {'os-migrateLive': {'host': host, 'block_migration': block_migration, **more}}


def act(client, uuid, body, version=None):
    return client.post(f'/servers/{uuid}/action', body, version)


def record(uuid):
    return objects.Migration.get_current(context.get_admin_context(), uuid)


@pytest.fixture
def server(lab, demo, edge):
    lab.host()
    lab.host('cmp2')
    edge.answers['live_migrate_instance'] = None
    uuid = lab.server(demo)
    edge.sent.clear()
    return uuid


@pytest.fixture
def manager(api):
    """A client that manages the project of `demo`; noauth knows no such role, so the rule names the user."""
    policy.reset()
    policy.init(rules={'project_manager_api': 'user_id:boss and project_id:%(project_id)s'})
    return api.user('boss', 'demo-project')


# -- os-migrateLive ----------------------------------------------------------------------------


@pytest.mark.parametrize('body, version, arguments, wait', [
    (OLD, '2.1', (False, True, None, False), True),
    (live('cmp2', 'True', disk_over_commit='off'), '2.24', (True, False, 'cmp2', True), True),
    (live('cmp2'), '2.25', (None, False, 'cmp2', True), True),
    (live('cmp2', False), '2.30', (False, False, 'cmp2', False), True),
    (live('cmp2', True, force='yes'), '2.33', (True, False, 'cmp2', True), True),
    (live('cmp2', force=True), '2.34', (None, False, 'cmp2', True), False),
    (live('cmp2'), '2.67', (None, False, 'cmp2', False), False),
    (AUTO, '2.68', (None, False, None, False), False),
    (live('cmp2', 'on'), '2.104', (True, False, 'cmp2', False), False)])
def test_what_is_written_before_the_answer(server, lab, api, edge, body, version, arguments, wait):
    answer = act(api, server, body, version)
    assert (answer.status, answer.body) == (202, b'')
    message, = edge.sent
    assert (message.method, message.wait) == ('live_migrate_instance', wait)
    instance, action, move = lab.instance(server), lab.actions(server)[0], record(server)
    assert (instance.task_state, instance.vm_state, instance.host) == ('migrating', 'active', 'cmp1')
    assert (action.action, action.action_id) == ('live-migration', instance.action_id)
    assert action.arguments == dict(zip(('block_migration', 'disk_over_commit', 'host', 'force'), arguments,
                                        strict=True))
    assert (move.status, move.migration_type, move.source_compute, move.dest_compute, move.action_id,
            move.old_vm_state) == ('accepted', 'live-migration', 'cmp1', None, instance.action_id, 'active')


@pytest.mark.parametrize('body, version', [
    (AUTO, '2.24'), (live(), '2.1'), (OLD, '2.25'), (live('cmp2', force=True), '2.29'),
    (live('cmp2', force=True), '2.68'), ({'os-migrateLive': {'block_migration': 'auto'}}, '2.68'),
    (live('cmp2', 'maybe'), '2.68'), (live('a b'), '2.68'), (live(7), '2.68'), ({'os-migrateLive': None}, '2.68'),
    (live('cmp2', force='maybe'), '2.30')])
def test_bodies_that_are_refused(server, lab, api, edge, body, version):
    assert act(api, server, body, version).fault[0] == 'badRequest'
    assert lab.instance(server).task_state is None and edge.sent == []


def test_nobody_is_forced_to_nowhere(server, api):
    assert act(api, server, live(force=True), '2.30').fault == ('badRequest',
                                                                "Can't force to a non-provided destination")


def test_an_unknown_host(server, lab, api):
    assert act(api, server, live('cmp9'), '2.68').fault == ('badRequest', 'Compute host cmp9 could not be found.')
    assert lab.instance(server).task_state is None


@pytest.mark.parametrize('error', [
    exception.NoValidHost(reason='x'), exception.ComputeServiceUnavailable(host='cmp2'),
    exception.UnableToMigrateToSelf(instance_id='i', host='cmp1'), exception.MigrationPreCheckError(reason='x'),
    exception.InvalidSharedStorage(path='/x', reason='y'), exception.InvalidLocalStorage(path='/x', reason='y'),
    exception.DestinationHypervisorTooOld(), exception.InvalidCPUInfo(reason='x')])
def test_until_2_33_the_answer_tells_what_the_checks_found(server, api, edge, error):
    edge.answers['live_migrate_instance'] = error
    assert act(api, server, OLD, '2.24').fault == ('badRequest', error.format_message())
    assert act(api, server, AUTO, '2.34').status in (202, 409)


def test_a_conductor_that_does_not_answer_in_time_goes_on_all_the_same(server, lab, api, edge):
    edge.answers['live_migrate_instance'] = rpc.MessagingTimeout('slow')
    assert act(api, server, OLD, '2.1').status == 202
    assert lab.instance(server).task_state == 'migrating'


@pytest.mark.parametrize('name, body', [('live_migrate', AUTO), ('evacuate', {'evacuate': {}})])
def test_the_table_decides_in_which_state(server, lab, api, name, body):
    word = state_machine.METHOD_NAMES.get(name, name)
    lab.host('dead', forced_down=True)
    for vm_state in [state for state in vm_states.ALL if state != 'deleted']:
        lab.settle(server, vm_state=vm_state, task_state=None, host='dead')
        answer = act(api, server, body, '2.68')
        if vm_state in state_machine.ACTIONS[name].vm_states:
            assert answer.status in (200, 202), vm_state
        else:
            assert answer.fault == (
                'conflictingRequest', f"Cannot '{word}' instance {server} while it is in vm_state {vm_state}")


def test_another_task_is_in_the_way(server, lab, api):
    lab.settle(server, task_state='rebooting')
    assert act(api, server, AUTO, '2.68').fault == (
        'conflictingRequest', f"Cannot 'os-migrateLive' instance {server} while it is in task_state rebooting")


def test_a_lock_stops_a_manager_but_no_administrator(server, lab, api, manager):
    lab.settle(server, locked=True, locked_by='owner')
    assert act(manager, server, AUTO, '2.68').fault == ('conflictingRequest', f'Instance {server} is locked')
    assert act(api, server, AUTO, '2.68').status == 202


def test_who_may_move_a_server(server, lab, demo, manager, api):
    assert act(demo, server, AUTO, '2.68').status == 403
    assert act(manager, server, live('cmp2'), '2.68').status == 403
    assert act(manager, server, AUTO, '2.68').status == 202
    lab.settle(server, task_state=None)
    assert act(api, server, live('cmp2'), '2.68').status == 202


@pytest.mark.parametrize('body', [AUTO, {'evacuate': {}}])
def test_an_unknown_server(lab, api, body):
    assert act(api, UNKNOWN, body, '2.68').fault == ('itemNotFound', f'Instance {UNKNOWN} could not be found.')


# -- /servers/{id}/migrations ----------------------------------------------------------------------


@pytest.fixture
def moving(server, lab, api, edge):
    """A server whose live migration runs; (server, number of the record)."""
    act(api, server, AUTO, '2.68')
    edge.sent.clear()
    found = record(server)
    found.status, found.dest_compute, found.dest_node, found.dest_host = 'running', 'cmp2', 'cmp2.lab', '10.0.0.2'
    found.memory_total, found.memory_processed, found.memory_remaining = 300, 100, 200
    found.disk_total, found.disk_processed, found.disk_remaining = 30, 10, 20
    found.save()
    return server, found.id


def test_a_list_by_version(moving, api):
    server, number = moving
    assert api.get(f'/servers/{server}/migrations', '2.22').status == 404
    one, = api.get(f'/servers/{server}/migrations', '2.23').json['migrations']
    found = record(server)
    moments = {name: one.pop(name) for name in ('created_at', 'updated_at')}
    assert all(datetime.datetime.fromisoformat(moment) for moment in moments.values())
    assert one == {
        'id': number, 'server_uuid': server, 'status': 'running', 'source_compute': 'cmp1', 'source_node': 'cmp1.lab',
        'dest_compute': 'cmp2', 'dest_node': 'cmp2.lab', 'dest_host': '10.0.0.2', 'memory_total_bytes': 300,
        'memory_processed_bytes': 100, 'memory_remaining_bytes': 200, 'disk_total_bytes': 30,
        'disk_processed_bytes': 10, 'disk_remaining_bytes': 20}
    newer, = api.get(f'/servers/{server}/migrations', '2.59').json['migrations']
    assert set(newer) - set(one) == {'uuid', 'created_at', 'updated_at'} and newer['uuid'] == found.uuid
    newest = api.get(f'/servers/{server}/migrations/{number}', '2.80').json['migration']
    assert set(newest) - set(newer) == {'user_id', 'project_id'} and newest['user_id'] == 'admin'


def test_only_live_migrations_that_a_host_works_on_are_listed(moving, lab, api):
    server, number = moving
    found = record(server)
    for status in ('accepted', 'error', 'failed', 'cancelled', 'completed'):
        found.status = status
        found.save()
        assert api.get(f'/servers/{server}/migrations', '2.23').json == {'migrations': []}
        assert api.get(f'/servers/{server}/migrations/{number}', '2.23').fault == (
            'itemNotFound', f'Live migration {number} for server {server} is not in progress.')
    for status in migrations.LIVE_IN_PROGRESS:
        found.status = status
        found.save()
        assert len(api.get(f'/servers/{server}/migrations', '2.23').json['migrations']) == 1
    found.migration_type = 'resize'
    found.save()
    assert api.get(f'/servers/{server}/migrations/{number}', '2.23').fault == (
        'itemNotFound', f'Migration {number} for server {server} is not live-migration.')
    for other in ('abc', '0', '-1', number + 1, 10 ** 12):
        assert api.get(f'/servers/{server}/migrations/{other}', '2.23').fault == (
            'itemNotFound', f'In-progress live migration {other} is not found for server {server}.')


def test_who_may_look(moving, demo, manager, api):
    server, number = moving
    assert demo.get(f'/servers/{server}/migrations', '2.23').status == 403
    one, = manager.get(f'/servers/{server}/migrations', '2.23').json['migrations']
    assert (one['source_compute'], one['dest_compute'], one['dest_host'], one['status']) == (
        None, None, None, 'running')
    assert manager.get(f'/servers/{server}/migrations/{number}', '2.23').status == 403
    other = api.user('boss', 'other-project')
    assert other.get(f'/servers/{server}/migrations', '2.23').status == 404
    assert other.delete(f'/servers/{server}/migrations/{number}', '2.24').status == 404


def test_a_query_from_2_102_on_must_be_known(moving, api):
    server, _number = moving
    assert api.get(f'/servers/{server}/migrations?x=1', '2.101').status == 200
    assert api.get(f'/servers/{server}/migrations?x=1', '2.102').status == 400


def test_force_complete(moving, lab, api, edge):
    server, number = moving
    url, body = f'/servers/{server}/migrations/{number}/action', {'force_complete': None}
    assert api.post(url, body, '2.21').status == 404
    answer = api.post(url, body, '2.22')
    assert (answer.status, answer.body) == (202, b'')
    message, = edge.sent
    assert (message.method, message.server, message.migration_id) == ('live_migration_force_complete', 'cmp1', number)
    action = lab.actions(server)[0]
    assert (action.action, action.arguments, action.finish_time) == (
        'live_migration_force_complete', {'migration_id': number}, None)
    # The server's own action goes on.
    assert lab.instance(server).action_id == lab.actions(server)[1].action_id
    assert api.post(url, {'force_complete': {}}, '2.22').status == 400
    assert api.post(url, {'other': None}, '2.22').status == 400


def test_force_complete_is_refused(moving, lab, api, demo):
    server, number = moving
    body = {'force_complete': None}
    assert demo.post(f'/servers/{server}/migrations/{number}/action', body, '2.22').status == 403
    assert api.post(f'/servers/{server}/migrations/7777/action', body, '2.22').fault == (
        'badRequest', f'Migration 7777 not found for instance {server}')
    found = record(server)
    found.status = 'preparing'
    found.save()
    assert api.post(f'/servers/{server}/migrations/{number}/action', body, '2.22').fault == (
        'badRequest', f'Migration {number} state of instance {server} is preparing. Cannot force complete while the '
                      'migration is in this state.')
    lab.settle(server, task_state=None)
    assert api.post(f'/servers/{server}/migrations/{number}/action', body, '2.22').fault == (
        'conflictingRequest', f"Cannot 'force_complete' instance {server} while it is in task_state None")


def test_abort(moving, lab, api, edge):
    server, number = moving
    url = f'/servers/{server}/migrations/{number}'
    assert api.delete(url, '2.23').status == 404
    answer = api.delete(url, '2.24')
    assert (answer.status, answer.body) == (202, b'')
    message, = edge.sent
    assert (message.method, message.server, message.migration_id) == ('live_migration_abort', 'cmp1', number)
    assert lab.actions(server)[0].action == 'live_migration_cancel'
    edge.broken = rpc.MessagingException('no bus')
    assert api.delete(url, '2.24').status == 202
    assert api.delete(f'/servers/{server}/migrations/7777', '2.24').fault == (
        'itemNotFound', f'Migration 7777 not found for instance {server}')
    lab.settle(server, task_state=None)
    assert api.delete(url, '2.24').fault == (
        'conflictingRequest', f"Cannot 'abort live migration' instance {server} while it is in task_state None")


@pytest.mark.parametrize('status', ['queued', 'preparing', 'post-migrating'])
def test_abort_of_one_that_waits(moving, api, status):
    server, number = moving
    found = record(server)
    found.status = status
    found.save()
    url = f'/servers/{server}/migrations/{number}'
    assert api.delete(url, '2.64').status == 400
    assert api.delete(url, '2.65').status == (400 if status == 'post-migrating' else 202)


# -- evacuate -------------------------------------------------------------------------------------------


@pytest.fixture
def dead(server, lab):
    """A server whose host is down."""
    lab.host('dead', forced_down=True)
    lab.settle(server, host='dead', node='dead.lab')
    return server


@pytest.mark.parametrize('body, version, arguments', [
    ({'onSharedStorage': True}, '2.1', {'host': None, 'shared_storage': True, 'force': False, 'target_state': None}),
    ({'onSharedStorage': 'no', 'host': 'cmp2', 'adminPass': 'geheim'}, '2.13',
     {'host': 'cmp2', 'shared_storage': False, 'force': True, 'target_state': None}),
    ({'host': 'cmp2'}, '2.14', {'host': 'cmp2', 'shared_storage': None, 'force': True, 'target_state': None}),
    ({'host': 'cmp2'}, '2.29', {'host': 'cmp2', 'shared_storage': None, 'force': False, 'target_state': None}),
    ({'host': 'cmp2', 'force': True}, '2.67',
     {'host': 'cmp2', 'shared_storage': None, 'force': True, 'target_state': None}),
    ({}, '2.94', {'host': None, 'shared_storage': None, 'force': False, 'target_state': None}),
    ({}, '2.95', {'host': None, 'shared_storage': None, 'force': False, 'target_state': 'stopped'})])
def test_an_evacuation_is_written_before_the_answer(dead, lab, api, edge, body, version, arguments):
    answer = act(api, dead, {'evacuate': body}, version)
    assert answer.status == 200
    old = int(version.split('.')[1]) < 14
    assert (answer.json if old else answer.body) == (
        {'adminPass': body.get('adminPass') if not arguments['shared_storage'] else None} if old else b'')
    message, = edge.sent
    assert message.method == 'evacuate_instance'
    instance, action, move = lab.instance(dead), lab.actions(dead)[0], record(dead)
    sealed = action.arguments.pop('sealed')
    assert action.arguments == arguments and 'geheim' not in str(sealed)
    if body.get('adminPass'):
        assert sealing.unseal(sealed)[0] == 'geheim'
    else:
        assert bool(sealed) is not bool(arguments['shared_storage'])
    assert (action.action, instance.task_state, instance.host) == ('evacuate', 'rebuilding', 'dead')
    assert (move.status, move.migration_type, move.source_compute, move.dest_compute) == (
        'accepted', 'evacuation', 'dead', arguments['host'])


def test_passwords_may_be_kept_out_of_answers(dead, lab, api):
    lab.cloud.conf(group='api', enable_instance_password=False)
    answer = act(api, dead, {'evacuate': {'onSharedStorage': False}}, '2.1')
    assert (answer.status, answer.body) == (200, b'')


def test_a_host_without_a_record_is_no_hindrance(dead, lab, api):
    lab.settle(dead, host='removed')
    assert act(api, dead, {'evacuate': {}}, '2.68').status == 200


def test_who_may_evacuate(dead, demo, manager):
    assert act(demo, dead, {'evacuate': {}}, '2.68').status == 403
    assert act(manager, dead, {'evacuate': {}}, '2.68').status == 403
    policy.reset()
    policy.init(rules={'os_compute_api:os-evacuate': '@'})
    assert act(demo, dead, {'evacuate': {}}, '2.68').status == 200


@pytest.mark.parametrize('task, status', [('powering-off', 200), ('rebuilding', 200), ('spawning', 200),
                                          ('deleting', 409), ('migrating', 409), ('resize_migrating', 409)])
def test_tasks_in_the_way_of_an_evacuation(dead, lab, api, task, status):
    lab.settle(dead, task_state=task)
    assert act(api, dead, {'evacuate': {}}, '2.68').status == status


def test_a_second_evacuation(dead, api):
    assert act(api, dead, {'evacuate': {}}, '2.68').status == 200
    assert act(api, dead, {'evacuate': {}}, '2.68').fault == (
        'conflictingRequest', f"Cannot 'evacuate' instance {dead} while it is in task_state rebuilding")


def test_a_locked_server_may_be_evacuated(dead, lab, api):
    lab.settle(dead, locked=True)
    assert act(api, dead, {'evacuate': {}}, '2.68').status == 200

# SPDX-License-Identifier: Apache-2.0
"""Entries of system metadata, locks and open actions: several writers at once, and a service without a database."""
import datetime

import pytest

from mininova import concurrency, context, exception, objects
from mininova.compute import power_state, server_password, vm_states
from mininova.db import create

UUID = '11111111-1111-4111-8111-111111111111'
ACTION = '22222222-2222-4222-8222-222222222222'


@pytest.fixture
def admin():
    return context.get_admin_context()


@pytest.fixture
def server(database, admin):
    create.create_instances([{
        'instance': {'uuid': UUID, 'project_id': 'p', 'user_id': 'u', 'vm_state': vm_states.ACTIVE, 'host': 'h',
                     'launched_at': datetime.datetime(2026, 1, 1), 'power_state': power_state.RUNNING, 'flavor': {},
                     'system_metadata': {'image_os': 'linux'}},
        'request_spec': {}, 'action': objects.InstanceAction.pack_start(admin, UUID, 'create')}])
    return objects.Instance.get_by_uuid(admin, UUID)


def stored(admin):
    return objects.Instance.get_by_uuid(admin, UUID).system_metadata


def test_entries_are_merged_and_removed(server, admin):
    assert server.update_system_metadata({'a': '1', 'b': '2'})
    assert server.update_system_metadata({'a': None, 'b': '3'})
    assert server.system_metadata == stored(admin) == {'image_os': 'linux', 'b': '3'}


def test_of_many_writers_none_is_lost(server, admin):
    def write(number):
        objects.Instance.get_by_uuid(admin, UUID).update_system_metadata({f'key{number}': 'x'})
    for thread in [concurrency.spawn(write, number) for number in range(8)]:
        thread.wait()
    assert {f'key{number}' for number in range(8)} < set(stored(admin))


def test_of_many_first_passwords_one_is_kept(server, admin):
    def write(number):
        return objects.Instance.get_by_uuid(admin, UUID).update_system_metadata(
            server_password.convert_password(str(number) * 300), unless=server_password.KEYS)
    threads = [concurrency.spawn(write, number) for number in range(8)]
    assert sorted(thread.wait() for thread in threads) == [False] * 7 + [True]
    kept = server_password.extract_password(objects.Instance.get_by_uuid(admin, UUID))
    assert len(kept) == 300 and len(set(kept)) == 1


def test_another_image_takes_no_entry_of_others_with_it(server, admin):
    """Neither when a rebuild is accepted nor when it is taken back; both know only what the server was before."""
    objects.Instance.get_by_uuid(admin, UUID).update_system_metadata({'locked_reason': 'why'})
    action = objects.InstanceAction.pack_start(admin, UUID, 'rebuild', ACTION)
    server.accept_action({'system_metadata': {'image_name': 'new'}, 'action_id': ACTION}, {}, action)
    assert stored(admin) == {'image_name': 'new', 'locked_reason': 'why'}
    objects.Instance.get_by_uuid(admin, UUID).update_system_metadata({'password_0': 'x'})
    server.system_metadata = {'image_os': 'linux'}
    server.finish_operation(None, expected={'action_id': ACTION})
    assert stored(admin) == {'image_os': 'linux', 'locked_reason': 'why', 'password_0': 'x'}


def test_a_server_that_is_gone_takes_no_entries(server, admin):
    server.destroy()
    with pytest.raises(exception.InstanceNotFound):
        server.update_system_metadata({'a': '1'})


@pytest.fixture
def remote(server, through_conductor, admin):
    """The server as nova-compute has it."""
    return objects.Instance.get_by_uuid(admin, UUID)


def test_a_service_without_a_database_writes_entries_too(remote, admin):
    assert remote.update_system_metadata({'a': '1'})
    assert not remote.update_system_metadata({'a': '2'}, unless=['a'])
    assert remote.system_metadata == stored(admin) == {'image_os': 'linux', 'a': '1'}
    assert remote.obj_what_changed() == set()


def begin(admin, action='trigger_crash_dump'):
    objects.InstanceAction.action_start(admin, UUID, action, ACTION)


def test_of_many_repeats_of_a_message_one_opens_the_event(server, admin):
    begin(admin)
    threads = [concurrency.spawn(objects.InstanceActionEvent.open_first, admin, UUID, ACTION, 'event', 'h')
               for _number in range(6)]
    assert sorted(thread.wait() for thread in threads) == [False] * 5 + [True]


def test_no_event_is_opened_elsewhere_or_afterwards(remote, admin):
    begin(admin)
    assert not objects.InstanceActionEvent.open_first(admin, UUID, ACTION, 'event', 'another host')
    assert not objects.InstanceActionEvent.open_first(admin, UUID, UUID, 'event', 'h')
    objects.InstanceAction.action_finish(admin, UUID)
    assert not objects.InstanceActionEvent.open_first(admin, UUID, ACTION, 'event', 'h')


def test_open_actions_of_a_host_are_found_with_their_events(remote, admin):
    def found(host='h', names=('trigger_crash_dump',), quiet_for=0):
        listed = objects.InstanceActionList.get_open_by_host(admin, host, list(names), quiet_for)
        return [(record.action_id, record.events) for record in listed]
    begin(admin)
    assert found() == [(ACTION, 0)]
    assert found(host='other') == found(names=['stop']) == found(quiet_for=60) == []
    objects.InstanceActionEvent.open_first(admin, UUID, ACTION, 'event', 'h')
    assert found() == [(ACTION, 1)]
    objects.InstanceActionEvent.event_finish(admin, UUID, 'event')
    assert found() == []


def test_a_reset_breaks_off_only_the_current_action(server, admin):
    begin(admin)
    other = context.get_admin_context()
    server._context = other
    server.accept_action({'action_id': UUID, 'task_state': 'pausing'}, {},
                         objects.InstanceAction.pack_start(other, UUID, 'pause', UUID))
    server.begin_operation('compute_pause_instance', 'h', {'host': 'h'})
    server.reset_state(vm_states.ERROR)
    open_ones = [record.action for record in objects.InstanceActionList.get_by_instance_uuid(admin, UUID)
                 if not record.finish_time]
    assert sorted(open_ones) == ['create', 'trigger_crash_dump']
    broken = objects.InstanceAction.get_by_request_id(admin, UUID, other.request_id)
    event, = objects.InstanceActionEventList.get_by_action(admin, broken.id)
    assert (broken.message, event.result, event.details) == ('Error', 'Error', 'The state of the server was reset.')
    with pytest.raises(exception.StaleAction):
        server.action_id = UUID
        server.begin_operation('compute_pause_instance', 'h', {'host': 'h'})

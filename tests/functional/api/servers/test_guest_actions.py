# SPDX-License-Identifier: Apache-2.0
"""POST /servers/{id}/action: pause, suspend, lock, password, crash dump, networks; /servers/{id}/os-server-password."""
import json

import pytest
import sqlalchemy as sa

from mininova import exception, policy, rpc
from mininova.compute import state_machine, vm_states
from mininova.db import models, session

UNKNOWN = '99999999-9999-4999-8999-999999999999'
PASSWORD = {'changePassword': {'adminPass': 'S3cret-canary'}}
# Row of the table -> (body, RPC method, task state).
ACTIONS = {
    'pause': ({'pause': None}, 'pause_instance', 'pausing'),
    'unpause': ({'unpause': None}, 'unpause_instance', 'unpausing'),
    'suspend': ({'suspend': None}, 'suspend_instance', 'suspending'),
    'resume': ({'resume': None}, 'resume_instance', 'resuming'),
    'set_admin_password': (PASSWORD, 'set_admin_password', 'updating_password'),
    'trigger_crash_dump': ({'trigger_crash_dump': None}, 'trigger_crash_dump', None),
}
CHANGES = [name for name in ACTIONS if name != 'trigger_crash_dump']


def act(client, uuid, body, version='2.17'):
    return client.post(f'/servers/{uuid}/action', body, version)


@pytest.fixture
def server(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo)
    edge.sent.clear()
    edge.answers['set_admin_password'] = None
    return uuid


def word(name):
    return state_machine.METHOD_NAMES.get(name, name)


@pytest.mark.parametrize('name', ACTIONS)
def test_an_action_is_accepted_recorded_and_sent(server, lab, demo, edge, name):
    body, method, task_state = ACTIONS[name]
    state = sorted(state_machine.ACTIONS[name].vm_states)[0]
    lab.settle(server, vm_state=state)
    answer = act(demo, server, body)
    assert (answer.status, answer.body) == (202, b'')
    message, = edge.sent
    instance, record = lab.instance(server), lab.actions(server)[0]
    assert (message.method, message.server) == (method, 'cmp1')
    assert (instance.vm_state, instance.task_state) == (state, task_state)
    assert record.action == word(name) and record.user_id == 'demo'
    if task_state:
        assert record.action_id == instance.action_id == message.instance.action_id
    else:
        assert record.action_id == message.action_id and instance.action_id != record.action_id


@pytest.mark.parametrize('name', ACTIONS)
def test_the_table_decides_in_which_state(server, lab, demo, name):
    for vm_state in [state for state in vm_states.ALL if state != 'deleted']:
        lab.settle(server, vm_state=vm_state, task_state=None)
        before = len(lab.actions(server))
        answer = act(demo, server, ACTIONS[name][0])
        if vm_state in state_machine.ACTIONS[name].vm_states:
            assert answer.status == 202, vm_state
        else:
            assert answer.fault == ('conflictingRequest', f"Cannot '{word(name)}' instance {server} while it is in "
                                                          f'vm_state {vm_state}')
            assert len(lab.actions(server)) == before


@pytest.mark.parametrize('name', ACTIONS)
def test_what_is_in_the_way(server, lab, demo, api, edge, name):
    body = ACTIONS[name][0]
    state = sorted(state_machine.ACTIONS[name].vm_states)[0]
    lab.settle(server, vm_state=state, task_state='rebuilding')
    assert act(demo, server, body).fault == (
        'conflictingRequest', f"Cannot '{word(name)}' instance {server} while it is in task_state rebuilding")
    lab.settle(server, vm_state=state, task_state=None, launched_at=None)
    assert act(demo, server, body).fault == ('conflictingRequest',
                                             f"Instance {server} is in an invalid state for '{word(name)}'")
    lab.settle(server, vm_state=state, locked=True, locked_by='owner')
    assert act(demo, server, body).fault == ('conflictingRequest', f'Instance {server} is locked')
    assert edge.sent == []
    assert act(api, server, body).status == 202


@pytest.mark.parametrize('name', CHANGES[:4])
def test_a_broken_message_bus_does_not_lose_an_action(server, lab, demo, edge, name):
    lab.settle(server, vm_state=sorted(state_machine.ACTIONS[name].vm_states)[0])
    edge.broken = rpc.MessagingException('no bus')
    assert act(demo, server, ACTIONS[name][0]).status == 202
    assert lab.instance(server).task_state == ACTIONS[name][2]


@pytest.mark.parametrize('body', [body for body, *_ in ACTIONS.values()] + [
    {'lock': None}, {'unlock': None}, {'injectNetworkInfo': None}])
def test_strangers_and_unknown_servers(server, api, edge, body):
    stranger = api.user('eve', 'eves-project')
    assert act(stranger, server, body).fault == ('itemNotFound', f'Instance {server} could not be found.')
    assert act(api, UNKNOWN, body).fault == ('itemNotFound', f'Instance {UNKNOWN} could not be found.')
    assert edge.sent == []


@pytest.mark.parametrize('rule, body', [
    ('os-pause-server:pause', {'pause': None}), ('os-pause-server:unpause', {'unpause': None}),
    ('os-suspend-server:suspend', {'suspend': None}), ('os-suspend-server:resume', {'resume': None}),
    ('os-lock-server:lock', {'lock': None}), ('os-lock-server:unlock', {'unlock': None}),
    ('os-admin-password', PASSWORD), ('servers:trigger_crash_dump', {'trigger_crash_dump': None}),
    ('os-admin-actions:inject_network_info', {'injectNetworkInfo': None})])
def test_policy_comes_before_lock_and_state(server, lab, api, edge, rule, body):
    policy.reset()
    policy.init(rules={f'os_compute_api:{rule}': '!'})
    lab.settle(server, locked=True, vm_state=vm_states.BUILDING)
    assert act(api, server, body).fault == (
        'forbidden', f"Policy doesn't allow os_compute_api:{rule} to be performed.")
    assert edge.sent == []


WRONG_BODIES = [
    {'changePassword': None}, {'changePassword': {}}, {'changePassword': {'adminPass': 1}},
    {'changePassword': {'adminPass': None}}, {'changePassword': {'adminPass': 'x', 'y': 1}},
    {'trigger_crash_dump': {}}, {'trigger_crash_dump': 'now'}, {'pause': None, 'unpause': None}]


def test_bodies_that_are_refused(server, api, edge):
    for version in ('2.17', '2.104'):
        for body in WRONG_BODIES:
            assert act(api, server, body, version).fault[0] == 'badRequest', body
    assert edge.sent == []


@pytest.mark.parametrize('argument', [None, {}, {'x': 1}, 'text', 0])
def test_arguments_of_actions_without_any_are_passed_over(server, lab, demo, argument):
    for version in ('2.1', '2.104'):
        lab.settle(server, vm_state=vm_states.ACTIVE, task_state=None)
        assert act(demo, server, {'pause': argument}, version).status == 202


# -- crash dump --------------------------------------------------------------------------------

def test_crash_dumps_come_with_2_17_and_need_a_host(server, lab, demo, edge):
    assert act(demo, server, {'trigger_crash_dump': None}, '2.16').fault[0] == 'itemNotFound'
    lab.settle(server, host=None)
    assert act(demo, server, {'trigger_crash_dump': None}).fault == ('conflictingRequest',
                                                                     f'Instance {server} is not ready')
    assert edge.sent == []


# -- lock ---------------------------------------------------------------------------------------

def locked(client, server, version='2.73'):
    shown = client.get(f'/servers/{server}', version).json['server']
    return shown['locked'], shown['locked_reason']


def test_an_owner_locks_and_unlocks(server, lab, demo, edge):
    answer = act(demo, server, {'lock': None})
    assert (answer.status, answer.body) == (202, b'')
    instance = lab.instance(server)
    assert (instance.locked, instance.locked_by) == (True, 'owner')
    assert locked(demo, server) == (True, None)
    assert act(demo, server, {'pause': None}).status == 409
    assert act(demo, server, {'unlock': None}).status == 202
    instance = lab.instance(server)
    assert (instance.locked, instance.locked_by) == (False, None)
    assert [record.action for record in lab.actions(server)[:2]] == ['unlock', 'lock']
    assert edge.sent == []


def test_a_lock_is_recorded_as_an_action_that_is_over(server, demo, api):
    act(demo, server, {'lock': None})
    record = api.get(f'/servers/{server}/os-instance-actions', '2.84').json['instanceActions'][0]
    record = api.get(f'/servers/{server}/os-instance-actions/{record["request_id"]}', '2.84').json['instanceAction']
    assert record['action'] == 'lock' and record['message'] is None
    event, = record['events']
    assert (event['event'], event['result']) == ('api_lock', 'Success') and event['finish_time']


def test_a_reason_is_kept_with_the_lock(server, demo):
    assert act(demo, server, {'lock': {'locked_reason': 'mine'}}, '2.73').status == 202
    assert locked(demo, server) == (True, 'mine')
    act(demo, server, {'unlock': None}, '2.73')
    assert locked(demo, server) == (False, None)


@pytest.mark.parametrize('body', [{'lock': {'locked_reason': ''}}, {'lock': {'locked_reason': 'x' * 256}},
                                  {'lock': {'locked_reason': None}}, {'lock': {'reason': 'x'}}, {'lock': 'x'}])
def test_wrong_reasons(server, lab, demo, body):
    assert act(demo, server, body, '2.73').fault[0] == 'badRequest'
    assert not lab.instance(server).locked
    assert act(demo, server, body, '2.72').status == 202
    assert locked(demo, server) == (True, None)


def test_an_owner_cannot_lock_twice_an_administrator_takes_over(server, lab, demo, api):
    act(demo, server, {'lock': {'locked_reason': 'mine'}}, '2.73')
    before = len(lab.actions(server))
    assert act(demo, server, {'lock': {'locked_reason': 'mine, really'}}, '2.73').status == 202
    assert (locked(demo, server), len(lab.actions(server))) == ((True, 'mine'), before)
    assert act(api, server, {'lock': None}, '2.73').status == 202
    assert lab.instance(server).locked_by == 'admin' and locked(demo, server) == (True, 'mine')
    assert act(api, server, {'lock': {'locked_reason': 'unpaid'}}, '2.73').status == 202
    assert locked(demo, server) == (True, 'unpaid')


def test_an_owner_does_not_open_an_administrators_lock(server, lab, demo, api):
    act(api, server, {'lock': None})
    assert act(demo, server, {'unlock': None}).fault == (
        'forbidden', "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.")
    assert lab.instance(server).locked
    policy.reset()
    policy.init(rules={'os_compute_api:os-lock-server:unlock:unlock_override': '@'})
    assert act(demo, server, {'unlock': None}).status == 202
    assert not lab.instance(server).locked


def test_an_administrator_opens_any_lock_and_what_is_open(server, lab, demo, api):
    act(demo, server, {'lock': None})
    assert act(api, server, {'unlock': None}).status == 202
    assert act(demo, server, {'unlock': None}).status == 202
    assert not lab.instance(server).locked


def test_a_lock_disturbs_nothing_that_is_under_way(server, lab, demo):
    act(demo, server, {'pause': None})
    before = lab.instance(server)
    act(demo, server, {'lock': {'locked_reason': 'x'}}, '2.73')
    after = lab.instance(server)
    assert (after.task_state, after.action_id) == ('pausing', before.action_id)
    stale = before
    stale.task_state = None
    stale.save()
    assert locked(demo, server) == (True, 'x')


def test_locked_servers_can_be_listed(server, lab, demo):
    other = lab.server(demo)
    act(demo, server, {'lock': None})

    def listed(query):
        return [entry['id'] for entry in demo.get(f'/servers?{query}', '2.73').json['servers']]
    assert listed('locked=true') == [server]
    assert listed('locked=false') == [other]
    assert listed('sort_key=locked&sort_dir=desc') == [server, other]


# -- password -------------------------------------------------------------------------------------

def test_a_password_is_nowhere_but_in_the_message(server, demo, edge, caplog):
    assert act(demo, server, PASSWORD).status == 202
    assert edge.sent[0].new_pass == 'S3cret-canary'
    with session.reader() as connection:
        for table in models.metadata.sorted_tables:
            rows = connection.execute(sa.select(table)).all()
            assert 'canary' not in repr(rows), table.name
    assert 'canary' not in caplog.text


@pytest.mark.parametrize('error, status, text', [
    (exception.QemuGuestAgentNotEnabled(), 409, 'QEMU guest agent is not enabled'),
    (exception.SetAdminPasswdNotSupported(), 409, 'Set admin password is not supported'),
    (exception.InstancePasswordSetFailed(instance='u', reason='error setting admin password'), 409,
     'Failed to set admin password on u because error setting admin password'),
    (exception.SetAdminPasswordUnavailable(), 501, 'Unable to set password on instance'),
    (rpc.MessagingTimeout('t'), 503, 'does not answer')])
def test_how_a_password_fails(server, demo, edge, error, status, text):
    edge.answers['set_admin_password'] = error
    answer = act(demo, server, PASSWORD)
    assert answer.status == status and text in answer.fault[1]
    assert 'canary' not in json.dumps(answer.fault)


def test_a_password_whose_message_cannot_be_sent_is_taken_back(server, lab, demo, edge):
    edge.broken = rpc.MessagingException('no bus')
    assert act(demo, server, PASSWORD).status == 503
    record = lab.actions(server)[0]
    assert lab.instance(server).task_state is None
    assert (record.action, record.message) == ('changePassword', 'Error') and record.finish_time


@pytest.mark.parametrize('host, status', [(None, 409), ('gone', 503)])
def test_a_password_without_a_host_is_not_even_accepted(server, lab, demo, host, status):
    lab.settle(server, host=host)
    assert act(demo, server, PASSWORD).status == status
    assert lab.instance(server).task_state is None
    assert [record.action for record in lab.actions(server)] == ['create']


def test_the_encrypted_password_is_shown_and_cleared(server, lab, demo, api):
    path = f'/servers/{server}/os-server-password'
    assert demo.get(path).json == {'password': ''}
    instance = lab.instance(server)
    pieces = {f'password_{number}': letter * 255 for number, letter in enumerate('abc')}
    lab.settle(server, system_metadata={**instance.system_metadata, 'kept': 'yes', **pieces})
    assert demo.get(path).json == {'password': 'a' * 255 + 'b' * 255 + 'c' * 255}
    answer = demo.delete(path)
    assert (answer.status, answer.body) == (204, b'')
    assert demo.get(path).json == {'password': ''}
    kept = lab.instance(server).system_metadata
    assert kept['kept'] == 'yes' and [kept[f'password_{n}'] for n in range(4)] == [''] * 4


def test_the_encrypted_password_has_an_owner(server, api, demo):
    path = f'/servers/{server}/os-server-password'
    assert api.user('eve', 'eves-project').get(path).status == 404
    assert api.get(f'/servers/{UNKNOWN}/os-server-password').status == 404
    assert api.delete(f'/servers/{UNKNOWN}/os-server-password').status == 404
    for rule, method in (('show', demo.get), ('clear', demo.delete)):
        policy.reset()
        policy.init(rules={f'os_compute_api:os-server-password:{rule}': '!'})
        assert method(path).status == 403


# -- networks ---------------------------------------------------------------------------------------

def test_networks_are_injected_again(server, lab, demo, api, edge):
    assert act(demo, server, {'injectNetworkInfo': None}).status == 403
    answer = act(api, server, {'injectNetworkInfo': None})
    assert (answer.status, answer.body) == (202, b'')
    assert (edge.sent[0].method, edge.sent[0].server) == ('inject_network_info', 'cmp1')
    assert [record.action for record in lab.actions(server)] == ['create']
    lab.settle(server, host=None)
    assert act(api, server, {'injectNetworkInfo': None}).status == 409


def test_a_lock_keeps_off_even_this(server, lab, api, edge):
    policy.reset()
    policy.init(rules={'os_compute_api:os-lock-server:unlock:unlock_override': '!'})
    lab.settle(server, locked=True)
    assert act(api, server, {'injectNetworkInfo': None}).fault == ('conflictingRequest', f'Instance {server} is locked')
    assert edge.sent == []


@pytest.mark.parametrize('version', ['2.1', '2.104'])
def test_reset_network_is_gone(server, api, version):
    assert act(api, server, {'resetNetwork': None}, version).fault[0] == 'computeFault'
    assert act(api, server, {'resetNetwork': None}, version).status == 410
    assert act(api, UNKNOWN, {'resetNetwork': {'any': 1}}, version).status == 410


# -- os-resetState ------------------------------------------------------------------------------------

def test_reset_state_closes_what_was_under_way(server, lab, api, demo):
    act(demo, server, {'pause': None})
    assert act(api, server, {'os-resetState': {'state': 'active'}}).status == 202
    record = lab.actions(server)[0]
    assert (record.action, record.message) == ('pause', 'Error') and record.finish_time
    assert act(demo, server, {'pause': None}).status == 202

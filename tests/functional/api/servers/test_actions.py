# SPDX-License-Identifier: Apache-2.0
"""POST /servers/{id}/action: power, console, state by decree."""
import pytest

from mininova import exception, policy, rpc
from mininova.compute import state_machine, vm_states
from mininova.virt import diagnostics

START, STOP = {'os-start': None}, {'os-stop': None}
SOFT, HARD = {'reboot': {'type': 'SOFT'}}, {'reboot': {'type': 'Hard'}}
BODIES = {'start': START, 'stop': STOP, 'reboot_soft': SOFT, 'reboot_hard': HARD}


def act(client, uuid, body, version=None):
    return client.post(f'/servers/{uuid}/action', body, version)


@pytest.fixture
def server(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo)
    edge.sent.clear()
    return uuid


@pytest.mark.parametrize('body, vm_state, method, task_state, action', [
    (START, vm_states.STOPPED, 'start_instance', 'powering-on', 'start'),
    (STOP, vm_states.ACTIVE, 'stop_instance', 'powering-off', 'stop'),
    (STOP, vm_states.ERROR, 'stop_instance', 'powering-off', 'stop'),
    (SOFT, vm_states.ACTIVE, 'reboot_instance', 'rebooting', 'reboot'),
    (HARD, vm_states.ERROR, 'reboot_instance', 'rebooting_hard', 'reboot')])
def test_power(server, lab, demo, edge, body, vm_state, method, task_state, action):
    lab.settle(server, vm_state=vm_state)
    answer = act(demo, server, body)
    assert (answer.status, answer.body) == (202, b'')
    message, = edge.sent
    instance = lab.instance(server)
    assert (message.method, message.server) == (method, 'cmp1')
    assert (instance.task_state, instance.vm_state) == (task_state, vm_state)
    record = lab.actions(server)[0]
    assert (record.action, record.action_id) == (action, instance.action_id)
    assert message.instance.action_id == instance.action_id and message.instance.task_state == task_state
    if 'reboot' in body:
        assert message.reboot_type == body['reboot']['type'].upper()


@pytest.mark.parametrize('name', BODIES)
def test_the_table_decides_in_which_state(server, lab, demo, name):
    word = state_machine.METHOD_NAMES.get(name, name)
    for vm_state in [state for state in vm_states.ALL if state != 'deleted']:
        lab.settle(server, vm_state=vm_state, task_state=None)
        before = len(lab.actions(server))
        answer = act(demo, server, BODIES[name])
        if vm_state in state_machine.ACTIONS[name].vm_states:
            assert answer.status == 202, vm_state
        else:
            assert answer.fault == (
                'conflictingRequest', f"Cannot '{word}' instance {server} while it is in vm_state {vm_state}")
            assert len(lab.actions(server)) == before


@pytest.mark.parametrize('name', BODIES)
def test_another_task_is_in_the_way(server, lab, demo, name):
    state = next(iter(state_machine.ACTIONS[name].vm_states))
    lab.settle(server, vm_state=state, task_state='spawning')
    word = state_machine.METHOD_NAMES.get(name, name)
    assert act(demo, server, BODIES[name]).fault == (
        'conflictingRequest', f"Cannot '{word}' instance {server} while it is in task_state spawning")


def test_a_hard_reboot_helps_a_hanging_reboot(server, lab, demo):
    lab.settle(server, task_state='reboot_started')
    assert act(demo, server, SOFT).status == 409
    assert act(demo, server, HARD).status == 202


def test_of_two_actions_that_were_both_checked_one_wins(server, lab, demo, monkeypatch):
    real = state_machine.check

    def late(name, instance):
        rule = real(name, instance)
        lab.settle(server, task_state='rebooting')
        return rule
    monkeypatch.setattr(state_machine, 'check', late)
    name, text = act(demo, server, STOP).fault
    assert name == 'conflictingRequest' and 'rebooting' in text
    assert [action.action for action in lab.actions(server)] == ['create']


def test_a_server_that_never_ran_or_has_no_host(server, lab, demo):
    lab.settle(server, launched_at=None)
    assert act(demo, server, STOP).fault == ('conflictingRequest',
                                             f"Instance {server} is in an invalid state for 'stop'")
    lab.settle(server, host=None)
    assert act(demo, server, STOP).fault == ('conflictingRequest', f'Instance {server} is not ready')


@pytest.mark.parametrize('name', BODIES)
def test_a_lock_keeps_members_out(server, lab, demo, api, name):
    lab.settle(server, vm_state=next(iter(state_machine.ACTIONS[name].vm_states)), locked=True, locked_by='owner')
    assert act(demo, server, BODIES[name]).fault == ('conflictingRequest', f'Instance {server} is locked')
    assert act(api, server, BODIES[name]).status == 202


def test_policy_may_let_members_override_a_lock(server, lab, demo):
    policy.reset()
    policy.init(rules={'os_compute_api:os-lock-server:unlock:unlock_override': '@'})
    lab.settle(server, locked=True)
    assert act(demo, server, STOP).status == 202


def test_a_broken_message_bus_does_not_lose_an_action(server, lab, demo, edge):
    edge.broken = rpc.MessagingException('no bus')
    assert act(demo, server, STOP).status == 202
    assert lab.instance(server).task_state == 'powering-off'


WRONG_BODIES = [
    {}, {'os-start': None, 'os-stop': None}, {'unknown': None}, b'x', [], {'reboot': None}, {'reboot': {}},
    {'reboot': {'type': 'MEDIUM'}}, {'reboot': {'type': 'SOFT', 'x': 1}}, {'os-resetState': {'state': 'paused'}},
    {'os-resetState': {}}, {'os-getConsoleOutput': {'length': 'x'}}, {'os-getConsoleOutput': {'length': -2}},
    {'os-getConsoleOutput': {'lines': 2}}, {'os-getConsoleOutput': None}]


@pytest.mark.parametrize('version', ['2.1', '2.104'])
def test_bodies_that_are_refused(server, api, version):
    for body in WRONG_BODIES:
        assert act(api, server, body, version).fault[0] == 'badRequest', body


@pytest.mark.parametrize('body', [START, STOP, SOFT, {'os-resetState': {'state': 'error'}},
                                  {'os-getConsoleOutput': {}}])
def test_an_unknown_server(lab, api, body):
    uuid = '99999999-9999-4999-8999-999999999999'
    assert act(api, uuid, body).fault == ('itemNotFound', f'Instance {uuid} could not be found.')


# -- os-resetState ----------------------------------------------------------------------------


@pytest.mark.parametrize('state', ['active', 'error'])
def test_reset_state_ends_whatever_was_under_way(server, lab, api, demo, state):
    lab.settle(server, task_state='deleting', action_id='55555555-5555-4555-8555-555555555555')
    assert act(demo, server, {'os-resetState': {'state': state}}).status == 403
    answer = act(api, server, {'os-resetState': {'state': state}})
    assert (answer.status, answer.body) == (202, b'')
    instance = lab.instance(server)
    assert (instance.vm_state, instance.task_state, instance.action_id) == (state, None, None)


# -- os-getConsoleOutput --------------------------------------------------------------------------


@pytest.mark.parametrize('asked, lines', [({}, None), ({'length': None}, None), ({'length': -1}, None),
                                          ({'length': '-1'}, None),
                                          ({'length': 5}, 5), ({'length': '5'}, 5), ({'length': 0}, 0)])
def test_console_output(server, demo, edge, asked, lines):
    edge.answers['get_console_output'] = 'login: \u2026\n<>&"\''
    answer = act(demo, server, {'os-getConsoleOutput': asked})
    assert (answer.status, answer.json) == (200, {'output': 'login: \u2026\n<>&"\''})
    assert edge.sent[0].tail_length == lines


@pytest.mark.parametrize('error, status', [
    (exception.ConsoleNotAvailable(), 404), (exception.InstanceNotReady(instance_id='x'), 409),
    (NotImplementedError(), 501), (rpc.MessagingTimeout('t'), 503), (rpc.MessagingException('no bus'), 503)])
def test_a_console_that_cannot_be_read(server, demo, edge, error, status):
    edge.answers['get_console_output'] = error
    answer = act(demo, server, {'os-getConsoleOutput': {}})
    assert answer.status == status and answer.fault


def test_a_console_without_a_host(server, lab, demo):
    lab.settle(server, host=None)
    assert act(demo, server, {'os-getConsoleOutput': {}}).fault == ('conflictingRequest',
                                                                    f'Instance {server} is not ready')
    lab.settle(server, host='gone')
    assert act(demo, server, {'os-getConsoleOutput': {}}).fault[0] == 'serviceUnavailable'


# -- diagnostics ---------------------------------------------------------------------------------


def test_diagnostics_in_two_forms(server, api, demo, edge):
    standard = diagnostics.standard(1, 'libvirt', 'qemu', 'linux', 5, False, num_cpus=1, memory_mb=512)
    diagnostics.add_cpu(standard, 0, time=7)
    diagnostics.add_nic(standard, '52:54:00:12:34:56', receive=(1, 2, 3, 4))
    diagnostics.add_disk(standard, read_bytes=512)
    edge.answers.update(get_diagnostics={'cpu0_time': 1}, get_instance_diagnostics=standard)
    assert api.get(f'/servers/{server}/diagnostics', '2.47').json == {'cpu0_time': 1}
    assert api.get(f'/servers/{server}/diagnostics', '2.48').json == standard
    assert demo.get(f'/servers/{server}/diagnostics', '2.48').status == 403


@pytest.mark.parametrize('error, status', [
    (exception.InstanceInvalidState(attr='power state', instance_uuid='x', state='shutdown',
                                    method='get diagnostics'), 409),
    (NotImplementedError(), 501)])
def test_diagnostics_that_cannot_be_had(server, api, edge, error, status):
    edge.answers['get_instance_diagnostics'] = error
    assert api.get(f'/servers/{server}/diagnostics', '2.48').status == status

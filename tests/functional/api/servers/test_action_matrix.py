# SPDX-License-Identifier: Apache-2.0
"""Every action of the table from every state, with every task under way, and in pairs at the same moment."""
import itertools

import pytest

from mininova import concurrency
from mininova.compute import state_machine, task_states, vm_states

# How each row is asked for, by an administrator; rows with other doors are tested where those are.
BODIES = {
    'start': {'os-start': None}, 'stop': {'os-stop': None}, 'reboot_soft': {'reboot': {'type': 'SOFT'}},
    'reboot_hard': {'reboot': {'type': 'HARD'}}, 'pause': {'pause': None}, 'unpause': {'unpause': None},
    'suspend': {'suspend': None}, 'resume': {'resume': None}, 'trigger_crash_dump': {'trigger_crash_dump': None},
    'resize': {'resize': {'flavorRef': '2'}}, 'migrate': {'migrate': None},
    'rescue': {'rescue': None}, 'unrescue': {'unrescue': None}, 'shelve': {'shelve': None},
    'shelve_offload': {'shelveOffload': None}, 'unshelve': {'unshelve': None},
    'snapshot': {'createImage': {'name': 'copy'}},
    'backup': {'createBackup': {'name': 'copy', 'backup_type': 'daily', 'rotation': 1}},
    'rebuild': {'rebuild': {}}, 'live_migrate': {'os-migrateLive': {'host': None, 'block_migration': 'auto'}},
}
OTHER_DOORS = {
    'create', 'delete', 'soft_delete', 'force_delete', 'restore', 'set_admin_password', 'confirm_resize',
    'revert_resize', 'live_migrate_force_complete', 'live_migrate_abort', 'evacuate', 'update_metadata',
    'delete_metadata', 'update_tags', 'attach_interface', 'detach_interface', 'attach_volume'}
STATES = [state for state in vm_states.ALL if state != vm_states.DELETED]
TASKS = sorted({value for name, value in vars(task_states).items() if name.isupper() and isinstance(value, str)})
VERSION = '2.96'


@pytest.fixture
def server(lab, demo, edge):
    """A server on one of two hosts; nobody hears the messages."""
    lab.host('cmp1')
    lab.host('cmp2')
    lab.flavor('2', memory_mb=1024)
    uuid = lab.server(demo)
    edge.sent.clear()
    return uuid


def ask(api, lab, server, name):
    body = BODIES[name]
    if name == 'rebuild':
        body = {'rebuild': {'imageRef': lab.instance(server).image_ref}}
    return api.post(f'/servers/{server}/action', body, VERSION)


def test_every_row_is_driven_here_or_elsewhere():
    assert BODIES.keys() | OTHER_DOORS == state_machine.ACTIONS.keys()


@pytest.mark.parametrize('name', BODIES)
def test_an_action_is_accepted_in_the_states_of_its_row_and_changes_nothing_in_others(server, lab, api, name):
    rule = state_machine.ACTIONS[name]
    for vm_state in STATES:
        lab.settle(server, vm_state=vm_state, task_state=None)
        before = lab.actions(server)
        answer = ask(api, lab, server, name)
        after = lab.instance(server)
        if rule.vm_states == state_machine.ANY or vm_state in rule.vm_states:
            assert answer.status in (200, 202), (vm_state, answer.body)
            assert after.task_state == rule.starts
            assert len(lab.actions(server)) == len(before) + 1
        else:
            assert answer.status == 409, (vm_state, answer.body)
            assert f'vm_state {vm_state}' in answer.fault[1]
            assert (after.vm_state, after.task_state) == (vm_state, None)
            assert len(lab.actions(server)) == len(before)


@pytest.mark.parametrize('name', BODIES)
def test_an_action_waits_for_no_other_task(server, lab, api, name):
    rule = state_machine.ACTIONS[name]
    vm_state = sorted(rule.vm_states)[0]
    for task in TASKS:
        if rule.task_states == state_machine.ANY or task in rule.task_states:
            continue
        lab.settle(server, vm_state=vm_state, task_state=task)
        before = lab.instance(server).action_id
        answer = ask(api, lab, server, name)
        assert answer.status == 409, (task, answer.body)
        assert f'task_state {task}' in answer.fault[1]
        assert (lab.instance(server).task_state, lab.instance(server).action_id) == (task, before)


PAIRS = [pair for pair in itertools.combinations(sorted(BODIES), 2)
         if state_machine.ACTIONS[pair[0]].vm_states & state_machine.ACTIONS[pair[1]].vm_states
         and all(state_machine.ACTIONS[name].starts for name in pair)]


@pytest.mark.parametrize('first, second', PAIRS[::4], ids='-'.join)
def test_of_two_actions_at_the_same_moment_one_is_accepted(server, lab, api, first, second):
    rules = [state_machine.ACTIONS[name] for name in (first, second)]
    lab.settle(server, vm_state=sorted(rules[0].vm_states & rules[1].vm_states)[0], task_state=None)
    before = len(lab.actions(server))
    threads = [concurrency.spawn(ask, api, lab, server, name) for name in (first, second)]
    statuses = sorted(thread.wait().status for thread in threads)
    accepted = [rule.starts for rule in rules]
    if 'reboot_hard' not in (first, second):
        assert statuses[0] in (200, 202) and statuses[1] == 409
        assert len(lab.actions(server)) == before + 1
    assert lab.instance(server).task_state in accepted

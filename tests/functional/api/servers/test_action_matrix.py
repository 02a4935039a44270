# SPDX-License-Identifier: Apache-2.0
"""Every action of the table from every state, with every task under way, and in pairs at the same moment."""
import itertools

import pytest
import sqlalchemy as sa

from mininova import concurrency, objects
from mininova.compute import state_machine, task_states, vm_states
from tests.plugins import thorough


def action(body):
    return lambda api, lab, server: api.post(f'/servers/{server}/action', body, VERSION)


def rebuild(api, lab, server):
    return action({'rebuild': {'imageRef': lab.instance(server).image_ref}})(api, lab, server)


# How each row is asked for, by an administrator.
ASKS = {
    'start': action({'os-start': None}), 'stop': action({'os-stop': None}),
    'reboot_soft': action({'reboot': {'type': 'SOFT'}}), 'reboot_hard': action({'reboot': {'type': 'HARD'}}),
    'pause': action({'pause': None}), 'unpause': action({'unpause': None}),
    'suspend': action({'suspend': None}), 'resume': action({'resume': None}),
    'trigger_crash_dump': action({'trigger_crash_dump': None}),
    'set_admin_password': action({'changePassword': {'adminPass': 'a new one'}}),
    'resize': action({'resize': {'flavorRef': '2'}}), 'migrate': action({'migrate': None}),
    'confirm_resize': action({'confirmResize': None}), 'revert_resize': action({'revertResize': None}),
    'rescue': action({'rescue': None}), 'unrescue': action({'unrescue': None}),
    'shelve': action({'shelve': None}), 'shelve_offload': action({'shelveOffload': None}),
    'unshelve': action({'unshelve': None}), 'rebuild': rebuild,
    'snapshot': action({'createImage': {'name': 'copy'}}),
    'backup': action({'createBackup': {'name': 'copy', 'backup_type': 'daily', 'rotation': 1}}),
    'live_migrate': action({'os-migrateLive': {'host': None, 'block_migration': 'auto'}}),
    'restore': action({'restore': None}), 'force_delete': action({'forceDelete': None}),
    'delete': lambda api, lab, server: api.delete(f'/servers/{server}', VERSION),
    'update_metadata': lambda api, lab, server: api.post(f'/servers/{server}/metadata', {'metadata': {'new': '1'}},
                                                         VERSION),
    'delete_metadata': lambda api, lab, server: api.delete(f'/servers/{server}/metadata/old', VERSION),
    'update_tags': lambda api, lab, server: api.put(f'/servers/{server}/tags', {'tags': ['new']}, VERSION),
}
# Rows that need a second server, a host that is down, a deletion that is deferred or a record under way; each is tested
# from every state beside that: test_create*.py, test_deferred_delete.py, test_live_migration.py, test_interfaces.py,
# whole/test_evacuate.py, test_sub_resources.py (a volume is refused wherever it comes).
OTHER_DOORS = {'create', 'soft_delete', 'live_migrate_force_complete', 'live_migrate_abort', 'evacuate',
               'attach_interface', 'detach_interface', 'attach_volume'}
STATES = [state for state in vm_states.ALL if state != vm_states.DELETED]
TASKS = sorted({value for name, value in vars(task_states).items() if name.isupper() and isinstance(value, str)})
VERSION = '2.96'


@pytest.fixture
def server(lab, demo, edge):
    """A server on one of two hosts, whose move waits for a decision; nobody hears the messages."""
    lab.host('cmp1')
    lab.host('cmp2')
    bigger = lab.flavor('2', memory_mb=1024)
    uuid = lab.server(demo)
    values = objects.Migration.pack(lab.admin, lab.instance(uuid), 'resize', bigger)
    lab.cloud.insert('migrations', **{**values, 'status': 'finished', 'source_compute': 'cmp2', 'dest_compute': 'cmp1'})
    edge.sent.clear()
    edge.answers['set_admin_password'] = None
    return uuid


def stand(lab, server, vm_state, task_state=None):
    """Put a server back to where every attempt begins."""
    lab.settle(server, vm_state=vm_state, task_state=task_state, metadata={'old': '1'})
    lab.cloud.execute(sa.text("UPDATE migrations SET status = 'finished'"))
    return shape(lab, server)


def shape(lab, server):
    """Return everything of a server that an action may change."""
    instance = lab.instance(server)
    return {name: getattr(instance, name) for name in (
        'vm_state', 'task_state', 'action_id', 'host', 'image_ref', 'metadata', 'display_name', 'locked')} | {
        'tags': instance.tags, 'actions': len(lab.actions(server))}


def test_every_row_is_driven_here_or_elsewhere():
    assert ASKS.keys() | OTHER_DOORS == state_machine.ACTIONS.keys()
    assert not ASKS.keys() & OTHER_DOORS


@pytest.mark.parametrize('name', ASKS)
def test_an_action_is_accepted_in_the_states_of_its_row_and_changes_nothing_in_others(server, lab, api, name):
    rule = state_machine.ACTIONS[name]
    for vm_state in STATES:
        before = stand(lab, server, vm_state)
        answer = ASKS[name](api, lab, server)
        after = shape(lab, server)
        if rule.vm_states == state_machine.ANY or vm_state in rule.vm_states:
            assert answer.status in (200, 202, 204), (vm_state, answer.body)
            assert after['task_state'] == rule.starts
            assert after['actions'] == before['actions'] + (rule.action is not None)
        else:
            assert answer.status == 409, (vm_state, answer.body)
            assert f'vm_state {vm_state}' in answer.fault[1]
            assert after == before


WAITING = [name for name in ASKS if state_machine.ACTIONS[name].task_states != state_machine.ANY]


@pytest.mark.parametrize('name', WAITING)
def test_an_action_waits_for_no_other_task(server, lab, api, name):
    rule = state_machine.ACTIONS[name]
    vm_state = sorted(rule.vm_states)[0]
    for task in TASKS:
        if task in rule.task_states:
            continue
        before = stand(lab, server, vm_state, task)
        answer = ASKS[name](api, lab, server)
        assert answer.status == 409, (task, answer.body)
        assert f'task_state {task}' in answer.fault[1]
        assert shape(lab, server) == before


def common_state(*names):
    """Return a state in which all of the actions are accepted, or None."""
    found = set(STATES)
    for name in names:
        if state_machine.ACTIONS[name].vm_states != state_machine.ANY:
            found &= state_machine.ACTIONS[name].vm_states
    return min(found, default=None)


PAIRS = [pair for pair in itertools.combinations(sorted(ASKS), 2)
         if common_state(*pair) and any(state_machine.ACTIONS[name].starts for name in pair)]


def outcome(lab, server, before, statuses):
    """Return what two actions led to, whoever was first."""
    after = shape(lab, server)
    # One that was accepted and had no more than begun when the other came is told 409 too.
    started = [record.action for record in lab.actions(server)[:after['actions'] - before['actions']]
               if record.message != 'Error']
    return statuses, after['vm_state'], after['task_state'], after['metadata'], sorted(started)


# All of them with --thorough; they take most of a minute.
@pytest.mark.parametrize('pair', PAIRS if thorough.WANTED else PAIRS[::4], ids='-'.join)
def test_two_actions_at_the_same_moment_end_as_if_one_came_after_the_other(server, lab, api, pair):
    vm_state, one_by_one = common_state(*pair), []
    for order in (pair, pair[::-1]):
        before = stand(lab, server, vm_state)
        statuses = {name: ASKS[name](api, lab, server).status for name in order}
        one_by_one.append(outcome(lab, server, before, statuses))
    before = stand(lab, server, vm_state)
    threads = {name: concurrency.spawn(ASKS[name], api, lab, server) for name in pair}
    statuses = {name: thread.wait().status for name, thread in threads.items()}
    assert outcome(lab, server, before, statuses) in one_by_one

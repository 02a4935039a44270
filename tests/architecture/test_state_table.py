# SPDX-License-Identifier: Apache-2.0
"""The table of actions: it is complete, it is used, and nothing bypasses it."""
import ast

import pytest

from mininova.compute import instance_actions, state_machine, task_states, vm_states
from mininova.compute import reconciler as host_reconciler
from mininova.conductor import reconciler as conductor_reconciler
from tests.architecture import tree

TASK_STATES = {value for name, value in vars(task_states).items() if name.isupper() and isinstance(value, str)}

# States in which a server certainly has a host.
ON_A_HOST = frozenset({vm_states.ACTIVE, vm_states.STOPPED, vm_states.PAUSED, vm_states.SUSPENDED, vm_states.RESCUED,
                       vm_states.RESIZED})


@pytest.mark.parametrize('name', state_machine.ACTIONS)
def test_a_row_uses_known_states(name):
    rule = state_machine.ACTIONS[name]
    assert rule.vm_states == state_machine.ANY or rule.vm_states <= set(vm_states.ALL)
    assert rule.task_states == state_machine.ANY or rule.task_states <= TASK_STATES | {None}
    assert rule.starts is None or rule.starts in TASK_STATES
    assert rule.ends is None or rule.ends in vm_states.ALL


@pytest.mark.parametrize('name', state_machine.ACTIONS)
def test_an_action_with_a_record_has_a_known_name(name):
    known = {value for key, value in vars(instance_actions).items() if key.isupper() and isinstance(value, str)}
    action = state_machine.ACTIONS[name].action
    assert action is None or action in known


@pytest.mark.parametrize('name', state_machine.ACTIONS)
def test_what_is_set_is_also_recorded(name):
    """A task state without an action record could never be taken up again after a crash."""
    rule = state_machine.ACTIONS[name]
    assert rule.starts is None or rule.action


def test_every_task_is_taken_up_by_somebody():
    """A server must rest some day, whatever died while it had a task: by its host, or by conductor without one."""
    tree.report(f'{task} has no remedy on hosts' for task in sorted(TASK_STATES - set(host_reconciler.REMEDIES)))
    homeless = {rule.starts for name, rule in state_machine.ACTIONS.items() if not rule.needs_host
                and rule.starts and not rule.vm_states & ON_A_HOST}
    tree.report(f'{task} has no remedy in conductor' for task in sorted(homeless - set(conductor_reconciler.REMEDIES)))


def test_check_names_the_state_that_is_in_the_way():
    class Server:
        uuid, vm_state, task_state, launched_at, host = 'u', vm_states.PAUSED, None, 'yes', 'h'
    with pytest.raises(Exception, match='vm_state paused'):
        state_machine.check('stop', Server)


def strings_of(module):
    return {node.value for node in ast.walk(module.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def assigned(module):
    """Yield (attribute node, value node) of all assignments to attributes."""
    for node in ast.walk(module.tree):
        targets = getattr(node, 'targets', ()) or [getattr(node, 'target', None)]
        if not isinstance(node, (ast.Assign, ast.AugAssign)):
            continue
        for target in (leaf for entry in targets for leaf in ast.walk(entry)):
            if isinstance(target, ast.Attribute):
                yield target, node.value


def test_every_row_is_used():
    used = set()
    for name, module in tree.modules().items():
        if name != 'mininova.compute.state_machine':
            used |= strings_of(module)
            used |= {node.name for _name, node in tree.functions(module)}
    tree.report(f'{name} is in ACTIONS and nobody asks for it' for name in state_machine.ACTIONS if name not in used)


MAY_WRITE_STATES = ('mininova.compute', 'mininova.conductor', 'mininova.objects', 'mininova.db')


def test_only_compute_and_conductor_write_states():
    tree.report(f'{module.where(target.lineno)}: {tree.dotted(target)}'
                for name, module in tree.modules().items() if not name.startswith(MAY_WRITE_STATES)
                for target, _value in assigned(module) if target.attr in ('vm_state', 'task_state'))


def test_no_state_is_written_as_a_bare_word():
    """``vm_states.ACTIVE``, never 'active': a typing mistake must not become a state."""
    tree.report(f'{module.where(target.lineno)}: {value.value!r}'
                for name, module in tree.modules().items()
                if name.startswith(('mininova.compute', 'mininova.conductor'))
                for target, value in assigned(module) if target.attr in ('vm_state', 'task_state')
                and isinstance(value, ast.Constant) and isinstance(value.value, str))

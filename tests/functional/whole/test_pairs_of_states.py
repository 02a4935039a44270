# SPDX-License-Identifier: Apache-2.0
"""Every pair of vm_state and task_state comes to rest, however it came about."""
import contextlib

import pytest

from mininova import objects
from mininova.compute import task_states, vm_states

VM_STATES = [state for state in vm_states.ALL if state not in (vm_states.DELETED, vm_states.SHELVED_OFFLOADED)]
TASKS = sorted({value for name, value in vars(task_states).items() if name.isupper() and isinstance(value, str)})


@pytest.mark.parametrize('vm_state', VM_STATES)
def test_no_task_stays_whatever_the_state_of_its_server(whole, vm_state):
    """Every pair has a rule. What a service that starts leaves to conductor ends a moment later."""
    whole.cloud.conf(group='quota', instances=-1, cores=-1)
    placed = [whole.boot(f'vm{number}') for number in range(1 + len(TASKS))]
    for each in placed:
        whole.wait(each, 'ACTIVE')
    for each, task in zip(placed, [None, *TASKS], strict=True):
        one = objects.Instance.get_by_uuid(whole.admin, each)
        one.vm_state, one.task_state = vm_state, task
        one.save()
    whole.hosts['cmp1'].manager.reconciler.recover()


    def unsettled():
        return {(one.vm_state, one.task_state) for one in objects.InstanceList.get_by_host(whole.admin, 'cmp1')
                if one.task_state or one.vm_state == vm_states.BUILDING}
    with contextlib.suppress(AssertionError):
        whole.until(lambda: not unsettled(), 30)
    assert not unsettled()

# SPDX-License-Identifier: Apache-2.0
"""The status of a server: one word made of its vm_state and task_state, and back for filters (nova-api).

Nova: _STATE_MAP, status_from_state and task_and_vm_state_from_status of nova/api/openstack/common.py.
"""
from mininova.compute import task_states as tasks
from mininova.compute import vm_states as vms

UNKNOWN = 'UNKNOWN'
DELETED = 'DELETED'

_REBUILD = dict.fromkeys((tasks.REBUILDING, tasks.REBUILD_BLOCK_DEVICE_MAPPING, tasks.REBUILD_SPAWNING), 'REBUILD')
_RESIZE = dict.fromkeys((tasks.RESIZE_PREP, tasks.RESIZE_MIGRATING, tasks.RESIZE_MIGRATED, tasks.RESIZE_FINISH),
                        'RESIZE')
_MIGRATING = {tasks.MIGRATING: 'MIGRATING'}

# vm_state: (status without a task that shows, {task_state: status}).
STATES = {
    vms.ACTIVE: ('ACTIVE', {
        **dict.fromkeys((tasks.REBOOTING, tasks.REBOOT_PENDING, tasks.REBOOT_STARTED), 'REBOOT'),
        **dict.fromkeys((tasks.REBOOTING_HARD, tasks.REBOOT_PENDING_HARD, tasks.REBOOT_STARTED_HARD), 'HARD_REBOOT'),
        tasks.UPDATING_PASSWORD: 'PASSWORD', **_REBUILD, **_MIGRATING, **_RESIZE}),
    vms.BUILDING: ('BUILD', {}),
    vms.STOPPED: ('SHUTOFF', {**_RESIZE, **_REBUILD}),
    vms.RESIZED: ('VERIFY_RESIZE', {tasks.RESIZE_REVERTING: 'REVERT_RESIZE'}),
    vms.PAUSED: ('PAUSED', _MIGRATING),
    vms.SUSPENDED: ('SUSPENDED', {}),
    vms.RESCUED: ('RESCUE', {}),
    vms.ERROR: ('ERROR', _REBUILD),
    vms.DELETED: (DELETED, {}),
    vms.SOFT_DELETED: ('SOFT_DELETED', {}),
    vms.SHELVED: ('SHELVED', {}),
    vms.SHELVED_OFFLOADED: ('SHELVED_OFFLOADED', {}),
}

ALL = sorted({DELETED, UNKNOWN, *(word for default, by_task in STATES.values()
                                for word in (default, *by_task.values()))})


def status_of(vm_state, task_state):
    """Return e.g. 'ACTIVE' or 'REBOOT'."""
    default, by_task = STATES.get(vm_state, (UNKNOWN, {}))
    return by_task.get(task_state, default)


def states_of(statuses):
    """Return (vm_states, task_states) that show as one of some statuses; task_states is None if they do not matter.

    :param statuses: words, case does not matter; unknown ones mean nothing
    """
    wanted = {status.upper() for status in statuses}
    vm_states, task_states, any_task = set(), set(), False
    for vm_state, (default, by_task) in STATES.items():
        found = {task for task, status in by_task.items() if status in wanted}
        if default in wanted:
            any_task = True
        if default in wanted or found:
            vm_states.add(vm_state)
            task_states |= found
    return sorted(vm_states), None if any_task else sorted(task_states)

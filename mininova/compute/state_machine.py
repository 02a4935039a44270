# SPDX-License-Identifier: Apache-2.0
"""Who may do what to a server, and when: one table.

The set of a row serves for the check in nova-api and for the compare-and-swap that follows, so the two
cannot drift apart.  ``doc/source/states.rst`` is generated from it.  Nova: the decorators
check_instance_state and check_instance_lock, spread over nova/compute/api.py.
"""
import dataclasses

from mininova import exception
from mininova.compute import task_states as tasks
from mininova.compute import vm_states as vms

ANY = frozenset({'*'})
REBOOT_TASKS = frozenset({
    None, tasks.REBOOTING, tasks.REBOOT_PENDING, tasks.REBOOT_STARTED, tasks.RESUMING, tasks.REBOOTING_HARD,
    tasks.UNPAUSING, tasks.PAUSING, tasks.SUSPENDING})
# A host that is down ends whatever was being done there, except moves, which conductor ends, and deletions.
EVACUATED_TASKS = frozenset({None, *(value for name, value in vars(tasks).items()
                                     if name.isupper() and isinstance(value, str))}) - {
    tasks.DELETING, tasks.SOFT_DELETING, tasks.MIGRATING, tasks.RESIZE_PREP, tasks.RESIZE_MIGRATING,
    tasks.RESIZE_MIGRATED, tasks.RESIZE_FINISH, tasks.RESIZE_REVERTING, tasks.RESIZE_CONFIRMING}


@dataclasses.dataclass(frozen=True)
class Rule:
    """One action.

    :param vm_states: where the server may stand; ANY accepts all
    :param task_states: what may be going on; ANY accepts all
    :param starts: the task state that accepting the action sets; None sets none
    :param ends: the vm_state the action leads to, None if it stays or is decided by the action
    :param must_be_unlocked: refuse a locked server to those without the override policy
    :param must_have_launched: refuse a server that never ran
    :param needs_host: refuse a server that is on no host
    :param action: the name in the list of instance actions
    """
    vm_states: frozenset
    task_states: frozenset = frozenset({None})
    starts: str | None = None
    ends: str | None = None
    must_be_unlocked: bool = True
    must_have_launched: bool = True
    needs_host: bool = False
    action: str | None = None

    def expected_task_states(self):
        """Return what the compare-and-swap accepts, () for anything."""
        return () if self.task_states == ANY else tuple(self.task_states)

    def expected_vm_states(self):
        return () if self.vm_states == ANY else tuple(self.vm_states)


def _rule(vm_states, **kwargs):
    return Rule(vm_states if vm_states is ANY else frozenset(vm_states), **kwargs)


ACTIONS = {
    'create': _rule((), starts=tasks.SCHEDULING, ends=vms.ACTIVE, must_be_unlocked=False, must_have_launched=False,
                    action='create'),
    'delete': _rule(ANY, task_states=ANY, starts=tasks.DELETING, ends=vms.DELETED, must_have_launched=False,
                    action='delete'),
    'soft_delete': _rule(ANY, task_states=ANY, starts=tasks.SOFT_DELETING, ends=vms.SOFT_DELETED, action='delete'),
    'force_delete': _rule(ANY, task_states=ANY, starts=tasks.DELETING, ends=vms.DELETED, must_have_launched=False,
                          action='delete'),
    'restore': _rule((vms.SOFT_DELETED,), starts=tasks.RESTORING, ends=vms.ACTIVE, action='restore'),
    'start': _rule((vms.STOPPED,), starts=tasks.POWERING_ON, ends=vms.ACTIVE, needs_host=True, action='start'),
    'stop': _rule((vms.ACTIVE, vms.ERROR), starts=tasks.POWERING_OFF, ends=vms.STOPPED, needs_host=True, action='stop'),
    'reboot_soft': _rule((vms.ACTIVE,), starts=tasks.REBOOTING, ends=vms.ACTIVE, action='reboot'),
    'reboot_hard': _rule((vms.ACTIVE, vms.STOPPED, vms.PAUSED, vms.SUSPENDED, vms.ERROR), task_states=REBOOT_TASKS,
                         starts=tasks.REBOOTING_HARD, ends=vms.ACTIVE, action='reboot'),
    'pause': _rule((vms.ACTIVE,), starts=tasks.PAUSING, ends=vms.PAUSED, action='pause'),
    'unpause': _rule((vms.PAUSED,), starts=tasks.UNPAUSING, ends=vms.ACTIVE, action='unpause'),
    'suspend': _rule((vms.ACTIVE,), starts=tasks.SUSPENDING, ends=vms.SUSPENDED, action='suspend'),
    'resume': _rule((vms.SUSPENDED,), starts=tasks.RESUMING, ends=vms.ACTIVE, action='resume'),
    'set_admin_password': _rule((vms.ACTIVE,), starts=tasks.UPDATING_PASSWORD, ends=vms.ACTIVE,
                                action='changePassword'),
    'trigger_crash_dump': _rule((vms.ACTIVE, vms.PAUSED, vms.RESCUED, vms.RESIZED, vms.ERROR), needs_host=True,
                                action='trigger_crash_dump'),
    'resize': _rule((vms.ACTIVE, vms.STOPPED), starts=tasks.RESIZE_PREP, ends=vms.RESIZED, needs_host=True,
                    action='resize'),
    'migrate': _rule((vms.ACTIVE, vms.STOPPED), starts=tasks.RESIZE_PREP, ends=vms.RESIZED, needs_host=True,
                     action='migrate'),
    'confirm_resize': _rule((vms.RESIZED,), starts=tasks.RESIZE_CONFIRMING, needs_host=True, action='confirmResize'),
    'revert_resize': _rule((vms.RESIZED,), starts=tasks.RESIZE_REVERTING, needs_host=True, action='revertResize'),
    'rebuild': _rule((vms.ACTIVE, vms.STOPPED, vms.ERROR), starts=tasks.REBUILDING, needs_host=True, action='rebuild'),
    'snapshot': _rule((vms.ACTIVE, vms.STOPPED, vms.PAUSED, vms.SUSPENDED), starts=tasks.IMAGE_SNAPSHOT_PENDING,
                      must_be_unlocked=False, needs_host=True, action='createImage'),
    'backup': _rule((vms.ACTIVE, vms.STOPPED, vms.PAUSED, vms.SUSPENDED), starts=tasks.IMAGE_BACKUP,
                    must_be_unlocked=False, needs_host=True, action='createBackup'),
    'rescue': _rule((vms.ACTIVE, vms.STOPPED, vms.ERROR), starts=tasks.RESCUING, ends=vms.RESCUED, needs_host=True,
                    action='rescue'),
    'unrescue': _rule((vms.RESCUED,), starts=tasks.UNRESCUING, ends=vms.ACTIVE, needs_host=True, action='unrescue'),
    'live_migrate': _rule((vms.ACTIVE, vms.PAUSED), starts=tasks.MIGRATING, needs_host=True, action='live-migration'),
    'live_migrate_force_complete': _rule((vms.ACTIVE,), task_states=frozenset({tasks.MIGRATING}),
                                         action='live_migration_force_complete'),
    'live_migrate_abort': _rule(ANY, task_states=frozenset({tasks.MIGRATING}), action='live_migration_cancel'),
    'evacuate': _rule((vms.ACTIVE, vms.STOPPED, vms.ERROR), task_states=EVACUATED_TASKS, starts=tasks.REBUILDING,
                      needs_host=True, must_be_unlocked=False, action='evacuate'),
    'shelve': _rule((vms.ACTIVE, vms.STOPPED, vms.PAUSED, vms.SUSPENDED), starts=tasks.SHELVING, ends=vms.SHELVED,
                    needs_host=True, action='shelve'),
    'shelve_offload': _rule((vms.SHELVED,), starts=tasks.SHELVING_OFFLOADING, ends=vms.SHELVED_OFFLOADED,
                            needs_host=True, action='shelveOffload'),
    'unshelve': _rule((vms.SHELVED, vms.SHELVED_OFFLOADED), starts=tasks.UNSHELVING, ends=vms.ACTIVE,
                      action='unshelve'),
    'attach_interface': _rule((vms.ACTIVE, vms.PAUSED, vms.STOPPED), needs_host=True, action='attach_interface'),
    'detach_interface': _rule((vms.ACTIVE, vms.PAUSED, vms.STOPPED), needs_host=True, action='detach_interface'),
    'attach_volume': _rule((vms.ACTIVE, vms.PAUSED, vms.STOPPED, vms.RESIZED, vms.SOFT_DELETED, vms.SHELVED,
                            vms.SHELVED_OFFLOADED)),
    'update_metadata': _rule((vms.ACTIVE, vms.PAUSED, vms.SUSPENDED, vms.STOPPED), task_states=ANY),
    'delete_metadata': _rule((vms.ACTIVE, vms.PAUSED, vms.SUSPENDED, vms.STOPPED), task_states=ANY),
    'update_tags': _rule((vms.ACTIVE, vms.PAUSED, vms.SUSPENDED, vms.STOPPED), task_states=ANY, must_be_unlocked=False,
                         must_have_launched=False),
}

# What an action is called in a refusal, where that is not the name of its row.
METHOD_NAMES = {'shelve_offload': 'shelveOffload',
                'live_migrate': 'os-migrateLive', 'live_migrate_force_complete': 'force_complete',
                'live_migrate_abort': 'abort live migration',
                'confirm_resize': 'confirmResize', 'revert_resize': 'revertResize',
                'set_admin_password': 'changePassword', 'reboot_soft': 'reboot', 'reboot_hard': 'reboot',
                'update_metadata': 'update metadata', 'delete_metadata': 'delete metadata',
                'update_tags': 'update tags'}


def check(name, instance):
    """Refuse an action that the server's state does not allow.

    :param name: a key of ACTIONS
    :returns: the rule
    :raises InstanceInvalidState: names the state that is in the way (409)
    :raises InstanceNotReady: the action needs a host and there is none (409)
    """
    rule = ACTIONS[name]
    method = METHOD_NAMES.get(name, name)
    if rule.vm_states != ANY and instance.vm_state not in rule.vm_states:
        raise exception.InstanceInvalidState(attr='vm_state', instance_uuid=instance.uuid, state=instance.vm_state,
                                             method=method)
    if rule.task_states != ANY and instance.task_state not in rule.task_states:
        raise exception.InstanceInvalidState(attr='task_state', instance_uuid=instance.uuid, state=instance.task_state,
                                             method=method)
    if rule.must_have_launched and not instance.launched_at:
        raise exception.InstanceInvalidState(f"Instance {instance.uuid} is in an invalid state for '{method}'",
                                             attr='launched_at',
                                             instance_uuid=instance.uuid, state=None, method=method)
    if rule.needs_host and not instance.host:
        raise exception.InstanceNotReady(instance_id=instance.uuid)
    return rule

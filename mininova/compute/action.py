# SPDX-License-Identifier: Apache-2.0
"""How an action on a server is accepted; runs in nova-api.  Nova: the decorators of nova/compute/api.py.

Lock, state, then *one* transaction that sets the task state, a new action id and the record of what was asked, with a
migration record where the server moves; only then is a message sent, which is no more than a wake-up.
"""
import functools

from oslo_log import log
from oslo_utils import uuidutils

from mininova import exception, objects, rpc
from mininova.compute import state_machine
from mininova.policies import lock_server as lock_policies

LOG = log.getLogger(__name__)


def instance_action(method):
    """Decorate ``method(self, context, instance, **arguments)``, an action of the table in state_machine under the
    same name.

    The body only sends the message.  It runs after the action was accepted; when it cannot send, the action still
    stands and the compute host's reconciler carries it out.
    """
    name = method.__name__

    @functools.wraps(method)
    def wrapper(self, context, instance, **arguments):
        accept_action(context, instance, name, arguments)
        send(method, self, context, instance, **arguments)
    wrapper.action_name = name
    return wrapper


def accept_action(context, instance, name, arguments=None, expected=None, values=None, migration=None, limits=None,
                  by_service=False, contents=None):
    """Write that an action was accepted.

    :param name: key of state_machine.ACTIONS
    :param arguments: intent, kept with the record
    :param expected: {column: value} that must hold besides what the action's rule says
    :param values: further {column: value} to write with the new task state
    :param migration: columns of a migration record that is written with it (objects.Migration.pack), or the `id` of one
        that there is, its `expected_status` and what changes
    :param limits: as for :func:`mininova.db.quotas.check_within`, when the action needs more of the quota
    :param contents: metadata and image of the server that change with it (:func:`mininova.db.operations.accept`)
    :param by_service: it is periodic work that asks, which no lock stops
    :raises InstanceIsLocked, InstanceInvalidState, InstanceNotReady: (409)
    :raises UnexpectedTaskStateError and its siblings: another action was accepted meanwhile (409)
    """
    if by_service:
        state_machine.check(name, instance)
    else:
        check_action(context, instance, name)
    rule = state_machine.ACTIONS[name]
    # Whoever drove the action before has no say in this one.
    written = {**(values or {}), 'action_id': uuidutils.generate_uuid(), 'task_state': rule.starts, 'owner': None}
    wanted = dict(expected or {})
    if rule.expected_task_states():
        wanted['task_state'] = rule.expected_task_states()
    if rule.expected_vm_states():
        wanted['vm_state'] = rule.expected_vm_states()
    action = objects.InstanceAction.pack_start(context, instance.uuid, rule.action, written['action_id'], arguments)
    if migration and 'id' not in migration:
        migration = {**migration, 'action_id': written['action_id']}
    instance.accept_action(written, wanted, action, migration, limits, contents)


def check_action(context, instance, name):
    """Refuse an action on a locked server or in a state that does not allow it.

    :raises InstanceIsLocked, InstanceInvalidState, InstanceNotReady: (409)
    """
    if state_machine.ACTIONS[name].must_be_unlocked:
        check_lock(context, instance)
    return state_machine.check(name, instance)


def check_lock(context, instance):
    """Refuse a locked server to all but those whom policy lets override the lock.

    :raises InstanceIsLocked: (409)
    """
    if instance.locked and not context.can(lock_policies.UNLOCK_OVERRIDE, fatal=False, target={
            'project_id': instance.project_id, 'user_id': instance.user_id}):
        raise exception.InstanceIsLocked(instance_uuid=instance.uuid)


def send(method, *args, **kwargs):
    """Send a message of which the reconciler makes up for a loss."""
    try:
        method(*args, **kwargs)
    except rpc.MessagingException as error:
        LOG.warning('No message bus (%s): %s waits for the next round of the reconciler.', error, method.__name__)

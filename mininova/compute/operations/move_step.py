# SPDX-License-Identifier: Apache-2.0
"""One step of a cold move on one host: begin, end, failure; every step may come again.

Runs in nova-compute.  The counterpart of ``instance_operation`` in base.py for work that two hosts share: the server
may be on the other host of the record, and a failure is answered according to how far the move got.
Nova: errors_out_migration and _error_out_instance_on_exception of nova/compute/manager.py.
"""
import functools

from oslo_log import log

from mininova import exception, objects, rpc
from mininova.compute import faults
from mininova.compute.operations import base
from mininova.notifications import instance as notifications

LOG = log.getLogger(__name__)

# The move is not ours any more: the server was deleted, or somebody decided otherwise.
OVERTAKEN = (exception.UnexpectedTaskStateError, exception.UnexpectedVMStateError, exception.StaleAction,
             exception.MigrationNotFoundByStatus)
# What is away now comes back: the reconciler takes the step again.
PASSING = (exception.HypervisorUnavailable, rpc.MessagingTimeout, rpc.MessagingException)


class MoveSteps(base.Operations):
    """Base of the endpoints that take part in cold moves."""

    def close(self, instance, event, error, **written):
        """End the records of a failed step.

        :param written: what else :meth:`Instance.finish_operation` shall write; nothing leaves the server alone
        """
        try:
            instance.finish_operation(event, result='Error', details=faults.user_message(error),
                                      traceback=faults.details(error), **written)
        except (exception.Conflict, exception.InstanceNotFound, exception.MigrationNotFound) as late:
            LOG.info('The state was not written: %s', late.format_message(), instance=instance)


def move_step(notification, runs_on, server_on, accepts, becomes=None, on_failure=None):
    """Decorate ``method(self, context, instance, migration)``, a step of a cold move.

    :param notification: name in notifications; start and end or error are sent around the body; None sends none
    :param runs_on: 'source_compute' or 'dest_compute', whose host must be this one; server_on: where the server must be
    :param accepts: task states
    :param becomes: task state that begins the step; None leaves it
    :param on_failure: name of the method ``(context, instance, migration, error, event)`` that answers an error
    """
    def decorator(method):
        event = f'compute_{method.__name__}'

        @functools.wraps(method)
        def wrapper(self, context, instance, migration):
            with self.host.busy_with(instance.uuid):
                try:
                    migration = objects.Migration.get_by_id(context, migration.id)
                    _begin(self, instance, migration, event)
                except (exception.Conflict, exception.InstanceNotFound, exception.MigrationNotFound) as error:
                    LOG.info('Dropping a message that is late or a repeat: %s', error.format_message(),
                             instance=instance)
                    return
                _run(self, context, instance, migration, event)

        def _begin(self, instance, migration, event):
            if getattr(migration, runs_on) != self.host.name:
                raise exception.StaleAction(instance_uuid=instance.uuid, action_id=instance.action_id)
            instance.begin_operation(
                event, self.host.name, {'task_state': accepts, 'host': getattr(migration, server_on)},
                values={'task_state': becomes} if becomes else None)

        def _run(self, context, instance, migration, event):
            def notify(phase, error=None):
                if notification is None:
                    return
                more = {'new_flavor': migration.new_flavor} if notification == 'resize_prep' else None
                notifications.notify_about_instance_action(context, instance, self.host.name, notification, phase,
                                                           error, more=more)
            notify('start')
            try:
                method(self, context, instance, migration)
            except PASSING as error:
                LOG.warning('%s is tried again: %s', event, error, instance=instance)
                self.close(instance, event, error)
                notify('error', error)
            except OVERTAKEN as error:
                LOG.info('%s stopped: %s', event, error.format_message(), instance=instance)
                self.close(instance, event, error)
                notify('error', error)
            except Exception as error:
                LOG.exception('%s failed.', event, instance=instance)
                if _has_changed_hands(context, instance):
                    self.close(instance, event, error)
                else:
                    getattr(self, on_failure)(context, instance, migration, error, event)
                notify('error', error)
            else:
                notify('end')
        return wrapper
    return decorator


def _has_changed_hands(context, instance):
    """Tell whether a server whose step failed was deleted, or is being deleted, or was given to somebody else."""
    try:
        current = objects.Instance.get_by_uuid(context.elevated(), instance.uuid)
    except exception.InstanceNotFound:
        return True
    return current.action_id != instance.action_id

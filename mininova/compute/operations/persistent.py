# SPDX-License-Identifier: Apache-2.0
"""Operations that cannot be undone once they began, so they are tried again until they are done.

Runs in nova-compute.  The counterpart of ``instance_operation`` in base.py: what fails keeps its task, and the
reconciler repeats it.
"""
from oslo_log import log

from mininova import exception
from mininova.compute import faults
from mininova.compute.operations import base
from mininova.notifications import instance as notifications

LOG = log.getLogger(__name__)


class PersistentOperations(base.Operations):
    """Base of endpoint classes."""

    def _begin(self, instance, event, task_states, values=None):
        """Take an operation up; False if it is not, or no more, this host's to do."""
        try:
            instance.refresh()
            instance.begin_operation(event, self.host.name, {'task_state': task_states, 'host': self.host.name}, values)
        except (exception.Conflict, exception.InstanceNotFound) as error:
            LOG.info('%s is not, or no more, to be done: %s', event, error.format_message(), instance=instance)
            return False
        return True

    def _run(self, context, instance, event, notification, body):
        """Do the work, ``body(context, instance)``, between start and end, or error.

        :returns: whether it was done
        """
        def notify(phase, error=None):
            notifications.notify_about_instance_action(context, instance, self.host.name, notification, phase, error)

        def fail(error, fault=None):
            instance.finish_operation(event, result='Error', details=faults.user_message(error),
                                      traceback=faults.details(error), fault=fault)
            notify('error', error)
        notify('start')
        try:
            body(context, instance)
        except (exception.UnexpectedTaskStateError, exception.StaleAction, exception.InstanceNotFound) as error:
            LOG.info('%s stopped: %s', event, error.format_message(), instance=instance)
            fail(error)
        except Exception as error:
            LOG.exception('%s failed; it is tried again.', event, instance=instance)
            fail(error, faults.describe(error, self.host.name))
        else:
            notify('end')
            return True
        return False

# SPDX-License-Identifier: Apache-2.0
"""Make a guest write a crash dump; runs on the compute host.  Nova: trigger_crash_dump of nova/compute/manager.py.

Nobody can tell what the guest makes of it, so no state changes, and the action is none that others have to wait for:
its record stands beside what else is done to the server.  A second interrupt could spoil a dump that is being written,
so it is sent at most once.
"""
from oslo_log import log

from mininova import exception, objects
from mininova.compute import faults
from mininova.compute.operations import base
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications

LOG = log.getLogger(__name__)

EVENT = 'compute_trigger_crash_dump'
BROKE_OFF = 'the host stopped while it was asked; the guest may or may not have been told to write a crash dump'


class CrashDumpOperations(base.Operations):
    """Send interrupts that make guests write crash dumps (RPC endpoint)."""

    def trigger_crash_dump(self, context, instance, action_id):
        """Send the guest a non-maskable interrupt.

        :param action_id: of the record
        """
        with self.host.busy_with(instance.uuid):
            if not objects.InstanceActionEvent.open_first(context, instance.uuid, action_id, EVENT, self.host.name):
                LOG.info('Dropping a crash dump message that is late or a repeat.', instance=instance)
                return
            crashpoint('crash_dump.I1.accepted.after')
            self._tell(context, instance, 'start')
            try:
                self.driver.inject_nmi(instance)
            except Exception as error:
                LOG.exception('No crash dump could be asked for.', instance=instance)
                self._end(instance, error)
                self._tell(context, instance, 'error', error)
                return
            crashpoint('crash_dump.I2.sent.after')
            instance.finish_operation(EVENT)
            self._tell(context, instance, 'end')

    def _end(self, instance, error):
        instance.finish_operation(EVENT, result='Error', details=faults.user_message(error),
                                  traceback=faults.details(error), fault=faults.describe(error, self.host.name))

    def _tell(self, context, instance, phase, error=None):
        notifications.notify_about_instance_action(context, instance, self.host.name, 'trigger_crash_dump', phase,
                                                   error)


def take_up(reconciler, request, instance, record):
    """Remedy for a record that nobody closed: do what was never begun, end what was."""
    operations = reconciler.manager.crash_dump
    if not record.events:
        operations.trigger_crash_dump(request, instance, record.action_id)
        return
    with reconciler.parts.busy_with(instance.uuid):
        operations._end(instance, exception.NovaException(BROKE_OFF))

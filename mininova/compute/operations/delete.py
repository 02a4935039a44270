# SPDX-License-Identifier: Apache-2.0
"""Delete a server that is on this host.  Nova: ComputeManager.terminate_instance in nova/compute/manager.py.

Every step does nothing when it was done before.  A step that fails leaves the server 'deleting'; the reconciler tries
again for as long as it takes.
"""
from oslo_log import log

from mininova import exception, objects
from mininova.compute import faults, task_states
from mininova.compute.operations import base
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications

LOG = log.getLogger(__name__)

EVENT = 'compute_terminate_instance'


class DeleteOperations(base.Operations):
    """Delete servers (RPC endpoint)."""

    def terminate_instance(self, context, instance):
        """Remove the guest, its disks and addresses, then the record."""
        crashpoint('delete.D3.accepted.before')
        with self.host.busy_with(instance.uuid):
            try:
                instance.refresh()
                instance.begin_operation(EVENT, self.host.name,
                                         {'task_state': task_states.DELETING, 'host': self.host.name})
            except (exception.Conflict, exception.InstanceNotFound) as error:
                LOG.info('Not deleting: %s', error.format_message(), instance=instance)
                return
            crashpoint('delete.D3.accepted.after')
            notifications.notify_about_instance_action(context, instance, self.host.name, 'delete', 'start')
            try:
                self._delete(context, instance)
            except Exception as error:
                LOG.exception('The deletion failed; it is tried again.', instance=instance)
                instance.finish_operation(EVENT, result='Error', details=faults.user_message(error),
                                          traceback=faults.details(error), fault=faults.describe(error, self.host.name))
                notifications.notify_about_instance_action(context, instance, self.host.name, 'delete', 'error', error)

    def _delete(self, context, instance):
        self.host.remove_guest(context, instance)
        objects.BlockDeviceMappingList.delete_by_instance_uuid(context, instance.uuid)
        crashpoint('delete.D9.claim_dropped.before')
        deleted = instance.destroy(expected={'task_state': task_states.DELETING, 'host': self.host.name})
        crashpoint('delete.D10.row_deleted.after')
        instance.finish_operation(EVENT)
        if deleted:
            self.host.tracker.forget(instance)
            LOG.info('Deleted.', instance=instance)
            notifications.notify_about_instance_action(context, instance, self.host.name, 'delete', 'end')
        crashpoint('delete.D11.notified.after')

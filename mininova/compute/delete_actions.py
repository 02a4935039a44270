# SPDX-License-Identifier: Apache-2.0
"""Delete a server, in every state and at every moment; runs in nova-api.  Nova: the delete family of
nova/compute/api.py."""
import copy

from oslo_log import log
from oslo_utils import uuidutils

import mininova.conf
from mininova import exception, hooks, objects
from mininova.compute import action, state_machine, task_states
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


class DeleteActions:
    """Part of :class:`mininova.compute.api.API`."""

    @hooks.add_hook('delete_instance')
    def delete(self, context, instance):
        """Delete a server in whatever state it is; asked again, the deletion is driven again.

        :raises InstanceIsLocked: (409)
        :raises InstanceNotFound: it is gone already (404)
        """
        action.check_lock(context, instance)
        crashpoint('delete.D1.committed.before')
        while not self._accept_delete(context, instance):
            instance.refresh()
        crashpoint('delete.D2.cast.after')

    def _accept_delete(self, context, instance):
        """Try to become the deletion of a server as it was read; False if it has changed since then."""
        if instance.task_state == task_states.DELETING and instance.action_id:
            LOG.info('Deleting already; driving it again.', instance=instance)
            self._drive_delete(_original_context(context, instance), instance)
            return True
        if not instance.host and self._delete_at_once(context, instance):
            return True
        as_read = {name: getattr(instance, name) for name in ('vm_state', 'task_state', 'action_id', 'host')}
        try:
            action.accept_action(context, instance, 'delete', expected=as_read)
        except (exception.UnexpectedTaskStateError, exception.UnexpectedVMStateError, exception.StaleAction):
            return False
        crashpoint('delete.D1.committed.after')
        self._drive_delete(context, instance)
        return True

    def _delete_at_once(self, context, instance):
        """Delete a server that no host and no conductor works on; False if one does."""
        record = objects.InstanceAction.pack_start(context, instance.uuid, state_machine.ACTIONS['delete'].action,
                                                   uuidutils.generate_uuid())
        if not instance.destroy_unowned(record, CONF.reconciler.worker_timeout):
            return False
        if instance.build_attempt:
            # A host had it once; what that host gave back is asked for again, to be sure.
            self.network_api.deallocate_for_instance(context, instance)
        for phase in ('start', 'end'):
            notifications.notify_about_instance_action(context, instance, None, 'delete', phase)
        return True

    def _drive_delete(self, context, instance):
        if instance.host and self.host_is_up(context, instance.host):
            action.send(self.compute_rpcapi.terminate_instance, context, instance)
        else:
            self.compute_task_api.delete_unhosted(context, instance)


def _original_context(context, instance):
    """Act under the request whose action the server carries, so that its record is the one that ends."""
    record = objects.InstanceAction.get_current(context.elevated(), instance.uuid, instance.action_id)
    if record is None:
        return context
    original = copy.copy(context)
    original.request_id = record.request_id
    return original

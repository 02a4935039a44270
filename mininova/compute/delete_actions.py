# SPDX-License-Identifier: Apache-2.0
"""Delete a server, in every state and at every moment, at once or later, and take it back; runs in nova-api.

Nova: the delete family of nova/compute/api.py.
"""
import copy

from oslo_log import log
from oslo_utils import timeutils, uuidutils

import mininova.conf
from mininova import exception, hooks, objects, quota, servicegroup
from mininova.compute import action, state_machine, task_states, vm_states
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

# In the middle of a move nobody can tell which disks are whole: what is deleted then is deleted for good.
NOT_DEFERRED = frozenset({
    task_states.RESIZE_PREP, task_states.RESIZE_MIGRATING, task_states.RESIZE_MIGRATED, task_states.RESIZE_FINISH,
    task_states.RESIZE_REVERTING, task_states.RESIZE_CONFIRMING, task_states.MIGRATING, task_states.REBUILDING,
    task_states.REBUILD_BLOCK_DEVICE_MAPPING, task_states.REBUILD_SPAWNING, task_states.DELETING})


class DeleteActions:
    """Part of :class:`mininova.compute.api.API`."""

    @hooks.add_hook('delete_instance')
    def delete(self, context, instance):
        """Delete a server in whatever state it is; asked again, the deletion is driven again.

        With [DEFAULT] reclaim_instance_interval one that ever ran is only powered off, and deleted later.

        :raises InstanceIsLocked: (409)
        :raises InstanceNotFound: it is gone already (404)
        """
        self._delete(context, instance)

    @hooks.add_hook('delete_instance')
    def force_delete(self, context, instance):
        """Delete a server for good, one that waits for it too.

        :raises InstanceIsLocked: (409)
        :raises InstanceNotFound: it is gone already (404)
        """
        self._delete(context, instance, 'force_delete')

    def restore(self, context, instance):
        """Take back a server that was deleted but is still kept.

        :raises InstanceIsLocked, InstanceInvalidState: (409)
        :raises TooManyInstances: the project has no room for it any more (403)
        """
        action.accept_action(context, instance, 'restore', expected={'host': instance.host},
                             values={'deleted_at': None}, limits=_limits_of(context, instance))
        crashpoint('restore.T1.accepted.after')
        if instance.host:
            action.send(self.compute_rpcapi.restore_instance, context, instance)
        else:
            self.compute_task_api.restore_unhosted(context, instance)

    # -- how a deletion is accepted --

    def _delete(self, context, instance, name=None):
        action.check_lock(context, instance)
        crashpoint('delete.D1.committed.before')
        while not self._accept_delete(context, instance, name or _kind_of_delete(instance)):
            instance.refresh()
        crashpoint('delete.D2.cast.after')

    def _accept_delete(self, context, instance, name):
        """Try to become the deletion of a server as it was read; False if it has changed since then."""
        starts = state_machine.ACTIONS[name].starts
        if instance.task_state == starts and instance.action_id:
            LOG.info('Deleting already; driving it again.', instance=instance)
            self._drive_delete(_original_context(context, instance), instance)
            return True
        if starts == task_states.DELETING and _is_nowhere(instance) and self._delete_at_once(context, instance):
            return True
        as_read = {column: getattr(instance, column) for column in ('vm_state', 'task_state', 'action_id', 'host')}
        try:
            action.accept_action(context, instance, name, expected=as_read,
                                 values={'deleted_at': timeutils.utcnow()} if name == 'soft_delete' else None)
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
            try:
                self.network_api.deallocate_for_instance(context, instance)
            except exception.ServiceUnavailable as error:
                LOG.warning('It could not be asked whether anything of the network is left: %s', error,
                            instance=instance)
        for phase in ('start', 'end'):
            notifications.notify_about_instance_action(context, instance, None, 'delete', phase)
        return True

    def _drive_delete(self, context, instance):
        if instance.host and servicegroup.host_is_up(context, instance.host):
            deferred = instance.task_state == task_states.SOFT_DELETING
            action.send(self.compute_rpcapi.soft_delete_instance if deferred
                        else self.compute_rpcapi.terminate_instance, context, instance)
        else:
            self.compute_task_api.delete_unhosted(context, instance)


def _kind_of_delete(instance):
    """Return the row of the table that a plain DELETE is now."""
    deferred = (CONF.reclaim_instance_interval > 0 and instance.launched_at
                and instance.task_state not in NOT_DEFERRED)
    return 'soft_delete' if deferred else 'delete'


def _is_nowhere(instance):
    """Tell whether a server was never given more than a row; anything else has addresses or an image to be removed."""
    return not instance.host and instance.vm_state in (vm_states.BUILDING, vm_states.ERROR)


def _limits_of(context, instance):
    """Return what of the quota a server takes that did not count while it was deleted.

    That is what its row says: of a resize that is not decided, the larger of the two flavors.
    """
    project_limits, user_limits = quota.get_limits(context, instance.project_id, instance.user_id)
    return {'project_id': instance.project_id, 'user_id': instance.user_id, 'project_limits': project_limits,
            'user_limits': user_limits, 'deltas': {'instances': 1, 'cores': instance.vcpus,
                                                   'ram': instance.memory_mb}}


def _original_context(context, instance):
    """Act under the request whose action the server carries, so that its record is the one that ends."""
    record = objects.InstanceAction.get_current(context.elevated(), instance.uuid, instance.action_id)
    if record is None:
        return context
    original = copy.copy(context)
    original.request_id = record.request_id
    return original

# SPDX-License-Identifier: Apache-2.0
"""Delete a server that no living host holds: never scheduled, shelved and offloaded, or its host is down; now or later.

The guest on a dead host is removed by that host's nova-compute when it comes back; the deleted row is its evidence.
Nova: the local delete of nova/compute/api.py.
"""
from oslo_log import log

from mininova import exception, objects, servicegroup
from mininova.compute import deferred, remains, shelved_image, task_states, vm_states, waiting
from mininova.compute import rpcapi as compute_rpcapi
from mininova.crashpoint import crashpoint
from mininova.image import api as image_api
from mininova.network import api as network_api
from mininova.notifications import instance as notifications

LOG = log.getLogger(__name__)


class DeleteTask:
    """Deletes of this conductor process."""

    def __init__(self, worker):
        self.worker = worker
        self.network_api = network_api.API()
        self.image_api = image_api.API()
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()

    def execute(self, context, instance):
        """Finish a deletion, or the taking back of a server without host, that was accepted; a repeat does nothing."""
        admin = context.elevated()
        try:
            instance = objects.Instance.get_by_uuid(admin, instance.uuid, expected_attrs=['metadata', 'tags'])
        except exception.InstanceNotFound:
            return
        if instance.task_state not in STEPS:
            return
        with self.worker.taking([instance]) as taken:
            if taken:
                self._drive(admin, instance)

    def reclaim(self):
        """Delete for good what was deleted reclaim_instance_interval ago and is on no host."""
        for instance in waiting.accept_reclaims(None):
            self.execute(instance._context, instance)

    def _drive(self, admin, instance):
        name, message, finish = STEPS[instance.task_state]
        if instance.host and servicegroup.host_is_up(admin, instance.host):
            instance.owner = None
            instance.save(expected={'action_id': instance.action_id})
            getattr(self.compute_rpcapi, message)(admin, instance)
            return

        def notify(phase, error=None):
            notifications.notify_about_instance_action(admin, instance, None, name, phase, error)
        notify('start')
        try:
            getattr(self, finish)(admin, instance)
        except (exception.Conflict, exception.InstanceNotFound) as error:
            LOG.info('Not done: %s', error.format_message(), instance=instance)
            notify('error', error)
        except Exception as error:
            notify('error', error)
            raise
        else:
            notify('end')

    def _delete_here(self, context, instance):
        remains.remove_elsewhere(context, instance, instance.host, self.compute_rpcapi)
        if not instance.host:
            # Otherwise the guest may still run on a host that is only cut off.
            crashpoint('delete.D7.network_released.before')
            self.network_api.deallocate_for_instance(context, instance)
        else:
            self.network_api.leave_on_dead_host(context, instance)
        shelved_image.remove(context, instance, self.image_api)
        crashpoint('delete.D10.row_deleted.before')
        deleted = instance.destroy(expected={'task_state': task_states.DELETING, 'action_id': instance.action_id})
        crashpoint('delete.D10.row_deleted.after')
        if not deleted:
            raise exception.StaleAction(instance_uuid=instance.uuid, action_id=instance.action_id)
        objects.InstanceAction.action_finish(context, instance.uuid)
        LOG.info('Deleted without a host.', instance=instance)

    def _soft_delete_here(self, context, instance):
        """Let a server wait for its end; the guest on a host that is down is turned off when that is back."""
        deferred.mark(instance, instance.vm_state)
        self._settle(context, instance, vm_states.SOFT_DELETED, release=not instance.host)

    def _restore_here(self, context, instance):
        if instance.host:
            raise exception.StaleAction(instance_uuid=instance.uuid, action_id=instance.action_id)
        self._settle(context, instance, deferred.state_before(instance) or vm_states.ERROR)

    @staticmethod
    def _settle(context, instance, vm_state, release=False):
        """Write where a server stands.

        :raises StaleAction and its siblings: somebody else has it now
        """
        task, instance.vm_state, instance.task_state = instance.task_state, vm_state, None
        instance.owner = None
        instance.finish_operation(None, release=release, expected={
            'task_state': task, 'action_id': instance.action_id, 'host': instance.host})
        objects.InstanceAction.action_finish(context, instance.uuid)


# What is done by task: its name in notifications, the message to a living host, and what conductor does itself.
STEPS = {
    task_states.DELETING: ('delete', 'terminate_instance', '_delete_here'),
    task_states.SOFT_DELETING: ('soft_delete', 'soft_delete_instance', '_soft_delete_here'),
    task_states.RESTORING: ('restore', 'restore_instance', '_restore_here'),
}

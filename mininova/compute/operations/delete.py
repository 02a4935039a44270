# SPDX-License-Identifier: Apache-2.0
"""Delete a server that is on this host, for good or deferred; take a deferred one back.

Every step does nothing when it was done before.  A step that fails leaves the server 'deleting' or 'soft-deleting'; the
reconciler tries again for as long as it takes.  Nova: terminate_instance, soft_delete_instance, restore_instance and
_reclaim_queued_deletes of nova/compute/manager.py.
"""
import contextlib

from oslo_log import log

from mininova import exception, objects
from mininova.compute import block_devices, deferred, remains, shelved_image, task_states, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.compute.operations import base, persistent
from mininova.crashpoint import crashpoint
from mininova.image import api as image_api

LOG = log.getLogger(__name__)

EVENT = 'compute_terminate_instance'
SOFT_EVENT = 'compute_soft_delete_instance'


class DeleteOperations(persistent.PersistentOperations):
    """Delete servers (RPC endpoint)."""

    def __init__(self, host):
        super().__init__(host)
        self._image_api = image_api.API()
        self._compute_rpcapi = compute_rpcapi.ComputeAPI()

    def terminate_instance(self, context, instance):
        """Remove the guest, its disks and addresses, on other hosts too, then the record."""
        crashpoint('delete.D3.accepted.before')
        with self.host.busy_with(instance.uuid):
            if self._begin(instance, EVENT, task_states.DELETING):
                crashpoint('delete.D3.accepted.after')
                self._run(context, instance, EVENT, 'delete', self._delete)

    def soft_delete_instance(self, context, instance):
        """Turn the guest off and keep all of it: the server can be restored until it is reclaimed."""
        with self.host.busy_with(instance.uuid):
            if self._begin(instance, SOFT_EVENT, task_states.SOFT_DELETING):
                crashpoint('softdelete.F1.accepted.after')
                self._run(context, instance, SOFT_EVENT, 'soft_delete', self._soft_delete)

    def _delete(self, context, instance):
        remains.remove_elsewhere(context, instance, self.host.name, self._compute_rpcapi)
        self.host.remove_guest(context, instance)
        objects.BlockDeviceMappingList.delete_by_instance_uuid(context, instance.uuid)
        shelved_image.remove(context, instance, self._image_api)
        crashpoint('delete.D9.claim_dropped.before')
        deleted = instance.destroy(expected={'task_state': task_states.DELETING, 'host': self.host.name,
                                             'action_id': instance.action_id})
        crashpoint('delete.D10.row_deleted.after')
        if not deleted:
            # Conductor may have been faster, when this host counted as down.
            instance.refresh()
            raise exception.StaleAction(instance_uuid=instance.uuid, action_id=instance.action_id)
        instance.finish_operation(EVENT)
        self.host.tracker.forget(instance)
        LOG.info('Deleted.', instance=instance)
        crashpoint('delete.D11.notified.after')

    def _soft_delete(self, context, instance):
        expected = {'task_state': task_states.SOFT_DELETING, 'host': self.host.name, 'action_id': instance.action_id}
        offloaded = instance.vm_state in (vm_states.SHELVED, vm_states.SHELVED_OFFLOADED)
        deferred.mark(instance, vm_states.SHELVED_OFFLOADED if offloaded else instance.vm_state)
        if offloaded:
            # What it has is its image; the guest here is not made yet, or not needed any more.
            self.host.leave(context, instance)
        else:
            with contextlib.suppress(exception.InstanceNotFound):
                self.driver.power_off(instance)
            instance.power_state = self.power_state(instance)
        crashpoint('softdelete.F2.powered_off.after')
        instance.vm_state, instance.task_state = vm_states.SOFT_DELETED, None
        instance.finish_operation(SOFT_EVENT, expected=expected, release=offloaded)
        LOG.info('Deleted; it is kept until it is reclaimed.', instance=instance)

    # -- taking back, and the end of waiting --

    @base.instance_operation(notification='restore', accepts=task_states.RESTORING)
    def restore_instance(self, context, instance):
        """Turn on the guest of a server whose deletion was deferred."""
        self.host.network_api.setup_instance_on_host(context, instance)
        self.driver.power_on(context, instance, instance.get_network_info(),
                             block_devices.block_device_info(context, instance))
        crashpoint('restore.T2.running.after')
        self.settle(instance, deferred.state_before(instance) or vm_states.ACTIVE, 'compute_restore_instance')
        shelved_image.forget(context, instance, self._image_api)

    # -- for the other hosts of a move --

    def remove_remains(self, context, instance):
        """Remove what this host has of a server that is being deleted on another one.

        Somebody who works on the server here is waited for; what he leaves is removed too.
        """
        with self.host.busy_with(instance.uuid):
            admin = context.elevated(read_deleted='yes')
            current = objects.Instance.get_by_uuid(admin, instance.uuid)
            if not remains.is_going(current) or (current.host == self.host.name and not current.deleted):
                LOG.info('Nothing is removed: the server is %s/%s on %s.', current.vm_state, current.task_state,
                         current.host, instance=current)
                return
            LOG.info('Removing what is here of a server that is deleted on %s.', current.host, instance=current)
            network_info = current.get_network_info()
            self.driver.destroy(admin, current, network_info)
            self.driver.cleanup(admin, current, network_info)
            self.host.network_api.cleanup_instance_on_host(admin, current, self.host.name)

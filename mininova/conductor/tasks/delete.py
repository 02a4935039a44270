# SPDX-License-Identifier: Apache-2.0
"""Delete a server that no living host holds: never scheduled, or its host is down.

The guest on a dead host is removed by that host's nova-compute when it comes back; the deleted row is its evidence.
Nova: the local delete of nova/compute/api.py.
"""
from oslo_log import log

from mininova import exception, objects, servicegroup
from mininova.compute import rpcapi as compute_rpcapi
from mininova.compute import task_states
from mininova.crashpoint import crashpoint
from mininova.network import api as network_api
from mininova.notifications import instance as notifications

LOG = log.getLogger(__name__)


class DeleteTask:
    """Deletes of this conductor process."""

    def __init__(self, worker):
        self.worker = worker
        self.network_api = network_api.API()
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()

    def execute(self, context, instance):
        """Finish a deletion that was accepted; a repeat does nothing."""
        admin = context.elevated()
        try:
            instance = objects.Instance.get_by_uuid(admin, instance.uuid, expected_attrs=['metadata', 'tags'])
        except exception.InstanceNotFound:
            return
        if instance.task_state != task_states.DELETING:
            return
        with self.worker.taking([instance]) as taken:
            if taken:
                self._drive(admin, instance)

    def _drive(self, admin, instance):
        if instance.host and self._host_is_up(admin, instance.host):
            instance.owner = None
            instance.save(expected={'action_id': instance.action_id})
            self.compute_rpcapi.terminate_instance(admin, instance)
            return
        self._delete_here(admin, instance)

    @staticmethod
    def _host_is_up(context, host):
        try:
            return servicegroup.service_is_up(objects.Service.get_by_compute_host(context, host))
        except exception.ComputeHostNotFound:
            return False

    def _delete_here(self, context, instance):
        notifications.notify_about_instance_action(context, instance, None, 'delete', 'start')
        if not instance.host:
            # Otherwise the guest may still run on a host that is only cut off: its nova-network frees the addresses.
            crashpoint('delete.D7.network_released.before')
            self.network_api.deallocate_for_instance(context, instance)
        crashpoint('delete.D10.row_deleted.before')
        deleted = instance.destroy(expected={'task_state': task_states.DELETING})
        crashpoint('delete.D10.row_deleted.after')
        if deleted:
            objects.InstanceAction.action_finish(context, instance.uuid)
            LOG.info('Deleted without a host.', instance=instance)
            notifications.notify_about_instance_action(context, instance, None, 'delete', 'end')

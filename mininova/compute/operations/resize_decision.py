# SPDX-License-Identifier: Apache-2.0
"""The decision on a finished move: the old host forgets the server (confirm), or takes it back (revert).

Nova: confirm_resize, revert_resize, finish_revert_resize and _poll_unconfirmed_resizes of nova/compute/manager.py.

On revert the new host removes its guest and writes ``destroyed`` into the record before the server changes hosts; from
then on only the disks that the old host kept are the server's.
"""
import datetime

from oslo_log import log
from oslo_utils import timeutils

import mininova.conf
from mininova import exception, objects
from mininova.compute import block_devices, faults, move_actions, moves, task_states, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.compute.operations import move_step
from mininova.crashpoint import crashpoint

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


class ResizeDecisionOperations(move_step.MoveSteps):
    """Confirm and revert moves (RPC endpoint)."""

    def __init__(self, host):
        super().__init__(host)
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()

    @move_step.move_step('resize_confirm', 'source_compute', 'dest_compute', task_states.RESIZE_CONFIRMING,
                         on_failure='_leave')
    def confirm_resize(self, context, instance, migration):
        """Remove what this host kept of a server that moved away."""
        crashpoint('resize.R12.removed.before')
        self.driver.confirm_migration(context, migration, instance, instance.get_network_info())
        crashpoint('resize.R12.removed.after')
        moves.settle_confirmed(instance, migration)
        crashpoint('resize.R14.done.after')

    @move_step.move_step(None, 'dest_compute', 'dest_compute', task_states.RESIZE_REVERTING,
                         on_failure='_leave')
    def revert_resize(self, context, instance, migration):
        """Remove the guest here and hand the server back."""
        network_info = instance.get_network_info()
        data = dict(migration.data or {})
        if not data.get('destroyed'):
            crashpoint('revert.V2.destroyed.before')
            # Disks in a directory that both hosts have go when the old host takes its own back.
            separate = not (moves.stays_on_host(migration) or data.get('disk_info', {}).get('shared'))
            self.driver.destroy(context, instance, network_info, destroy_disks=separate)
            crashpoint('revert.V2.destroyed.after')
            migration.data = {**data, 'destroyed': True}
            if not migration.save(expected_status='reverting'):
                raise exception.MigrationNotFoundByStatus(instance_id=instance.uuid, status='reverting')
        moves.set_flavor(instance, migration, 'old')
        old, new = migration.old_flavor, migration.new_flavor
        instance.vcpus, instance.memory_mb = max(old.vcpus, new.vcpus), max(old.memory_mb, new.memory_mb)
        instance.host, instance.node = migration.source_compute, migration.source_node
        moves.take_hardware(instance, migration, 'old')
        instance.availability_zone = data.get('source_zone') or instance.availability_zone
        instance.finish_operation('compute_revert_resize', expected={
            'task_state': task_states.RESIZE_REVERTING, 'action_id': instance.action_id, 'host': self.host.name},
            release=moves.claims_elsewhere(context, migration))
        crashpoint('revert.V3.handed_back.after')
        if not moves.stays_on_host(migration):
            self.host.network_api.cleanup_instance_on_host(context, instance, self.host.name)
        self.compute_rpcapi.finish_revert_resize(context, instance, migration)

    @move_step.move_step('resize_revert', 'source_compute', 'source_compute', task_states.RESIZE_REVERTING,
                         on_failure='_give_up')
    def finish_revert_resize(self, context, instance, migration):
        """Run the guest from the disks that this host kept."""
        if not (migration.data or {}).get('destroyed'):
            raise exception.StaleAction(instance_uuid=instance.uuid, action_id=instance.action_id)
        network_info = self.host.network_api.setup_instance_on_host(context, instance)
        moves.set_flavor(instance, migration, 'old')
        crashpoint('revert.V4.restored.before')
        self.driver.finish_revert_migration(
            context, instance, network_info, migration, block_devices.block_device_info(context, instance),
            power_on=migration.old_vm_state == vm_states.ACTIVE)
        crashpoint('revert.V5.running.after')
        instance.power_state = self.driver.get_info(instance).state
        instance.network_info = list(network_info)
        instance.vm_state, instance.task_state = move_actions.decided_vm_state(migration), None
        instance.launched_on, instance.launched_at = self.host.name, timeutils.utcnow()
        instance.finish_operation(
            'compute_finish_revert_resize', expected={
                'task_state': task_states.RESIZE_REVERTING, 'action_id': instance.action_id, 'host': self.host.name},
            migration=moves.change(migration, 'reverted', ('reverting',)))
        crashpoint('revert.V6.done.after')
        LOG.info('Back from %s.', migration.dest_compute, instance=instance)

    def _leave(self, context, instance, migration, error, event):
        """Leave the task to the reconciler: nothing is lost, and the user decided."""
        self.close(instance, event, error, fault=faults.describe(error, self.host.name))

    def _give_up(self, context, instance, migration, error, event):
        """Leave the server in ERROR on its old host with the disks as they are."""
        moves.set_flavor(instance, migration, 'old')
        instance.vm_state, instance.task_state = vm_states.ERROR, None
        self.close(instance, event, error, fault=faults.describe(error, self.host.name),
                   expected={'task_state': task_states.RESIZE_REVERTING, 'action_id': instance.action_id,
                             'host': self.host.name},
                   migration=moves.change(migration, 'error'))


def confirm_overdue(context, host, rpcapi):
    """Confirm the moves to a host that nobody decided on within [DEFAULT] resize_confirm_window."""
    if not CONF.resize_confirm_window:
        return
    before = timeutils.utcnow() - datetime.timedelta(seconds=CONF.resize_confirm_window)
    records = objects.MigrationList.get_by_filters(context, {
        'status': 'finished', 'dest_compute': host, 'migration_type': list(moves.COLD), 'changes-before': before})
    for record in records:
        try:
            instance = objects.Instance.get_by_uuid(context, record.instance_uuid)
            record = move_actions.accept_confirmation(context, instance, by_service=True)
        except (exception.Conflict, exception.NotFound) as error:
            LOG.info('Not confirmed by itself: %s', error.format_message())
            continue
        LOG.info('Confirmed: nobody decided within %d s.', CONF.resize_confirm_window, instance=instance)
        rpcapi.confirm_resize(context, record.source_compute, instance, record)


# -- remedies of the reconciler --

def take_up_revert(reconciler, request, instance):
    """Go on with a revert: remove the guest here, or, when that was done, run it here again."""
    record = moves.find(request, instance, ('reverting',))
    if record is None:
        reconciler.clear_task(request, instance)
        return
    decisions = reconciler.manager.resize_decision
    handed_back = (record.data or {}).get('destroyed') and instance.host == record.source_compute
    if handed_back and not (moves.stays_on_host(record) and _claims_not_returned(request, instance)):
        decisions.finish_revert_resize(request, instance, record)
    else:
        decisions.revert_resize(request, instance, record)


def _claims_not_returned(request, instance):
    """Tell whether a move within one host still holds two claims."""
    return len(objects.AllocationList.get_by_instance(request, instance.uuid)) > 1

# SPDX-License-Identifier: Apache-2.0
"""Resize and cold migration on the hosts: the new one checks, the old one sends, the new one runs the guest.

Nova: prep_resize, resize_instance and finish_resize of nova/compute/manager.py.

::

    conductor --prep_resize--> new host --resize_instance--> old host --finish_resize--> new host
               resize_prep               resize_migrating               resize_migrated, resize_finish

The hand-over is one compare-and-swap of the server's host by the old one, when all disks have arrived.  What fails
before it leaves the server on the old host as it was; what fails after it leaves an ERROR on the new host and all disks
where they are.
"""
import json

from oslo_log import log
from oslo_utils import timeutils

import mininova.conf
from mininova import exception, objects
from mininova.compute import block_devices, faults, moves, power_state, task_states, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.compute.operations import move_step, power
from mininova.crashpoint import crashpoint
from mininova.objects import migration as migrations

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

FINISHING = (task_states.RESIZE_MIGRATED, task_states.RESIZE_FINISH)


class ResizeOperations(move_step.MoveSteps):
    """Move servers with their guest off (RPC endpoint)."""

    def __init__(self, host):
        super().__init__(host)
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()

    # -- on the new host --

    @move_step.move_step('resize_prep', 'dest_compute', 'source_compute', task_states.RESIZE_PREP,
                         on_failure='_pass_on')
    def prep_resize(self, context, instance, migration):
        """Check that this host can take a server, and tell the old one to begin."""
        crashpoint('resize.R3.prep.before')
        if migration.dest_node not in self.host.tracker.nodes:
            raise exception.ComputeHostNotFound(host=migration.dest_node)
        if moves.stays_on_host(migration) and migration.migration_type == migrations.MIGRATION:
            raise exception.CannotMigrateToSameHost()
        migration.data = {**migration.data, 'dest': self.driver.prepare_migration(instance, migration.new_flavor)}
        if not migration.save(expected_status='pre-migrating'):
            raise exception.MigrationNotFoundByStatus(instance_id=instance.uuid, status='pre-migrating')
        crashpoint('resize.R3.prep.after')
        self.compute_rpcapi.resize_instance(context, instance, migration)
        instance.finish_operation('compute_prep_resize')

    def _pass_on(self, context, instance, migration, error, event):
        """Let conductor look for another host."""
        self.close(instance, event, error)
        if moves.refuse(migration, faults.user_message(error)):
            objects.AllocationList.release(context, instance.uuid, 'instance', migration.data['refused_node_id'])
            self.host.conductor.migrate_server(context, instance)

    # -- on the old host --

    @move_step.move_step('resize', 'source_compute', 'source_compute',
                         (task_states.RESIZE_PREP, task_states.RESIZE_MIGRATING), task_states.RESIZE_MIGRATING,
                         on_failure='_stay')
    def resize_instance(self, context, instance, migration):
        """Turn the guest off, send its disks and hand the server over."""
        expected = {'action_id': instance.action_id, 'host': self.host.name}
        migration.status = 'migrating'
        if not migration.save(expected_status=('pre-migrating', 'migrating', 'post-migrating')):
            raise exception.MigrationNotFoundByStatus(instance_id=instance.uuid, status='pre-migrating')
        crashpoint('resize.R4.migrating.after')
        disk_info = self.driver.migrate_disk_and_power_off(
            context, instance, migration.dest_host, migration.new_flavor, instance.get_network_info(),
            block_devices.block_device_info(context, instance),
            timeout=power.PowerOperations.shutdown_timeout(instance),
            retry_interval=CONF.compute.shutdown_retry_interval, dest_data=migration.data.get('dest'))
        crashpoint('resize.R7.copied.after')
        migration.status = 'post-migrating'
        migration.data = {**migration.data, 'disk_info': json.loads(disk_info)}
        if not migration.save(expected_status='migrating'):
            raise exception.MigrationNotFoundByStatus(instance_id=instance.uuid, status='migrating')
        instance.host, instance.node = migration.dest_compute, migration.dest_node
        moves.take_hardware(instance, migration)
        instance.availability_zone = migration.data.get('dest_zone') or instance.availability_zone
        instance.power_state = power_state.SHUTDOWN
        instance.task_state = task_states.RESIZE_MIGRATED
        instance.finish_operation('compute_resize_instance', expected={
            **expected, 'task_state': task_states.RESIZE_MIGRATING})
        crashpoint('resize.R7.handed_over.after')
        if not moves.stays_on_host(migration):
            self.host.network_api.cleanup_instance_on_host(context, instance, self.host.name)
        self.compute_rpcapi.finish_resize(context, instance, migration)

    def _stay(self, context, instance, migration, error, event):
        """Give the server back as it was, with the reason."""
        if instance.task_state != task_states.RESIZE_MIGRATING:
            # Handed over, or not known whether: the record says which host goes on, and its reconciler does.
            self.close(instance, event, error)
            return
        expected = {'task_state': task_states.RESIZE_MIGRATING, 'action_id': instance.action_id,
                    'host': self.host.name}
        fault = faults.describe(error, self.host.name)
        vm_state = migration.old_vm_state
        try:
            self._take_back(context, instance, migration)
        except move_step.PASSING:
            LOG.exception('The server could not be taken back yet; tried again.', instance=instance)
            self.close(instance, event, error)
            return
        except Exception as second:
            LOG.exception('The server could not be taken back.', instance=instance)
            fault = faults.describe(second, self.host.name)
            vm_state = vm_states.ERROR
        moves.restore(instance, migration)
        instance.vm_state, instance.task_state, instance.power_state = vm_state, None, self.power_state(instance)
        self.close(instance, event, error, expected=expected, fault=fault, migration=moves.change(migration, 'error'),
                   release=moves.claims_elsewhere(context, migration))

    def _take_back(self, context, instance, migration):
        """Run the guest here again as it was before its move began."""
        moves.set_flavor(instance, migration, 'old')
        network_info = self.host.network_api.setup_instance_on_host(context, instance)
        self.driver.finish_revert_migration(
            context, instance, network_info, migration, block_devices.block_device_info(context, instance),
            power_on=migration.old_vm_state == vm_states.ACTIVE)

    # -- on the new host again --

    @move_step.move_step('resize_finish', 'dest_compute', 'dest_compute', FINISHING, task_states.RESIZE_FINISH,
                         on_failure='_give_up')
    def finish_resize(self, context, instance, migration):
        """Run the guest from the disks that arrived, in its new size; then the server waits for a decision."""
        crashpoint('resize.R8.network.before')
        network_info = self.host.network_api.setup_instance_on_host(context, instance)
        crashpoint('resize.R8.network.after')
        old, new = migration.old_flavor, migration.new_flavor
        moves.set_flavor(instance, migration, 'new')
        self.driver.finish_migration(
            context, migration, instance, json.dumps(migration.data.get('disk_info')), network_info,
            instance.image_meta, migration.migration_type == migrations.RESIZE, None,
            block_devices.block_device_info(context, instance),
            power_on=migration.old_vm_state == vm_states.ACTIVE)
        crashpoint('resize.R10.running.after')
        # Until it is decided the larger of the two flavors counts for the quota.
        instance.vcpus, instance.memory_mb = max(old.vcpus, new.vcpus), max(old.memory_mb, new.memory_mb)
        instance.power_state = self.driver.get_info(instance).state
        instance.network_info = list(network_info)
        instance.vm_state, instance.task_state = vm_states.RESIZED, None
        instance.launched_on, instance.launched_at = self.host.name, timeutils.utcnow()
        instance.finish_operation(
            'compute_finish_resize', expected={'task_state': task_states.RESIZE_FINISH, 'host': self.host.name,
                                               'action_id': instance.action_id},
            migration=moves.change(migration, 'finished', ('post-migrating',)))
        crashpoint('resize.R11.verify.after')
        LOG.info('Moved from %s; waits for confirmation or revert.', migration.source_compute, instance=instance)

    def _give_up(self, context, instance, migration, error, event):
        """Leave the server in ERROR on this host; the disks stay on both."""
        moves.set_flavor(instance, migration, 'new')
        instance.vm_state, instance.task_state = vm_states.ERROR, None
        instance.power_state = self.power_state(instance)
        self.close(instance, event, error, fault=faults.describe(error, self.host.name),
                   expected={'task_state': task_states.RESIZE_FINISH, 'action_id': instance.action_id,
                             'host': self.host.name},
                   migration=moves.change(migration, 'error'))


# -- remedies of the reconciler --

def leave_to_conductor(reconciler, request, instance):
    """Conductor drives this task, or another host does."""
    if moves.find(request, instance) is None:
        reconciler.clear_task(request, instance)


def take_up_sending(reconciler, request, instance):
    """Send the disks again, from where it broke off."""
    record = moves.find(request, instance)
    if record is None:
        reconciler.clear_task(request, instance)
    else:
        reconciler.manager.resize.resize_instance(request, instance, record)


def take_up_finish(reconciler, request, instance):
    """Run the guest that arrived."""
    record = moves.find(request, instance)
    if record is None:
        reconciler.clear_task(request, instance)
    else:
        reconciler.manager.resize.finish_resize(request, instance, record)

# SPDX-License-Identifier: Apache-2.0
"""A live migration on the host to which the guest comes, and the checks on both ends.

Nova: check_can_live_migrate_destination, check_can_live_migrate_source, pre_live_migration,
post_live_migration_at_destination and rollback_live_migration_at_destination of nova/compute/manager.py.
"""
from oslo_log import log

from mininova import exception, objects, rpc
from mininova.compute import block_devices, departures, faults, moves, task_states, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.compute.operations import base
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications

LOG = log.getLogger(__name__)

PRE_EVENT = 'compute_pre_live_migration'
POST_EVENT = 'compute_post_live_migration_at_destination'
# Tries after which a guest that arrived, and cannot be made at home, is an ERROR.
MOST_TRIES = 10


class LiveArrivalOperations(base.Operations):
    """Receive guests from other hosts (RPC endpoint)."""

    def __init__(self, host):
        super().__init__(host)
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()

    # -- checks --

    @rpc.expected_exceptions(exception.NovaException)
    def check_can_live_migrate_destination(self, context, instance, block_migration, disk_over_commit):
        """Check whether a guest can come here; the host it would leave has its say too.

        :returns: the drivers' data
        """
        if instance.host == self.host.name:
            raise exception.UnableToMigrateToSelf(instance_id=instance.uuid, host=self.host.name)
        if not self.driver.capabilities['supports_live_migration']:
            raise exception.MigrationPreCheckError(reason='the hypervisor driver of this host cannot migrate live')
        data = self.driver.check_can_live_migrate_destination(context, instance, block_migration, disk_over_commit)
        try:
            data = self.compute_rpcapi.check_can_live_migrate_source(context, instance, data)
        finally:
            self.driver.cleanup_live_migration_destination_check(instance)
        self.driver.complete_live_migration_check(instance, data)
        return data

    @rpc.expected_exceptions(exception.NovaException)
    def check_can_live_migrate_source(self, context, instance, dest_check_data):
        """Check whether a guest can leave; returns completed data."""
        return self.driver.check_can_live_migrate_source(context, instance, dest_check_data,
                                                         block_devices.block_device_info(context, instance))

    def get_live_migration_state(self, context, instance):
        """Return where a guest stands on this host."""
        return self.driver.get_live_migration_state(instance)

    # -- before it comes --

    @rpc.expected_exceptions(exception.NovaException)
    def pre_live_migration(self, context, instance, migration):
        """Make cards and disks ready; returns completed data for the source's driver."""
        with self.host.busy_with(instance.uuid):
            self._check_expected(context, instance, migration)
            objects.InstanceActionEvent.event_start(context, instance.uuid, PRE_EVENT, self.host.name)
            self._notify(context, instance, 'live_migration_pre', 'start')
            try:
                network_info = self.host.network_api.prepare_instance_on_host(context, instance, self.host.name)
                crashpoint('live_migrate.L4.network.after')
                known = migration.data or {}
                data = self.driver.pre_live_migration(
                    context, instance, block_devices.block_device_info(context, instance), network_info,
                    {**(known.get('checks') or {}), 'numa_topology': known.get('new_numa_topology'),
                     'pci_devices': known.get('new_pci_devices')})
            except Exception as error:
                LOG.exception('The host could not be made ready for the guest.', instance=instance)
                objects.InstanceActionEvent.event_finish(context, instance.uuid, PRE_EVENT, 'Error',
                                                         faults.user_message(error), faults.details(error))
                raise
            objects.InstanceActionEvent.event_finish(context, instance.uuid, PRE_EVENT)
            self._notify(context, instance, 'live_migration_pre', 'end')
            crashpoint('live_migrate.L4.ready.after')
            return data

    def _check_expected(self, context, instance, migration):
        """Refuse a guest that the records do not bring here (any more).

        :raises StaleAction: (409)
        """
        current = objects.Instance.get_by_uuid(context.elevated(), instance.uuid)
        record = objects.Migration.get_by_id(context, migration.id)
        if (current.action_id, current.task_state) != (instance.action_id, task_states.MIGRATING) or (
                record.dest_compute, record.status) != (self.host.name, 'preparing'):
            raise exception.StaleAction(instance_uuid=instance.uuid, action_id=instance.action_id)

    # -- when it is here --

    def post_live_migration_at_destination(self, context, instance):
        """Make a guest that arrived this host's own: its addresses, its definition, its record."""
        with self.host.busy_with(instance.uuid):
            try:
                instance.refresh()
                migration = objects.Migration.get_current(context, instance.uuid, instance.action_id)
                if migration.dest_compute != self.host.name:
                    raise exception.StaleAction(instance_uuid=instance.uuid, action_id=instance.action_id)
                instance.begin_operation(POST_EVENT, self.host.name, {'task_state': task_states.MIGRATING,
                                                                      'host': self.host.name})
            except (exception.Conflict, exception.InstanceNotFound, exception.MigrationNotFound) as error:
                LOG.info('Dropping a message that is late or a repeat: %s', error.format_message(), instance=instance)
                if instance.host == self.host.name and instance.task_state is None:
                    # An administrator overruled the task while the guest was on its way.
                    self._make_at_home(context, instance)
                return
            self._notify(context, instance, 'live_migration_post_dest', 'start')
            try:
                self._settle(context, instance, migration)
            except Exception as error:
                LOG.exception('The guest runs here and could not be made at home.', instance=instance)
                self._close(instance, migration, error)
            else:
                self._notify(context, instance, 'live_migration_post_dest', 'end')

    def _make_at_home(self, context, instance):
        network_info = self.host.network_api.setup_instance_on_host(context, instance)
        instance.network_info = list(network_info)
        crashpoint('live_migrate.L8.network.after')
        self.driver.post_live_migration_at_destination(context, instance, network_info,
                                                       block_devices.block_device_info(context, instance))

    def _settle(self, context, instance, migration):
        crashpoint('live_migrate.L8.arrived.before')
        self._make_at_home(context, instance)
        instance.power_state = self.power_state(instance)
        instance.task_state, instance.owner, instance.progress = None, None, 0
        crashpoint('live_migrate.L8.written.before')
        instance.finish_operation(
            POST_EVENT, expected={'task_state': task_states.MIGRATING, 'action_id': instance.action_id,
                                  'host': self.host.name},
            release='migration', migration=moves.change(migration, 'completed', ('running', 'post-migrating')))
        crashpoint('live_migrate.L8.written.after')

    def _close(self, instance, migration, error):
        """End a try; the reconciler tries again, and when that does not help either, the server is an ERROR."""
        written = {}
        data = dict(migration.data or {}, tries=(migration.data or {}).get('tries', 0) + 1)
        if data['tries'] >= MOST_TRIES:
            instance.vm_state, instance.task_state = vm_states.ERROR, None
            written = {'expected': {'task_state': task_states.MIGRATING, 'action_id': instance.action_id,
                                    'host': self.host.name},
                       'fault': faults.describe(error, self.host.name), 'release': 'migration',
                       'migration': moves.change(migration, 'error', ('running', 'post-migrating'))}
        else:
            migration.data = data
            migration.save(expected_status=('running', 'post-migrating'))
        try:
            instance.finish_operation(POST_EVENT, result='Error', details=faults.user_message(error),
                                      traceback=faults.details(error), **written)
        except (exception.Conflict, exception.InstanceNotFound, exception.MigrationNotFound) as late:
            LOG.info('The state was not written: %s', late.format_message(), instance=instance)

    # -- when it does not come --

    @rpc.expected_exceptions(exception.NovaException)
    def rollback_live_migration_at_destination(self, context, instance, migration):
        """Remove what was prepared for a guest that did not come."""
        with self.host.busy_with(instance.uuid):
            record = objects.Migration.get_by_id(context, migration.id)
            current = objects.Instance.get_by_uuid(context.elevated('yes'), instance.uuid)
            if current.host == self.host.name or record.dest_compute != self.host.name:
                raise exception.StaleAction(instance_uuid=instance.uuid, action_id=instance.action_id)
            self._notify(context, instance, 'live_migration_rollback_dest', 'start')
            self.driver.rollback_live_migration_at_destination(
                context, instance, instance.get_network_info(),
                destroy_disks=not departures.are_disks_shared(record))
            self.host.network_api.cleanup_instance_on_host(context, instance, self.host.name)
            self._notify(context, instance, 'live_migration_rollback_dest', 'end')

    def _notify(self, context, instance, name, phase, error=None):
        notifications.notify_about_instance_action(context, instance, self.host.name, name, phase, error)

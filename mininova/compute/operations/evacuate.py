# SPDX-License-Identifier: Apache-2.0
"""Evacuation on the hosts: the new one builds the server, the old one, when it is back, removes what it has of it.

Until the new host writes the server, its row names the old one; the record of the evacuation names the new one.  The
old host never runs such a guest again: it is turned off before anything else when the service starts, and removed when
the record says that the new one runs.  Nova: rebuild_instance with recreate=True and _destroy_evacuated_instances of
nova/compute/manager.py.
"""

from oslo_log import log
from oslo_utils import timeutils

from mininova import exception, objects
from mininova.compute import block_devices, faults, moves, power_state, task_states, vm_states
from mininova.compute.operations import base, build
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications
from mininova.objects import migration as migrations

LOG = log.getLogger(__name__)

EVENT = 'compute_rebuild_instance'
TASKS = (task_states.REBUILDING, task_states.REBUILD_BLOCK_DEVICE_MAPPING, task_states.REBUILD_SPAWNING)
OVERTAKEN = (*build.OVERTAKEN, exception.MigrationNotFound)


class EvacuateOperations(base.Operations):
    """Build servers of hosts that are down (RPC endpoint)."""

    def evacuate_instance(self, context, instance, migration, admin_password=None):
        """Build a server here, from its image or on disks that both hosts see."""
        if self.host.is_busy_with(instance.uuid):
            LOG.info('Dropping a message: the server is being built.', instance=instance)
            return
        with self.host.busy_with(instance.uuid):
            try:
                migration = objects.Migration.get_by_id(context, migration.id)
                if (migration.dest_compute, migration.status) != (self.host.name, 'pre-migrating'):
                    raise exception.StaleAction(instance_uuid=instance.uuid, action_id=instance.action_id)
                instance.begin_operation(EVENT, self.host.name, {'task_state': TASKS,
                                                                 'host': migration.source_compute})
                instance.refresh()
            except (exception.Conflict, exception.InstanceNotFound, exception.MigrationNotFound) as error:
                LOG.info('Dropping a message that is late or a repeat: %s', error.format_message(), instance=instance)
                return
            self._run(context, instance, migration, admin_password)

    def _run(self, context, instance, migration, admin_password):
        def notify(phase, error=None):
            notifications.notify_about_instance_action(context, instance, self.host.name, 'rebuild', phase, error)
        notify('start')
        try:
            self._build(context, instance, migration, admin_password)
        except OVERTAKEN as error:
            LOG.info('The evacuation stops: %s', error.format_message(), instance=instance)
            self._clean_up(context, instance, migration)
            self._close(instance, error)
            notify('error', error)
        except Exception as error:
            LOG.exception('The server could not be built here.', instance=instance)
            self._clean_up(context, instance, migration)
            self._close(instance, error)
            notify('error', error)
            self._give_back(context, instance, migration, error)
        else:
            LOG.info('Evacuated from %s.', migration.source_compute, instance=instance)
            notify('end')

    # -- the new host ----------------------------------------------------------------------

    def _build(self, context, instance, migration, admin_password):
        if not self.driver.capabilities['supports_evacuate']:
            raise exception.MigrationPreCheckError(reason='the hypervisor driver of this host cannot evacuate')
        arguments = self._arguments(context, instance)
        stopped = vm_states.STOPPED in (migration.old_vm_state, arguments.get('target_state'))
        if instance.task_state != task_states.REBUILD_SPAWNING or (
                self.power_state(instance) != power_state.RUNNING):
            self._spawn(context, instance, migration, arguments, admin_password, not stopped)
        crashpoint('evacuate.E4.running.after')
        self._settle(instance, migration, vm_states.STOPPED if stopped else vm_states.ACTIVE)

    @staticmethod
    def _arguments(context, instance):
        action = objects.InstanceAction.get_current(context, instance.uuid, instance.action_id)
        return (action and action.arguments) or {}

    def _spawn(self, context, instance, migration, arguments, admin_password, power_on):
        self._find_disks(instance, migration, arguments)
        if self.driver.instance_exists(instance):
            # Left by this host's own earlier try: the record names it.
            self.driver.destroy(context, instance, instance.get_network_info(), destroy_disks=False)
        crashpoint('evacuate.E3.network.before')
        network_info = self.host.network_api.setup_instance_on_host(context, instance, self.host.name)
        crashpoint('evacuate.E3.network.after')
        instance.network_info = list(network_info)
        self._advance(instance, migration, task_states.REBUILD_BLOCK_DEVICE_MAPPING)
        devices = block_devices.block_device_info(context, instance)
        self._advance(instance, migration, task_states.REBUILD_SPAWNING)
        self._check_record(context, instance, migration)
        moves.take_hardware(instance, migration)
        crashpoint('evacuate.E3.spawn.before')
        self.driver.spawn(context, instance, instance.image_meta, [], admin_password, None, network_info, devices,
                          power_on=power_on)

    def _find_disks(self, instance, migration, arguments):
        """Look, at this host's first try, whether the disks of the dead host are seen here, and note it in the record.

        :raises InvalidSharedStorage: the caller expects it to be otherwise
        """
        noted = (migration.data or {}).get('disks_found') or {}
        if self.host.name not in noted:
            found = self.driver.instance_on_disk(instance)
            wanted = arguments.get('shared_storage')
            if wanted is not None and wanted != found:
                raise exception.InvalidSharedStorage('Invalid state of instance files on shared storage')
            migration.data = {**(migration.data or {}), 'disks_found': {**noted, self.host.name: found}}
            if not migration.save(expected_status='pre-migrating'):
                raise exception.MigrationNotFoundByStatus(instance_id=instance.uuid, status='pre-migrating')
        LOG.info('The server is built %s.', 'on its disks, which are seen here'
                 if migration.data['disks_found'][self.host.name] else f'from image {instance.image_ref}',
                 instance=instance)

    @staticmethod
    def _advance(instance, migration, task_state):
        task, instance.task_state = instance.task_state, task_state
        instance.save(expected_task_state=task, expected={'action_id': instance.action_id,
                                                          'host': migration.source_compute})

    def _check_record(self, context, instance, migration):
        """Make sure, last thing before the guest starts, that conductor did not give the server to another host."""
        current = objects.Migration.get_by_id(context, migration.id)
        if (current.dest_compute, current.status) != (self.host.name, 'pre-migrating'):
            raise exception.StaleAction(instance_uuid=instance.uuid, action_id=instance.action_id)

    def _settle(self, instance, migration, vm_state):
        """Write that the server is here, in one transaction with the record of the evacuation."""
        moves.place(instance, migration)
        instance.power_state, instance.vm_state = self.power_state(instance), vm_state
        task, instance.task_state = instance.task_state, None
        instance.launched_at, instance.launched_on, instance.owner = timeutils.utcnow(), self.host.name, None
        crashpoint('evacuate.E5.written.before')
        instance.finish_operation(
            EVENT, expected={'task_state': task, 'action_id': instance.action_id, 'host': migration.source_compute},
            migration=moves.change(migration, 'done', ('pre-migrating',), dest_compute=self.host.name))
        crashpoint('evacuate.E5.written.after')

    # -- when it does not work --

    def _clean_up(self, context, instance, migration):
        """Remove what was made here; what cannot be removed now is found later, the record being the evidence."""
        # Only where it is noted that there were none before are those that are here this host's work.
        keep = ((migration.data or {}).get('disks_found') or {}).get(self.host.name) is not False
        try:
            network_info = instance.get_network_info()
            self.driver.destroy(context, instance, network_info, destroy_disks=not keep)
            self.driver.cleanup(context, instance, network_info, destroy_disks=not keep)
            self.host.network_api.cleanup_instance_on_host(context, instance, self.host.name)
        except Exception:
            LOG.exception('What was made here could not be removed yet.', instance=instance)

    @staticmethod
    def _close(instance, error):
        try:
            instance.finish_operation(EVENT, result='Error', details=faults.user_message(error),
                                      traceback=faults.details(error))
        except exception.InstanceNotFound as late:
            LOG.info('The event was not closed: %s', late.format_message(), instance=instance)

    def _give_back(self, context, instance, migration, error):
        """Let conductor find another host, unless none would do better."""
        migration.obj_reset_changes()
        if moves.reopen(context, migration, faults.user_message(error), 'pre-migrating',
                        final=isinstance(error, build.HOPELESS)):
            self.host.conductor.evacuate_instance(context, instance)


def is_under_way(context, instance):
    """Tell whether a server that is being rebuilt is being evacuated: then its record says who works on it."""
    if instance.task_state not in TASKS or instance.action_id is None:
        return False
    try:
        record = objects.Migration.get_current(context, instance.uuid, instance.action_id)
    except exception.MigrationNotFound:
        return False
    return record.migration_type == migrations.EVACUATION

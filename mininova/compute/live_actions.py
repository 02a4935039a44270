# SPDX-License-Identifier: Apache-2.0
"""Live migration and evacuation; runs in nova-api.  Nova: live_migrate, live_migrate_force_complete, live_migrate_abort
and evacuate of nova/compute/api.py.

That somebody wants a live migration to end, one way or the other, is written as an action of its own before the message
is sent: the source host looks for such records as long as the migration runs.
"""
from mininova import exception, objects, servicegroup
from mininova.compute import action, sealing, state_machine, task_states
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications
from mininova.objects import migration as migrations

MAX_ID = 0x7FFFFFFF


class LiveActions:
    """Part of :class:`mininova.compute.api.API`."""

    def live_migrate(self, context, instance, block_migration, disk_over_commit, host, force=False, wait=False):
        """Move a running server to another host.

        :param block_migration: whether its disks are copied; None leaves that to what the hosts share
        :param disk_over_commit: count what the disks hold, not what they may grow to
        :param host: which; None leaves it to the scheduler
        :param force: do not ask the scheduler about that host
        :param wait: return when it is known whether it can be done (before 2.34)
        :raises ComputeHostNotFound: (400)
        :raises NoValidHost, MigrationPreCheckError, ...: it cannot be done; only with `wait` (400)
        """
        if host is not None and not len(objects.ComputeNodeList.get_all(context.elevated(), host=host)):
            action.check_action(context, instance, 'live_migrate')
            raise exception.ComputeHostNotFound(host=host, code=400)
        arguments = {'block_migration': block_migration, 'disk_over_commit': disk_over_commit, 'host': host,
                     'force': force}
        action.accept_action(context, instance, 'live_migrate', arguments, expected={'host': instance.host},
                             migration=migrations.Migration.pack(context, instance, migrations.LIVE))
        crashpoint('live_migrate.L1.accepted.after')
        self.compute_task_api.live_migrate_instance(context, instance, wait)

    def live_migrate_force_complete(self, context, instance, migration_id):
        """Make a live migration that runs end soon, at the price of a pause.

        :raises MigrationNotFoundForInstance, InvalidMigrationState: (400)
        """
        migration = self._find_under_way(context, instance, migration_id, 'live_migrate_force_complete', ('running',),
                                         'force complete', not_found=400)
        self._record_request(context, instance, 'live_migrate_force_complete', migration)
        action.send(self.compute_rpcapi.live_migration_force_complete, context, instance, migration.id)

    def live_migrate_abort(self, context, instance, migration_id, also_waiting=False):
        """Call a live migration off; the server stays where it is.

        :param also_waiting: also one that waits its turn or is prepared (2.65)
        :raises MigrationNotFoundForInstance: (404)
        :raises InvalidMigrationState: (400)
        """
        statuses = ('running', 'queued', 'preparing') if also_waiting else ('running',)
        migration = self._find_under_way(context, instance, migration_id, 'live_migrate_abort', statuses,
                                         'abort live migration')
        self._record_request(context, instance, 'live_migrate_abort', migration)
        action.send(self.compute_rpcapi.live_migration_abort, context, instance, migration.id)

    def _find_under_way(self, context, instance, migration_id, name, statuses, method, not_found=404):
        action.check_action(context, instance, name)
        migration = self.find_migration(context, instance, migration_id)
        if migration is None:
            raise exception.MigrationNotFoundForInstance(migration_id=str(migration_id)[:80],
                                                         instance_id=instance.uuid, code=not_found)
        if migration.status not in statuses:
            raise exception.InvalidMigrationState(migration_id=migration.id, instance_uuid=instance.uuid,
                                                  state=migration.status, method=method)
        return migration

    @staticmethod
    def _record_request(context, instance, name, migration):
        objects.InstanceAction.action_start(context, instance.uuid, state_machine.ACTIONS[name].action,
                                            arguments={'migration_id': migration.id})
        crashpoint('live_migrate.L5.asked.after')

    @staticmethod
    def find_migration(context, instance, migration_id):
        """Return a server's migration by its number as the caller wrote it, or None."""
        text = str(migration_id)
        number = int(text) if text.isdecimal() and text.isascii() and len(text) < 11 else 0
        if not 0 < number <= MAX_ID:
            return None
        try:
            return objects.Migration.get_by_id_and_instance(context, number, instance.uuid)
        except exception.MigrationNotFoundForInstance:
            return None

    @staticmethod
    def get_live_migrations_in_progress(context, instance):
        """Return the live migrations of a server that a host works on."""
        return objects.MigrationList.get_by_filters(
            context, {'instance_uuid': instance.uuid, 'migration_type': migrations.LIVE,
                      'status': migrations.LIVE_IN_PROGRESS}, sort=(('id', 'asc'),))

    # -- evacuation --

    def evacuate(self, context, instance, host, shared_storage=None, admin_password=None, force=False,
                 target_state=None):
        """Build a server of a host that is down on another one.

        :param host: which; None leaves it to the scheduler
        :param shared_storage: whether the new host is to find its disks; None leaves that to what it finds
        :param force: do not ask the scheduler about that host
        :param target_state: vm_states.STOPPED leaves it stopped; None as it was
        :raises ComputeHostNotFound: (404)
        :raises ComputeServiceInUse: its host is not down (400)
        """
        if host is not None:
            try:
                objects.Service.get_by_compute_host(context.elevated(), host)
            except exception.ComputeHostNotFound as error:
                raise exception.ComputeHostNotFound(f'Compute host {host} not found.', host=host) from error
        if host is not None and host == instance.host:
            raise exception.Invalid("The target host can't be the same one.")
        action.check_action(context, instance, 'evacuate')
        self._check_not_evacuated_yet(context, instance)
        if servicegroup.host_is_up(context, instance.host):
            raise exception.ComputeServiceInUse(host=instance.host)
        arguments = {'host': host, 'shared_storage': shared_storage, 'force': force, 'target_state': target_state,
                     'sealed': sealing.seal(admin_password, []) if admin_password else None}
        action.accept_action(
            context, instance, 'evacuate', arguments, expected={'host': instance.host, 'action_id': instance.action_id},
            migration=migrations.Migration.pack(context, instance, migrations.EVACUATION, dest_compute=host))
        crashpoint('evacuate.E1.accepted.after')
        notifications.notify_about_instance_action(context, instance, None, 'evacuate')
        self.compute_task_api.evacuate_instance(context, instance)

    @staticmethod
    def _check_not_evacuated_yet(context, instance):
        """Refuse a second evacuation beside one under way.

        :raises InstanceInvalidState: (409)
        """
        under_way = objects.MigrationList.get_by_filters(
            context, {'instance_uuid': instance.uuid, 'migration_type': migrations.EVACUATION,
                      'status': migrations.EVACUATION_IN_PROGRESS})
        if any(record.action_id == instance.action_id for record in under_way) and instance.task_state in (
                task_states.REBUILDING, task_states.REBUILD_BLOCK_DEVICE_MAPPING, task_states.REBUILD_SPAWNING):
            raise exception.InstanceInvalidState(attr='task_state', instance_uuid=instance.uuid,
                                                 state=instance.task_state, method='evacuate')

# SPDX-License-Identifier: Apache-2.0
"""A live migration on the host that the guest leaves: it leads.

::

    queued --turn--> preparing --cards and disks at the destination--> running --> post-migrating --> completed

Each status is written before the step it names; a killed service begins with the step that the record names.  What
fails before the guest has left rolls back: the server stays as it was, the destination is cleaned, its claim given
back.  When the guest has left, the server's row is given to the destination, and that host does the rest.
Nova: live_migration, _post_live_migration and _rollback_live_migration of nova/compute/manager.py.
"""
from oslo_log import log

import mininova.conf
from mininova import concurrency, exception, objects, rpc
from mininova.compute import departures, faults, moves, remains, task_states, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.compute.operations import base
from mininova.compute.operations import live_migration_jobs as jobs
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications
from mininova.objects import migration as migrations

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

EVENT = 'compute_live_migration'
BEFORE_START = ('queued', 'preparing')
OVERTAKEN = (exception.Conflict, exception.InstanceNotFound, exception.MigrationNotFound)
# Seconds in which a guest that has left one host and not yet arrived at the other may still do so.
BETWEEN_HOSTS, POLL = 20, 0.5


class LiveMigrationOperations(base.Operations):
    """Send guests to other hosts (RPC endpoint)."""

    def __init__(self, host):
        super().__init__(host)
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()
        limit = CONF.max_concurrent_live_migrations
        self._turns = concurrency.semaphore(limit) if limit else None
        self._jobs = {}
        self._guard = concurrency.lock()

    def live_migration(self, context, instance, migration):
        """Take a live migration up where its record says that it stands; a repeat is dropped while it is in hand."""
        with self._guard:
            if instance.uuid in self._jobs:
                LOG.info('Dropping a message: the live migration is in hand.', instance=instance)
                return
            job = self._jobs[instance.uuid] = jobs.Job(self.host.name, self.driver, instance)
        concurrency.spawn(self._take_up, context, instance, job)

    def live_migration_force_complete(self, context, instance, migration_id):
        self._wake(instance, migration_id)

    def live_migration_abort(self, context, instance, migration_id):
        self._wake(instance, migration_id)

    def _wake(self, instance, migration_id):
        job = self._jobs.get(instance.uuid)
        if job is not None and job.migration_id == migration_id:
            job.obey()
        elif job is None and not self.host.is_busy_with(instance.uuid):
            jobs.close_requests(instance, migration_id, self.host.name)

    def _take_up(self, context, instance, job):
        try:
            with self.host.busy_with(instance.uuid):
                self._run(context, instance, job)
        except Exception:
            LOG.exception('The live migration broke off; the reconciler takes it up.', instance=instance)
        finally:
            with self._guard:
                self._jobs.pop(instance.uuid, None)

    def _run(self, context, instance, job):
        context.update_store()
        try:
            instance.refresh()
            migration = objects.Migration.get_current(context, instance.uuid, instance.action_id,
                                                      migrations.LIVE_IN_PROGRESS)
            instance.begin_operation(EVENT, self.host.name, {'task_state': task_states.MIGRATING,
                                                             'host': migration.source_compute})
        except OVERTAKEN as error:
            LOG.info('Dropping a message that is late or a repeat: %s', error.format_message(), instance=instance)
            return
        job.migration_id = migration.id
        try:
            self._proceed(context, instance, migration, job)
        except exception.HypervisorUnavailable as error:
            if migration.status in BEFORE_START:
                self._roll_back(context, instance, migration, error, 'error')
                return
            LOG.warning('The hypervisor is away; where the guest is is found out later: %s', error, instance=instance)
            _close(instance, error)
        except exception.MigrationCancelled as error:
            self._roll_back(context, instance, migration, error, 'cancelled')
        except Exception as error:
            LOG.exception('The live migration failed.', instance=instance)
            status = 'failed' if migration.status == 'running' else 'error'
            if migration.status == 'post-migrating':
                _close(instance, error)
            else:
                self._roll_back(context, instance, migration, error, status)
        finally:
            job.running = False
            jobs.close_requests(instance, migration.id, self.host.name)

    def _proceed(self, context, instance, migration, job):
        """Do what is left to do, by the status of the record."""
        if migration.status in BEFORE_START:
            job.check()
            job.obey()
            self._start(context, instance, migration, job)
        elif migration.status == 'running':
            self._find_out(context, instance, migration, job)
        self._finish(context, instance, migration)

    # -- until the guest has left ------------------------------------------------------------

    def _start(self, context, instance, migration, job):
        self._wait_for_turn(instance, job)
        try:
            self._advance(migration, 'preparing', BEFORE_START)
            crashpoint('live_migrate.L4.prepared.before')
            data = self.compute_rpcapi.pre_live_migration(context, migration.dest_compute, instance, migration)
            crashpoint('live_migrate.L4.prepared.after')
            job.check()
            self._advance(migration, 'running', ('preparing',))
            job.running = True
            job.check()  # called off while the record was written: nobody has told the hypervisor
            crashpoint('live_migrate.L5.running.before')
            self.driver.live_migration(context, instance, migration.dest_compute,
                                       self._reporter(instance, migration, job), data)
            job.running = False
            crashpoint('live_migrate.L6.switched.after')
        finally:
            if self._turns is not None:
                self._turns.release()

    def _wait_for_turn(self, instance, job):
        while self._turns is not None and not self._turns.acquire(timeout=0.5):
            job.check()
            if job.is_due() or self.host.is_waited_for(instance.uuid):
                self._keep(instance)
                job.obey()
        try:
            job.check()
        except exception.MigrationCancelled:
            if self._turns is not None:
                self._turns.release()
            raise

    @staticmethod
    def _keep(instance, progress=None):
        """Show that the server is in hand, and find out whether it still is.

        :raises StaleAction and its siblings: it is somebody else's now
        """
        instance.progress = instance.progress or 0
        if progress is not None:
            instance.progress = progress
        instance.save(expected_task_state=task_states.MIGRATING, expected={'action_id': instance.action_id})

    @staticmethod
    def _advance(migration, status, expected):
        migration.status = status
        if not migration.save(expected_status=expected):
            raise exception.MigrationNotFoundByStatus(instance_id=migration.instance_uuid, status=expected)

    def _reporter(self, instance, migration, job):
        """Return the function that the driver reports to; it saves every few seconds, and passes on what is asked."""
        def report(info):
            if job.cancelled:
                job.cancel(job.cancelled)
                return
            # Nobody but a deletion, or who overruled the task, waits for a server that moves.
            if not (job.is_due() or self.host.is_waited_for(instance.uuid)):
                return
            for name, value in info.columns().items():
                setattr(migration, name, value)
            try:
                if not migration.save(expected_status='running'):
                    raise exception.MigrationNotFoundByStatus(instance_id=instance.uuid, status='running')
                self._keep(instance, info.progress)
                job.obey()
            except OVERTAKEN as error:
                LOG.info('The live migration stops: %s', error.format_message(), instance=instance)
                job.cancel('the server was given something else to do')
            except (exception.NovaException, rpc.MessagingException) as error:
                LOG.warning('The progress could not be saved: %s', error, instance=instance)
        return report

    def _find_out(self, context, instance, migration, job):
        """Find out where a guest is that a killed service, or a lost connection, left on its way.

        :raises MigrationError: it is here, and stays
        :raises HypervisorUnavailable: one of the hosts cannot tell
        """
        state = self.driver.get_live_migration_state(instance)
        if state == 'outgoing':
            LOG.info('The guest is still on its way; going along.', instance=instance)
            job.running = True
            self.driver.live_migration(context, instance, migration.dest_compute,
                                       self._reporter(instance, migration, job), None)
            return
        if state in ('none', 'off'):
            ask = self.compute_rpcapi.get_live_migration_state
            arrived = self._wait_until(lambda: ask(context, migration.dest_compute, instance), ('here',),
                                       BETWEEN_HOSTS if state == 'none' else 0)
            if arrived == 'here':
                return
            if state == 'none':
                raise exception.MigrationError(
                    reason=f'the guest is neither on {self.host.name} nor on {migration.dest_compute}')
        if jobs.is_called_off(instance, migration.id):
            raise exception.MigrationCancelled(reason='an administrator aborted it')
        raise exception.MigrationError(reason=f'nova-compute on {self.host.name} was interrupted')

    @staticmethod
    def _wait_until(ask, wanted, seconds=BETWEEN_HOSTS):
        waited, state = 0, ask()
        while state not in wanted and waited < seconds:
            concurrency.sleep(POLL)
            waited += POLL
            state = ask()
        return state

    # -- when it has left --------------------------------------------------------------------

    def _finish(self, context, instance, migration):
        """Give the server to the destination, and remove what is here."""
        self._advance(migration, 'post-migrating', ('running', 'post-migrating'))
        crashpoint('live_migrate.L6.recorded.after')
        self._notify(context, instance, 'live_migration_post', 'start')
        self._hand_over(instance, migration)
        crashpoint('live_migrate.L7.handed_over.after')
        network_info = instance.get_network_info()
        self.driver.post_live_migration_at_source(context, instance, network_info)
        crashpoint('live_migrate.L7.source.after')
        try:
            self.compute_rpcapi.post_live_migration_at_destination(context, instance)
        except (exception.NovaException, rpc.MessagingException) as error:
            LOG.warning('%s makes the guest its own later: %s', migration.dest_compute, error, instance=instance)
        crashpoint('live_migrate.L8.destination.after')
        self.driver.cleanup(context, instance, network_info,
                            destroy_disks=not departures.are_disks_shared(migration))
        self.host.network_api.cleanup_instance_on_host(context, instance, self.host.name)
        self.host.tracker.forget(instance)
        instance.finish_operation(EVENT)
        LOG.info('Moved live to %s.', migration.dest_compute, instance=instance)
        self._notify(context, instance, 'live_migration_post', 'end')
        crashpoint('live_migrate.L9.done.after')

    def _hand_over(self, instance, migration):
        """Write that the server is on the destination, which it is, whatever else was asked of it meanwhile."""
        moves.place(instance, migration)
        instance.progress = 0
        try:
            instance.save(expected_task_state=task_states.MIGRATING,
                          expected={'action_id': instance.action_id, 'host': self.host.name})
        except exception.Conflict as error:
            LOG.info('The guest has left, and the server is somebody else\'s: %s', error.format_message(),
                     instance=instance)
            instance.refresh()
            if remains.is_going(instance) or instance.host != self.host.name:
                raise
            moves.place(instance, migration)
            instance.save(expected={'action_id': instance.action_id, 'host': self.host.name,
                                    'task_state': instance.task_state})
            objects.AllocationList.release(instance._context, instance.uuid, 'migration')
            self._advance(migration, 'completed', ('post-migrating',))

    def _notify(self, context, instance, name, phase, error=None):
        notifications.notify_about_instance_action(context, instance, self.host.name, name, phase, error)

    # -- when it does not leave ----------------------------------------------------------------

    def _roll_back(self, context, instance, migration, error, status):
        """Leave the server here as it was, with the reason."""
        LOG.info('The guest stays here: %s', faults.user_message(error), instance=instance)
        self._notify(context, instance, 'live_migration_rollback', 'start')
        try:
            self.compute_rpcapi.rollback_live_migration_at_destination(context, migration.dest_compute, instance,
                                                                       migration)
        except (exception.NovaException, rpc.MessagingException) as failure:
            LOG.warning('%s cleans up later: %s', migration.dest_compute, failure, instance=instance)
        crashpoint('live_migrate.L4.rolled_back.after')
        lost = self.driver.get_live_migration_state(instance) == 'none'
        instance.power_state, instance.progress = self.power_state(instance), 0
        task, instance.task_state = instance.task_state, None
        if lost:
            instance.vm_state = vm_states.ERROR
        cancelled = status == 'cancelled'
        try:
            instance.finish_operation(
                EVENT, expected={'task_state': task, 'action_id': instance.action_id, 'host': self.host.name},
                result='Error', details=faults.user_message(error), traceback=faults.details(error),
                fault=None if cancelled else faults.describe(error, self.host.name),
                release=moves.claims_elsewhere(context, migration),
                migration=moves.change(migration, status, migrations.LIVE_IN_PROGRESS))
        except OVERTAKEN as late:
            LOG.info('The state was not written: %s', late.format_message(), instance=instance)
            instance.refresh()
            if instance.host == self.host.name:
                moves.return_claims(context, migration, instance)
            migration.obj_reset_changes()
            migration.status = status
            migration.save(expected_status=migrations.LIVE_IN_PROGRESS)
        self._notify(context, instance, 'live_migration_rollback', 'end')


def _close(instance, error):
    """End the event of a try whose move goes on later."""
    try:
        instance.finish_operation(EVENT, result='Error', details=faults.user_message(error),
                                  traceback=faults.details(error))
    except exception.InstanceNotFound as late:
        LOG.info('The event was not closed: %s', late.format_message(), instance=instance)


def take_up(reconciler, request, instance):
    """Take up a live migration that nobody works on here (the reconciler): as its source, or as its destination."""
    manager = reconciler.manager
    try:
        migration = objects.Migration.get_current(request, instance.uuid, instance.action_id)
    except exception.MigrationNotFound:
        reconciler.clear_task(request, instance)
        return
    if migration.dest_compute == instance.host:
        manager.live_arrival.post_live_migration_at_destination(request, instance)
    elif migration.status in migrations.LIVE_IN_PROGRESS:
        manager.live_migration.live_migration(request, instance, migration)
    elif migration.status != 'accepted':
        reconciler.clear_task(request, instance)

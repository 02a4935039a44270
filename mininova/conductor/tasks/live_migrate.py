# SPDX-License-Identifier: Apache-2.0
"""A live migration as conductor drives it: a host with room that passes the checks, then the hand-over to the source.

::

    accepted --conductor--> queued --source host--> preparing --> running --> post-migrating --> completed

While the record says `accepted` the move is conductor's; from `queued` on the source host leads, and conductor comes
back only when that host is down.  Nova: nova/conductor/tasks/live_migrate.py.
"""
from oslo_log import log

import mininova.conf
from mininova import exception, objects, rpc, servicegroup
from mininova.compute import faults, moves, power_state, task_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.conductor.tasks import destinations
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications
from mininova.objects import migration as migrations
from mininova.pci import request

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

EVENT = 'conductor_live_migrate_instance'
OVERTAKEN = (exception.Conflict, exception.InstanceNotFound, exception.MigrationNotFound)
UNDER_WAY = ('accepted', *migrations.LIVE_IN_PROGRESS)
# In these the guest may run on the destination already.
AFTER_START = ('running', 'post-migrating')


class LiveMigrationTask:
    """Live migrations of this conductor process."""

    def __init__(self, worker):
        self.worker = worker
        self.destinations = destinations.Destinations()
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()

    def execute(self, context, instance):
        """Bring an accepted live migration to its source host; a repeat finds nothing to do.

        :returns: the error that ended it, or None
        """
        admin = context.elevated()
        found = destinations.load(admin, instance, (task_states.MIGRATING,), migrations.LIVE, ('accepted',))
        if found is None:
            return None
        with self.worker.taking(found[:1]) as taken:
            return self._drive(admin, *found) if taken else None

    def _drive(self, context, instance, record, arguments):
        crashpoint('live_migrate.L2.checks.before')
        objects.InstanceActionEvent.event_start(context, instance.uuid, EVENT, CONF.host)
        try:
            self._check_source(context, instance)
            self._find_destination(context, instance, record, arguments)
        except rpc.MessagingException as error:
            LOG.warning('No scheduler answered (%s); the live migration is tried again.', error, instance=instance)
            return None
        except OVERTAKEN as error:
            if isinstance(error, exception.InstanceInvalidState):
                return self._fail(context, instance, record, error)
            self._abandon(context, instance, record, error)
            return None
        except exception.NovaException as error:
            return self._fail(context, instance, record, error)
        crashpoint('live_migrate.L3.claimed.after')
        self._hand_over(context, instance, record)
        return None

    @staticmethod
    def _check_source(context, instance):
        """Make sure that there is a guest to move and somebody to move it.

        :raises InstanceInvalidState: it does not run (409)
        :raises ComputeServiceUnavailable: its host is down (400)
        :raises MigrationPreCheckError: it has PCI devices that cannot be left behind (400)
        """
        if instance.power_state not in (power_state.RUNNING, power_state.PAUSED):
            raise exception.InstanceInvalidState(
                instance_uuid=instance.uuid, attr='power_state', method='live migrate',
                state=power_state.STATE_MAP.get(instance.power_state, instance.power_state))
        if not servicegroup.host_is_up(context, instance.host):
            raise exception.ComputeServiceUnavailable(host=instance.host)
        if not all(each.moves_live for each in request.from_documents(instance.pci_requests)):
            raise exception.MigrationPreCheckError(
                reason='the server has PCI devices of its flavor that are not live_migratable')

    def _find_destination(self, context, instance, record, arguments):
        """Choose hosts until one passes all checks; it and what its driver says are in the record then."""
        tried = 0
        while True:
            source, node = self.destinations.choose(context, instance, record, arguments)
            crashpoint('live_migrate.L3.claimed.before')
            try:
                _check_hypervisors(source, node)
                record.data['checks'] = self.compute_rpcapi.check_can_live_migrate_destination(
                    context, node.host, instance, arguments.get('block_migration'),
                    bool(arguments.get('disk_over_commit')))
                record.data = dict(record.data)
                return
            except (exception.NovaException, rpc.MessagingException) as error:
                LOG.info('%s does not suit: %s', node.host, error, instance=instance)
                tried += 1
                unfit = error
            if not moves.reopen(context, record, _reason(unfit), 'accepted'):
                raise exception.MigrationNotFoundByStatus(instance_id=instance.uuid, status='accepted')
            if arguments.get('host'):
                raise _as_check_error(unfit)
            if 0 <= CONF.migrate_max_retries < tried:
                raise exception.MaxRetriesExceeded(
                    reason=f'{moves.tell_attempts(record)} [DEFAULT] migrate_max_retries is '
                           f'{CONF.migrate_max_retries}.')

    def _hand_over(self, context, instance, record):
        """Give the move to the source host and wake that up."""
        record.status = 'queued'
        try:
            if not record.save(expected_status='accepted'):
                raise exception.MigrationNotFoundByStatus(instance_id=instance.uuid, status='accepted')
            crashpoint('live_migrate.L3.queued.after')
            instance.owner = None
            instance.finish_operation(EVENT, expected={
                'task_state': task_states.MIGRATING, 'action_id': instance.action_id, 'host': record.source_compute})
        except OVERTAKEN as error:
            self._abandon(context, instance, record, error)
            return
        LOG.info('Moves live from %s to %s.', record.source_compute, record.dest_compute, instance=instance)
        self.compute_rpcapi.live_migration(context, instance, record)
        crashpoint('live_migrate.L3.cast.after')

    @staticmethod
    def _fail(context, instance, record, error):
        """Leave the server as it was, with the reason, and return that."""
        LOG.warning('Not moved: %s', error.format_message(), instance=instance)
        task, instance.task_state, instance.owner = instance.task_state, None, None
        try:
            instance.finish_operation(
                EVENT, expected={'task_state': task, 'action_id': instance.action_id}, result='Error',
                details=faults.user_message(error), traceback=faults.details(error),
                fault=faults.describe(error, host=None), release=moves.claims_elsewhere(context, record),
                migration=moves.change(record, 'error', UNDER_WAY))
        except OVERTAKEN as late:
            LOG.info('The state was not written: %s', late.format_message(), instance=instance)
        else:
            notifications.notify_about_refusal(context, instance, 'live_migration_pre', error)
        return error

    @staticmethod
    def _abandon(context, instance, record, error):
        """Leave a server to whoever has it now; what was claimed for the move is given back."""
        LOG.info('Not moving: %s', error.format_message(), instance=instance)
        moves.return_claims(context, record, instance)
        record.obj_reset_changes()
        record.status = 'error'
        record.save(expected_status=('accepted', 'queued'))

    # -- the source host is down --

    def take_over(self, context, instance):
        """Settle a live migration whose source host went down: where the guest runs, as far as anybody can tell."""
        admin = context.elevated()
        found = destinations.load(admin, instance, (task_states.MIGRATING,), migrations.LIVE,
                                  migrations.LIVE_IN_PROGRESS)
        if found is None:
            return
        with self.worker.taking(found[:1]) as taken:
            if taken:
                self._settle(admin, *found[:2])

    def _settle(self, context, instance, record):
        if not servicegroup.host_is_up(context, record.dest_compute):
            error = exception.MigrationError(
                reason=f'both hosts, {record.source_compute} and {record.dest_compute}, went down')
            self._fail(context, instance, record, error)
            return
        if record.status in AFTER_START and self.compute_rpcapi.get_live_migration_state(
                context, record.dest_compute, instance) == 'here':
            self._arrive(context, instance, record)
            return
        self.compute_rpcapi.rollback_live_migration_at_destination(context, record.dest_compute, instance, record)
        self._fail(context, instance, record, exception.MigrationError(
            reason=f'host {record.source_compute} went down before the guest had left it'))

    def _arrive(self, context, instance, record):
        """Write that the server is on its destination, whose host does the rest."""
        record.status = 'post-migrating'
        if not record.save(expected_status=AFTER_START):
            return
        moves.place(instance, record)
        instance.owner = None
        try:
            instance.save(expected_task_state=task_states.MIGRATING,
                          expected={'action_id': instance.action_id, 'host': record.source_compute})
        except OVERTAKEN as error:
            LOG.info('Not placed: %s', error.format_message(), instance=instance)
            return
        LOG.warning('Host %s went down when the guest had left it; it runs on %s.', record.source_compute,
                    record.dest_compute, instance=instance)
        self.compute_rpcapi.post_live_migration_at_destination(context, instance)


def remedy(reconciler, request, instance, host_up):
    """Take up a live migration that nobody drives (conductor's reconciler)."""
    task = reconciler.compute_task.live_migrations
    task.execute(request, instance)
    if host_up is False:
        task.take_over(request, instance)


def _check_hypervisors(source, node):
    """Refuse another kind of hypervisor, and an older one.

    :raises InvalidHypervisorType, DestinationHypervisorTooOld: (400)
    """
    if source is None or source.hypervisor_type != node.hypervisor_type:
        raise exception.InvalidHypervisorType()
    if (source.hypervisor_version or 0) > (node.hypervisor_version or 0):
        raise exception.DestinationHypervisorTooOld()


def _reason(error):
    if isinstance(error, rpc.MessagingTimeout):
        return 'it did not answer'
    return faults.user_message(error)


def _as_check_error(error):
    """Return an error that may be shown, whatever went wrong in a check."""
    if isinstance(error, exception.NovaException) and error.safe:
        return error
    return exception.MigrationPreCheckError(reason=_reason(error))

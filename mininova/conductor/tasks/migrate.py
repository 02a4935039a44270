# SPDX-License-Identifier: Apache-2.0
"""Resize and cold migration as conductor drives them: find room, hand over to the new host, or say why there is none.

Nova: nova/conductor/tasks/migrate.py and ComputeTaskManager._cold_migrate.

The server's own claim becomes that of its migration, so that the scheduler claims anew; the record of the move names
the host that was chosen before that host hears of it.  While the task is ``resize_prep`` conductor drives it, and may
die at any step: claims and choice are found again.  From ``resize_migrating`` on the compute hosts do.
"""
from oslo_log import log

import mininova.conf
from mininova import availability_zones, exception, objects, rpc, servicegroup
from mininova.compute import faults, moves, task_states, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications
from mininova.objects import migration as migrations
from mininova.scheduler.client import query

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

EVENT = 'conductor_migrate_server'
OVERTAKEN = (exception.Conflict, exception.InstanceNotFound, exception.MigrationNotFound)


class MigrateTask:
    """Moves of this conductor process."""

    def __init__(self, worker):
        self.worker = worker
        self.query_client = query.SchedulerQueryClient()
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()

    def execute(self, context, instance):
        """Bring a server that is to be moved to the host that takes it; a repeat sends the message again."""
        admin = context.elevated()
        instance = _load(admin, instance.uuid, task_states.RESIZE_PREP)
        if instance is None:
            return
        with self.worker.taking([instance]) as taken:
            if taken:
                self._drive(admin, instance)

    def _drive(self, context, instance):
        try:
            record = objects.Migration.get_current(context, instance.uuid, instance.action_id, ['pre-migrating'])
            if record.dest_compute and not servicegroup.host_is_up(context, record.dest_compute):
                self._refuse(context, record, 'the host went down before it answered')
            if not record.dest_compute:
                self._choose(context, instance, record)
            self._hand_over(context, instance, record)
        except exception.NoValidHost as error:
            self._fail(context, instance, record, error)
        except (rpc.MessagingTimeout, rpc.MessagingException) as error:
            LOG.warning('The move is tried again: %s', error, instance=instance)
        except OVERTAKEN as error:
            LOG.info('Not moving: %s', error.format_message(), instance=instance)
            _give_back_unused(context, instance)

    @staticmethod
    def _refuse(context, record, reason):
        """Note that the chosen host does not take the server, and free the room there.

        :raises MigrationNotFoundByStatus: it was alive, and the move goes on; the room is needed
        """
        if not moves.refuse(record, reason):
            raise exception.MigrationNotFoundByStatus(instance_id=record.instance_uuid, status='pre-migrating')
        objects.AllocationList.release(context, record.instance_uuid, 'instance', record.data['refused_node_id'])

    def _choose(self, context, instance, record):
        """Find and claim a host, and write it into the record."""
        crashpoint('resize.R2.claimed.before')
        source = objects.ComputeNode.get_by_host_and_nodename(context, record.source_compute, record.source_node)
        objects.AllocationList.keep_for_migration(context, instance.uuid, source.id)
        spec = self._spec(context, instance, record)
        data = dict(record.data or {})
        chosen, alternates = self._claim_alternate(context, spec, data.get('alternates') or [])
        if chosen is None:
            if len(spec.attempts) >= CONF.scheduler.max_attempts:
                raise exception.MaxRetriesExceeded(reason=moves.tell_attempts(record))
            chosen, *alternates = self._select(context, instance, record, spec)
        crashpoint('resize.R2.claimed.after')
        node = objects.ComputeNode.get_by_id(context, chosen['compute_node_id'])
        record.dest_compute, record.dest_node, record.dest_host = chosen['host'], chosen['node'], node.host_ip
        data.update(
            source_node_id=source.id, dest_node_id=node.id, alternates=alternates,
            **moves.claimed_hardware(context, instance, spec, node.id),
            source_zone=instance.availability_zone,
            dest_zone=availability_zones.get_host_availability_zone(context, chosen['host']))
        record.data = data
        if not record.save(expected_status='pre-migrating'):
            raise exception.MigrationNotFoundByStatus(instance_id=instance.uuid, status='pre-migrating')
        LOG.info('Moves from %s to %s.', record.source_compute, record.dest_compute, instance=instance)

    def _select(self, context, instance, record, spec):
        try:
            return self.query_client.select_destinations(context, spec, [instance.uuid])[0]
        except exception.NoValidHost as error:
            if spec.attempts:
                raise exception.MaxRetriesExceeded(
                    reason=f'{moves.tell_attempts(record)} {error.format_message()}') from error
            raise

    @staticmethod
    def _spec(context, instance, record):
        """Return the server's request as it is for this move; it is not stored."""
        spec = objects.RequestSpec.get_by_instance_uuid(context, instance.uuid)
        action = objects.InstanceAction.get_current(context, instance.uuid, instance.action_id)
        spec.flavor, spec.num_instances = record.new_flavor, 1
        spec.pci_requests = (record.data or {}).get('new_pci_requests')
        spec.force_hosts, spec.force_nodes = [], []
        spec.requested_host, spec.requested_node = ((action and action.arguments) or {}).get('host'), None
        may_stay = record.migration_type == migrations.RESIZE and CONF.allow_resize_to_same_host
        spec.ignore_hosts = [] if may_stay else [record.source_compute]
        spec.attempts = list((record.data or {}).get('attempts') or [])
        return spec

    @staticmethod
    def _claim_alternate(context, spec, alternates):
        """Claim the first of the hosts that the scheduler named besides that still has room."""
        tried = {attempt['host'] for attempt in spec.attempts}
        while alternates:
            chosen, *alternates = alternates
            node = objects.ComputeNode(context, id=chosen['compute_node_id'])
            if chosen['host'] not in tried and node.claim(
                    spec.instance_uuid, *spec.to_claim(), ratios=chosen.get('ratios')):
                return chosen, alternates
        return None, []

    def _hand_over(self, context, instance, record):
        """Wake the new host up; until it has told the old one to begin, the move is conductor's."""
        instance.owner = None
        instance.save(expected_task_state=task_states.RESIZE_PREP, expected={'action_id': instance.action_id})
        crashpoint('resize.R3.prep_cast.before')
        self.compute_rpcapi.prep_resize(context, record.dest_compute, instance, record)
        crashpoint('resize.R3.prep_cast.after')

    @staticmethod
    def _fail(context, instance, record, error):
        """Leave the server as it was, with the reason."""
        LOG.warning('Not moved: %s', error.format_message(), instance=instance)
        moves.restore(instance, record)
        expected = {'task_state': instance.task_state, 'action_id': instance.action_id}
        instance.task_state = None
        objects.InstanceActionEvent.event_start(context, instance.uuid, EVENT, CONF.host)
        try:
            instance.finish_operation(
                EVENT, expected=expected, result='Error', details=faults.user_message(error),
                traceback=faults.details(error), fault=faults.describe(error, host=None),
                release=moves.claims_elsewhere(context, record), migration=moves.change(record, 'error'))
        except OVERTAKEN as late:
            LOG.info('The state was not written: %s', late.format_message(), instance=instance)
            return
        notifications.notify_about_refusal(context, instance, 'resize_prep', error, {'new_flavor': record.new_flavor})

    # -- the decision, where the old host is down --

    def confirm(self, context, instance):
        """Send the old host the confirmation again, or finish it without a host that is down: that one removes what it
        kept when it is back."""
        admin = context.elevated()
        instance = _load(admin, instance.uuid, task_states.RESIZE_CONFIRMING)
        if instance is None:
            return
        with self.worker.taking([instance]) as taken:
            if taken:
                self._confirm(admin, instance)

    def _confirm(self, context, instance):
        try:
            record = objects.Migration.get_current(context, instance.uuid, statuses=['confirming'])
            if servicegroup.host_is_up(context, record.source_compute):
                instance.owner = None
                instance.save(expected_task_state=task_states.RESIZE_CONFIRMING,
                              expected={'action_id': instance.action_id})
                self.compute_rpcapi.confirm_resize(context, record.source_compute, instance, record)
                return
            objects.InstanceActionEvent.event_start(context, instance.uuid, moves.CONFIRM_EVENT, CONF.host)
            moves.settle_confirmed(instance, record)
            LOG.info('Confirmed; host %s is down and cleans up when it is back.', record.source_compute,
                     instance=instance)
        except OVERTAKEN as error:
            LOG.info('Not confirmed: %s', error.format_message(), instance=instance)


def _load(context, uuid, task_state):
    """Return a server that has a task, or None."""
    try:
        instance = objects.Instance.get_by_uuid(context, uuid, expected_attrs=['metadata', 'tags'])
    except exception.InstanceNotFound:
        return None
    return instance if instance.task_state == task_state else None


def _give_back_unused(context, instance):
    """Give back what was claimed for a move that somebody else ended meanwhile."""
    try:
        record = objects.Migration.get_current(context, instance.uuid, instance.action_id)
        instance.refresh()
    except (exception.InstanceNotFound, exception.MigrationNotFound):
        return
    if record.status == 'error' and instance.host == record.source_compute:
        moves.return_claims(context, record, instance)


# -- remedies of the reconciler; host_up is None without a host --

def take_up_preparation(reconciler, request, instance, host_up):
    """Look for a host again, or wake the chosen one up again."""
    reconciler.compute_task.migrate_server(request, instance)


def take_up_confirmation(reconciler, request, instance, host_up):
    reconciler.compute_task.confirm_resize(request, instance)


def give_up_without_host(reconciler, request, instance, host_up):
    """End a move whose acting host an administrator declared down; one that only seems to be down is waited for.

    Nothing is removed: the disks on both hosts stay as evidence.
    """
    if host_up is not False:
        return
    try:
        service = objects.Service.get_by_compute_host(request, instance.host)
        if not service.forced_down:
            return
        record = objects.Migration.get_current(request, instance.uuid, statuses=moves.UNDER_WAY)
    except (exception.ComputeHostNotFound, exception.MigrationNotFound):
        return
    release = False
    if instance.host == record.source_compute and record.status in moves.BEFORE_HAND_OVER:
        release = moves.claims_elsewhere(request, record)
        moves.restore(instance, record)
    else:
        # As the claim on its host and the disks there are: of the new size, unless it was handed back.
        back = record.status == 'reverting' and instance.host == record.source_compute
        moves.set_flavor(instance, record, 'old' if back else 'new')
    error = exception.ResizeError(
        reason=f'host {instance.host} went down for good while the server moved from {record.source_compute} to '
               f'{record.dest_compute}; its disks were left as they are')
    task = instance.task_state
    instance.vm_state, instance.task_state, instance.owner = vm_states.ERROR, None, None
    try:
        instance.finish_operation(
            None, expected={'task_state': task, 'action_id': instance.action_id, 'host': instance.host},
            result='Error', fault=faults.describe(error, instance.host), release=release,
            migration=moves.change(record, 'error'))
    except OVERTAKEN as late:
        LOG.info('The state was not written: %s', late.format_message(), instance=instance)
        return
    objects.InstanceAction.action_finish(request, instance.uuid, 'Error')
    LOG.warning('%s', error.format_message(), instance=instance)

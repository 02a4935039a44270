# SPDX-License-Identifier: Apache-2.0
"""From written rows to a host that builds: schedule, hand over, try elsewhere, or say why not.

Nova: ComputeTaskManager.build_instances and schedule_and_build_instances in nova/conductor/manager.py.

Ownership: while an instance is being scheduled its row names this worker; with the host written it belongs to that
host's nova-compute.  Each step may be repeated after a crash: claims are found again, the hand-over is a
compare-and-swap.
"""
from oslo_log import log

import mininova.conf
from mininova import availability_zones, exception, objects, rpc, servicegroup
from mininova.compute import faults, sealing, task_states, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications
from mininova.scheduler.client import query

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

# A build that kills its service each time must end some day.
EXTRA_HANDOVERS = 3


class BuildTask:
    """Builds of this conductor process."""

    def __init__(self, worker):
        self.worker = worker
        self.query_client = query.SchedulerQueryClient()
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()

    def execute(self, context, instance_uuids, admin_password=None, injected_files=None):
        """Schedule and hand over servers of one request; those that somebody else drives are left to him."""
        crashpoint('create.C5.conductor.before')
        admin = context.elevated()
        instances = [instance for instance in (self._load(admin, uuid) for uuid in instance_uuids) if instance]
        placed = [instance for instance in instances if instance.host]
        with self.worker.taking(instance for instance in instances if not instance.host) as unplaced:
            crashpoint('create.C5.conductor.after')
            for instance in placed:
                self._hand_over(admin, instance, self._spec(admin, instance), admin_password, injected_files)
            if unplaced:
                self._schedule(admin, unplaced, admin_password, injected_files)

    def reschedule(self, context, instance, failed_host, reason, alternates, admin_password=None, injected_files=None):
        """Bring a server that a host gave back to the next one: an alternate with room, or a new choice."""
        admin = context.elevated()
        instance = self._load(admin, instance.uuid)
        if instance is None or instance.host:
            return
        with self.worker.taking([instance]) as taken:
            if taken:
                self._try_elsewhere(admin, instance, failed_host, reason, alternates, admin_password, injected_files)

    def _try_elsewhere(self, admin, instance, failed_host, reason, alternates, admin_password, injected_files):
        spec = self._spec(admin, instance)
        LOG.info('Build failed on %s (%s); %s alternates left.', failed_host, reason, len(alternates),
                 instance=instance)
        if len(spec.attempts) >= CONF.scheduler.max_attempts:
            self._fail(admin, [instance], exception.MaxRetriesExceeded(reason=faults.tell_attempts(spec.attempts)))
            return
        tried = {attempt['host'] for attempt in spec.attempts}
        while alternates:
            chosen, alternates = alternates[0], alternates[1:]
            if chosen['host'] not in tried and self._claim(admin, spec, chosen):
                crashpoint('create.C20.claimed_elsewhere.after')
                self._place(admin, instance, spec, [chosen, *alternates], admin_password, injected_files)
                return
        self._schedule(admin, [instance], admin_password, injected_files)

    # -- steps --------------------------------------------------------------------

    @staticmethod
    def _load(context, uuid):
        """Return an instance that is still to be built, or None."""
        try:
            instance = objects.Instance.get_by_uuid(context, uuid, expected_attrs=['metadata', 'tags'])
        except exception.InstanceNotFound:
            return None
        building = instance.vm_state == vm_states.BUILDING and instance.task_state == task_states.SCHEDULING
        return instance if building else None

    @staticmethod
    def _spec(context, instance):
        return objects.RequestSpec.get_by_instance_uuid(context, instance.uuid)

    @staticmethod
    def _claim(context, spec, chosen):
        node = objects.ComputeNode(context, id=chosen['compute_node_id'])
        return node.claim(spec.instance_uuid, *spec.to_claim(), ratios=chosen.get('ratios'))

    def _schedule(self, context, instances, admin_password, injected_files):
        spec = self._spec(context, instances[0])
        crashpoint('create.C6.schedule.before')
        too_early = is_too_early(self.worker, context)
        try:
            selections = self.query_client.select_destinations(context, spec, [instance.uuid for instance in instances])
        except exception.NoValidHost as error:
            if too_early:
                LOG.info('Tried again when the hosts had time to say that they live: %s', error.format_message())
                return
            if spec.attempts:
                error = exception.MaxRetriesExceeded(
                    reason=f'{faults.tell_attempts(spec.attempts)} {error.format_message()}')
            self._fail(context, instances, error)
            return
        except (rpc.MessagingTimeout, rpc.MessagingException) as error:
            # The scheduler may have claimed or not: asking again finds out.  The reconciler does.
            LOG.warning('No scheduler answered (%s); the build is tried again.', error)
            return
        crashpoint('create.C6.schedule.after')
        for instance, hosts in zip(instances, selections, strict=True):
            own = spec if instance is instances[0] else self._spec(context, instance)
            self._place(context, instance, own, hosts, admin_password, injected_files)

    def _place(self, context, instance, spec, hosts, admin_password, injected_files):
        """Write the host, which makes it responsible, and wake it up."""
        chosen, alternates = hosts[0], hosts[1:]
        if not self._count_attempt(context, instance, spec):
            return
        instance.host, instance.node = chosen['host'], chosen['node']
        instance.availability_zone = availability_zones.get_host_availability_zone(context, chosen['host'])
        instance.owner = None
        crashpoint('create.C7.host_written.before')
        try:
            instance.save(expected_task_state=task_states.SCHEDULING,
                          expected={'host': None, 'action_id': instance.action_id})
        except (exception.InstanceNotFound, exception.Conflict) as error:
            LOG.info('Not building: %s', error.format_message(), instance=instance)
            # Another conductor may have driven it too, and found this same claim.
            objects.AllocationList.release_unused(context, instance.uuid, chosen['compute_node_id'])
            return
        crashpoint('create.C7.host_written.after')
        self._wake(context, instance, spec, alternates, admin_password, injected_files)

    def _hand_over(self, context, instance, spec, admin_password, injected_files):
        """Wake up a host once more that was chosen before."""
        if not self._count_attempt(context, instance, spec):
            return
        try:
            instance.save(expected_task_state=task_states.SCHEDULING,
                          expected={'action_id': instance.action_id, 'host': instance.host})
        except (exception.InstanceNotFound, exception.Conflict) as error:
            LOG.info('Not handed over: %s', error.format_message(), instance=instance)
            return
        self._wake(context, instance, spec, [], admin_password, injected_files)

    def _count_attempt(self, context, instance, spec):
        """Count one more hand-over, to be saved; False, and the server in ERROR, when there were too many."""
        attempts = instance.build_attempt or 0
        if attempts >= CONF.scheduler.max_attempts + EXTRA_HANDOVERS:
            self._fail(context, [instance], exception.MaxRetriesExceeded(
                reason=f'{attempts} hand-overs to hosts did not end in a running server. '
                       f'{faults.tell_attempts(spec.attempts)}'))
            return False
        instance.build_attempt = attempts + 1
        return True

    def _wake(self, context, instance, spec, alternates, admin_password, injected_files):
        """Cast to the chosen host; secrets that a lost message took with it come from the sealed intent."""
        if admin_password is None and spec.intent:
            admin_password, injected_files = sealing.unseal(spec.intent)
        spec.intent = None
        crashpoint('create.C8.cast.before')
        self.compute_rpcapi.build_and_run_instance(
            context, instance.host, instance=instance, request_spec=spec, alternates=alternates,
            block_device_mapping=objects.BlockDeviceMappingList.get_by_instance_uuid(context, instance.uuid),
            admin_password=admin_password, injected_files=injected_files)
        crashpoint('create.C8.cast.after')

    @staticmethod
    def _fail(context, instances, error):
        """Put servers in ERROR with the reason that the scheduler gave."""
        for instance in instances:
            expected = {'task_state': task_states.SCHEDULING, 'action_id': instance.action_id}
            if instance.fail_build(faults.describe(error, host=None), expected):
                LOG.warning('Build failed: %s', error.format_message(), instance=instance)
                notifications.notify_about_instance_action(context, instance, None, 'create', 'error', error)


def is_too_early(worker, context):
    """Tell whether hosts are down that may only have had no conductor to beat through: no room is no last word then.

    To be asked before the scheduler is: a host may come up in between.
    """
    return worker.is_new() and any(
        not host.forced_down and not servicegroup.service_is_up(host)
        for host in objects.ServiceList.get_all(context, binary='nova-compute', disabled=False))

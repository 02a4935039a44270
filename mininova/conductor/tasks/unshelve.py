# SPDX-License-Identifier: Apache-2.0
"""Bring a shelved server back: start it where it is, or find a host for its image, or say why there is none.

Nova: ComputeTaskManager.unshelve_instance in nova/conductor/manager.py.

While the server is on no host conductor drives it and may die at any step; with the host written it is that host's.
"""
from oslo_log import log

import mininova.conf
from mininova import availability_zones, exception, objects, rpc
from mininova.compute import faults, shelved_image, task_states, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.conductor.tasks import build
from mininova.crashpoint import crashpoint
from mininova.image import api as image_api
from mininova.scheduler.client import query

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

EVENT = 'conductor_unshelve_instance'
OVERTAKEN = (exception.Conflict, exception.InstanceNotFound)


class UnshelveTask:
    """Servers that this conductor process brings back."""

    def __init__(self, worker):
        self.worker = worker
        self.query_client = query.SchedulerQueryClient()
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()
        self.image_api = image_api.API()

    def execute(self, context, instance):
        """Do what is conductor's part of an accepted unshelving; a repeat sends the message again."""
        admin = context.elevated()
        try:
            instance = objects.Instance.get_by_uuid(admin, instance.uuid, expected_attrs=['metadata', 'tags'])
        except exception.InstanceNotFound:
            return
        if instance.task_state != task_states.UNSHELVING:
            return
        with self.worker.taking([instance]) as taken:
            if taken:
                self._drive(admin, instance)

    def _drive(self, context, instance):
        crashpoint('unshelve.U2.conductor.after')
        too_early = build.is_too_early(self.worker, context)
        try:
            if instance.vm_state == vm_states.SHELVED:
                self._start(context, instance)
            else:
                spec = self._read_request(context, instance)
                if not instance.host:
                    self._place(context, instance, spec)
                crashpoint('unshelve.U4.host_written.after')
                self.compute_rpcapi.unshelve_instance(context, instance.host, instance, spec)
        except exception.ImageNotFound as error:
            self._fail(context, instance, error, vm_states.ERROR)
        except exception.NoValidHost as error:
            if too_early:
                LOG.info('Tried again when the hosts had time to say that they live: %s', error.format_message(),
                         instance=instance)
                return
            self._fail(context, instance, error, vm_states.SHELVED_OFFLOADED)
        except OVERTAKEN as error:
            LOG.info('Not unshelved: %s', error.format_message(), instance=instance)
        except (rpc.MessagingTimeout, rpc.MessagingException, exception.ServiceUnavailable) as error:
            LOG.warning('Unshelving is tried again: %s', error, instance=instance)

    def _start(self, context, instance):
        """Have the host turn a server on that it still has; from there on it is a server being started."""
        instance.task_state, instance.owner = task_states.POWERING_ON, None
        instance.save(expected_task_state=task_states.UNSHELVING, expected={'action_id': instance.action_id})
        crashpoint('unshelve.U3.starting.after')
        self.compute_rpcapi.start_instance(context, instance)

    @staticmethod
    def _read_request(context, instance):
        """Return what is to be scheduled: the stored request, with what was asked now; the new zone is stored.

        Where it was once forced to, or failed to build, is of no importance any more.
        """
        spec = objects.RequestSpec.get_by_instance_uuid(context, instance.uuid)
        action = objects.InstanceAction.get_current(context, instance.uuid, instance.action_id)
        asked = (action and action.arguments) or {}
        if 'availability_zone' in asked and spec.availability_zone != asked['availability_zone']:
            spec.availability_zone = asked['availability_zone']
            spec.save()
        spec.flavor, spec.num_instances = instance.flavor, 1
        spec.force_hosts, spec.force_nodes, spec.ignore_hosts, spec.attempts = [], [], [], []
        spec.requested_host, spec.requested_node, spec.intent = asked.get('host'), None, None
        return spec

    def _place(self, context, instance, spec):
        """Claim a host and make it responsible.

        :raises ImageNotFound: there is nothing to bring back
        :raises NoValidHost: no host has room
        """
        image_id = instance.system_metadata.get(shelved_image.IMAGE)
        if not image_id:
            raise exception.ImageNotFound(image_id='')
        self.image_api.get(context, image_id)
        # What an earlier try claimed may not be what is asked for now.
        objects.AllocationList.release(context, instance.uuid)
        chosen = self.query_client.select_destinations(context, spec, [instance.uuid], return_alternates=False)[0][0]
        crashpoint('unshelve.U3.claimed.after')
        instance.host, instance.node, instance.owner = chosen['host'], chosen['node'], None
        instance.availability_zone = availability_zones.get_host_availability_zone(context, chosen['host'])
        try:
            instance.save(expected_task_state=task_states.UNSHELVING,
                          expected={'host': None, 'action_id': instance.action_id})
        except OVERTAKEN:
            objects.AllocationList.release_unused(context, instance.uuid, chosen['compute_node_id'])
            raise
        LOG.info('Unshelving on %s.', instance.host, instance=instance)

    def _fail(self, context, instance, error, vm_state):
        """Write why the server is not brought back."""
        if isinstance(error, exception.ImageNotFound):
            error = exception.ImageNotFound('Unshelve attempted but the image %s cannot be found.' % (
                instance.system_metadata.get(shelved_image.IMAGE) or ''))
        LOG.warning('Not unshelved: %s', error.format_message(), instance=instance)
        objects.InstanceActionEvent.event_start(context, instance.uuid, EVENT, CONF.host)
        instance.vm_state, instance.task_state, instance.owner = vm_state, None, None
        try:
            instance.finish_operation(
                EVENT, result='Error', details=faults.user_message(error), traceback=faults.details(error),
                fault=faults.describe(error, host=None), release=True,
                expected={'task_state': task_states.UNSHELVING, 'host': None, 'action_id': instance.action_id})
        except OVERTAKEN as late:
            LOG.info('The state was not written: %s', late.format_message(), instance=instance)


# -- what the reconciler does with abandoned work --------------------------------------------------------


def take_up(reconciler, request, instance, host_up):
    """Drive an unshelving that nobody drives; one whose host is down goes to another."""
    if instance.vm_state == vm_states.SHELVED_OFFLOADED and instance.host:
        move_away(reconciler, request, instance, host_up)
    else:
        reconciler.compute_task.unshelve_instance(request, instance)


def move_away(reconciler, request, instance, host_up):
    """Take an unshelving off a host that is down.  The recorded attempt is what lets that host clean up later."""
    if host_up is not False:
        return
    host, task = instance.host, instance.task_state
    objects.RequestSpec.add_attempt(request, instance.uuid, host, 'the host went down while it was unshelved')
    instance.host = instance.node = instance.launched_on = instance.availability_zone = instance.owner = None
    instance.task_state = task_states.UNSHELVING
    try:
        instance.finish_operation(None, release=True, expected={
            'task_state': task, 'host': host, 'action_id': instance.action_id})
    except OVERTAKEN:
        return
    LOG.warning('Host %s is down; unshelving goes to another.', host, instance=instance)
    reconciler.compute_task.unshelve_instance(request, instance)


def spawning(reconciler, request, instance, host_up):
    """A build or an unshelving that a host was at; both go elsewhere if it is down."""
    if instance.vm_state == vm_states.SHELVED_OFFLOADED:
        move_away(reconciler, request, instance, host_up)
    elif instance.vm_state == vm_states.BUILDING:
        reconciler.move_away(request, instance, host_up)

# SPDX-License-Identifier: Apache-2.0
"""Finds accepted work that is conductor's and that nobody drives, and drives it: creates, deletions, moves, evacuations
and unshelving, the more so where a host is down.  Every [reconciler] interval, in each conductor.

Ownership of an instance is taken by compare-and-swap, so several conductors may look at the same time.
New here: Nova has nothing that recovers a build without a host.
"""
from oslo_log import log

import mininova.conf
from mininova import concurrency, context, exception, objects, servicegroup
from mininova.compute import task_states, vm_states
from mininova.conductor.tasks import evacuate, live_migrate, migrate, unshelve

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

AT_A_TIME = 64


class ConductorReconciler:
    """One per conductor process."""

    def __init__(self, compute_task, worker):
        self.compute_task = compute_task
        self.worker = worker
        self._pool = concurrency.Pool(AT_A_TIME)
        self._under_way = set()

    def run(self):
        """Look once, and start what is needed; one that waits, for a scheduler say, holds up none of the others."""
        admin = context.get_admin_context()
        instances = [instance for instance in objects.InstanceList.get_unowned(
            admin, CONF.reconciler.worker_timeout, CONF.reconciler.grace, self.worker.uuid, list(REMEDIES))
            if not self.worker.is_driving(instance) and instance.uuid not in self._under_way]
        hosts_up = {}
        for instance in instances:
            if instance.host and instance.host not in hosts_up:
                hosts_up[instance.host] = servicegroup.host_is_up(admin, instance.host)
            self._under_way.add(instance.uuid)
            self._pool.spawn(self._try_to_drive, instance, hosts_up.get(instance.host))

    def _try_to_drive(self, instance, host_up):
        try:
            self._drive(instance, host_up)
        except Exception:
            LOG.exception('Could not drive the accepted work; trying again later.', instance=instance)
        finally:
            self._under_way.discard(instance.uuid)

    def _drive(self, instance, host_up):
        remedy = REMEDIES.get(instance.task_state)
        if remedy is None and instance.vm_state == vm_states.BUILDING:
            remedy = ConductorReconciler.move_away
        if remedy is not None:
            remedy(self, self._request_context(instance), instance, host_up)

    # -- remedies by task state; host_up is None without a host --

    def delete(self, request, instance, host_up):
        """Finish a deletion; a living host drives its own."""
        if not host_up:
            self.compute_task.delete_unhosted(request, instance)

    def restore(self, request, instance, host_up):
        """Take back what is on no host; a host that is down turns its own guests on when it is back."""
        if not instance.host:
            self.compute_task.restore_unhosted(request, instance)

    def build(self, request, instance, host_up):
        """Schedule a build, or take it off a host that is down."""
        if instance.host:
            self.move_away(request, instance, host_up)
            return
        LOG.info('Taking up an abandoned build.', instance=instance)
        self.compute_task.build_instances(request, [instance.uuid])

    def move_away(self, request, instance, host_up):
        """Take a build off a host that is down.  The recorded attempt is what lets that host clean up later."""
        if host_up is not False:
            return
        host = instance.host
        objects.RequestSpec.add_attempt(request, instance.uuid, host, 'the host went down while it was building')
        try:
            instance.give_back(host)
        except exception.Conflict:
            return
        LOG.warning('Host %s is down; its build is scheduled anew.', host, instance=instance)
        self.compute_task.build_instances(request, [instance.uuid])

    @staticmethod
    def _request_context(instance):
        """Act under the request that was accepted, so that its record is the one that gets finished."""
        admin = context.get_admin_context()
        action = objects.InstanceAction.get_current(admin, instance.uuid,
                                                    instance.action_id) if instance.action_id else None
        if action is None:
            return admin
        instance._context = action.request_context()
        return instance._context


REMEDIES = {
    task_states.DELETING: ConductorReconciler.delete,
    task_states.UNSHELVING: unshelve.take_up,
    task_states.SPAWNING: unshelve.spawning,
    task_states.SOFT_DELETING: ConductorReconciler.delete,
    task_states.RESTORING: ConductorReconciler.restore,
    task_states.SCHEDULING: ConductorReconciler.build,
    task_states.MIGRATING: live_migrate.remedy,
    task_states.REBUILDING: evacuate.remedy,
    task_states.REBUILD_BLOCK_DEVICE_MAPPING: evacuate.remedy,
    task_states.REBUILD_SPAWNING: evacuate.remedy,
    task_states.RESIZE_PREP: migrate.take_up_preparation,
    task_states.RESIZE_MIGRATING: migrate.give_up_without_host,
    task_states.RESIZE_MIGRATED: migrate.give_up_without_host,
    task_states.RESIZE_FINISH: migrate.give_up_without_host,
    task_states.RESIZE_REVERTING: migrate.give_up_without_host,
    task_states.RESIZE_CONFIRMING: migrate.take_up_confirmation,
}

# SPDX-License-Identifier: Apache-2.0
"""Makes this host what the database says it should be: at start, and every [reconciler] interval.

Looks at servers of this host that have a task nobody here works on, and at guests nobody here should have.  A guest is
removed only with evidence: its record was deleted, or a recorded attempt shows that the build went elsewhere.
Nova: _init_instance, _destroy_evacuated_instances and _cleanup_running_deleted_instances of nova/compute/manager.py,
which run at start or half-hourly only.
"""
from oslo_log import log

import mininova.conf
from mininova import context, exception, objects
from mininova.compute import cold_remains, departures, power_state, remains, task_states, taskless, vm_states
from mininova.compute.operations import (
    build,
    evacuate,
    live_migration,
    password,
    pause,
    power,
    rebuild,
    rescue,
    resize,
    resize_decision,
    shelve,
    snapshot,
    suspend,
)

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


# A server without host that ran once has no guest anywhere, only its image.
HOSTLESS = (vm_states.SHELVED_OFFLOADED, vm_states.SOFT_DELETED)


class ComputeReconciler:
    """One per nova-compute."""

    def __init__(self, manager):
        self.manager = manager
        self.host, self.parts, self.driver = manager.host, manager.parts, manager.driver

    def recover(self):
        """Put right what a previous run of this service left; called once, before the first periodic run."""
        self._settle(quiet_for=0)
        taskless.settle(self, quiet_for=0)
        self._restore_guests()
        shelve.remove_forgotten_images(self.host)
        self.remove_strays()

    def run(self):
        """Look for abandoned work."""
        self._settle(quiet_for=CONF.reconciler.grace)
        taskless.settle(self, quiet_for=CONF.reconciler.grace)

    def _settle(self, quiet_for):
        admin = context.get_admin_context()
        for instance in objects.InstanceList.get_unsettled_by_host(admin, self.host, quiet_for):
            if self.parts.is_busy_with(instance.uuid):
                continue
            try:
                self._remedy(instance)
            except Exception:
                LOG.exception('Could not put the server right; trying again later.', instance=instance)

    def _remedy(self, instance):
        request = self._request_context(instance)
        if evacuate.is_under_way(request, instance):
            return  # from this host, which came back: conductor and the new host see to it
        remedy = REMEDIES.get(instance.task_state)
        if instance.task_state in task_states.BUILD_STATES and not _is_built(instance):
            # What a build removes before it begins anew is all that this server has.
            LOG.error('A server that is %s cannot be %s; the task is cleared.', instance.vm_state, instance.task_state,
                      instance=instance)
            remedy = ComputeReconciler.clear_task
        if remedy is None and instance.task_state is None and instance.vm_state == vm_states.BUILDING:
            remedy = ComputeReconciler.resume_build
        if remedy is None:
            LOG.warning('No rule for task %s; it is cleared.', instance.task_state, instance=instance)
            remedy = ComputeReconciler.clear_task
        LOG.info('Taking up abandoned task %s.', instance.task_state, instance=instance)
        remedy(self, request, instance)

    @staticmethod
    def _request_context(instance):
        """Act under the request that was accepted, so that its record is the one that gets finished."""
        admin = context.get_admin_context()
        action = objects.InstanceAction.get_current(admin, instance.uuid,
                                                    instance.action_id) if instance.action_id else None
        if action is None:
            return admin
        return ComputeReconciler.as_accepted(instance, action)

    @staticmethod
    def as_accepted(instance, action):
        """Return the request of an action's record, under which the instance is worked on from here on."""
        instance._context = action.request_context()
        return instance._context

    # -- remedies by task state ----------------------------------------------------------

    def start_build(self, request, instance):
        """The message never came: let conductor send it again, with what the intent keeps sealed."""
        self.parts.conductor.build_instances(request, [instance.uuid])

    def resume_build(self, request, instance):
        """The build was under way.  A running guest had everything; anything less is cleared away and begun anew."""
        with self.parts.busy_with(instance.uuid):
            if self._power_state(instance) == power_state.RUNNING:
                self.parts.record_built(instance, build.EVENT)
                return
            self.parts.remove_guest(request, instance)
            before, instance.task_state, instance.network_info = instance.task_state, task_states.SCHEDULING, []
            instance.save(expected_task_state=before, expected={'host': self.host, 'action_id': instance.action_id})
        self.start_build(request, instance)

    def spawning(self, request, instance):
        """A build, or an unshelving."""
        take_up = (shelve.take_up_unshelve if instance.vm_state == vm_states.SHELVED_OFFLOADED
                   else ComputeReconciler.resume_build)
        take_up(self, request, instance)

    def delete(self, request, instance):
        self.manager.delete.terminate_instance(request, instance)

    def soft_delete(self, request, instance):
        self.manager.delete.soft_delete_instance(request, instance)

    def restore(self, request, instance):
        self.manager.delete.restore_instance(request, instance)

    def power_on(self, request, instance):
        self.manager.power.start_instance(request, instance)

    def power_off(self, request, instance):
        self.manager.power.stop_instance(request, instance)

    def reboot(self, request, instance):
        """A soft reboot of a guest that runs is over; otherwise it is rebooted hard."""
        kind = 'HARD' if instance.task_state in power.HARD_REBOOT_TASKS or (
            self._power_state(instance) != power_state.RUNNING) else 'SOFT'
        self.manager.power.reboot_instance(request, instance, reboot_type=kind)

    def clear_task(self, request, instance):
        """End a task of which nobody knows what was asked, unless another action has the server by now."""
        before, instance.task_state = instance.task_state, None
        instance.power_state = self._power_state(instance)
        instance.save(expected_task_state=before, expected={'host': self.host, 'action_id': instance.action_id})

    def _power_state(self, instance):
        try:
            return self.driver.get_info(instance).state
        except exception.InstanceNotFound:
            return power_state.NOSTATE

    # -- guests without a place here -------------------------------------------------------

    def _restore_guests(self):
        """Make the host serve the networks of the guests that live here, and let those run that ran."""
        admin = context.get_admin_context()
        for instance in objects.InstanceList.get_by_host(admin, self.host):
            if instance.task_state is not None:
                continue
            try:
                if instance.network_info:
                    self.parts.network_api.setup_instance_on_host(admin, instance)
                self.manager.lifecycle.resume(instance)
            except Exception:
                LOG.exception('The networks of the server could not be made ready, or it could not be resumed.',
                              instance=instance)

    def remove_strays(self):
        """Remove guests whose records say that they must not be here."""
        admin = context.get_admin_context(read_deleted='yes')
        mine = {instance.uuid for instance in objects.InstanceList.get_by_host(admin, self.host)}
        present = {item['uuid'] for item in self.driver.inventory() if item['uuid']}
        for uuid in sorted(present - mine):
            if not self.parts.is_busy_with(uuid):
                self._remove_stray(admin, uuid)
        cold_remains.sweep(self)

    def _remove_stray(self, admin, uuid):
        try:
            instance = objects.Instance.get_by_uuid(admin, uuid)
        except exception.InstanceNotFound:
            LOG.warning('Guest %s has no record at all; it is left alone.', uuid)
            return
        with self.parts.busy_with(uuid):
            instance.refresh()
            evidence = self._evidence(admin, instance)
            if evidence is None:
                LOG.debug('The guest is here but belongs to %s; left alone.', instance.host, instance=instance)
                return
            LOG.warning('Removing what is left of the server here: %s.', evidence, instance=instance)
            disks = not departures.must_keep_disks(admin, instance, self.host) and (
                instance.deleted or not self.driver.shares_disks_with(instance.host))
            self.driver.destroy(admin, instance, instance.get_network_info(), destroy_disks=disks)
            self.driver.cleanup(admin, instance, instance.get_network_info(), destroy_disks=disks)

    def _evidence(self, admin, instance):
        """Say what justifies removing a guest, or None."""
        if instance.deleted:
            return f'it was deleted at {instance.deleted_at}'
        if remains.may_be_on(admin, instance, self.host):
            return None
        if not instance.host and instance.vm_state in HOSTLESS:
            return f'it is {instance.vm_state}, on no host'
        moved = cold_remains.evidence(admin, instance, self.host)
        if moved is not None:
            return moved or None
        try:
            attempts = objects.RequestSpec.get_by_instance_uuid(admin, instance.uuid).attempts
        except exception.RequestSpecNotFound:
            attempts = ()
        if any(attempt['host'] == self.host for attempt in attempts or ()):
            return f'its build here was given up and went to {instance.host or "another host"}'
        return departures.evidence(admin, instance, self.host, self.driver)


def _is_built(instance):
    """Tell whether a server's guest is made: by a build, or by an unshelving."""
    return instance.vm_state == vm_states.BUILDING or (
        instance.vm_state == vm_states.SHELVED_OFFLOADED and instance.task_state == task_states.SPAWNING)


REMEDIES = {
    task_states.SCHEDULING: ComputeReconciler.start_build,
    task_states.NETWORKING: ComputeReconciler.resume_build,
    task_states.BLOCK_DEVICE_MAPPING: ComputeReconciler.resume_build,
    task_states.SPAWNING: ComputeReconciler.spawning,
    task_states.DELETING: ComputeReconciler.delete,
    task_states.SOFT_DELETING: ComputeReconciler.soft_delete,
    task_states.RESTORING: ComputeReconciler.restore,
    task_states.SHELVING: shelve.take_up_shelve,
    task_states.SHELVING_IMAGE_PENDING_UPLOAD: shelve.take_up_shelve,
    task_states.SHELVING_IMAGE_UPLOADING: shelve.take_up_shelve,
    task_states.SHELVING_OFFLOADING: shelve.take_up_offload,
    task_states.UNSHELVING: shelve.take_up_unshelve,
    task_states.POWERING_ON: ComputeReconciler.power_on,
    task_states.POWERING_OFF: ComputeReconciler.power_off,
    task_states.REBOOTING: ComputeReconciler.reboot,
    task_states.REBOOTING_HARD: ComputeReconciler.reboot,
    task_states.REBOOT_PENDING: ComputeReconciler.reboot,
    task_states.REBOOT_STARTED: ComputeReconciler.reboot,
    task_states.REBOOT_PENDING_HARD: ComputeReconciler.reboot,
    task_states.REBOOT_STARTED_HARD: ComputeReconciler.reboot,
    task_states.PAUSING: pause.take_up_pause,
    task_states.UNPAUSING: pause.take_up_unpause,
    task_states.SUSPENDING: suspend.take_up_suspend,
    task_states.RESUMING: suspend.take_up_resume,
    task_states.UPDATING_PASSWORD: password.give_up,
    task_states.MIGRATING: live_migration.take_up,
    task_states.RESIZE_PREP: resize.leave_to_conductor,
    task_states.RESIZE_MIGRATING: resize.take_up_sending,
    task_states.RESIZE_MIGRATED: resize.take_up_finish,
    task_states.RESIZE_FINISH: resize.take_up_finish,
    task_states.RESIZE_CONFIRMING: resize.leave_to_conductor,
    task_states.RESIZE_REVERTING: resize_decision.take_up_revert,
    task_states.REBUILDING: rebuild.take_up,
    task_states.REBUILD_BLOCK_DEVICE_MAPPING: rebuild.take_up,
    task_states.REBUILD_SPAWNING: rebuild.take_up,
    task_states.IMAGE_SNAPSHOT_PENDING: snapshot.take_up_pending,
    task_states.IMAGE_BACKUP: snapshot.take_up_pending,
    task_states.IMAGE_SNAPSHOT: snapshot.take_up_begun,
    task_states.IMAGE_PENDING_UPLOAD: snapshot.take_up_begun,
    task_states.IMAGE_UPLOADING: snapshot.take_up_begun,
    task_states.RESCUING: rescue.take_up_rescue,
    task_states.UNRESCUING: rescue.take_up_unrescue,
}

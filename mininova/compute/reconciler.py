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
from mininova.compute import power_state, task_states, vm_states
from mininova.compute.operations import build

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


class ComputeReconciler:
    """One per nova-compute."""

    def __init__(self, manager):
        self.manager = manager
        self.host, self.parts, self.driver = manager.host, manager.parts, manager.driver

    def recover(self):
        """Put right what a previous run of this service left; called once, before the first periodic run."""
        self._settle(quiet_for=0)
        self._restore_networks()
        self.remove_strays()

    def run(self):
        """Look for abandoned work."""
        self._settle(quiet_for=CONF.reconciler.grace)

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
        remedy = REMEDIES.get(instance.task_state)
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
        request = context.RequestContext(user_id=action.user_id, project_id=action.project_id, is_admin=True,
                                         request_id=action.request_id, overwrite=False)
        instance._context = request
        return request

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

    def delete(self, request, instance):
        self.manager.delete.terminate_instance(request, instance)

    def power_on(self, request, instance):
        self.manager.power.start_instance(request, instance)

    def power_off(self, request, instance):
        self.manager.power.stop_instance(request, instance)

    def reboot(self, request, instance):
        """A soft reboot of a guest that runs is over; otherwise it is rebooted hard."""
        kind = 'HARD' if instance.task_state == task_states.REBOOTING_HARD or (
            self._power_state(instance) != power_state.RUNNING) else 'SOFT'
        self.manager.power.reboot_instance(request, instance, reboot_type=kind)

    def clear_task(self, request, instance):
        before, instance.task_state = instance.task_state, None
        instance.power_state = self._power_state(instance)
        instance.save(expected_task_state=before)

    def _power_state(self, instance):
        try:
            return self.driver.get_info(instance).state
        except exception.InstanceNotFound:
            return power_state.NOSTATE

    # -- guests without a place here -------------------------------------------------------

    def _restore_networks(self):
        """Make the host serve the networks of the guests that live here."""
        admin = context.get_admin_context()
        for instance in objects.InstanceList.get_by_host(admin, self.host):
            if instance.network_info and instance.task_state is None:
                try:
                    self.parts.network_api.setup_instance_on_host(admin, instance)
                except Exception:
                    LOG.exception('The networks of the server could not be made ready.', instance=instance)

    def remove_strays(self):
        """Remove guests whose records say that they must not be here."""
        admin = context.get_admin_context(read_deleted='yes')
        mine = {instance.uuid for instance in objects.InstanceList.get_by_host(admin, self.host)}
        present = {item['uuid'] for item in self.driver.inventory() if item['uuid']}
        for uuid in sorted(present - mine):
            if not self.parts.is_busy_with(uuid):
                self._remove_stray(admin, uuid)

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
            self.driver.destroy(admin, instance, instance.get_network_info())
            self.driver.cleanup(admin, instance, instance.get_network_info())

    def _evidence(self, admin, instance):
        """Say what justifies removing a guest, or None."""
        if instance.deleted:
            return f'it was deleted at {instance.deleted_at}'
        if instance.host == self.host:
            return None
        try:
            attempts = objects.RequestSpec.get_by_instance_uuid(admin, instance.uuid).attempts
        except exception.RequestSpecNotFound:
            return None
        if any(attempt['host'] == self.host for attempt in attempts or ()):
            return f'its build here was given up and went to {instance.host or "another host"}'
        return None


REMEDIES = {
    task_states.SCHEDULING: ComputeReconciler.start_build,
    task_states.NETWORKING: ComputeReconciler.resume_build,
    task_states.BLOCK_DEVICE_MAPPING: ComputeReconciler.resume_build,
    task_states.SPAWNING: ComputeReconciler.resume_build,
    task_states.DELETING: ComputeReconciler.delete,
    task_states.POWERING_ON: ComputeReconciler.power_on,
    task_states.POWERING_OFF: ComputeReconciler.power_off,
    task_states.REBOOTING: ComputeReconciler.reboot,
    task_states.REBOOTING_HARD: ComputeReconciler.reboot,
}

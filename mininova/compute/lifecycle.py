# SPDX-License-Identifier: Apache-2.0
"""Power states: what the hypervisor reports or a comparison finds, written to the record.

Nova: handle_lifecycle_event and _sync_instance_power_state of nova/compute/manager.py.
"""
from oslo_log import log

from mininova import concurrency, context, exception, objects
from mininova.compute import power_state, vm_states

LOG = log.getLogger(__name__)

STOPPED_STATES = (power_state.SHUTDOWN, power_state.CRASHED)
# Where the guest is expected to stand as its power state says; elsewhere only the number is kept.
SYNCED = (vm_states.ACTIVE, vm_states.STOPPED, vm_states.PAUSED, vm_states.SUSPENDED)


class LifecycleEvents:
    """Handles events of the driver, each in its own greenthread, at most one per guest at a time."""

    def __init__(self, manager):
        self.manager = manager

    def on_event(self, event):
        """Hear that a guest changed; called by the driver."""
        concurrency.spawn(self._handle, event)

    def _handle(self, event):
        try:
            self.sync(event.get_instance_uuid())
        except Exception:
            LOG.exception('The event %s of %s could not be handled.', event.get_name(), event.get_instance_uuid())

    def sync(self, uuid):
        """Compare one guest with its record; a server with a task, or being worked on, is left alone."""
        if self.manager.parts.is_busy_with(uuid):
            return
        with self.manager.parts.busy_with(uuid):
            try:
                instance = objects.Instance.get_by_uuid(context.get_admin_context(), uuid)
            except exception.InstanceNotFound:
                return
            self.compare(instance)

    def compare(self, instance):
        """Write the power state of a server, and what follows from it."""
        if instance.host != self.manager.host or instance.task_state is not None:
            return
        try:
            current = self.manager.driver.get_info(instance).state
        except exception.InstanceNotFound:
            current = power_state.NOSTATE
        before = instance.vm_state
        if instance.vm_state in SYNCED:
            instance.vm_state = self._follow(instance, current)
        if current == instance.power_state and instance.vm_state == before:
            return
        LOG.info('Power state %s -> %s, state %s -> %s.', power_state.STATE_MAP.get(instance.power_state),
                 power_state.STATE_MAP[current], before, instance.vm_state, instance=instance)
        instance.power_state = current
        try:
            instance.save(expected_task_state=None, expected_vm_state=before, expected={'host': self.manager.host})
        except (exception.Conflict, exception.InstanceNotFound) as error:
            LOG.debug('The power state was not written: %s', error.format_message(), instance=instance)

    def _follow(self, instance, current):
        """Return the state that a power state implies.

        A guest that shut itself down is STOPPED; one that was started behind our back is turned off again, as in
        Nova; one that is gone keeps its state, and shows NOSTATE.
        """
        if instance.vm_state == vm_states.ACTIVE and current in STOPPED_STATES:
            return vm_states.STOPPED
        if instance.vm_state == vm_states.STOPPED and current == power_state.RUNNING:
            LOG.warning('The guest runs although the server is stopped; turning it off.', instance=instance)
            self.manager.driver.power_off(instance)
        return instance.vm_state

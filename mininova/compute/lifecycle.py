# SPDX-License-Identifier: Apache-2.0
"""Power states: what the hypervisor reports or a comparison finds, written to the record.

Nova: handle_lifecycle_event, _sync_instance_power_state and _resume_guests_state of nova/compute/manager.py.
"""
from oslo_log import log

import mininova.conf
from mininova import concurrency, context, exception, objects
from mininova.compute import block_devices, instance_actions, power_state, vm_states
from mininova.notifications import instance as notifications

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

STOP_EVENT = 'compute_stop_instance'

# Power states in which nothing is left to turn off, and in which a guest goes on, or may at any time.
POWERLESS = (power_state.NOSTATE, power_state.SHUTDOWN)
POWERED = (power_state.RUNNING, power_state.PAUSED, power_state.SUSPENDED)
# Where a guest must not run.
OFF = (vm_states.STOPPED, vm_states.SOFT_DELETED, vm_states.SHELVED)
# Where a server stands -> power states that make it STOPPED, as Nova's stop does.  Elsewhere, and for others, only the
# number is kept: a guest that is gone shows NOSTATE, one that was frozen from outside may go on by itself.
STOPS = {
    vm_states.ACTIVE: (power_state.SHUTDOWN, power_state.CRASHED, power_state.SUSPENDED),
    vm_states.PAUSED: (power_state.SHUTDOWN, power_state.CRASHED),
}


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
            self._compare(instance)

    def sync_listed(self, instance):
        """Compare a server of a list; where it differs it is read again first: it may have been started since."""
        if self.manager.parts.is_busy_with(instance.uuid) or not self._rests_here(instance):
            return
        current = self._current(instance)
        if current != instance.power_state or current in STOPS.get(instance.vm_state, ()) or (
                instance.vm_state in OFF and current in POWERED):
            self.sync(instance.uuid)

    def _rests_here(self, instance):
        return instance.host == self.manager.host and instance.task_state is None

    def _compare(self, instance):
        """Write the power state of a server that nobody else works on, and what follows from it."""
        if not self._rests_here(instance):
            return
        current = self._current(instance)
        stops = current in STOPS.get(instance.vm_state, ())
        if current not in POWERLESS and (stops or (instance.vm_state in OFF and current in POWERED)):
            LOG.warning('The guest is %s although the server is %s; turning it off.', power_state.STATE_MAP[current],
                        instance.vm_state, instance=instance)
            self.manager.driver.power_off(instance)
            current = self._current(instance)
        if stops or current != instance.power_state:
            self._write(instance, current, vm_states.STOPPED if stops else instance.vm_state)

    def resume(self, instance):
        """Turn a guest on again that ran when its host went down, if [DEFAULT] resume_guests_state_on_host_boot asks
        for it; its networks must be ready."""
        ran = instance.vm_state == vm_states.ACTIVE and instance.power_state == power_state.RUNNING
        if not (ran and CONF.resume_guests_state_on_host_boot) or self.manager.parts.is_busy_with(instance.uuid):
            return
        with self.manager.parts.busy_with(instance.uuid):
            if self._current(instance) in POWERLESS:
                LOG.info('The guest ran when this host went down; turning it on.', instance=instance)
                request = context.get_admin_context()
                self.manager.driver.power_on(request, instance, instance.get_network_info(),
                                             block_devices.block_device_info(request, instance))

    def _current(self, instance):
        try:
            return self.manager.driver.get_info(instance).state
        except exception.InstanceNotFound:
            return power_state.NOSTATE

    def _write(self, instance, current, vm_state):
        """Record a power state, and a stop that nobody asked for as the action it is."""
        before = instance.vm_state
        LOG.info('Power state %s -> %s, state %s -> %s.', power_state.STATE_MAP.get(instance.power_state),
                 power_state.STATE_MAP[current], before, vm_state, instance=instance)
        instance.power_state, instance.vm_state = current, vm_state
        try:
            instance.save(expected_task_state=None, expected_vm_state=before, expected={'host': self.manager.host})
        except (exception.Conflict, exception.InstanceNotFound) as error:
            LOG.debug('The power state was not written: %s', error.format_message(), instance=instance)
            return
        if vm_state != before:
            self._record_stop(instance)

    def _record_stop(self, instance):
        request = context.get_admin_context()
        objects.InstanceAction.action_start(request, instance.uuid, instance_actions.STOP)
        objects.InstanceActionEvent.event_start(request, instance.uuid, STOP_EVENT, self.manager.host)
        objects.InstanceActionEvent.event_finish(request, instance.uuid, STOP_EVENT)
        for phase in ('start', 'end'):
            notifications.notify_about_instance_action(request, instance, self.manager.host, 'power_off', phase)

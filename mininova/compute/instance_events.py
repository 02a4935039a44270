# SPDX-License-Identifier: Apache-2.0
"""Who in this nova-compute waits for which event of which server.  Nova: InstanceEvents of nova/compute/manager.py."""
import time

from mininova import concurrency, exception

LOOK = 1  # seconds between two looks whether waiting still makes sense


class _Waiter:
    def __init__(self):
        self._happened, self.event = concurrency.event(), None

    def set(self, event):
        self.event = event
        self._happened.set()

    def wait(self, timeout):
        """Return the event, or None after so many seconds."""
        self._happened.wait(max(timeout, 0))
        return self.event


class InstanceEvents:
    """One per nova-compute; whoever waits prepares before the act that makes the event come."""

    def __init__(self):
        self._waiters = {}
        self._lock = concurrency.lock()

    def prepare_for_instance_event(self, instance, name, tag):
        """Return what will hold the event; several who prepare for the same one share it."""
        with self._lock:
            return self._waiters.setdefault(instance.uuid, {}).setdefault((name, tag), _Waiter())

    def pop_instance_event(self, instance, event):
        """Return what waits for an event, which nobody waits for any more from here on, or None."""
        with self._lock:
            found = self._waiters.get(instance.uuid, {}).pop((event.name, event.tag), None)
            self._forget_if_empty(instance)
            return found

    def clear_events_for_instance(self, instance, names):
        """Wait for some (name, tag) of a server no longer."""
        with self._lock:
            for name in names:
                self._waiters.get(instance.uuid, {}).pop(name, None)
            self._forget_if_empty(instance)

    def _forget_if_empty(self, instance):
        if not self._waiters.get(instance.uuid):
            self._waiters.pop(instance.uuid, None)


def await_all(instance, waiters, deadline, error_callback, is_overtaken):
    """Wait until all events came.

    :param waiters: {(name, tag): what :meth:`InstanceEvents.prepare_for_instance_event` gave}
    :param deadline: seconds for all together
    :param error_callback: called with (key of the event, instance) for an event that does not say 'completed'; False
        ends the waiting
    :param is_overtaken: called with the instance now and then
    :raises InstanceEventTimeout: names those that did not come
    :raises StaleAction: something else was asked of the server meanwhile
    """
    end = time.monotonic() + deadline
    for waiter in waiters.values():
        event = waiter.wait(0)
        while event is None:
            left = end - time.monotonic()
            if left <= 0:
                missing = ', '.join(f'{name}-{tag}' if tag else name for (name, tag), one in waiters.items()
                                    if one.event is None)
                raise exception.InstanceEventTimeout(events=missing, seconds=deadline)
            event = waiter.wait(min(LOOK, left))
            if event is None and is_overtaken(instance):
                raise exception.StaleAction(instance_uuid=instance.uuid, action_id=instance.action_id)
        if event.status != 'completed' and error_callback(event.key, instance) is False:
            return

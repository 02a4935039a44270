# SPDX-License-Identifier: Apache-2.0
"""What a hypervisor reports of its own accord.  Runs in nova-compute.  Nova: nova/virt/event.py.

An event says that something happened, not how things are: by the time it is handled the guest may
have changed again, so whoever listens asks ``get_info`` before acting.
"""
import time
import typing

EVENT_LIFECYCLE_STARTED = 0
EVENT_LIFECYCLE_STOPPED = 1
EVENT_LIFECYCLE_PAUSED = 2
EVENT_LIFECYCLE_RESUMED = 3
EVENT_LIFECYCLE_SUSPENDED = 4

NAMES = {
    EVENT_LIFECYCLE_STARTED: 'Started',
    EVENT_LIFECYCLE_STOPPED: 'Stopped',
    EVENT_LIFECYCLE_PAUSED: 'Paused',
    EVENT_LIFECYCLE_RESUMED: 'Resumed',
    EVENT_LIFECYCLE_SUSPENDED: 'Suspended',
}


class LifecycleEvent(typing.NamedTuple):
    """A guest changed its power state.

    :ivar uuid: the instance's UUID
    :ivar transition: one of the EVENT_LIFECYCLE_* numbers
    :ivar timestamp: seconds since the epoch, when the hypervisor said so
    """

    uuid: str
    transition: int
    timestamp: float

    @classmethod
    def now(cls, uuid, transition):
        """Make an event that happened just now."""
        return cls(uuid, transition, time.time())

    def get_name(self):
        """Return the word for the log."""
        return NAMES.get(self.transition, 'Unknown')

    def get_instance_uuid(self):
        """Return whose event it is."""
        return self.uuid

    def get_transition(self):
        """Return the EVENT_LIFECYCLE_* number."""
        return self.transition

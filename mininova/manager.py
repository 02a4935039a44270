# SPDX-License-Identifier: Apache-2.0
"""Manager: what an RPC daemon does.  Nova: nova/manager.py."""
from mininova import concurrency, rpc


class Manager:
    """Base of the service managers.

    ``endpoints()`` are the objects whose public methods can be called over RPC, ``periodic_tasks()`` what runs by the
    clock; both are asked once, after ``init_host``.
    """
    target = rpc.Target(version='1.0')

    def __init__(self, host, service_name):
        self.host = host
        self.service_name = service_name
        self._timers = []

    def init_host(self, service_ref):
        """Get ready, before the first message is taken."""

    def ready(self):
        """Act after the service takes messages."""

    def cleanup_host(self):
        """Let go of what ``init_host`` took."""

    def endpoints(self):
        return [self]

    def periodic_tasks(self):
        """Return (spacing in seconds or a function giving it, function, initial delay) of each periodic task."""
        return []

    def start_periodic_tasks(self):
        self._timers = [concurrency.periodic(spacing, function, initial_delay=delay)
                        for spacing, function, delay in self.periodic_tasks()]

    def stop_periodic_tasks(self):
        for timer in self._timers:
            timer.stop()

    def drain(self, timeout):
        """Wait for work under way, at most so many seconds."""

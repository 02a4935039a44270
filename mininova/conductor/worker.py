# SPDX-License-Identifier: Apache-2.0
"""The identity of one conductor process.  Instances name the worker that drives them; a silent worker's are taken over.

New here: Nova's conductor forgets a build when it dies between scheduling and the cast.
"""
import contextlib
import os
import time

from oslo_utils import uuidutils

import mininova.conf
from mininova import concurrency, context, objects, servicegroup

CONF = mininova.conf.CONF

LONGEST_BEAT = 5  # seconds


def beat_interval():
    """Return the seconds between two signs of life: several fit into the time after which one counts as dead."""
    return min(LONGEST_BEAT, CONF.reconciler.worker_timeout / 3)


class ConductorWorker:
    """Made after the fork, in the process that works."""

    def __init__(self, host, binary):
        self.uuid = uuidutils.generate_uuid()
        self._record = objects.Worker(context.get_admin_context(), uuid=self.uuid, binary=binary, host=host,
                                      pid=os.getpid())
        self._started = time.monotonic()
        self._driving = set()
        self._lock = concurrency.lock()

    def beat(self):
        """Say that this process lives."""
        self._record.heartbeat()

    def leave(self):
        """Let others take over at once what this process still drives."""
        self._record.leave()

    def is_new(self):
        """Tell whether hosts that beat through conductors, of which this may be the only one, had no time to yet."""
        return time.monotonic() - self._started < 2 * (CONF.report_interval + servicegroup.answer_timeout())

    def is_driving(self, instance):
        """Tell whether this process has an instance's current action in hand; owning it does not mean that."""
        return _key(instance) in self._driving

    @contextlib.contextmanager
    def taking(self, instances):
        """Give those instances whose current action this process may drive; it has them in hand until the block ends.

        An error that ends the block, a lost database say, leaves them owned but in nobody's hand: the reconciler of
        this process takes them up again.
        """
        taken = []
        try:
            for instance in instances:
                if self._take(instance):
                    taken.append(instance)
            yield taken
        finally:
            self._driving.difference_update(map(_key, taken))

    def _take(self, instance):
        with self._lock:
            if self.is_driving(instance):
                return False
            self._driving.add(_key(instance))
        taken = False
        try:
            taken = instance.take_ownership(self.uuid, CONF.reconciler.worker_timeout)
        finally:
            if not taken:
                self._driving.discard(_key(instance))
        return taken


def _key(instance):
    return instance.uuid, instance.action_id

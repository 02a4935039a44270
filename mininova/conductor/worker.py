# SPDX-License-Identifier: Apache-2.0
"""The identity of one conductor process.  Instances name the worker that drives them; a silent worker's are taken over.

New here: Nova's conductor forgets a build when it dies between scheduling and the cast.
"""
import os

from oslo_utils import uuidutils

import mininova.conf
from mininova import context, objects

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

    def beat(self):
        """Say that this process lives."""
        self._record.heartbeat()

    def leave(self):
        """Let others take over at once what this process still drives."""
        self._record.leave()

    def take(self, instance):
        """Become the one that drives an instance's current action; False if somebody live is at it."""
        return instance.take_ownership(self.uuid, CONF.reconciler.worker_timeout)

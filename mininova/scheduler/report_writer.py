# SPDX-License-Identifier: Apache-2.0
"""Stores scheduling reports beside the requests: nobody waits for them.  New here: Nova stores none."""
import time

from oslo_log import log

from mininova import concurrency, objects

LOG = log.getLogger(__name__)


class ReportWriter:
    """Writes what was put in while it was busy together, in one statement."""

    def __init__(self):
        self._lock = concurrency.lock()
        self._waiting = []
        self._busy = False

    def put(self, decision):
        """Store a decision soon."""
        with self._lock:
            self._waiting.append(decision)
            if self._busy:
                return
            self._busy = True
        concurrency.spawn(self._run)

    def write_now(self, *decisions):
        """Store decisions; a report that cannot be stored is only logged, for it must not change what was decided."""
        try:
            reports = [report for decision in decisions for report in decision.reports()]
            objects.SchedulingReportList.store(decisions[0].context, reports)
        except Exception:
            LOG.exception('Could not store why a server was scheduled as it was.')

    def _run(self):
        while True:
            with self._lock:
                decisions, self._waiting = self._waiting, []
                if not decisions:
                    self._busy = False
                    return
            self.write_now(*decisions)

    def flush(self, timeout):
        """Wait until everything is stored, at most so many seconds."""
        end = time.monotonic() + timeout
        while self._busy and time.monotonic() < end:
            concurrency.sleep(0.005)

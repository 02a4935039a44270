# SPDX-License-Identifier: Apache-2.0
"""Watches a guest that moves to another host while it runs.  Runs in nova-compute.

Twice a second it asks how far the guest is; it lets it stand still for longer and longer at the end, and makes an end
when that takes too long.  All durations are measured on a clock that nobody sets.
Nova: _live_migration_monitor of nova/virt/libvirt/driver.py, nova/virt/libvirt/migration.py.
"""
import time

from oslo_log import log as logging
from oslo_utils import units

import mininova.conf
from mininova import concurrency, exception
from mininova.virt.libvirt.clib import libvirt

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

POLL = 0.5  # seconds
SMALLEST_SIZE = 2  # GiB; timeouts grow with what is to be moved, and are those of 2 GiB for less


def downtime_steps(size_gb):
    """Yield (seconds since the begin, milliseconds of standstill that are allowed from then on)."""
    steps = CONF.libvirt.live_migration_downtime_steps
    most, delay = CONF.libvirt.live_migration_downtime, CONF.libvirt.live_migration_downtime_delay * size_gb
    base = most / steps
    offset = (most - base) / steps
    for number in range(steps + 1):
        yield delay * number, int(base + offset * number)


class Monitor:
    """One migration that is under way.

    :param guest: the Guest
    :param instance: whose it is
    :param size: bytes that are to be moved
    :param report: called with each JobInfo
    :param postcopy: whether the guest may be let run on the destination before its memory is there
    """

    def __init__(self, guest, instance, size, report, postcopy=False):
        self._guest, self._instance, self._report, self._postcopy = guest, instance, report, postcopy
        self._size_gb = max(SMALLEST_SIZE, -(-size // units.Gi))
        self._started = time.monotonic()
        self._steps = list(downtime_steps(self._size_gb))
        self._acted = False
        self.aborted = None
        self.switched = False

    def watch(self, is_over):
        """Watch until a function says that it is over."""
        while not is_over():
            job = self._guest.migration_job()
            if job is not None:
                self._lengthen_downtime()
                self._check_time()
                self._report(job)
            concurrency.sleep(POLL)

    def _elapsed(self):
        return time.monotonic() - self._started

    def _lengthen_downtime(self):
        due = None
        while self._steps and self._elapsed() >= self._steps[0][0]:
            due = self._steps.pop(0)[1]
        if due is None:
            return
        try:
            self._guest.set_max_downtime(due)
        except (exception.InstanceNotFound, libvirt.libvirtError) as error:
            LOG.debug('The allowed standstill was not set to %s ms: %s', due, error, instance=self._instance)

    def _check_time(self):
        limit = CONF.libvirt.live_migration_completion_timeout * self._size_gb
        if self._acted or not limit or self._elapsed() < limit:
            return
        self._acted = True
        action = CONF.libvirt.live_migration_timeout_action
        LOG.warning('The guest did not arrive in %d s: %s.', limit, action, instance=self._instance)
        try:
            if action == 'abort':
                self.abort(f'it took more than {limit} s')
            else:
                self.hurry()
        except (exception.MigrationError, exception.InstanceNotFound) as error:
            LOG.info('That was not possible: %s', error.format_message(), instance=self._instance)

    def abort(self, reason):
        """Stop the migration; the guest stays.

        :raises MigrationError: that is not possible (any more)
        """
        if self.switched:
            raise exception.MigrationError(reason='the guest runs on the destination already')
        self.aborted = reason
        try:
            self._guest.abort_job()
        except libvirt.libvirtError as error:
            self.aborted = None
            raise exception.MigrationError(reason=f'it cannot be stopped: {error}')

    def hurry(self):
        """Let the guest run on the destination now, or let it stand still until it is there.

        :raises MigrationError: that is not possible
        """
        try:
            if self._postcopy:
                self._guest.start_postcopy()
                self.switched = True
            else:
                self._guest.pause()
        except libvirt.libvirtError as error:
            raise exception.MigrationError(reason=f'it cannot be hurried: {error}')

# SPDX-License-Identifier: Apache-2.0
"""Tell once for each host and period which servers existed; periodic work of nova-compute.

Nova: _instance_usage_audit of nova/compute/manager.py.  There a run that was killed is never finished; here the next
one goes on where it stopped, so that billing misses no server and hears at most one page of them twice.
"""
import time

from oslo_log import log
from oslo_utils import uuidutils

import mininova.conf
from mininova import objects
from mininova.compute import audit_period
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

TASK = 'instance_usage_audit'
PAGE = 100


class UsageAudit:
    """One per nova-compute.

    :param host: name of this host
    """

    def __init__(self, host):
        self.host = host
        self._run, self._done = uuidutils.generate_uuid(), None

    def run(self, context):
        """Audit the period that was over last, unless that was done."""
        if not CONF.instance_usage_audit:
            return
        period = audit_period.last_completed()
        if period == self._done:
            return
        record = objects.TaskLog(
            context, task_name=TASK, host=self.host, period_beginning=period[0], period_ending=period[1], marker=None,
            message='Instance usage audit started...',
            task_items=objects.InstanceList.count_active_by_window(context, *period, self.host))
        if not record.begin_task(self._run) or self._audit(context, record, period):
            self._done = period

    def _audit(self, context, record, period):
        """Tell of all servers; return whether this process did so to the end."""
        LOG.info('Usage audit of %s servers from %s to %s.', record.task_items, *period)
        crashpoint('usage_audit.U1.begun.after')
        started, page = time.monotonic(), None
        while page is None or len(page) == PAGE:
            page = objects.InstanceList.get_active_by_window(context, *period, self.host, PAGE, record.marker)
            record.errors += sum(not self._tell(context, instance, period) for instance in page)
            if page:
                record.marker = page[-1].uuid
                crashpoint('usage_audit.U2.told.before')
                if not record.save(self._run):
                    return False
                crashpoint('usage_audit.U2.told.after')
        record.message = (f'Instance usage audit ran for host {self.host}, {record.task_items} instances in '
                          f'{time.monotonic() - started:.3f} seconds.')[:255]
        return record.end_task(self._run)

    def _tell(self, context, instance, period):
        try:
            notifications.notify_usage_exists(context, instance, self.host, *period)
        except Exception:
            LOG.exception('The usage of the server could not be told.', instance=instance)
            return False
        return True

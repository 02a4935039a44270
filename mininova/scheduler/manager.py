# SPDX-License-Identifier: Apache-2.0
"""SchedulerManager: what nova-scheduler answers over RPC.  Nova: nova/scheduler/manager.py."""
from oslo_log import log

import mininova.conf
from mininova import context as nova_context
from mininova import exception, manager, objects, rpc
from mininova.scheduler import filter_scheduler, report_writer

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

FORGET_SPACING = 3600


class SchedulerManager(manager.Manager):
    """Answers on topic `scheduler`; any number of them work beside each other."""
    target = rpc.Target(version='1.0')

    def __init__(self, host, service_name='nova-scheduler'):
        super().__init__(host, service_name)
        self.driver = filter_scheduler.FilterScheduler()
        self.reports = report_writer.ReportWriter()

    def init_host(self, service_ref):
        """Read all hosts once, so that the first request need not."""
        hosts = self.driver.host_manager.get_all_host_states()
        LOG.info('Scheduling on %s hosts with %s.', len(hosts),
                 ', '.join(cls.__name__ for cls in self.driver.host_manager.filter_classes))

    def periodic_tasks(self):
        return [(FORGET_SPACING, self._forget_old_reports, 60)]

    def drain(self, timeout):
        self.reports.flush(timeout)

    @rpc.expected_exceptions(exception.NoValidHost)
    def select_destinations(self, context, request_spec, instance_uuids, return_alternates=True):
        """Pick and claim a host for each server, or for none of them.

        A repeat for a server that has a claim already returns that host.

        :returns: per server [{'host', 'node', 'compute_node_id'}, ...]: the claimed host, then alternates
        :raises NoValidHost: (400)
        """
        try:
            destinations, decision = self.driver.select_destinations(
                context, request_spec, instance_uuids, return_alternates)
        except exception.NoValidHost as error:
            LOG.warning('%s: %s', ', '.join(instance_uuids), error.format_message())
            self.reports.write_now(error.decision)
            raise
        LOG.info('%s server(s) to %s: %s of %s hosts fit, %.1f ms.', len(instance_uuids),
                 ', '.join(sorted({chosen[0]['host'] for chosen in destinations})), decision.fitted,
                 decision.considered, decision.seconds * 1000)
        if decision.claimed:
            self.reports.put(decision)
        return destinations

    def _forget_old_reports(self):
        objects.SchedulingReportList.forget_old(nova_context.get_admin_context(), CONF.scheduler.explain_keep_days)

# SPDX-License-Identifier: Apache-2.0
"""How far the usage audits of a period are (nova-api).

Nova: nova/api/openstack/compute/instance_usage_audit_log.py.
"""
from mininova.objects import task_log


class ViewBuilder:

    def show(self, period, hosts, records):
        """Return the log of a period.

        :param period: (begin, end)
        :param hosts: names of all that have a nova-compute
        :param records: [objects.TaskLog] of the period
        """
        states = {record.host: record.state for record in records}
        done, running = (sum(state == wanted for state in states.values())
                         for wanted in (task_log.DONE, task_log.RUNNING))
        missing = sorted(hosts - set(states))
        errors = sum(record.errors for record in records)
        share = 'ALL' if done == len(hosts) else f'{done} of {len(hosts)}'
        return {
            'period_beginning': str(period[0]), 'period_ending': str(period[1]), 'num_hosts': len(hosts),
            'num_hosts_done': done, 'num_hosts_running': running, 'num_hosts_not_run': len(missing),
            'hosts_not_run': missing, 'total_instances': sum(record.task_items for record in records),
            'total_errors': errors, 'overall_status': f'{share} hosts done. {errors} errors.',
            'log': {record.host: {'state': record.state, 'instances': record.task_items, 'errors': record.errors,
                                  'message': record.message} for record in records}}

# SPDX-License-Identifier: Apache-2.0
"""Rules of the usage audits.  Nova: nova/policies/instance_usage_audit_log.py."""
from mininova.policies import base

LIST = 'os_compute_api:os-instance-usage-audit-log:list'
SHOW = 'os_compute_api:os-instance-usage-audit-log:show'


def list_rules():
    return [
        base.rule(LIST, base.ADMIN, 'Read how far the usage audits of the last period are.',
                  'GET /os-instance_usage_audit_log'),
        base.rule(SHOW, base.ADMIN, 'Read how far the usage audits of a period before a moment were.',
                  'GET /os-instance_usage_audit_log/{before_timestamp}'),
    ]

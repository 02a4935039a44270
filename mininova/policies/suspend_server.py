# SPDX-License-Identifier: Apache-2.0
"""Rules of suspend and resume.  Nova: nova/policies/suspend_server.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-suspend-server:%s'
SUSPEND = ROOT % 'suspend'
RESUME = ROOT % 'resume'


def list_rules():
    return [
        base.rule(SUSPEND, base.PROJECT_MEMBER_OR_ADMIN, 'Suspend a server.',
                  'POST /servers/{server_id}/action (suspend)'),
        base.rule(RESUME, base.PROJECT_MEMBER_OR_ADMIN, 'Resume a suspended server.',
                  'POST /servers/{server_id}/action (resume)'),
    ]

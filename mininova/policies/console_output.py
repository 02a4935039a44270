# SPDX-License-Identifier: Apache-2.0
"""Rules of os-getConsoleOutput.  Nova: nova/policies/console_output.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-console-output'


def list_rules():
    return [base.rule(ROOT, base.PROJECT_MEMBER_OR_ADMIN, 'Read the console of a server.',
                      'POST /servers/{server_id}/action (os-getConsoleOutput)')]

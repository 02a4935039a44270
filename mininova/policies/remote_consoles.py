# SPDX-License-Identifier: Apache-2.0
"""Rules of the consoles of servers.  Nova: nova/policies/remote_consoles.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-remote-consoles'


def list_rules():
    return [base.rule(
        ROOT, base.PROJECT_MEMBER_OR_ADMIN, 'Get a URL that opens a console of a server.',
        'POST /servers/{server_id}/action (os-getVNCConsole)', 'POST /servers/{server_id}/action (os-getSPICEConsole)',
        'POST /servers/{server_id}/action (os-getSerialConsole)', 'POST /servers/{server_id}/remote-consoles')]

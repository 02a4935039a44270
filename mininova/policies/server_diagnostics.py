# SPDX-License-Identifier: Apache-2.0
"""Rules of the diagnostics of servers.  Nova: nova/policies/server_diagnostics.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-server-diagnostics'


def list_rules():
    return [base.rule(ROOT, base.ADMIN, 'Read the diagnostics of a server.', 'GET /servers/{server_id}/diagnostics')]

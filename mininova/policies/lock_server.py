# SPDX-License-Identifier: Apache-2.0
"""Rules about locked servers.  Nova: nova/policies/lock_server.py."""
from mininova.policies import base

UNLOCK_OVERRIDE = 'os_compute_api:os-lock-server:unlock:unlock_override'


def list_rules():
    return [base.rule(UNLOCK_OVERRIDE, base.ADMIN, 'Act on a server although somebody else locked it.',
                      'POST /servers/{server_id}/action (unlock)')]

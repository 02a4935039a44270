# SPDX-License-Identifier: Apache-2.0
"""Rules about locked servers.  Nova: nova/policies/lock_server.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-lock-server:%s'
LOCK = ROOT % 'lock'
UNLOCK = ROOT % 'unlock'
UNLOCK_OVERRIDE = ROOT % 'unlock:unlock_override'


def list_rules():
    return [
        base.rule(LOCK, base.PROJECT_MEMBER_OR_ADMIN, 'Lock a server.', 'POST /servers/{server_id}/action (lock)'),
        base.rule(UNLOCK, base.PROJECT_MEMBER_OR_ADMIN, 'Unlock a server.',
                  'POST /servers/{server_id}/action (unlock)'),
        base.rule(UNLOCK_OVERRIDE, base.ADMIN, 'Unlock, or act on, a server although somebody else locked it.',
                  'POST /servers/{server_id}/action (unlock)'),
    ]

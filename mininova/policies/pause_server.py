# SPDX-License-Identifier: Apache-2.0
"""Rules of pause and unpause.  Nova: nova/policies/pause_server.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-pause-server:%s'
PAUSE = ROOT % 'pause'
UNPAUSE = ROOT % 'unpause'


def list_rules():
    return [
        base.rule(PAUSE, base.PROJECT_MEMBER_OR_ADMIN, 'Pause a server.', 'POST /servers/{server_id}/action (pause)'),
        base.rule(UNPAUSE, base.PROJECT_MEMBER_OR_ADMIN, 'Let a paused server go on.',
                  'POST /servers/{server_id}/action (unpause)'),
    ]

# SPDX-License-Identifier: Apache-2.0
"""Rules of rescue and unrescue.  Nova: nova/policies/rescue.py."""
from mininova.policies import base

RESCUE = 'os_compute_api:os-rescue'
UNRESCUE = 'os_compute_api:os-unrescue'


def list_rules():
    return [
        base.rule(RESCUE, base.PROJECT_MEMBER_OR_ADMIN, 'Boot a server from a rescue image.',
                  'POST /servers/{server_id}/action (rescue)'),
        base.rule(UNRESCUE, base.PROJECT_MEMBER_OR_ADMIN, 'Boot a rescued server from its own disk again.',
                  'POST /servers/{server_id}/action (unrescue)'),
    ]

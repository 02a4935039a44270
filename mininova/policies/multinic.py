# SPDX-License-Identifier: Apache-2.0
"""Rules of further addresses of servers (2.1-2.43).  Nova: nova/policies/multinic.py."""
from mininova.policies import base

ADD = 'os_compute_api:os-multinic:add'
REMOVE = 'os_compute_api:os-multinic:remove'


def list_rules():
    return [
        base.rule(ADD, base.PROJECT_MEMBER_OR_ADMIN, 'Give a server another fixed address.',
                  'POST /servers/{server_id}/action (addFixedIp)'),
        base.rule(REMOVE, base.PROJECT_MEMBER_OR_ADMIN, 'Take a fixed address from a server.',
                  'POST /servers/{server_id}/action (removeFixedIp)'),
    ]

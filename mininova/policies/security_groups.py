# SPDX-License-Identifier: Apache-2.0
"""Rules of the security groups of servers.  Nova: nova/policies/security_groups.py."""
from mininova.policies import base

LIST = 'os_compute_api:os-security-groups:list'
ADD = 'os_compute_api:os-security-groups:add'
REMOVE = 'os_compute_api:os-security-groups:remove'


def list_rules():
    return [
        base.rule(LIST, base.PROJECT_READER_OR_ADMIN, 'List the security groups of a server.',
                  'GET /servers/{server_id}/os-security-groups'),
        base.rule(ADD, base.PROJECT_MEMBER_OR_ADMIN, 'Give a server a security group.',
                  'POST /servers/{server_id}/action (addSecurityGroup)'),
        base.rule(REMOVE, base.PROJECT_MEMBER_OR_ADMIN, 'Take a security group from a server.',
                  'POST /servers/{server_id}/action (removeSecurityGroup)'),
    ]

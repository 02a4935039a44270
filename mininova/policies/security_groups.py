# SPDX-License-Identifier: Apache-2.0
"""Rules of security groups, their rules, and those of servers.  Nova: nova/policies/security_groups.py."""
from mininova.policies import base

GET = 'os_compute_api:os-security-groups:get'
SHOW = 'os_compute_api:os-security-groups:show'
CREATE = 'os_compute_api:os-security-groups:create'
UPDATE = 'os_compute_api:os-security-groups:update'
DELETE = 'os_compute_api:os-security-groups:delete'
RULE_CREATE = 'os_compute_api:os-security-groups:rule:create'
RULE_DELETE = 'os_compute_api:os-security-groups:rule:delete'
LIST = 'os_compute_api:os-security-groups:list'
ADD = 'os_compute_api:os-security-groups:add'
REMOVE = 'os_compute_api:os-security-groups:remove'

_MEMBER = '/os-security-groups/{security_group_id}'
_RULE = '/os-security-group-rules/{security_group_rule_id}'


def list_rules():
    return [
        base.rule(GET, base.PROJECT_READER_OR_ADMIN, 'List the security groups of the project.',
                  'GET /os-security-groups'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show a security group.', f'GET {_MEMBER}'),
        base.rule(CREATE, base.PROJECT_MEMBER_OR_ADMIN, 'Make a security group.', 'POST /os-security-groups'),
        base.rule(UPDATE, base.PROJECT_MEMBER_OR_ADMIN, 'Rename a security group.', f'PUT {_MEMBER}'),
        base.rule(DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Delete a security group.', f'DELETE {_MEMBER}'),
        base.rule(RULE_CREATE, base.PROJECT_MEMBER_OR_ADMIN, 'Add a rule to a security group.',
                  'POST /os-security-group-rules'),
        base.rule(RULE_DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Delete a rule of a security group.', f'DELETE {_RULE}'),
        base.rule(LIST, base.PROJECT_READER_OR_ADMIN, 'List the security groups of a server.',
                  'GET /servers/{server_id}/os-security-groups'),
        base.rule(ADD, base.PROJECT_MEMBER_OR_ADMIN, 'Give a server a security group.',
                  'POST /servers/{server_id}/action (addSecurityGroup)'),
        base.rule(REMOVE, base.PROJECT_MEMBER_OR_ADMIN, 'Take a security group from a server.',
                  'POST /servers/{server_id}/action (removeSecurityGroup)'),
    ]

# SPDX-License-Identifier: Apache-2.0
"""Rules of floating addresses (until 2.35, of servers until 2.43).  Nova: nova/policies/floating_ips.py."""
from mininova.policies import base

ADD = 'os_compute_api:os-floating-ips:add'
REMOVE = 'os_compute_api:os-floating-ips:remove'
LIST = 'os_compute_api:os-floating-ips:list'
CREATE = 'os_compute_api:os-floating-ips:create'
SHOW = 'os_compute_api:os-floating-ips:show'
DELETE = 'os_compute_api:os-floating-ips:delete'


def list_rules():
    return [
        base.rule(ADD, base.PROJECT_MEMBER_OR_ADMIN, 'Let a floating address lead to a server.',
                  'POST /servers/{server_id}/action (addFloatingIp)'),
        base.rule(REMOVE, base.PROJECT_MEMBER_OR_ADMIN, 'Let a floating address lead to a server no longer.',
                  'POST /servers/{server_id}/action (removeFloatingIp)'),
        base.rule(LIST, base.PROJECT_READER_OR_ADMIN, "List the project's floating addresses.",
                  'GET /os-floating-ips'),
        base.rule(CREATE, base.PROJECT_MEMBER_OR_ADMIN, 'Allocate a floating address to the project.',
                  'POST /os-floating-ips'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show a floating address.',
                  'GET /os-floating-ips/{floating_ip_id}'),
        base.rule(DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Return a floating address to its pool.',
                  'DELETE /os-floating-ips/{floating_ip_id}'),
    ]

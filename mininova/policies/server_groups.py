# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-server-groups.  Nova: nova/policies/server_groups.py."""
from mininova.policies import base

CREATE = 'os_compute_api:os-server-groups:create'
DELETE = 'os_compute_api:os-server-groups:delete'
INDEX = 'os_compute_api:os-server-groups:index'
INDEX_ALL = 'os_compute_api:os-server-groups:index:all_projects'
SHOW = 'os_compute_api:os-server-groups:show'

_MEMBER = '/os-server-groups/{server_group_id}'


def list_rules():
    return [
        base.rule(CREATE, base.PROJECT_MEMBER_OR_ADMIN, 'Make a server group.', 'POST /os-server-groups'),
        base.rule(DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Delete a server group.', f'DELETE {_MEMBER}'),
        base.rule(INDEX, base.PROJECT_READER_OR_ADMIN, 'List the server groups of the project.',
                  'GET /os-server-groups'),
        base.rule(INDEX_ALL, base.ADMIN, 'List the server groups of all projects.',
                  'GET /os-server-groups (all_projects)'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show a server group.', f'GET {_MEMBER}'),
    ]

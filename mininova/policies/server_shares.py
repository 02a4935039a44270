# SPDX-License-Identifier: Apache-2.0
"""Rules of the shared file systems of servers (2.97).  Nova: nova/policies/server_shares.py."""
from mininova.policies import base

INDEX = 'os_compute_api:os-server-shares:index'
CREATE = 'os_compute_api:os-server-shares:create'
SHOW = 'os_compute_api:os-server-shares:show'
DELETE = 'os_compute_api:os-server-shares:delete'

_PATH = '/servers/{server_id}/shares'


def list_rules():
    return [
        base.rule(INDEX, base.PROJECT_READER_OR_ADMIN, 'List the shares of a server.', f'GET {_PATH}'),
        base.rule(CREATE, base.PROJECT_MEMBER_OR_ADMIN, 'Attach a share to a server.', f'POST {_PATH}'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show how a share is attached.', f'GET {_PATH}/{{share_id}}'),
        base.rule(DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Detach a share from a server.',
                  f'DELETE {_PATH}/{{share_id}}'),
    ]

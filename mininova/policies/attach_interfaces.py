# SPDX-License-Identifier: Apache-2.0
"""Rules of the cards of servers.  Nova: nova/policies/attach_interfaces.py."""
from mininova.policies import base

LIST = 'os_compute_api:os-attach-interfaces:list'
SHOW = 'os_compute_api:os-attach-interfaces:show'
CREATE = 'os_compute_api:os-attach-interfaces:create'
DELETE = 'os_compute_api:os-attach-interfaces:delete'

_PATH = '/servers/{server_id}/os-interface'


def list_rules():
    return [
        base.rule(LIST, base.PROJECT_READER_OR_ADMIN, 'List the interfaces of a server.', f'GET {_PATH}'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show an interface of a server.', f'GET {_PATH}/{{port_id}}'),
        base.rule(CREATE, base.PROJECT_MEMBER_OR_ADMIN, 'Attach an interface to a server.', f'POST {_PATH}'),
        base.rule(DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Detach an interface from a server.',
                  f'DELETE {_PATH}/{{port_id}}'),
    ]

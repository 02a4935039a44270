# SPDX-License-Identifier: Apache-2.0
"""Rules of os-server-password.  Nova: nova/policies/server_password.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-server-password:%s'
SHOW = ROOT % 'show'
CLEAR = ROOT % 'clear'

_PATH = '/servers/{server_id}/os-server-password'


def list_rules():
    return [
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show the encrypted password of a server.', f'GET {_PATH}'),
        base.rule(CLEAR, base.PROJECT_MEMBER_OR_ADMIN, 'Clear the encrypted password of a server from its record.',
                  f'DELETE {_PATH}'),
    ]

# SPDX-License-Identifier: Apache-2.0
"""Rules of the metadata of servers.  Nova: nova/policies/server_metadata.py."""
from mininova.policies import base

ROOT = 'os_compute_api:server-metadata:%s'
INDEX, SHOW, CREATE = ROOT % 'index', ROOT % 'show', ROOT % 'create'
UPDATE, UPDATE_ALL, DELETE = ROOT % 'update', ROOT % 'update_all', ROOT % 'delete'

_PATH = '/servers/{server_id}/metadata'


def list_rules():
    return [
        base.rule(INDEX, base.PROJECT_READER_OR_ADMIN, 'List the metadata of a server.', f'GET {_PATH}'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show one item of the metadata of a server.',
                  f'GET {_PATH}/{{key}}'),
        base.rule(CREATE, base.PROJECT_MEMBER_OR_ADMIN, 'Add to the metadata of a server.', f'POST {_PATH}'),
        base.rule(UPDATE_ALL, base.PROJECT_MEMBER_OR_ADMIN, 'Replace the metadata of a server.', f'PUT {_PATH}'),
        base.rule(UPDATE, base.PROJECT_MEMBER_OR_ADMIN, 'Set one item of the metadata of a server.',
                  f'PUT {_PATH}/{{key}}'),
        base.rule(DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Remove one item of the metadata of a server.',
                  f'DELETE {_PATH}/{{key}}'),
    ]

# SPDX-License-Identifier: Apache-2.0
"""Rules of the tags of servers.  Nova: nova/policies/server_tags.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-server-tags:%s'
INDEX, SHOW, UPDATE = ROOT % 'index', ROOT % 'show', ROOT % 'update'
UPDATE_ALL, DELETE, DELETE_ALL = ROOT % 'update_all', ROOT % 'delete', ROOT % 'delete_all'

_PATH = '/servers/{server_id}/tags'


def list_rules():
    return [
        base.rule(INDEX, base.PROJECT_READER_OR_ADMIN, 'List the tags of a server.', f'GET {_PATH}'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'See whether a server has a tag.', f'GET {_PATH}/{{tag}}'),
        base.rule(UPDATE, base.PROJECT_MEMBER_OR_ADMIN, 'Add a tag to a server.', f'PUT {_PATH}/{{tag}}'),
        base.rule(UPDATE_ALL, base.PROJECT_MEMBER_OR_ADMIN, 'Replace the tags of a server.', f'PUT {_PATH}'),
        base.rule(DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Remove a tag from a server.', f'DELETE {_PATH}/{{tag}}'),
        base.rule(DELETE_ALL, base.PROJECT_MEMBER_OR_ADMIN, 'Remove all tags from a server.', f'DELETE {_PATH}'),
    ]

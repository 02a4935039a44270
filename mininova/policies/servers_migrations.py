# SPDX-License-Identifier: Apache-2.0
"""Rules of /servers/{id}/migrations.  Nova: nova/policies/servers_migrations.py."""
from mininova.policies import base

ROOT = 'os_compute_api:servers:migrations:%s'
SHOW = ROOT % 'show'
FORCE_COMPLETE = ROOT % 'force_complete'
DELETE = ROOT % 'delete'
INDEX = ROOT % 'index'
INDEX_HOST = ROOT % 'index:host'

_PATH = '/servers/{server_id}/migrations'


def list_rules():
    return [
        base.rule(SHOW, base.ADMIN, 'Show a live migration of a server that is under way.',
                  f'GET {_PATH}/{{migration_id}}'),
        base.rule(FORCE_COMPLETE, base.PROJECT_MANAGER_OR_ADMIN, 'Make a live migration under way end soon.',
                  f'POST {_PATH}/{{migration_id}}/action (force_complete)'),
        base.rule(DELETE, base.PROJECT_MANAGER_OR_ADMIN, 'Abort a live migration under way.',
                  f'DELETE {_PATH}/{{migration_id}}'),
        base.rule(INDEX, base.PROJECT_MANAGER_OR_ADMIN, 'List the live migrations of a server that are under way.',
                  f'GET {_PATH}'),
        base.rule(INDEX_HOST, base.ADMIN, 'See between which hosts a live migration in that list goes.',
                  f'GET {_PATH}'),
    ]

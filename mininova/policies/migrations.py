# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-migrations.  Nova: nova/policies/migrations.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-migrations:%s'
INDEX = ROOT % 'index'
INDEX_ALL_PROJECTS = ROOT % 'index:all_projects'
INDEX_HOST = ROOT % 'index:host'


def list_rules():
    return [
        base.rule(INDEX, base.PROJECT_MANAGER_OR_ADMIN, 'List the moves of servers, without their hosts.',
                  'GET /os-migrations'),
        base.rule(INDEX_ALL_PROJECTS, base.ADMIN, 'List the moves of servers of all projects.', 'GET /os-migrations'),
        base.rule(INDEX_HOST, base.ADMIN, 'See the hosts in the list of moves.', 'GET /os-migrations'),
    ]

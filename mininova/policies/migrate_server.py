# SPDX-License-Identifier: Apache-2.0
"""Rules of the moves of servers between hosts.  Nova: nova/policies/migrate_server.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-migrate-server:%s'
MIGRATE = ROOT % 'migrate'
MIGRATE_HOST = ROOT % 'migrate:host'
MIGRATE_LIVE = ROOT % 'migrate_live'
MIGRATE_LIVE_HOST = ROOT % 'migrate_live:host'

_PATH = 'POST /servers/{server_id}/action'


def list_rules():
    return [
        base.rule(MIGRATE, base.PROJECT_MANAGER_OR_ADMIN, 'Move a server, powered off on the way, to a host that is '
                  'chosen for it.', f'{_PATH} (migrate)'),
        base.rule(MIGRATE_HOST, base.ADMIN, 'Move a server, powered off on the way, to a host that the request names '
                  '(2.56).', f'{_PATH} (migrate)'),
        base.rule(MIGRATE_LIVE, base.PROJECT_MANAGER_OR_ADMIN, 'Move a running server to a host that is chosen for it.',
                  f'{_PATH} (os-migrateLive)'),
        base.rule(MIGRATE_LIVE_HOST, base.ADMIN, 'Move a running server to a host that the request names.',
                  f'{_PATH} (os-migrateLive)'),
    ]

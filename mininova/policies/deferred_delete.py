# SPDX-License-Identifier: Apache-2.0
"""Rules of restore and forceDelete.  Nova: nova/policies/deferred_delete.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-deferred-delete:%s'
RESTORE = ROOT % 'restore'
FORCE = ROOT % 'force'


def list_rules():
    return [
        base.rule(RESTORE, base.PROJECT_MEMBER_OR_ADMIN, 'Take back a server whose deletion was deferred.',
                  'POST /servers/{server_id}/action (restore)'),
        base.rule(FORCE, base.PROJECT_MEMBER_OR_ADMIN, 'Delete a server for good, without or before the end of the '
                  'time it is kept.', 'POST /servers/{server_id}/action (forceDelete)'),
    ]

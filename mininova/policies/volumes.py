# SPDX-License-Identifier: Apache-2.0
"""Rules of the proxies to the volume service (2.1-2.35).  Nova: nova/policies/volumes.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-volumes:%s'
LIST = ROOT % 'list'
CREATE = ROOT % 'create'
DETAIL = ROOT % 'detail'
SHOW = ROOT % 'show'
DELETE = ROOT % 'delete'
SNAPSHOTS_LIST = ROOT % 'snapshots:list'
SNAPSHOTS_CREATE = ROOT % 'snapshots:create'
SNAPSHOTS_DETAIL = ROOT % 'snapshots:detail'
SNAPSHOTS_SHOW = ROOT % 'snapshots:show'
SNAPSHOTS_DELETE = ROOT % 'snapshots:delete'


def list_rules():
    return [
        base.rule(LIST, base.PROJECT_READER_OR_ADMIN, 'List volumes.', 'GET /os-volumes'),
        base.rule(CREATE, base.PROJECT_MEMBER_OR_ADMIN, 'Create a volume.', 'POST /os-volumes'),
        base.rule(DETAIL, base.PROJECT_READER_OR_ADMIN, 'List volumes with details.', 'GET /os-volumes/detail'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show a volume.', 'GET /os-volumes/{volume_id}'),
        base.rule(DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Delete a volume.', 'DELETE /os-volumes/{volume_id}'),
        base.rule(SNAPSHOTS_LIST, base.PROJECT_READER_OR_ADMIN, 'List snapshots of volumes.', 'GET /os-snapshots'),
        base.rule(SNAPSHOTS_CREATE, base.PROJECT_MEMBER_OR_ADMIN, 'Make a snapshot of a volume.',
                  'POST /os-snapshots'),
        base.rule(SNAPSHOTS_DETAIL, base.PROJECT_READER_OR_ADMIN, 'List snapshots of volumes with details.',
                  'GET /os-snapshots/detail'),
        base.rule(SNAPSHOTS_SHOW, base.PROJECT_READER_OR_ADMIN, 'Show a snapshot of a volume.',
                  'GET /os-snapshots/{snapshot_id}'),
        base.rule(SNAPSHOTS_DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Delete a snapshot of a volume.',
                  'DELETE /os-snapshots/{snapshot_id}'),
    ]

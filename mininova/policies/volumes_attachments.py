# SPDX-License-Identifier: Apache-2.0
"""Rules of the volumes of servers.  Nova: nova/policies/volumes_attachments.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-volumes-attachments:%s'
INDEX = ROOT % 'index'
CREATE = ROOT % 'create'
SHOW = ROOT % 'show'
UPDATE = ROOT % 'update'
SWAP = ROOT % 'swap'
DELETE = ROOT % 'delete'

_PATH = '/servers/{server_id}/os-volume_attachments'


def list_rules():
    return [
        base.rule(INDEX, base.PROJECT_READER_OR_ADMIN, 'List the volumes of a server.', f'GET {_PATH}'),
        base.rule(CREATE, base.PROJECT_MEMBER_OR_ADMIN, 'Attach a volume to a server.', f'POST {_PATH}'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show how a volume is attached.', f'GET {_PATH}/{{volume_id}}'),
        base.rule(UPDATE, base.PROJECT_MEMBER_OR_ADMIN, 'Change how a volume is attached (2.85).',
                  f'PUT {_PATH}/{{volume_id}}'),
        base.rule(SWAP, base.SERVICE_OR_ADMIN, 'Put another volume in the place of one; for the volume service.',
                  f'PUT {_PATH}/{{volume_id}}'),
        base.rule(DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Detach a volume from a server.',
                  f'DELETE {_PATH}/{{volume_id}}'),
    ]

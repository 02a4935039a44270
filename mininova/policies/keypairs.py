# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-keypairs: one's own, or everybody's for an administrator.  Nova: nova/policies/keypairs.py."""
from mininova.policies import base

INDEX = 'os_compute_api:os-keypairs:index'
SHOW = 'os_compute_api:os-keypairs:show'
CREATE = 'os_compute_api:os-keypairs:create'
DELETE = 'os_compute_api:os-keypairs:delete'

_OWNER_OR_ADMIN = f'({base.ADMIN}) or user_id:%(user_id)s'


def list_rules():
    return [
        base.rule(INDEX, _OWNER_OR_ADMIN, 'List the key pairs of a user.', 'GET /os-keypairs'),
        base.rule(SHOW, _OWNER_OR_ADMIN, 'Show a key pair.', 'GET /os-keypairs/{keypair_name}'),
        base.rule(CREATE, _OWNER_OR_ADMIN, 'Make or import a key pair.', 'POST /os-keypairs'),
        base.rule(DELETE, _OWNER_OR_ADMIN, 'Delete a key pair.', 'DELETE /os-keypairs/{keypair_name}'),
    ]

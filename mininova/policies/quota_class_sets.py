# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-quota-class-sets.  Nova: nova/policies/quota_class_sets.py."""
from mininova.policies import base

SHOW = 'os_compute_api:os-quota-class-sets:show'
UPDATE = 'os_compute_api:os-quota-class-sets:update'

_MEMBER = '/os-quota-class-sets/{quota_class}'


def list_rules():
    return [
        base.rule(SHOW, base.ADMIN, 'Show the limits of a quota class.', f'GET {_MEMBER}'),
        base.rule(UPDATE, base.ADMIN, 'Set the limits of a quota class.', f'PUT {_MEMBER}'),
    ]

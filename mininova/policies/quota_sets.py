# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-quota-sets.  Nova: nova/policies/quota_sets.py."""
from mininova.policies import base

UPDATE = 'os_compute_api:os-quota-sets:update'
DEFAULTS = 'os_compute_api:os-quota-sets:defaults'
SHOW = 'os_compute_api:os-quota-sets:show'
DELETE = 'os_compute_api:os-quota-sets:delete'
DETAIL = 'os_compute_api:os-quota-sets:detail'

_MEMBER = '/os-quota-sets/{tenant_id}'


def list_rules():
    return [
        base.rule(UPDATE, base.ADMIN, 'Set the limits of a project or of a user in it.', f'PUT {_MEMBER}'),
        base.rule(DEFAULTS, base.RULE_ANY, 'Show the limits of projects for which nothing is set.',
                  f'GET {_MEMBER}/defaults'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show the limits of a project.', f'GET {_MEMBER}'),
        base.rule(DELETE, base.ADMIN, 'Return a project to the default limits.', f'DELETE {_MEMBER}'),
        base.rule(DETAIL, base.PROJECT_READER_OR_ADMIN, 'Show the limits and the usage of a project.',
                  f'GET {_MEMBER}/detail'),
    ]

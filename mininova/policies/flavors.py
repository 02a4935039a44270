# SPDX-License-Identifier: Apache-2.0
"""Rules of /flavors.  Nova: nova/policies/flavor_manage.py.

For looking Nova has no rule; ``os_compute_api:flavors`` is Newton's.
"""
from mininova.policies import base

VIEW = 'os_compute_api:flavors'
CREATE = 'os_compute_api:os-flavor-manage:create'
UPDATE = 'os_compute_api:os-flavor-manage:update'
DELETE = 'os_compute_api:os-flavor-manage:delete'


def list_rules():
    return [
        base.rule(VIEW, base.RULE_ANY, 'List the flavors that the project may use and show one of them.',
                  'GET /flavors', 'GET /flavors/detail', 'GET /flavors/{flavor_id}', scopes=None),
        base.rule(CREATE, base.ADMIN, 'Create a flavor.', 'POST /flavors'),
        base.rule(UPDATE, base.ADMIN, 'Change the description of a flavor.', 'PUT /flavors/{flavor_id}'),
        base.rule(DELETE, base.ADMIN, 'Delete a flavor.', 'DELETE /flavors/{flavor_id}'),
    ]

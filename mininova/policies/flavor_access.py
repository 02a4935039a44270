# SPDX-License-Identifier: Apache-2.0
"""Rules of the access list of private flavors.  Nova: nova/policies/flavor_access.py."""
from mininova.policies import base

INDEX = 'os_compute_api:os-flavor-access'
ADD = 'os_compute_api:os-flavor-access:add_tenant_access'
REMOVE = 'os_compute_api:os-flavor-access:remove_tenant_access'


def list_rules():
    return [
        base.rule(INDEX, base.ADMIN, 'List the projects that may use a private flavor.',
                  'GET /flavors/{flavor_id}/os-flavor-access'),
        base.rule(ADD, base.ADMIN, 'Let a project use a flavor.', 'POST /flavors/{flavor_id}/action (addTenantAccess)'),
        base.rule(REMOVE, base.ADMIN, 'Take a flavor from a project.',
                  'POST /flavors/{flavor_id}/action (removeTenantAccess)'),
    ]

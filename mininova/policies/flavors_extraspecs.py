# SPDX-License-Identifier: Apache-2.0
"""Rules of the extra specs of flavors.  Nova: nova/policies/flavor_extra_specs.py."""
from mininova.policies import base

INDEX = 'os_compute_api:os-flavor-extra-specs:index'
SHOW = 'os_compute_api:os-flavor-extra-specs:show'
CREATE = 'os_compute_api:os-flavor-extra-specs:create'
UPDATE = 'os_compute_api:os-flavor-extra-specs:update'
DELETE = 'os_compute_api:os-flavor-extra-specs:delete'

_MEMBER = '/flavors/{flavor_id}/os-extra_specs/{flavor_extra_spec_key}'


def list_rules():
    return [
        base.rule(INDEX, base.PROJECT_READER_OR_ADMIN,
                  'List the extra specs of a flavor; from 2.61 also see them in flavors.',
                  'GET /flavors/{flavor_id}/os-extra_specs', 'POST /flavors', 'GET /flavors/detail',
                  'GET /flavors/{flavor_id}', 'PUT /flavors/{flavor_id}'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show one extra spec of a flavor.', f'GET {_MEMBER}'),
        base.rule(CREATE, base.ADMIN, 'Give a flavor extra specs.', 'POST /flavors/{flavor_id}/os-extra_specs'),
        base.rule(UPDATE, base.ADMIN, 'Change one extra spec of a flavor.', f'PUT {_MEMBER}'),
        base.rule(DELETE, base.ADMIN, 'Remove one extra spec of a flavor.', f'DELETE {_MEMBER}'),
    ]

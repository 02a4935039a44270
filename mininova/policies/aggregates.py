# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-aggregates.  Nova: nova/policies/aggregates.py."""
from mininova.policies import base

INDEX = 'os_compute_api:os-aggregates:index'
SHOW = 'os_compute_api:os-aggregates:show'
CREATE = 'os_compute_api:os-aggregates:create'
UPDATE = 'os_compute_api:os-aggregates:update'
DELETE = 'os_compute_api:os-aggregates:delete'
ADD_HOST = 'os_compute_api:os-aggregates:add_host'
REMOVE_HOST = 'os_compute_api:os-aggregates:remove_host'
SET_METADATA = 'os_compute_api:os-aggregates:set_metadata'
IMAGES = 'compute:aggregates:images'

_MEMBER = '/os-aggregates/{aggregate_id}'


def list_rules():
    return [
        base.rule(INDEX, base.ADMIN, 'List the aggregates.', 'GET /os-aggregates'),
        base.rule(SHOW, base.ADMIN, 'Show an aggregate.', f'GET {_MEMBER}'),
        base.rule(CREATE, base.ADMIN, 'Make an aggregate.', 'POST /os-aggregates'),
        base.rule(UPDATE, base.ADMIN, 'Change the name and zone of an aggregate.', f'PUT {_MEMBER}'),
        base.rule(DELETE, base.ADMIN, 'Delete an aggregate.', f'DELETE {_MEMBER}'),
        base.rule(ADD_HOST, base.ADMIN, 'Put a host into an aggregate.', f'POST {_MEMBER}/action (add_host)'),
        base.rule(REMOVE_HOST, base.ADMIN, 'Take a host out of an aggregate.',
                  f'POST {_MEMBER}/action (remove_host)'),
        base.rule(SET_METADATA, base.ADMIN, 'Change the metadata of an aggregate.',
                  f'POST {_MEMBER}/action (set_metadata)'),
        base.rule(IMAGES, base.ADMIN, 'Have the hosts of an aggregate fetch images.', f'POST {_MEMBER}/images'),
    ]

# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-services.  Nova: nova/policies/services.py."""
from mininova.policies import base

LIST = 'os_compute_api:os-services:list'
UPDATE = 'os_compute_api:os-services:update'
DELETE = 'os_compute_api:os-services:delete'


def list_rules():
    return [
        base.rule(LIST, base.ADMIN, 'List the services of the cloud.', 'GET /os-services'),
        base.rule(UPDATE, base.ADMIN, 'Enable, disable or force down a nova-compute.', 'PUT /os-services/{service_id}'),
        base.rule(DELETE, base.ADMIN, 'Delete the record of a service.', 'DELETE /os-services/{service_id}'),
    ]

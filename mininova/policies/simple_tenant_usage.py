# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-simple-tenant-usage.  Nova: nova/policies/simple_tenant_usage.py."""
from mininova.policies import base

SHOW = 'os_compute_api:os-simple-tenant-usage:show'
LIST = 'os_compute_api:os-simple-tenant-usage:list'


def list_rules():
    return [
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show how long the servers of a project ran.',
                  'GET /os-simple-tenant-usage/{tenant_id}'),
        base.rule(LIST, base.ADMIN, 'Show how long the servers of all projects ran.', 'GET /os-simple-tenant-usage'),
    ]

# SPDX-License-Identifier: Apache-2.0
"""Rules of the /os-tenant-networks proxy.  Nova: nova/policies/tenant_networks.py."""
from mininova.policies import base

LIST = 'os_compute_api:os-tenant-networks:list'
SHOW = 'os_compute_api:os-tenant-networks:show'


def list_rules():
    return [
        base.rule(LIST, base.PROJECT_READER_OR_ADMIN, 'List the networks that the project may use (until 2.35).',
                  'GET /os-tenant-networks'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show a network (until 2.35).',
                  'GET /os-tenant-networks/{network_id}'),
    ]

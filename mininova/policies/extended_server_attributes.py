# SPDX-License-Identifier: Apache-2.0
"""Who sees where a server is and what the hypervisor calls it.  Nova: nova/policies/extended_server_attributes.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-extended-server-attributes'


def list_rules():
    return [base.rule(ROOT, base.ADMIN, 'See the OS-EXT-SRV-ATTR attributes of servers.',
                      'GET /servers/{server_id}', 'GET /servers/detail', 'PUT /servers/{server_id}',
                      'POST /servers/{server_id}/action (rebuild)')]

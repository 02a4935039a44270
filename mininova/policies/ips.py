# SPDX-License-Identifier: Apache-2.0
"""Rules of the addresses of servers.  Nova: nova/policies/ips.py."""
from mininova.policies import base

INDEX = 'os_compute_api:ips:index'
SHOW = 'os_compute_api:ips:show'


def list_rules():
    return [
        base.rule(INDEX, base.PROJECT_READER_OR_ADMIN, 'List the addresses of a server.',
                  'GET /servers/{server_id}/ips'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'List the addresses of a server in one network.',
                  'GET /servers/{server_id}/ips/{network_label}'),
    ]

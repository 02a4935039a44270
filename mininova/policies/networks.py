# SPDX-License-Identifier: Apache-2.0
"""Rules of the /os-networks proxy.  Nova: nova/policies/networks.py."""
from mininova.policies import base

LIST = 'os_compute_api:os-networks:list'
SHOW = 'os_compute_api:os-networks:show'


def list_rules():
    return [
        base.rule(LIST, base.PROJECT_READER_OR_ADMIN, 'List the networks that the project may use.',
                  'GET /os-networks'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show a network.', 'GET /os-networks/{network_id}'),
    ]

# SPDX-License-Identifier: Apache-2.0
"""Rules of the NUMA topology of servers (2.78).  Nova: nova/policies/server_topology.py."""
from mininova.policies import base

INDEX = 'compute:server:topology:index'
HOST_INDEX = 'compute:server:topology:host:index'


def list_rules():
    return [
        base.rule(INDEX, base.PROJECT_READER_OR_ADMIN, 'See the NUMA topology of a server.',
                  'GET /servers/{server_id}/topology'),
        base.rule(HOST_INDEX, base.ADMIN, 'See where on its host the NUMA nodes of a server are.',
                  'GET /servers/{server_id}/topology'),
    ]

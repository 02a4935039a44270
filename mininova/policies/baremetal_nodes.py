# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-baremetal-nodes.  Nova: nova/policies/baremetal_nodes.py."""
from mininova.policies import base

LIST = 'os_compute_api:os-baremetal-nodes:list'
SHOW = 'os_compute_api:os-baremetal-nodes:show'


def list_rules():
    return [
        base.rule(LIST, base.ADMIN, "List Ironic's nodes (until 2.35).", 'GET /os-baremetal-nodes'),
        base.rule(SHOW, base.ADMIN, "Show a node of Ironic's (until 2.35).", 'GET /os-baremetal-nodes/{node_id}'),
    ]

# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-baremetal-nodes may contain.  Nova: nova/api/openstack/compute/schemas/baremetal_nodes.py."""
from mininova.api import validation

anything = validation.body({'type': 'object', 'additionalProperties': True})
query = validation.query({})

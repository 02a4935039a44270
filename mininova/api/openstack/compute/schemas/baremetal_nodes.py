# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-baremetal-nodes may contain.  Nova: nova/api/openstack/compute/schemas/baremetal_nodes.py."""
from mininova.api import validation


def _with(name):
    return validation.body({'type': 'object', 'required': [name], 'properties': {name: {'type': ['object', 'null']}},
                            'additionalProperties': True})


anything = validation.body({'type': 'object', 'additionalProperties': True})
add_interface, remove_interface = _with('add_interface'), _with('remove_interface')
query = validation.query({})

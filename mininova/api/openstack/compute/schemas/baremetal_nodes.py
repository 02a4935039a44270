# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-baremetal-nodes may contain.  Nova: nova/api/openstack/compute/schemas/baremetal_nodes.py."""
from mininova.api import validation
from mininova.api.validation import response_types


def _with(name):
    return validation.body({'type': 'object', 'required': [name], 'properties': {name: {'type': ['object', 'null']}},
                            'additionalProperties': True})


anything = validation.body({'type': 'object', 'additionalProperties': True})
add_interface, remove_interface = _with('add_interface'), _with('remove_interface')
query = validation.query({})

# -- answers ------------------------------------------------------------------------------

# What a cloud with Ironic would answer; here there is none.
_node = {
    'id': response_types.uuid,
    'host': {'const': 'IRONIC MANAGED'},
    **dict.fromkeys(('cpus', 'memory_mb', 'disk_gb', 'task_state'), response_types.string),
    'interfaces': response_types.array(response_types.closed({'address': response_types.string})),
}

index_response = response_types.many('nodes', response_types.closed(
    {**_node, 'interfaces': response_types.empty_list}), paged=False)
show_response = response_types.one('node', response_types.closed(
    {**_node, 'instance_uuid': response_types.nullable(response_types.uuid)}))
create_response = delete_response = add_interface_response = remove_interface_response = response_types.NEVER

# SPDX-License-Identifier: Apache-2.0
"""What requests about the security groups of a server accept.  Nova:
nova/api/openstack/compute/schemas/security_groups.py.
"""
from mininova.api import validation


def _action(name):
    """Return the schema of an action that names a group; what else clients send is passed over."""
    return validation.body({
        'type': 'object',
        'properties': {name: {'type': 'object', 'properties': {'name': {'type': 'string', 'minLength': 1}},
                              'required': ['name'], 'additionalProperties': True}},
        'required': [name], 'additionalProperties': False})


add_security_group = _action('addSecurityGroup')
remove_security_group = _action('removeSecurityGroup')
index_query = validation.query({})

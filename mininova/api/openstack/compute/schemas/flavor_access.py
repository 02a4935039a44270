# SPDX-License-Identifier: Apache-2.0
"""What requests about access to flavors may contain.  Nova: nova/api/openstack/compute/schemas/flavor_access.py."""
from mininova.api import validation

_tenant = {'type': 'object', 'properties': {'tenant': {'type': 'string', 'minLength': 1, 'maxLength': 255}},
           'required': ['tenant'], 'additionalProperties': False}


def _action(name):
    return validation.body({'type': 'object', 'properties': {name: _tenant}, 'required': [name],
                            'additionalProperties': False})


add_tenant_access = _action('addTenantAccess')
remove_tenant_access = _action('removeTenantAccess')
index_query = validation.query({})

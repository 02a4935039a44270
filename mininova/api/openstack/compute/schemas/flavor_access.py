# SPDX-License-Identifier: Apache-2.0
"""What requests about access to flavors may contain.  Nova: nova/api/openstack/compute/schemas/flavor_access.py."""
from mininova.api import validation
from mininova.api.validation import response_types

_tenant = {'type': 'object', 'properties': {'tenant': {'type': 'string', 'minLength': 1, 'maxLength': 255}},
           'required': ['tenant'], 'additionalProperties': False}


def _action(name):
    return validation.body({'type': 'object', 'properties': {name: _tenant}, 'required': [name],
                            'additionalProperties': False})


add_tenant_access = _action('addTenantAccess')
remove_tenant_access = _action('removeTenantAccess')
index_query = validation.query({})

# -- answers ------------------------------------------------------------------------------

index_response = response_types.many('flavor_access', response_types.closed({
    'flavor_id': response_types.string, 'tenant_id': response_types.project_id}), paged=False)
add_tenant_access_response = remove_tenant_access_response = index_response

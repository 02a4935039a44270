# SPDX-License-Identifier: Apache-2.0
"""What a request about a token of a console accepts.  Nova:
nova/api/openstack/compute/schemas/console_auth_tokens.py.
"""
from mininova.api import validation
from mininova.api.validation import response_types

show_query = validation.query({}, closed='2.99')

# -- answers ------------------------------------------------------------------------------

show_response = response_types.one('console', response_types.closed({
    'instance_uuid': response_types.uuid, 'host': response_types.string, 'port': response_types.integer,
    'internal_access_path': response_types.nullable(response_types.string)}))
show_response = response_types.extend(show_response, '2.99', {'tls_port': response_types.nullable(
    response_types.integer)}, at=('console',))

# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-hypervisors may contain.  Nova: nova/api/openstack/compute/schemas/hypervisors.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

_pattern = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'^[a-zA-Z0-9-._]*\Z'}


def _closed(**properties):
    return {'type': 'object', 'additionalProperties': False,
            'properties': {name: parameter_types.single_param(schema) for name, schema in properties.items()}}


_open = {'type': 'object', 'properties': {}, 'additionalProperties': True}

index_query = validation.extend(_open, '2.33', parameter_types.pagination_parameters, at=())
index_query = validation.extend(index_query, '2.53', schema=_closed(
    limit=parameter_types.non_negative_integer, marker={'type': 'string'}, hypervisor_hostname_pattern=_pattern,
    with_servers=parameter_types.boolean))
show_query = validation.extend(_open, '2.53', schema=_closed(with_servers=parameter_types.boolean))
# These are gone before queries were closed.
statistics_query = search_query = servers_query = uptime_query = validation.query({})

# SPDX-License-Identifier: Apache-2.0
"""What requests about extra specs may contain.  Nova: nova/api/openstack/compute/schemas/flavors_extraspecs.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

create = validation.body({'type': 'object', 'properties': {'extra_specs': parameter_types.extra_specs},
                          'required': ['extra_specs'], 'additionalProperties': False})
update = validation.body({**parameter_types.extra_specs, 'minProperties': 1, 'maxProperties': 1})
index_query = validation.query({})
show_query = validation.query({})
delete_query = {'type': 'object', 'properties': {}, 'additionalProperties': True}

# -- answers ------------------------------------------------------------------------------

# What was sent comes back as it was; what is read is text.
_sent = {'type': 'object', 'additionalProperties': {'type': ['string', 'number']}}

index_response = response_types.one('extra_specs', response_types.strings)
show_response = validation.body(response_types.one_string)
create_response = response_types.one('extra_specs', _sent)
update_response = validation.body({**_sent, 'minProperties': 1, 'maxProperties': 1})
delete_response = response_types.EMPTY

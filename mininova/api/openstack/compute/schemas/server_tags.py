# SPDX-License-Identifier: Apache-2.0
"""What the tags of servers may be.  Nova: nova/api/openstack/compute/schemas/server_tags.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

update_all = validation.body({
    'type': 'object', 'properties': {'tags': parameter_types.tags}, 'required': ['tags'],
    'additionalProperties': False})
update = validation.body({'type': 'null'})
# The tag comes in the path; it is checked like one in a body.
tag = parameter_types.tag
empty_query = validation.query({})

tags_response = validation.body(response_types.closed({'tags': response_types.array(parameter_types.tag)}))

# SPDX-License-Identifier: Apache-2.0
"""What requests for the addresses of a server accept, and what they are answered.

Nova: nova/api/openstack/compute/schemas/server_ips.py.
"""
from mininova.api import validation
from mininova.api.openstack.compute.schemas import server_responses
from mininova.api.validation import response_types

query = validation.query({})
index_response = validation.body(response_types.closed({'addresses': server_responses.addresses(more=False)}))
show_response = validation.body({**server_responses.addresses(more=False), 'minProperties': 1, 'maxProperties': 1})

# SPDX-License-Identifier: Apache-2.0
"""What requests for the password of a guest accept, and what they are answered.

Nova: nova/api/openstack/compute/schemas/server_password.py.
"""
from mininova.api import validation
from mininova.api.validation import response_types

query = validation.query({})
index_response = validation.body(response_types.closed({'password': response_types.string}))

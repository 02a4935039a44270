# SPDX-License-Identifier: Apache-2.0
"""What a request about a token of a console accepts.  Nova:
nova/api/openstack/compute/schemas/console_auth_tokens.py.
"""
from mininova.api import validation

show_query = validation.query({}, closed='2.99')

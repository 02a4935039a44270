# SPDX-License-Identifier: Apache-2.0
"""What may be sent to /extensions: nothing; and what comes back.

Nova: nova/api/openstack/compute/schemas/extension_info.py.
"""
from mininova.api import validation
from mininova.api.validation import response_types

index_query = show_query = validation.query({})

# -- answers ------------------------------------------------------------------------------

_shown = response_types.closed({
    'alias': response_types.string, 'name': response_types.string, 'description': response_types.string,
    'links': response_types.empty_list, 'namespace': response_types.uri,
    'updated': response_types.date_time})

index_response = response_types.many('extensions', _shown, paged=False)
show_response = response_types.one('extension', _shown)

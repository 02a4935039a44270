# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-availability-zone may contain: nothing; and what they are answered."""
from mininova.api import validation
from mininova.api.validation import response_types

index_query = detail_query = validation.query({})

# -- answers ------------------------------------------------------------------------------

def _zones(hosts):
    return response_types.many('availabilityZoneInfo', response_types.closed({
        'zoneName': response_types.string,
        'zoneState': response_types.closed({'available': response_types.boolean}),
        'hosts': hosts}), paged=False)


_service = response_types.closed({'available': response_types.boolean, 'active': {'const': True},
                                  'updated_at': response_types.nullable(response_types.plain_time)})
_by_binary = {'type': 'object', 'additionalProperties': _service, 'minProperties': 1}

index_response = _zones(response_types.null)
# Nobody sees hosts of a zone that is not available.
detail_response = _zones(response_types.nullable({'type': 'object', 'additionalProperties': _by_binary}))

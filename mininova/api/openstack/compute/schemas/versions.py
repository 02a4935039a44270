# SPDX-License-Identifier: Apache-2.0
"""What the version documents say.  Nova: nova/api/openstack/compute/schemas/versions.py."""
from mininova.api.validation import response_types

_named = {'id': response_types.choice('v2.0', 'v2.1'), 'status': response_types.choice('CURRENT', 'DEPRECATED')}
_media_types = {'media-types': response_types.array(response_types.closed({
    'base': {'const': 'application/json'},
    'type': response_types.choice('application/vnd.openstack.compute+json;version=2',
                                  'application/vnd.openstack.compute+json;version=2.1')}), minItems=1, maxItems=1)}
# v2.0 has no microversions and shows none.
_microversion = {'type': 'string', 'pattern': r'^(2\.[0-9]{1,3})?\Z'}
_entry = {**_named, 'version': _microversion, 'min_version': _microversion, 'updated': response_types.date_time}

index_response = response_types.many('versions', response_types.closed(
    {**_entry, 'links': response_types.links_as('self')}), paged=False)
multi_response = response_types.many('choices', response_types.closed(
    {**_named, **_media_types, 'links': response_types.links_as('self')}), paged=False)
show_response = response_types.one('version', response_types.closed(
    {**_entry, **_media_types, 'links': response_types.links_as('self', ('describedby', 'text/html'))}))

# SPDX-License-Identifier: Apache-2.0
"""What requests to /images may contain.  Nova: nova/api/openstack/compute/schemas/images.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

_number = parameter_types.multi_params(parameter_types.positive_integer)

index_query = detail_query = validation.query(
    {'name': {}, 'status': {}, 'changes-since': {}, 'server': {}, 'type': {}, 'minRam': {}, 'minDisk': {}, 'marker': {},
     'limit': _number, 'page_size': _number, 'offset': _number}, pattern_properties={'^property-.*$': {}})
show_query = validation.query({})
delete_query = {'type': 'object', 'properties': {}, 'additionalProperties': True}

# -- answers ------------------------------------------------------------------------------

_brief = {
    'id': response_types.uuid,
    'name': response_types.nullable(response_types.string),
    'links': response_types.links_as('self', 'bookmark', ('alternate', 'application/vnd.openstack.image')),
}
_full = response_types.closed({
    **_brief,
    'minRam': response_types.count,
    'minDisk': response_types.count,
    'metadata': response_types.strings,
    'created': response_types.date_time,
    'updated': response_types.date_time,
    'status': response_types.choice('ACTIVE', 'SAVING', 'DELETED', 'ERROR', 'UNKNOWN'),
    'progress': {'enum': [0, 25, 50, 100]},
    'OS-EXT-IMG-SIZE:size': response_types.count,
    # Properties that Nova sets, and anybody may.
    'server': response_types.closed({'id': response_types.string, 'links': response_types.own_links}),
    'OS-DCF:diskConfig': response_types.choice('AUTO', 'MANUAL'),
}, optional=['server', 'OS-DCF:diskConfig'])

index_response = response_types.many('images', response_types.closed(_brief))
detail_response = response_types.many('images', _full)
show_response = response_types.one('image', _full)
delete_response = response_types.EMPTY

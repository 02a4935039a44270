# SPDX-License-Identifier: Apache-2.0
"""What requests to /images may contain.  Nova: nova/api/openstack/compute/schemas/images.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

_number = parameter_types.multi_params(parameter_types.positive_integer)

index_query = detail_query = validation.query(
    {'name': {}, 'status': {}, 'changes-since': {}, 'server': {}, 'type': {}, 'minRam': {}, 'minDisk': {}, 'marker': {},
     'limit': _number, 'page_size': _number, 'offset': _number}, pattern_properties={'^property-.*$': {}})
show_query = validation.query({})
delete_query = {'type': 'object', 'properties': {}, 'additionalProperties': True}

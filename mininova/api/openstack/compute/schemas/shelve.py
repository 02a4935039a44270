# SPDX-License-Identifier: Apache-2.0
"""What shelve, shelveOffload and unshelve accept.  Nova: nova/api/openstack/compute/schemas/shelve.py."""
from mininova.api import validation
from mininova.api.openstack.compute.schemas import server_actions
from mininova.api.validation import parameter_types


def _unshelve(inner):
    return {'type': 'object', 'properties': {'unshelve': inner}, 'required': ['unshelve'],
            'additionalProperties': False}


shelve = server_actions.bare('shelve')
shelve_offload = server_actions.bare('shelveOffload')
unshelve = server_actions.bare('unshelve')
# Null brings the server back anywhere; an object must name the zone.
unshelve = validation.extend(unshelve, '2.77', schema=_unshelve({
    'type': ['object', 'null'], 'properties': {'availability_zone': parameter_types.name},
    'required': ['availability_zone'], 'additionalProperties': False}))
# A zone of null unpins.
unshelve = validation.extend(unshelve, '2.91', schema=_unshelve({
    'type': ['object', 'null'], 'properties': {
        'availability_zone': {'type': ['string', 'null'], 'maxLength': 255},
        'host': {'type': 'string', 'maxLength': 255}},
    'additionalProperties': False}))

# SPDX-License-Identifier: Apache-2.0
"""What shelve, shelveOffload and unshelve accept.  Nova: nova/api/openstack/compute/schemas/shelve.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types


def _bare(name):
    """Return the schema of an action that takes nothing; what clients send all the same is passed over."""
    return {'type': 'object', 'properties': {name: {}}, 'required': [name], 'additionalProperties': False}


def _unshelve(inner):
    return {'type': 'object', 'properties': {'unshelve': inner}, 'required': ['unshelve'],
            'additionalProperties': False}


shelve = validation.body(_bare('shelve'))
shelve_offload = validation.body(_bare('shelveOffload'))
unshelve = validation.body(_bare('unshelve'))
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

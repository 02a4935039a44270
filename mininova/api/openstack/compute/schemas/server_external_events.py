# SPDX-License-Identifier: Apache-2.0
"""What events of other services look like, and the answer.

Nova: nova/api/openstack/compute/schemas/server_external_events.py.
"""
from mininova.api import validation

STATUSES = ['failed', 'completed', 'in-progress']

_event = {
    'name': {'type': 'string', 'enum': ['network-changed', 'network-vif-plugged', 'network-vif-unplugged',
                                        'network-vif-deleted']},
    'server_uuid': {'type': 'string', 'format': 'uuid'},
    'status': {'type': 'string', 'enum': STATUSES},
    'tag': {'type': 'string', 'maxLength': 255},
}
_code = {'type': 'integer', 'enum': [200, 400, 404, 422]}


def _document(event, required, **array):
    item = {'type': 'object', 'properties': event, 'required': required, 'additionalProperties': False}
    return validation.body({'type': 'object', 'properties': {'events': {'type': 'array', 'items': item, **array}},
                            'required': ['events'], 'additionalProperties': False})


def _with_later_names(document):
    for version, name in (('2.51', 'volume-extended'), ('2.76', 'power-update'), ('2.82', 'accelerator-request-bound'),
                          ('2.93', 'volume-reimaged')):
        document = validation.extend(document, version, at=('events',), change=lambda event, name=name: event[
            'properties']['name']['enum'].append(name))
    return document


create = _with_later_names(_document(_event, ['name', 'server_uuid'], minItems=1))
create_response = _with_later_names(_document({**_event, 'code': _code}, ['code', 'name', 'server_uuid', 'status']))

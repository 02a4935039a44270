# SPDX-License-Identifier: Apache-2.0
"""What requests about the volumes of a server accept.  Nova:
nova/api/openstack/compute/schemas/volume_attachments.py.
"""
from mininova.api import validation
from mininova.api.validation import parameter_types as types
from mininova.api.validation import response_types

_WHICH = ('volumeAttachment',)
_DEVICE = {'type': ['string', 'null'], 'pattern': r'(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*\Z'}


def _attachment(properties):
    return validation.body({
        'type': 'object',
        'properties': {'volumeAttachment': {'type': 'object', 'properties': properties, 'required': ['volumeId'],
                                            'additionalProperties': False}},
        'required': ['volumeAttachment'], 'additionalProperties': False})


create = _attachment({'volumeId': types.volume_id, 'device': _DEVICE})
create = validation.extend(create, '2.49', {'tag': types.tag}, at=_WHICH)
create = validation.extend(create, '2.79', {'delete_on_termination': types.boolean}, at=_WHICH)
update = _attachment({'volumeId': types.volume_id})
update = validation.extend(update, '2.85', {
    'device': _DEVICE, 'tag': types.tag, 'delete_on_termination': types.boolean, 'serverId': types.server_id,
    'id': types.uuid}, at=_WHICH)
index_query = validation.query({'limit': types.multi_params(types.non_negative_integer),
                                'offset': types.multi_params(types.non_negative_integer)}, closed='2.75')
show_query = delete_query = validation.query({})

_attached = response_types.closed({
    'id': response_types.string, 'volumeId': response_types.string, 'serverId': response_types.uuid,
    'device': response_types.string}, optional=['device'])


def _grown(answer, at):
    answer = response_types.extend(answer, '2.70', {'tag': response_types.nullable(response_types.string)}, at=at)
    answer = response_types.extend(answer, '2.79', {'delete_on_termination': response_types.boolean}, at=at)
    return response_types.extend(answer, '2.89', {
        'attachment_id': response_types.nullable(response_types.string), 'bdm_uuid': response_types.uuid}, drop=['id'],
        at=at)


index_response = _grown(response_types.many('volumeAttachments', _attached, paged=False), ('volumeAttachments',))
show_response = create_response = _grown(response_types.one('volumeAttachment', _attached), ('volumeAttachment',))

# SPDX-License-Identifier: Apache-2.0
"""What the list of a server's actions accepts.  Nova: nova/api/openstack/compute/schemas/instance_actions.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

index_query = validation.query({}, closed='2.58')
index_query = validation.extend(index_query, '2.58', {
    'limit': parameter_types.single_param(parameter_types.non_negative_integer),
    'marker': parameter_types.single_param({'type': 'string'}),
    'changes-since': parameter_types.changes_since_param}, at=())
index_query = validation.extend(index_query, '2.66', {'changes-before': parameter_types.changes_since_param}, at=())
show_query = validation.query({})

_action = {
    'action': response_types.string,
    'instance_uuid': response_types.uuid,
    'request_id': response_types.string,
    'user_id': response_types.nullable(response_types.string),
    'project_id': response_types.nullable(response_types.string),
    'message': response_types.nullable(response_types.string),
    'start_time': response_types.plain_time,
}
_event = response_types.closed({
    'event': response_types.string,
    'start_time': response_types.plain_time,
    'finish_time': response_types.nullable(response_types.plain_time),
    'result': response_types.nullable(response_types.string),
    'traceback': response_types.nullable(response_types.string),
}, optional=['traceback'])
_UPDATED = {'updated_at': response_types.nullable(response_types.plain_time)}

index_response = response_types.many('instanceActions', response_types.closed(_action), paged=False)
index_response = response_types.extend(index_response, '2.58', _UPDATED, at=('instanceActions',))
index_response = response_types.extend(index_response, '2.58', {'links': response_types.collection_links},
                                       optional=['links'], at=())
# Until 2.50 only administrators see events.
show_response = response_types.one('instanceAction', response_types.closed(
    {**_action, 'events': response_types.array(_event)}, optional=['events']))
show_response = response_types.extend(show_response, '2.51', {'events': response_types.array(_event)},
                                      at=('instanceAction',))
show_response = response_types.extend(show_response, '2.58', _UPDATED, at=('instanceAction',))
show_response = response_types.extend(
    show_response, '2.62', {'hostId': response_types.string, 'host': response_types.nullable(response_types.string)},
    optional=['host'], at=('instanceAction', 'events'))
show_response = response_types.extend(show_response, '2.84', {
    'details': response_types.nullable(response_types.string)}, optional=['details'], at=('instanceAction', 'events'))

# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-services may contain.  Nova: nova/api/openstack/compute/schemas/services.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

_text = {'type': 'string', 'minLength': 1, 'maxLength': 255}
_host = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'^[a-zA-Z0-9-._]*\Z'}

update = validation.body({
    'type': 'object', 'properties': {'host': _host, 'binary': _text, 'disabled_reason': _text},
    'required': ['host', 'binary'], 'additionalProperties': False})
update = validation.extend(update, '2.11', {'forced_down': parameter_types.boolean}, at=())
# From here on the service is named by the path.
update = validation.extend(update, '2.53', {'status': {'type': 'string', 'enum': ['enabled', 'disabled']}}, at=(),
                           drop=['host', 'binary'])

index_query = validation.query({'host': parameter_types.multi_params({'type': 'string'}),
                                'binary': parameter_types.multi_params({'type': 'string'})}, closed='2.75')
delete_query = {'type': 'object', 'properties': {}, 'additionalProperties': True}

# -- answers ------------------------------------------------------------------------------

_shown = response_types.closed({
    'id': response_types.integer,
    'binary': response_types.string,
    'host': response_types.string,
    'zone': response_types.string,
    'status': response_types.status,
    'state': response_types.state,
    'updated_at': response_types.nullable(response_types.plain_time),
    'disabled_reason': response_types.nullable(response_types.string),
})


def _grown(answer, at):
    answer = response_types.extend(answer, '2.11', {'forced_down': response_types.boolean}, at=at)
    return response_types.extend(answer, '2.53', {'id': response_types.uuid}, at=at)


def _changed(optional=(), **properties):
    """Return what the verbs of PUT answer: what was named, and what became of it."""
    return response_types.closed({'host': response_types.string, 'binary': response_types.string, **properties},
                                 optional=optional)


_switched = _changed(optional=['disabled_reason'], status=response_types.status, disabled_reason=response_types.string)
_forced = _changed(forced_down=response_types.boolean)

index_response = _grown(response_types.many('services', _shown, paged=False), ('services',))
_show_response = _grown(response_types.one('service', _shown), ('service',))
update_response = response_types.one('service', _switched)
update_response = response_types.extend(update_response, '2.11', {'service': {'oneOf': [_switched, _forced]}}, at=())
update_response = validation.extend(update_response, '2.53', schema=_show_response.schema_for('2.53'))
delete_response = response_types.EMPTY

# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-services may contain.  Nova: nova/api/openstack/compute/schemas/services.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

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

# SPDX-License-Identifier: Apache-2.0
"""What requests for consoles accept.  Nova: nova/api/openstack/compute/schemas/remote_consoles.py."""
from mininova.api import validation
from mininova.api.validation import response_types


def _action(name, *types):
    return validation.body(_within(name, {'type': {'type': 'string', 'enum': list(types)}}))


def _within(name, properties):
    return {'type': 'object',
            'properties': {name: {'type': 'object', 'properties': properties, 'required': list(properties),
                                  'additionalProperties': False}},
            'required': [name], 'additionalProperties': False}


def _one_of(*words):
    return {'type': 'string', 'enum': list(words)}


get_vnc_console = _action('os-getVNCConsole', 'novnc', 'xvpvnc')
get_spice_console = _action('os-getSPICEConsole', 'spice-html5')
get_serial_console = _action('os-getSerialConsole', 'serial')
# Of what is gone everything is taken before the answer that it is gone.
removed = {}

_PROTOCOLS = ('vnc', 'spice', 'serial')
_TYPES = ('novnc', 'xvpvnc', 'spice-html5', 'serial')
create = validation.body(_within('remote_console', {'protocol': _one_of(*_PROTOCOLS), 'type': _one_of(*_TYPES)}))
create = validation.extend(create, '2.8', {'protocol': _one_of(*_PROTOCOLS, 'mks'),
                                           'type': _one_of(*_TYPES, 'webmks')})
create = validation.extend(create, '2.99', {'type': _one_of(*_TYPES, 'webmks', 'spice-direct')})


def _console_response(*console_types, **more):
    return response_types.closed({'type': {'enum': list(console_types)}, 'url': response_types.uri, **more})


get_vnc_console_response = validation.body(response_types.closed({'console': _console_response('novnc', 'xvpvnc')}))
get_spice_console_response = validation.body(response_types.closed({'console': _console_response('spice-html5')}))
get_serial_console_response = validation.body(response_types.closed({'console': _console_response('serial')}))
create_response = validation.body(response_types.closed({'remote_console': _console_response(
    'novnc', 'xvpvnc', 'spice-html5', 'spice-direct', 'serial', 'webmks',
    protocol={'enum': ['vnc', 'spice', 'serial', 'mks']})}))

# SPDX-License-Identifier: Apache-2.0
"""What os-getConsoleOutput accepts.  Nova: nova/api/openstack/compute/schemas/console_output.py."""
from mininova.api import validation
from mininova.api.validation import response_types

get_console_output = validation.body({
    'type': 'object',
    'properties': {'os-getConsoleOutput': {
        'type': 'object',
        'properties': {'length': {'type': ['integer', 'string', 'null'], 'pattern': r'^-?[0-9]+\Z', 'minimum': -1,
                                  'maximum': 0x7FFFFFFF}},
        'additionalProperties': False}},
    'required': ['os-getConsoleOutput'], 'additionalProperties': False})

get_console_output_response = validation.body(response_types.closed({'output': response_types.string}))

# SPDX-License-Identifier: Apache-2.0
"""What the power actions accept.  Nova: nova/api/openstack/compute/schemas/servers.py."""
from mininova.api import validation

_REBOOT_TYPES = ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']


def bare(name):
    """Return the schema of an action that takes nothing; what clients send all the same is passed over."""
    return validation.body({'type': 'object', 'properties': {name: {}}, 'required': [name],
                            'additionalProperties': False})


start = bare('os-start')
stop = bare('os-stop')
trigger_crash_dump = validation.body({
    'type': 'object', 'properties': {'trigger_crash_dump': {'type': 'null'}}, 'required': ['trigger_crash_dump'],
    'additionalProperties': False})
reboot = validation.body({
    'type': 'object',
    'properties': {'reboot': {
        'type': 'object', 'properties': {'type': {'type': 'string', 'enum': _REBOOT_TYPES}}, 'required': ['type'],
        'additionalProperties': False}},
    'required': ['reboot'], 'additionalProperties': False})

# SPDX-License-Identifier: Apache-2.0
"""What the moves of servers accept.  Nova: nova/api/openstack/compute/schemas/migrate_server.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

_host_or_none = {**parameter_types.hostname, 'type': ['string', 'null']}
_boolean_or_auto = {**parameter_types.boolean, 'enum': [*parameter_types.boolean['enum'], 'auto']}

migrate = validation.body({
    'type': 'object', 'properties': {'migrate': {}}, 'required': ['migrate'], 'additionalProperties': False})
migrate = validation.extend(migrate, '2.56', {'migrate': {
    'type': ['object', 'null'], 'properties': {'host': _host_or_none}, 'additionalProperties': False}}, at=())

migrate_live = validation.body({
    'type': 'object',
    'properties': {'os-migrateLive': {
        'type': 'object',
        'properties': {'block_migration': parameter_types.boolean, 'disk_over_commit': parameter_types.boolean,
                       'host': _host_or_none},
        'required': ['block_migration', 'disk_over_commit', 'host'], 'additionalProperties': False}},
    'required': ['os-migrateLive'], 'additionalProperties': False})
migrate_live = validation.extend(migrate_live, '2.25', {'block_migration': _boolean_or_auto},
                                 drop=('disk_over_commit',))
migrate_live = validation.extend(migrate_live, '2.30', {'force': parameter_types.boolean})
migrate_live = validation.extend(migrate_live, '2.68', drop=('force',))

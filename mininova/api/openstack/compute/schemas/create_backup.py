# SPDX-License-Identifier: Apache-2.0
"""What createBackup accepts.  Nova: nova/api/openstack/compute/schemas/create_backup.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types as types

create_backup = validation.body({
    'type': 'object',
    'properties': {'createBackup': {
        'type': 'object',
        'properties': {'name': types.name, 'backup_type': {'type': 'string'}, 'rotation': types.non_negative_integer,
                       'metadata': types.metadata},
        'required': ['name', 'backup_type', 'rotation'], 'additionalProperties': False}},
    'required': ['createBackup'], 'additionalProperties': False})
create_backup = validation.extend(create_backup, '2.0', {'name': types.name_with_leading_trailing_spaces},
                                  at=('createBackup',))

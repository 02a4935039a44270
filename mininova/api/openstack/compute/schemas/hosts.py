# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-hosts may contain.  Nova: nova/api/openstack/compute/schemas/hosts.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

_switch = {'type': 'string', 'enum': ['enable', 'Enable', 'ENABLE', 'disable', 'Disable', 'DISABLE']}

update = validation.body({
    'type': 'object', 'properties': {'status': _switch, 'maintenance_mode': _switch}, 'additionalProperties': False,
    'anyOf': [{'required': ['status']}, {'required': ['maintenance_mode']}]})
index_query = validation.query({'zone': parameter_types.multi_params({'type': 'string'})})
query = validation.query({})

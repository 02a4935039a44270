# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-hosts may contain.  Nova: nova/api/openstack/compute/schemas/hosts.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

_switch = {'type': 'string', 'enum': ['enable', 'Enable', 'ENABLE', 'disable', 'Disable', 'DISABLE']}

update = validation.body({
    'type': 'object', 'properties': {'status': _switch, 'maintenance_mode': _switch}, 'additionalProperties': False,
    'anyOf': [{'required': ['status']}, {'required': ['maintenance_mode']}]})
index_query = validation.query({'zone': parameter_types.multi_params({'type': 'string'})})
query = validation.query({})

# -- answers ------------------------------------------------------------------------------

_host = {'host': response_types.string}


def _power(action):
    return validation.body(response_types.closed({**_host, 'power_action': {'const': action}}))


index_response = response_types.many('hosts', response_types.closed({
    'host_name': response_types.string, 'service': response_types.string, 'zone': response_types.string}), paged=False)
show_response = response_types.many('host', response_types.closed({'resource': response_types.closed({
    **_host, 'project': response_types.string, 'cpu': response_types.count, 'memory_mb': response_types.count,
    'disk_gb': response_types.count})}), paged=False)
# What a host would answer whose driver can do it; none here can.
update_response = validation.body(response_types.closed(
    {**_host, 'status': response_types.status,
     'maintenance_mode': response_types.choice('on_maintenance', 'off_maintenance')},
    optional=['status', 'maintenance_mode']))
startup_response, shutdown_response, reboot_response = map(_power, ('startup', 'shutdown', 'reboot'))

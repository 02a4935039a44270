# SPDX-License-Identifier: Apache-2.0
"""What queries of /os-simple-tenant-usage may contain.

Nova: nova/api/openstack/compute/schemas/simple_tenant_usage.py.
"""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types
from mininova.compute import vm_states

_text = parameter_types.multi_params({'type': 'string'})


def _query(*names):
    found = validation.query(dict.fromkeys(names, _text), closed='2.75')
    return validation.extend(found, '2.40', parameter_types.pagination_parameters, at=())


index_query = _query('start', 'end', 'detailed')
show_query = _query('start', 'end')

# -- answers ------------------------------------------------------------------------------

_quantity = {'type': 'number', 'minimum': 0}
_server = response_types.closed({
    'instance_id': response_types.uuid,
    'name': response_types.string,
    'tenant_id': response_types.project_id,
    'flavor': response_types.string,
    'hours': _quantity,
    'started_at': response_types.plain_time,
    'ended_at': response_types.nullable(response_types.plain_time),
    'memory_mb': response_types.count,
    'local_gb': response_types.count,
    'vcpus': response_types.count,
    'state': response_types.choice('terminated', *vm_states.ALL),
    'uptime': response_types.count,
})


def _project(optional=()):
    return response_types.closed({
        'tenant_id': response_types.project_id,
        'start': response_types.plain_time,
        'stop': response_types.plain_time,
        **dict.fromkeys(('total_hours', 'total_vcpus_usage', 'total_memory_mb_usage', 'total_local_gb_usage'),
                        _quantity),
        'server_usages': response_types.array(_server, minItems=1)}, optional=optional)


# Servers are listed where details are asked for.
index_response = response_types.many('tenant_usages', _project(optional=['server_usages']), paged=False)
index_response = response_types.paged(index_response, '2.40', 'tenant_usages')
# A project without servers has no usage.
show_response = response_types.one('tenant_usage', {'oneOf': [_project(), response_types.closed({})]})
show_response = response_types.paged(show_response, '2.40', 'tenant_usage')

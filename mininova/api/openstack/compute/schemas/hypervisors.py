# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-hypervisors may contain.  Nova: nova/api/openstack/compute/schemas/hypervisors.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

_pattern = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'^[a-zA-Z0-9-._]*\Z'}


def _closed(**properties):
    return {'type': 'object', 'additionalProperties': False,
            'properties': {name: parameter_types.single_param(schema) for name, schema in properties.items()}}


_open = {'type': 'object', 'properties': {}, 'additionalProperties': True}

index_query = validation.extend(_open, '2.33', parameter_types.pagination_parameters, at=())
index_query = validation.extend(index_query, '2.53', schema=_closed(
    limit=parameter_types.non_negative_integer, marker={'type': 'string'}, hypervisor_hostname_pattern=_pattern,
    with_servers=parameter_types.boolean))
show_query = validation.extend(_open, '2.53', schema=_closed(with_servers=parameter_types.boolean))
# These are gone before queries were closed.
statistics_query = search_query = servers_query = uptime_query = validation.query({})

# -- answers ------------------------------------------------------------------------------

_brief = {
    'id': response_types.integer,
    'hypervisor_hostname': response_types.string,
    'state': response_types.state,
    'status': response_types.status,
}
# What is left may be less than nothing: hosts give away more than they have.
_measured = {
    **dict.fromkeys(('vcpus', 'vcpus_used', 'memory_mb', 'memory_mb_used', 'local_gb', 'local_gb_used',
                     'current_workload', 'running_vms'), response_types.count),
    **dict.fromkeys(('free_ram_mb', 'free_disk_gb'), response_types.integer),
}
_full = {
    **_brief, **_measured,
    'hypervisor_type': response_types.string,
    'hypervisor_version': response_types.integer,
    'host_ip': response_types.nullable(response_types.string),
    'service': response_types.closed({'id': response_types.integer, 'host': response_types.string,
                                      'disabled_reason': response_types.nullable(response_types.string)}),
    'disk_available_least': response_types.nullable(response_types.integer),
    'cpu_info': response_types.string,
}
# A host that has not said what it has shows nothing.
_cpu_info = response_types.closed({
    'arch': response_types.string, 'model': response_types.nullable(response_types.string),
    'vendor': response_types.nullable(response_types.string),
    'features': response_types.array(response_types.string),
    'topology': {'type': 'object', 'additionalProperties': response_types.count},
}, optional=['arch', 'model', 'vendor', 'features', 'topology'])
_server = response_types.closed({'name': response_types.string, 'uuid': response_types.uuid})
_some_servers = {'servers': response_types.array(_server, minItems=1)}


def _named_by_uuid(answer, at):
    """Let ids be uuids, and show servers where they are asked for; where there are none, that is shown from 2.75."""
    answer = response_types.extend(answer, '2.53', {'id': response_types.uuid, **_some_servers}, optional=['servers'],
                                   at=at)
    return response_types.extend(answer, '2.75', {'servers': response_types.array(_server)}, optional=['servers'],
                                 at=at)


def _detailed(answer, at):
    answer = response_types.extend(_named_by_uuid(answer, at), '2.28', {'cpu_info': _cpu_info}, at=at)
    answer = response_types.extend(answer, '2.53', {'id': response_types.uuid}, at=(*at, 'service'))
    return response_types.extend(answer, '2.88', {'uptime': response_types.nullable(response_types.string)},
                                 drop=[*_measured, 'disk_available_least', 'cpu_info'], at=at)


_hypervisors, _hypervisor = ('hypervisors',), ('hypervisor',)
search_response = response_types.many('hypervisors', response_types.closed(_brief), paged=False)
servers_response = response_types.many('hypervisors', response_types.closed({**_brief, **_some_servers},
                                                                            optional=['servers']), paged=False)
index_response = response_types.paged(_named_by_uuid(search_response, _hypervisors), '2.33', 'hypervisors')
detail_response = _detailed(response_types.many('hypervisors', response_types.closed(_full), paged=False), _hypervisors)
detail_response = response_types.paged(detail_response, '2.33', 'hypervisors')
show_response = _detailed(response_types.one('hypervisor', response_types.closed(_full)), _hypervisor)
uptime_response = response_types.extend(
    response_types.one('hypervisor', response_types.closed({**_brief, 'uptime': response_types.string})), '2.53',
    {'id': response_types.uuid}, at=_hypervisor)
statistics_response = response_types.one('hypervisor_statistics', response_types.closed({
    **_measured, 'count': response_types.count, 'disk_available_least': response_types.integer}))

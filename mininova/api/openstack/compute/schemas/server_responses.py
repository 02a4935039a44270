# SPDX-License-Identifier: Apache-2.0
"""What a server looks like in answers.  Nova: the response schemas in nova/api/openstack/compute/schemas/servers.py."""
from mininova.api import validation
from mininova.api.openstack.compute.views import server_status
from mininova.api.validation import response_types as types

_link_to_flavor = types.closed({'id': types.string, 'links': types.links})
_flavor = types.closed({
    'vcpus': types.integer, 'ram': types.integer, 'disk': types.integer, 'ephemeral': types.integer,
    'swap': types.integer, 'original_name': types.string, 'extra_specs': types.strings}, optional=['extra_specs'])
_image = {'id': types.string, 'links': types.links}
_fault = types.closed({'code': types.integer, 'created': types.date_time, 'message': types.string,
                       'details': types.string}, optional=['details'])
_hints = {'type': 'object', '$comment': 'What a hint is and may be is the affair of the filter that reads it.'}
_address = {'version': {'enum': [4, 6]}, 'addr': {'anyOf': [{'type': 'string', 'format': 'ipv4'},
                                                           {'type': 'string', 'format': 'ipv6'}]}}
_more_address = {**_address, 'OS-EXT-IPS:type': {'enum': ['fixed', 'floating']},
                 'OS-EXT-IPS-MAC:mac_addr': types.mac_address}


def addresses(more):
    """Return the schema of addresses by the label of their network.

    :param more: with kind and MAC address
    """
    return {'type': 'object', 'additionalProperties': types.array(types.closed(_more_address if more else _address))}


def _image_or_none(**more):
    return {'oneOf': [types.closed({**_image, **more}), {'const': ''}]}


_CORE = {
    'id': types.uuid,
    'name': types.nullable(types.string),
    'status': {'enum': server_status.ALL},
    'tenant_id': types.project_id,
    'user_id': types.user_id,
    'metadata': types.strings,
    'hostId': {'type': 'string', 'pattern': r'^([0-9a-f]{56})?\Z'},
    'image': _image_or_none(),
    'created': types.date_time,
    'updated': types.nullable(types.date_time),
    'accessIPv4': {'type': 'string'},
    'accessIPv6': {'type': 'string'},
    'links': types.links,
    'OS-DCF:diskConfig': {'enum': ['AUTO', 'MANUAL']},
    'fault': _fault,
    'progress': types.integer,
    'flavor': _link_to_flavor,
}
_CORE_OPTIONAL = ('fault', 'progress')
_FULL = {
    'OS-EXT-AZ:availability_zone': types.string,
    'config_drive': {'enum': ['', 'True']},
    'key_name': types.nullable(types.string),
    'OS-SRV-USG:launched_at': types.nullable(types.plain_time),
    'OS-SRV-USG:terminated_at': types.nullable(types.plain_time),
    # A server that is in no group has no such key.
    'security_groups': types.array(types.closed({'name': types.string}), minItems=1),
    'OS-EXT-STS:task_state': types.nullable(types.string),
    'OS-EXT-STS:vm_state': types.string,
    'OS-EXT-STS:power_state': types.nullable(types.integer),
    'os-extended-volumes:volumes_attached': types.array(types.closed({'id': types.string})),
    'OS-EXT-SRV-ATTR:host': types.nullable(types.string),
    'OS-EXT-SRV-ATTR:hypervisor_hostname': types.nullable(types.string),
    'OS-EXT-SRV-ATTR:instance_name': types.string,
}
# Whoever may not know where servers run is not shown these.
_ATTRIBUTES = ('OS-EXT-SRV-ATTR:host', 'OS-EXT-SRV-ATTR:hypervisor_hostname', 'OS-EXT-SRV-ATTR:instance_name')
_FULL_OPTIONAL = ('security_groups', *_ATTRIBUTES)
_MORE_ATTRIBUTES = {f'OS-EXT-SRV-ATTR:{name}': types.nullable(schema) for name, schema in (
    ('reservation_id', types.string), ('launch_index', types.integer), ('hostname', types.string),
    ('kernel_id', types.string), ('ramdisk_id', types.string), ('root_device_name', types.string),
    ('user_data', types.string))}
_VOLUMES = {'os-extended-volumes:volumes_attached': types.array(types.closed({
    'id': types.string, 'delete_on_termination': types.boolean}))}
_GROUPS = {'server_groups': types.array(types.uuid)}


def _brief(more_address=False):
    """Return the document of a server as PUT and rebuild answered below 2.75."""
    return types.closed({**_CORE, 'addresses': addresses(more_address)}, optional=_CORE_OPTIONAL)


def _complete():
    return types.closed({**_CORE, 'addresses': addresses(True), **_FULL}, optional=(*_CORE_OPTIONAL, *_FULL_OPTIONAL))


def _with_core(answer, at):
    """Add what all answers that show a server gained."""
    answer = types.extend(answer, '2.9', {'locked': types.boolean}, at=at)
    answer = types.extend(answer, '2.19', {'description': types.nullable(types.string)}, at=at)
    answer = types.extend(answer, '2.26', {'tags': types.array(types.string, maxItems=50)}, at=at)
    answer = types.extend(answer, '2.47', {'flavor': _flavor}, at=at)
    answer = types.extend(answer, '2.63', {'trusted_image_certificates': types.nullable(types.array(types.string))},
                          at=at)
    return types.extend(answer, '2.73', {'locked_reason': types.nullable(types.string)}, at=at)


def _with_rest(answer, at, since='2.1'):
    """Add what only answers gained that show all of a server.

    :param since: from when on an answer shows all
    """
    def extend(version, *args, **kwargs):
        return types.extend(answer, version, *args, at=at, **kwargs)
    if since == '2.1':
        answer = extend('2.3', {**_VOLUMES, **_MORE_ATTRIBUTES}, optional=_MORE_ATTRIBUTES)
        answer = extend('2.16', {'host_status': types.string}, optional=['host_status'])
    else:
        optional = (*_FULL_OPTIONAL, *_MORE_ATTRIBUTES, 'host_status')
        answer = extend(since, {**_FULL, **_VOLUMES, **_MORE_ATTRIBUTES, 'host_status': types.string,
                                'addresses': addresses(True)}, optional=optional)
    answer = extend('2.90', {'OS-EXT-SRV-ATTR:hostname': types.nullable(types.string)})
    answer = extend('2.96', {'pinned_availability_zone': types.nullable(types.string)})
    answer = extend('2.98', {'image': _image_or_none(properties=types.strings)})
    return extend('2.100', {'scheduler_hints': _hints})


_ONE, _LIST = ('server',), ('servers',)
detail = _with_rest(_with_core(types.many('servers', _complete()), _LIST), _LIST)
show = types.extend(_with_rest(_with_core(types.one('server', _complete()), _ONE), _ONE), '2.71', _GROUPS, at=_ONE)
update = types.extend(_with_core(types.one('server', _brief()), _ONE), '2.71', _GROUPS, at=_ONE)
update = _with_rest(update, _ONE, since='2.75')

rebuild = validation.body(types.one('server', _brief()))
rebuild = types.extend(rebuild, '2.1', {'adminPass': types.string}, optional=['adminPass'], at=_ONE)
rebuild = types.extend(_with_core(rebuild, _ONE), '2.54', {'key_name': types.nullable(types.string)}, at=_ONE)
rebuild = types.extend(rebuild, '2.57', {'user_data': types.nullable(types.string)}, at=_ONE)
rebuild = _with_rest(types.extend(rebuild, '2.71', _GROUPS, at=_ONE), _ONE, since='2.75')
# That is there already, without the prefix.
rebuild = types.extend(rebuild, '2.75', drop=['OS-EXT-SRV-ATTR:user_data'], at=_ONE)

index = types.many('servers', types.closed({
    'id': types.uuid, 'name': types.nullable(types.string), 'links': types.links}))
create = validation.body({'oneOf': [
    types.closed({'server': types.closed({
        'id': types.uuid, 'links': types.links, 'OS-DCF:diskConfig': {'enum': ['AUTO', 'MANUAL']},
        'security_groups': types.array(types.closed({'name': types.string})), 'adminPass': types.string},
        optional=['adminPass'])}),
    types.closed({'reservation_id': types.string})]})

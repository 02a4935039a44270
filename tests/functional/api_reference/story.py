# SPDX-License-Identifier: Apache-2.0
"""One request for every operation of the API, with what must be there first.

``request(world, operation, version)`` gives what to send; the reference shows it, and the table of operations is
measured with it.
"""
import typing

from mininova.compute import vm_states as vm

VOLUME = '6edbc2f4-1507-44f8-ac0d-eed1d2608d38'
SECRET = 'correct-horse'


class Request(typing.NamedTuple):
    """What to send.

    :ivar ids: variables of the path
    :ivar query: without the question mark
    """

    ids: dict = {}
    body: typing.Any = None
    query: str = ''


def request(world, operation, version):
    """Make ready what an operation needs, and return the Request.

    :param version: the microversion as a number, e.g. 79 for 2.79
    """
    made = STORY[operation.key]
    made = made(world, version) if callable(made) else made
    if isinstance(made, Request):
        return made
    names = {'{id}': world.server, '{server_id}': world.server, '{flavor_id}': '1'}
    ids = {name[1:-1]: value for name, value in names.items() if name in operation.path}
    return Request(ids, made)


def _text(version):
    return f'2.{version}'


def _on(state, body=None, host='cmp1'):
    """Return the step of an action that needs the server in a state.

    :param body: value of the action's key, or function(world, version) -> value
    """
    def prepare(world, version):
        world.ready(state, host)
        return body(world, version) if callable(body) else body
    return prepare


def _action(name, state=vm.ACTIVE, body=None):
    step = _on(state, body)
    return lambda world, version: {name: step(world, version)}


def _with(collection, make, body=None, **more):
    """Return the step of an operation on a member that is made for it."""
    def prepare(world, version):
        identifier = make(world, version)
        return Request({**more, 'id': identifier}, body(world, version) if callable(body) else body)
    return prepare


def _server_body(world, version):
    body = {'name': 'vm1', 'flavorRef': '1', 'imageRef': world.lab.default_image, 'key_name': 'key1',
            'metadata': {'role': 'web'}}
    if version >= 19:
        body['description'] = 'front end'
    if version >= 37:
        body['networks'] = 'none'
    if version >= 52:
        body['tags'] = ['blue']
    if version >= 90:
        body['hostname'] = 'vm1'
    return {'server': body}


def _rebuild(world, version):
    body = {'imageRef': world.lab.default_image, 'name': 'vm1', 'adminPass': SECRET}
    return body if version < 19 else {**body, 'description': 'front end'}


def _live(world, version):
    world.lab.settle(world.server, host='cmp1')
    if version < 25:
        return {'host': 'cmp2', 'block_migration': False, 'disk_over_commit': False}
    return {'host': None, 'block_migration': 'auto'}


def _evacuate(world, version):
    server = world.on_dead_host()
    return Request({'id': server}, {'evacuate': {'onSharedStorage': False} if version < 14 else {}})


def _confirm(name):
    return lambda world, version: Request({'id': world.resized()}, {name: None})


def _service(world, version):
    if version < 53:
        return Request({'id': 'disable'}, {'host': 'cmp2', 'binary': 'nova-compute'})
    return Request({'id': world.new_service(_text(version))}, {'status': 'disabled', 'disabled_reason': 'maintenance'})


def _keypair(world, version):
    body = {'name': world.unique('mine')}
    if version >= 2:
        body['type'] = 'ssh'
    return {'keypair': {**body, 'public_key': world.public_key}}


def _group(world, version):
    name = world.unique('web')
    if version < 64:
        return {'server_group': {'name': name, 'policies': ['anti-affinity']}}
    return {'server_group': {'name': name, 'policy': 'anti-affinity', 'rules': {'max_server_per_host': 3}}}


def _flavor(world, version):
    name = world.unique('m1.mini')
    return {'flavor': {'name': name, 'id': name, 'ram': 128, 'vcpus': 1, 'disk': 1}}


def _card(world, version):
    return {'interfaceAttachment': {'net_id': world.network}}


def _attached(world, version):
    world.edge.answers['attach_interface'] = None
    world.ready(vm.ACTIVE)
    return Request({'server_id': world.server}, _card(world, version))


def _migration(make):
    return lambda world, version: Request({'server_id': world.server, 'id': make(world)},
                                          {'force_complete': None} if make is _running else None)


def _running(world):
    return world.migrating()


def _running_to_abort(world):
    return world.migrating()


def _action_id(world, version):
    found = world.api.get(f'/servers/{world.server}/os-instance-actions').json['instanceActions'][-1]['request_id']
    return Request({'server_id': world.server, 'id': found})


def _volume(world, version):
    return Request({'server_id': world.server, 'id': world.volume()})


def _tag(world, version):
    world.ready(vm.ACTIVE)
    world.api.put(f'/servers/{world.server}/tags/blue', None, '2.26')
    return Request({'server_id': world.server, 'id': 'blue'})


def _image_meta(key, value):
    return lambda world, version: Request({'image_id': world.image(), 'id': 'note'}, {key: value})


def _token(world, version):
    return Request({'id': world.console_token('rdp-html5' if version < 31 else 'novnc')})


def _hypervisor(world, version):
    return Request({'id': world.hypervisor(_text(version))})


def _console(kind):
    return lambda world, version: {'type': kind}


def _meta(body):
    def prepare(world, version):
        world.ready(vm.ACTIVE)
        return body
    return prepare


def _aggregate_host(name, *hosts):
    return lambda world, version: Request({'id': world.new_aggregate(*hosts)}, {name: {'host': 'cmp2'}})


def _quota(body=None):
    return Request({'id': 'admin'}, body)


_SERVER = {}
ACTIONS = {
    'os-start': _action('os-start', vm.STOPPED), 'os-stop': _action('os-stop'),
    'reboot': _action('reboot', body={'type': 'SOFT'}), 'trigger_crash_dump': _action('trigger_crash_dump'),
    'rebuild': _action('rebuild', body=_rebuild),
    'createImage': _action('createImage', body={'name': 'snap1', 'metadata': {'why': 'backup'}}),
    'resize': _action('resize', body={'flavorRef': '2'}),
    'confirmResize': _confirm('confirmResize'), 'revertResize': _confirm('revertResize'),
}
MORE_ACTIONS = {
    'injectNetworkInfo': _action('injectNetworkInfo'),
    'os-resetState': _action('os-resetState', body={'state': 'active'}),
    'changePassword': _action('changePassword', body={'adminPass': SECRET}),
    'os-getConsoleOutput': _action('os-getConsoleOutput', body={'length': 50}),
    'createBackup': _action('createBackup', body={'name': 'nightly', 'backup_type': 'daily', 'rotation': 7}),
    'restore': _action('restore', vm.SOFT_DELETED), 'forceDelete': lambda world, version: Request(
        {'id': world.new_server()}, {'forceDelete': None}),
    'evacuate': _evacuate, 'lock': _action('lock'), 'unlock': _action('unlock'), 'migrate': _action('migrate'),
    'os-migrateLive': _action('os-migrateLive', body=_live),
    'addFixedIp': lambda world, version: world.card() and {'addFixedIp': {'networkId': world.network}},
    'removeFixedIp': lambda world, version: {'removeFixedIp': {'address': world.address()}},
    'addFloatingIp': lambda world, version: {'addFloatingIp': {'address': world.floating_ip()}},
    'removeFloatingIp': lambda world, version: {'removeFloatingIp': {'address': world.floating_ip(of_server=True)}},
    'pause': _action('pause'), 'unpause': _action('unpause', vm.PAUSED),
    'os-getVNCConsole': _action('os-getVNCConsole', body={'type': 'novnc'}),
    'os-getSPICEConsole': _action('os-getSPICEConsole', body={'type': 'spice-html5'}),
    'os-getSerialConsole': _action('os-getSerialConsole', body={'type': 'serial'}),
    'rescue': _action('rescue', body={'adminPass': SECRET}), 'unrescue': _action('unrescue', vm.RESCUED),
    'addSecurityGroup': _action('addSecurityGroup', body=lambda world, version: {'name': world.security_group()}),
    'removeSecurityGroup': _action('removeSecurityGroup', body=lambda world, version: {
        'name': world.security_group(of_server=True)}),
    'shelve': _action('shelve'), 'shelveOffload': _action('shelveOffload', vm.SHELVED),
    'unshelve': _action('unshelve', vm.SHELVED), 'suspend': _action('suspend'),
    'resume': _action('resume', vm.SUSPENDED),
}
_SERVERS = {
    ('GET', '', None): Request(), ('POST', '', None): lambda world, version: Request({}, _server_body(world, version)),
    ('GET', '/detail', None): Request(), ('GET', '/{id}', None): _on(vm.ACTIVE),
    ('PUT', '/{id}', None): _meta({'server': {'name': 'vm1'}}),
    ('DELETE', '/{id}', None): _with('servers', lambda world, version: world.new_server()),
    **{('POST', '/{id}/action', name): step for name, step in ACTIONS.items()}}

STORY = {
    ('GET', '/', None): Request(), ('GET', '/versions/{id}', None): Request({'id': 'v2.1'}),
    ('GET', '/extensions', None): Request(), ('GET', '/extensions/{id}', None): Request({'id': 'os-keypairs'}),
    ('GET', '/limits', None): Request(),
    ('GET', '/os-availability-zone', None): Request(), ('GET', '/os-availability-zone/detail', None): Request(),
    # flavors
    ('GET', '/flavors', None): Request(), ('POST', '/flavors', None): lambda world, version: Request(
        {}, _flavor(world, version)),
    ('GET', '/flavors/detail', None): Request(), ('GET', '/flavors/{id}', None): Request({'id': '1'}),
    ('PUT', '/flavors/{id}', None): Request({'id': '1'}, {'flavor': {'description': 'small'}}),
    ('DELETE', '/flavors/{id}', None): _with('flavors', lambda world, version: world.new_flavor()),
    ('POST', '/flavors/{id}/action', 'addTenantAccess'): lambda world, version: Request(
        {'id': world.private_flavor()}, {'addTenantAccess': {'tenant': 'demo'}}),
    ('POST', '/flavors/{id}/action', 'removeTenantAccess'): lambda world, version: Request(
        {'id': world.private_flavor('demo')}, {'removeTenantAccess': {'tenant': 'demo'}}),
    ('GET', '/flavors/{flavor_id}/os-extra_specs', None): lambda world, version: Request(
        {'flavor_id': world.new_flavor()}),
    ('POST', '/flavors/{flavor_id}/os-extra_specs', None): lambda world, version: Request(
        {'flavor_id': world.new_flavor()}, {'extra_specs': {'hw:cpu_policy': 'shared'}}),
    ('GET', '/flavors/{flavor_id}/os-extra_specs/{id}', None): lambda world, version: Request(
        {'flavor_id': world.new_flavor(), 'id': 'hw:cpu_policy'}),
    ('PUT', '/flavors/{flavor_id}/os-extra_specs/{id}', None): lambda world, version: Request(
        {'flavor_id': world.new_flavor(), 'id': 'hw:cpu_policy'}, {'hw:cpu_policy': 'shared'}),
    ('DELETE', '/flavors/{flavor_id}/os-extra_specs/{id}', None): lambda world, version: Request(
        {'flavor_id': world.new_flavor(), 'id': 'hw:cpu_policy'}),
    ('GET', '/flavors/{flavor_id}/os-flavor-access', None): lambda world, version: Request(
        {'flavor_id': world.private_flavor('demo')}),
    # images
    ('GET', '/images', None): Request(), ('GET', '/images/detail', None): Request(),
    ('GET', '/images/{id}', None): lambda world, version: Request({'id': world.image()}),
    ('DELETE', '/images/{id}', None): lambda world, version: Request({'id': world.image()}),
    ('GET', '/images/{image_id}/metadata', None): lambda world, version: Request({'image_id': world.image()}),
    ('POST', '/images/{image_id}/metadata', None): _image_meta('metadata', {'note': 'b'}),
    ('PUT', '/images/{image_id}/metadata', None): _image_meta('metadata', {'note': 'b'}),
    ('GET', '/images/{image_id}/metadata/{id}', None): lambda world, version: Request(
        {'image_id': world.image(), 'id': 'note'}),
    ('PUT', '/images/{image_id}/metadata/{id}', None): _image_meta('meta', {'note': 'b'}),
    ('DELETE', '/images/{image_id}/metadata/{id}', None): lambda world, version: Request(
        {'image_id': world.image(), 'id': 'note'}),
    # what administrators see
    ('GET', '/os-aggregates', None): Request(), ('POST', '/os-aggregates', None): lambda world, version: Request(
        {}, {'aggregate': {'name': world.unique('fast'), 'availability_zone': None}}),
    ('GET', '/os-aggregates/{id}', None): lambda world, version: Request({'id': world.new_aggregate('cmp1')}),
    ('PUT', '/os-aggregates/{id}', None): lambda world, version: Request(
        {'id': world.new_aggregate()}, {'aggregate': {'name': world.unique('faster')}}),
    ('DELETE', '/os-aggregates/{id}', None): lambda world, version: Request({'id': world.new_aggregate()}),
    ('POST', '/os-aggregates/{id}/action', 'add_host'): _aggregate_host('add_host'),
    ('POST', '/os-aggregates/{id}/action', 'remove_host'): _aggregate_host('remove_host', 'cmp2'),
    ('POST', '/os-aggregates/{id}/action', 'set_metadata'): lambda world, version: Request(
        {'id': world.new_aggregate()}, {'set_metadata': {'metadata': {'ssd': 'true'}}}),
    ('POST', '/os-aggregates/{id}/images', None): lambda world, version: Request(
        {'id': world.new_aggregate('cmp1')}, {'cache': [{'id': world.lab.default_image}]}),
    ('GET', '/os-hosts', None): Request(), ('GET', '/os-hosts/{id}', None): Request({'id': 'cmp1'}),
    ('PUT', '/os-hosts/{id}', None): Request({'id': 'cmp1'}, {'status': 'enable'}),
    **{('GET', f'/os-hosts/{{id}}/{verb}', None): Request({'id': 'cmp1'})
       for verb in ('reboot', 'shutdown', 'startup')},
    ('GET', '/os-hypervisors', None): Request(), ('GET', '/os-hypervisors/detail', None): Request(),
    ('GET', '/os-hypervisors/statistics', None): Request(), ('GET', '/os-hypervisors/{id}', None): _hypervisor,
    ('GET', '/os-hypervisors/{id}/search', None): Request({'id': 'cmp'}),
    ('GET', '/os-hypervisors/{id}/servers', None): Request({'id': 'cmp'}),
    ('GET', '/os-hypervisors/{id}/uptime', None): _hypervisor,
    ('GET', '/os-services', None): Request(), ('PUT', '/os-services/{id}', None): _service,
    ('DELETE', '/os-services/{id}', None): lambda world, version: Request({'id': world.new_service(_text(version))}),
    ('GET', '/os-migrations', None): lambda world, version: world.migrating() and Request(),
    ('GET', '/os-instance_usage_audit_log', None): Request(),
    ('GET', '/os-instance_usage_audit_log/{id}', None): Request({'id': '2026-02-01%2000:00:00'}),
    ('GET', '/os-console-auth-tokens/{id}', None): _token,
    ('POST', '/os-server-external-events', None): lambda world, version: Request(
        {}, {'events': [{'name': 'network-changed', 'server_uuid': world.ready(vm.ACTIVE)}]}),
    ('POST', '/os-assisted-volume-snapshots', None): Request({}, {'snapshot': {
        'volume_id': VOLUME, 'create_info': {'snapshot_id': VOLUME, 'type': 'qcow2', 'new_file': 'new'}}}),
    ('DELETE', '/os-assisted-volume-snapshots/{id}', None): Request(
        {'id': VOLUME}, None, f'delete_info=%7B%22volume_id%22%3A%22{VOLUME}%22%7D'),
    # what projects have
    ('GET', '/os-keypairs', None): Request(), ('POST', '/os-keypairs', None): lambda world, version: Request(
        {}, _keypair(world, version)),
    ('GET', '/os-keypairs/{id}', None): Request({'id': 'key1'}),
    ('DELETE', '/os-keypairs/{id}', None): lambda world, version: Request({'id': world.new_keypair()}),
    ('GET', '/os-server-groups', None): lambda world, version: world.new_group() and Request(),
    ('POST', '/os-server-groups', None): lambda world, version: Request({}, _group(world, version)),
    ('GET', '/os-server-groups/{id}', None): lambda world, version: Request({'id': world.new_group()}),
    ('DELETE', '/os-server-groups/{id}', None): lambda world, version: Request({'id': world.new_group()}),
    ('GET', '/os-quota-sets/{id}', None): _quota(), ('PUT', '/os-quota-sets/{id}', None): _quota(
        {'quota_set': {'instances': 200}}),
    ('DELETE', '/os-quota-sets/{id}', None): _quota(), ('GET', '/os-quota-sets/{id}/detail', None): _quota(),
    ('GET', '/os-quota-sets/{id}/defaults', None): _quota(),
    ('GET', '/os-quota-class-sets/{id}', None): Request({'id': 'default'}),
    ('PUT', '/os-quota-class-sets/{id}', None): Request({'id': 'default'}, {'quota_class_set': {'instances': 1000}}),
    ('GET', '/os-simple-tenant-usage', None): Request({}, None, 'start=2026-01-01T00:00:00&end=2026-02-01T00:00:00'),
    ('GET', '/os-simple-tenant-usage/{id}', None): Request({'id': 'admin'}, None,
                                                           'start=2026-01-01T00:00:00&end=2026-02-01T00:00:00'),
    # networks
    ('GET', '/os-networks', None): Request(), ('GET', '/os-networks/{id}', None): lambda world, version: Request(
        {'id': world.network}),
    ('GET', '/os-tenant-networks', None): Request(),
    ('GET', '/os-tenant-networks/{id}', None): lambda world, version: Request({'id': world.network}),
    ('GET', '/os-floating-ip-pools', None): lambda world, version: world.floating_ip() and Request(),
    ('GET', '/os-floating-ips', None): lambda world, version: world.floating_ip() and Request(),
    ('POST', '/os-floating-ips', None): lambda world, version: world.floating_pool() and Request(
        {}, {'pool': 'public'}),
    ('GET', '/os-floating-ips/{id}', None): lambda world, version: Request({'id': world.floating_ip(by_id=True)}),
    ('DELETE', '/os-floating-ips/{id}', None): lambda world, version: Request({'id': world.floating_ip(by_id=True)}),
    ('GET', '/os-security-groups', None): Request(),
    ('POST', '/os-security-groups', None): lambda world, version: Request(
        {}, {'security_group': {'name': world.unique('web'), 'description': 'web servers'}}),
    ('GET', '/os-security-groups/{id}', None): lambda world, version: Request({'id': world.security_group(by_id=True)}),
    ('PUT', '/os-security-groups/{id}', None): lambda world, version: Request(
        {'id': world.security_group(by_id=True)},
        {'security_group': {'name': world.unique('web'), 'description': 'web servers'}}),
    ('DELETE', '/os-security-groups/{id}', None): lambda world, version: Request(
        {'id': world.security_group(by_id=True)}),
    ('POST', '/os-security-group-rules', None): lambda world, version: Request({}, {'security_group_rule': {
        'parent_group_id': world.security_group(by_id=True), 'ip_protocol': 'tcp', 'from_port': 22, 'to_port': 22,
        'cidr': '0.0.0.0/0'}}),
    ('DELETE', '/os-security-group-rules/{id}', None): lambda world, version: Request(
        {'id': world.security_group_rule()}),
    # what another service would do
    ('GET', '/os-baremetal-nodes', None): Request(), ('POST', '/os-baremetal-nodes', None): Request({}, {'node': {}}),
    ('GET', '/os-baremetal-nodes/{id}', None): Request({'id': VOLUME}),
    ('DELETE', '/os-baremetal-nodes/{id}', None): Request({'id': VOLUME}),
    ('POST', '/os-baremetal-nodes/{id}/action', 'add_interface'): Request({'id': VOLUME}, {'add_interface': {}}),
    ('POST', '/os-baremetal-nodes/{id}/action', 'remove_interface'): Request({'id': VOLUME}, {'remove_interface': {}}),
    ('GET', '/os-volumes', None): Request(), ('GET', '/os-volumes/detail', None): Request(),
    ('POST', '/os-volumes', None): Request({}, {'volume': {'size': 1, 'display_name': 'data'}}),
    ('GET', '/os-volumes/{id}', None): Request({'id': VOLUME}),
    ('DELETE', '/os-volumes/{id}', None): Request({'id': VOLUME}),
    ('GET', '/os-snapshots', None): Request(), ('GET', '/os-snapshots/detail', None): Request(),
    ('POST', '/os-snapshots', None): Request({}, {'snapshot': {'volume_id': VOLUME, 'display_name': 'before'}}),
    ('GET', '/os-snapshots/{id}', None): Request({'id': VOLUME}),
    ('DELETE', '/os-snapshots/{id}', None): Request({'id': VOLUME}),
    # servers
    **{(method, f'/{collection}{path}', action): step for collection in ('servers', 'os-volumes_boot')
       for (method, path, action), step in _SERVERS.items()},
    **{('POST', '/servers/{id}/action', name): step for name, step in MORE_ACTIONS.items()},
    ('GET', '/servers/{server_id}/diagnostics', None): _on(vm.ACTIVE),
    ('GET', '/servers/{server_id}/ips', None): _on(vm.ACTIVE),
    ('GET', '/servers/{server_id}/ips/{id}', None): lambda world, version: Request(
        {'server_id': world.with_address(), 'id': 'private'}),
    ('GET', '/servers/{server_id}/metadata', None): _on(vm.ACTIVE),
    ('POST', '/servers/{server_id}/metadata', None): _meta({'metadata': {'role': 'web'}}),
    ('PUT', '/servers/{server_id}/metadata', None): _meta({'metadata': {'role': 'web'}}),
    ('GET', '/servers/{server_id}/metadata/{id}', None): lambda world, version: Request(
        {'server_id': world.server, 'id': 'role'}),
    ('PUT', '/servers/{server_id}/metadata/{id}', None): lambda world, version: Request(
        {'server_id': world.ready(vm.ACTIVE), 'id': 'role'}, {'meta': {'role': 'web'}}),
    ('DELETE', '/servers/{server_id}/metadata/{id}', None): lambda world, version: Request(
        {'server_id': world.new_server(metadata={'role': 'web'}), 'id': 'role'}),
    ('GET', '/servers/{server_id}/migrations', None): lambda world, version: world.migrating() and None,
    ('GET', '/servers/{server_id}/migrations/{id}', None): _migration(_running_to_abort),
    ('DELETE', '/servers/{server_id}/migrations/{id}', None): _migration(_running_to_abort),
    ('POST', '/servers/{server_id}/migrations/{id}/action', 'force_complete'): _migration(_running),
    ('GET', '/servers/{server_id}/os-instance-actions', None): _on(vm.ACTIVE),
    ('GET', '/servers/{server_id}/os-instance-actions/{id}', None): _action_id,
    ('GET', '/servers/{server_id}/os-interface', None): lambda world, version: world.card() and None,
    ('POST', '/servers/{server_id}/os-interface', None): _attached,
    ('GET', '/servers/{server_id}/os-interface/{id}', None): lambda world, version: Request(
        {'server_id': world.server, 'id': world.card()}),
    ('DELETE', '/servers/{server_id}/os-interface/{id}', None): lambda world, version: Request(
        {'server_id': world.server, 'id': world.card()}),
    ('GET', '/servers/{server_id}/os-server-password', None): _on(vm.ACTIVE),
    ('DELETE', '/servers/{server_id}/os-server-password', None): _on(vm.ACTIVE),
    ('GET', '/servers/{server_id}/os-security-groups', None): _on(vm.ACTIVE),
    ('GET', '/servers/{server_id}/os-volume_attachments', None): lambda world, version: world.volume() and None,
    ('POST', '/servers/{server_id}/os-volume_attachments', None): _meta({'volumeAttachment': {'volumeId': VOLUME}}),
    ('GET', '/servers/{server_id}/os-volume_attachments/{id}', None): _volume,
    ('PUT', '/servers/{server_id}/os-volume_attachments/{id}', None): lambda world, version: _volume(
        world, version)._replace(body={'volumeAttachment': {'volumeId': VOLUME}}),
    ('DELETE', '/servers/{server_id}/os-volume_attachments/{id}', None): _volume,
    ('POST', '/servers/{server_id}/remote-consoles', None): _meta({'remote_console': {
        'protocol': 'vnc', 'type': 'novnc'}}),
    ('GET', '/servers/{server_id}/shares', None): _on(vm.ACTIVE),
    ('POST', '/servers/{server_id}/shares', None): _on(vm.STOPPED, {'share': {'share_id': VOLUME}}),
    ('GET', '/servers/{server_id}/shares/{id}', None): lambda world, version: Request(
        {'server_id': world.server, 'id': VOLUME}),
    ('DELETE', '/servers/{server_id}/shares/{id}', None): lambda world, version: Request(
        {'server_id': world.ready(vm.STOPPED), 'id': VOLUME}),
    ('GET', '/servers/{server_id}/tags', None): lambda world, version: _tag(world, version) and None,
    ('PUT', '/servers/{server_id}/tags', None): _meta({'tags': ['blue', 'green']}),
    ('DELETE', '/servers/{server_id}/tags', None): _on(vm.ACTIVE),
    ('GET', '/servers/{server_id}/tags/{id}', None): _tag,
    ('PUT', '/servers/{server_id}/tags/{id}', None): lambda world, version: Request(
        {'server_id': world.ready(vm.ACTIVE), 'id': world.unique('blue')}),
    ('DELETE', '/servers/{server_id}/tags/{id}', None): _tag,
    ('GET', '/servers/{server_id}/topology', None): _on(vm.ACTIVE),
}

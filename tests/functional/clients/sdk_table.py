# SPDX-License-Identifier: Apache-2.0
"""The story of openstacksdk: every method of the proxy ``connection.compute``, in the order of their use."""
import typing

from tests.functional.clients.rows import ANY


class Call(typing.NamedTuple):
    """One call of a method; arguments and meaning as those of rows.Row.

    :ivar want: a part of what the method returns; resources count as dicts, generators as lists
    :ivar raises: name of the exception of openstack.exceptions and an expression of its text
    """

    method: str
    args: tuple
    keywords: dict
    by: str
    want: object
    save: dict
    wait: str | None
    raises: tuple | None
    control: dict


def demo(method, *args, _want=None, _save=None, _wait=None, _raises=None, _by='demo', _control=None, **keywords):
    """Return a call of the ordinary user."""
    return Call(method, args, keywords, _by, _want, _save or {}, _wait, _raises, _control or {})


def admin(method, *args, **keywords):
    """Return a call of the administrator."""
    return demo(method, *args, _by='admin', **keywords)


NOT_FOUND = ('NotFoundException', '')
FORBIDDEN = ('ForbiddenException', "Policy doesn't allow")
GONE = ('HttpException', '410|no longer available')

RESOURCES = (
    demo('extensions', _want=[{'alias': 'os-aggregates', 'name': 'Aggregates'}]),
    demo('find_extension', 'os-aggregates', _want={'alias': 'os-aggregates'}),
    demo('flavors', _want=[{'id': '1', 'name': 'm1.tiny', 'ram': 512, 'vcpus': 1, 'disk': 1}]),
    demo('flavors', details=False, _want=[{'id': '1', 'name': 'm1.tiny'}]),
    demo('create_flavor', name='mine', ram=64, vcpus=1, disk=1, _raises=FORBIDDEN),
    admin('create_flavor', name='m1.story', ram=256, vcpus=2, disk=2, swap=128, ephemeral=1, is_public=False,
          description='words', _want={'name': 'm1.story', 'swap': 128, 'ephemeral': 1, 'description': 'words'},
          _save={'flavor': 'id'}),
    admin('update_flavor', '$flavor', description='other', _want={'description': 'other'}),
    admin('flavor_add_tenant_access', '$flavor', '$demo_project'),
    admin('get_flavor_access', '$flavor', _want=[{'tenant_id': '$demo_project'}]),
    demo('get_flavor', '$flavor', _want={'name': 'm1.story', 'is_public': False}),
    admin('create_flavor_extra_specs', '$flavor', {'hw:cpu_policy': 'shared'},
          _want={'extra_specs': {'hw:cpu_policy': 'shared'}}),
    admin('update_flavor_extra_specs_property', '$flavor', 'hw:cpu_policy', 'dedicated', _want='dedicated'),
    demo('get_flavor_extra_specs_property', '$flavor', 'hw:cpu_policy', _want='dedicated'),
    demo('fetch_flavor_extra_specs', '$flavor', _want={'extra_specs': {'hw:cpu_policy': 'dedicated'}}),
    admin('delete_flavor_extra_specs_property', '$flavor', 'hw:cpu_policy'),
    demo('find_flavor', 'm1.story', get_extra_specs=True, _want={
        'id': '$flavor', 'extra_specs': lambda had: had == {}}),
    admin('flavor_remove_tenant_access', '$flavor', '$demo_project'),
    demo('find_flavor', 'm1.story', ignore_missing=False, _raises=NOT_FOUND),
    admin('delete_flavor', '$flavor', ignore_missing=False),

    admin('create_aggregate', name='agg1', availability_zone='fast', _want={'name': 'agg1'}, _save={'aggregate': 'id'}),
    admin('add_host_to_aggregate', '$aggregate', 'cmp2', _want={'hosts': ['cmp2']}),
    admin('set_aggregate_metadata', '$aggregate', {'ssd': 'true'}, _want={'metadata': {'ssd': 'true'}}),
    admin('update_aggregate', '$aggregate', name='agg2', _want={'name': 'agg2'}),
    admin('aggregates', _want=[{'name': 'agg2', 'hosts': ['cmp2'], 'availability_zone': 'fast'}]),
    admin('get_aggregate', '$aggregate', _want={'name': 'agg2'}),
    admin('find_aggregate', 'agg2', _want={'id': '$aggregate'}),
    admin('aggregate_precache_images', '$aggregate', ['$demo']),
    demo('availability_zones', _want=[{'name': 'fast', 'state': {'available': True}}, {'name': 'nova'}]),
    admin('availability_zones', details=True, _want=[{'name': 'fast', 'hosts': {'cmp2': ANY}}]),
    admin('remove_host_from_aggregate', '$aggregate', 'cmp2', _want={'hosts': lambda had: had == []}),
    admin('delete_aggregate', '$aggregate', ignore_missing=False),

    demo('images', _want=[{'id': '$demo', 'name': 'demo', 'status': 'ACTIVE'}]),
    demo('find_image', 'demo', _want={'id': '$demo'}),
    demo('get_image', '$demo', _want={'name': 'demo'}),
    demo('fetch_image_metadata', '$demo', _want={'metadata': {'hw_qemu_guest_agent': 'yes'}}),
    demo('get_image_metadata', '$demo', _want={'metadata': {'hw_qemu_guest_agent': 'yes'}}),

    demo('create_keypair', name='key1', public_key='$public_key', _want={'name': 'key1', 'type': 'ssh'}),
    demo('create_keypair', name='key1', public_key='$public_key', _raises=('ConflictException', 'already exists')),
    demo('get_keypair', 'key1', _want={'fingerprint': ANY, 'user_id': '$demo_user'}),
    demo('find_keypair', 'key1', _want={'name': 'key1'}),
    admin('find_keypair', 'key1', user_id='$demo_user', _want={'name': 'key1'}),
    demo('keypairs', _want=[{'name': 'key1'}]),

    admin('hypervisors', _want=[{'name': 'cmp1'}, {'name': 'cmp2'}]),
    admin('hypervisors', details=True, _want=[{'name': 'cmp1', 'status': 'enabled', 'state': 'up'}]),
    admin('find_hypervisor', 'cmp1', _want={'name': 'cmp1'}, _save={'hypervisor': 'id'}),
    admin('get_hypervisor', '$hypervisor', _want={'name': 'cmp1', 'uptime': ANY, 'service_details': {'host': 'cmp1'}}),
    # from 2.88 on it is a part of the hypervisor, and the library says so
    admin('get_hypervisor_uptime', '$hypervisor', _raises=('SDKException', 'not supported anymore')),
    demo('hypervisors', _raises=FORBIDDEN),

    admin('services', _want=[{'binary': 'nova-compute', 'host': 'cmp2', 'status': 'enabled', 'state': 'up'}]),
    admin('find_service', 'nova-compute', host='cmp2', _want={'host': 'cmp2'}, _save={'service': 'id'}),
    admin('disable_service', '$service', disabled_reason='repair', _want={'status': 'disabled',
                                                                          'disabled_reason': 'repair'}),
    admin('enable_service', '$service', _want={'status': 'enabled'}),
    admin('update_service_forced_down', '$service', 'cmp2', 'nova-compute', _want={'is_forced_down': True}),
    admin('force_service_down', '$service', 'cmp2', 'nova-compute', False, _want={'is_forced_down': False}),
    admin('update_service', '$service', status='enabled', _want={'status': 'enabled'}),
    admin('delete_service', '$unknown', ignore_missing=False, _raises=NOT_FOUND),

    demo('get_limits', _want={'absolute': {'instances': 20}}),
    demo('get_quota_set', '$demo_project', _want={'instances': 20, 'cores': 20}),
    demo('get_quota_set', '$demo_project', usage=True, _want={'usage': {'instances': 0}}),
    demo('get_quota_set_defaults', '$demo_project', _want={'instances': 20}),
    admin('update_quota_set', '$demo_project', instances=7, _want={'instances': 7}),
    admin('revert_quota_set', '$demo_project'),
    demo('get_quota_set', '$demo_project', _want={'instances': 20}),
    admin('update_quota_class_set', 'default', cores=21, _want={'cores': 21}),
    admin('get_quota_class_set', _want={'cores': 21}),

    demo('create_server_group', name='group1', policy='anti-affinity', rules={'max_server_per_host': 2},
         _want={'policy': 'anti-affinity', 'rules': {'max_server_per_host': 2}}, _save={'group': 'id'}),
    demo('get_server_group', '$group', _want={'name': 'group1'}),
    demo('find_server_group', 'group1', _want={'id': '$group'}),
    demo('server_groups', _want=[{'name': 'group1'}]),
)

SERVERS = (
    demo('create_server', name='vm1', flavor_id='1', image_id='$demo', networks='auto', key_name='key1',
         metadata={'role': 'web'}, scheduler_hints={'group': '$group'}, tags=['red'], hostname='web1',
         _want={'name': 'vm1', 'admin_password': ANY}, _save={'vm1': 'id'}),
    demo('wait_for_server', '$server_vm1', interval=0.2, _want={'status': 'ACTIVE'}),
    demo('wait_for_status', '$server_vm1', 'ACTIVE', interval=0.2, wait=10, _want={'status': 'ACTIVE'}),
    demo('get_server', '$vm1', _want={'name': 'vm1', 'status': 'ACTIVE', 'flavor': {'original_name': 'm1.tiny'},
                                      'tags': ['red'], 'addresses': {'private': [{'addr': ANY}]}, 'hostname': 'web1',
                                      'project_id': '$demo_project', 'metadata': {'role': 'web'}}),
    demo('find_server', 'vm1', _want={'id': '$vm1'}),
    demo('find_server', 'nobody', ignore_missing=False, _raises=NOT_FOUND),
    demo('servers', name='vm1', _want=[{'id': '$vm1', 'status': 'ACTIVE'}]),
    demo('servers', details=False, limit=1, _want=[{'name': 'vm1'}]),
    admin('servers', all_projects=True, host='cmp1', _want=lambda shown: isinstance(shown, list)),
    demo('update_server', '$vm1', name='vm1', description='text', _want={'description': 'text'}),
    demo('change_server_password', '$vm1', 'secret', _wait='vm1 ACTIVE'),
    demo('get_server_password', '$vm1', _want=''),
    demo('clear_server_password', '$vm1'),
    demo('set_server_metadata', '$vm1', color='red', _want={'metadata': {'color': 'red'}}),
    demo('get_server_metadata', '$vm1', _want={'metadata': {'color': 'red', 'role': 'web'}}),
    demo('fetch_server_metadata', '$vm1', _want={'metadata': {'color': 'red'}}),
    demo('delete_server_metadata', '$vm1', keys=['color']),
    demo('add_tag_to_server', '$vm1', 'blue'),
    demo('remove_tag_from_server', '$vm1', 'red'),
    demo('get_server', '$vm1', _want={'tags': ['blue'], 'metadata': lambda had: 'color' not in had}),
    demo('remove_tags_from_server', '$vm1'),
    admin('reset_server_state', '$vm1', 'active'),
    demo('reboot_server', '$vm1', 'SOFT', _wait='vm1 ACTIVE'),
    demo('reboot_server', '$vm1', 'HARD', _wait='vm1 ACTIVE'),
    demo('stop_server', '$vm1', _wait='vm1 SHUTOFF'),
    demo('stop_server', '$vm1', _raises=('ConflictException', 'vm_state stopped')),
    demo('start_server', '$vm1', _wait='vm1 ACTIVE'),
    demo('pause_server', '$vm1', _wait='vm1 PAUSED'),
    demo('unpause_server', '$vm1', _wait='vm1 ACTIVE'),
    demo('suspend_server', '$vm1', _wait='vm1 SUSPENDED'),
    demo('resume_server', '$vm1', _wait='vm1 ACTIVE'),
    demo('lock_server', '$vm1', locked_reason='because'),
    demo('get_server', '$vm1', _want={'is_locked': True, 'locked_reason': 'because'}),
    demo('unlock_server', '$vm1'),
    demo('rescue_server', '$vm1', admin_pass='secret', image='$rescue', _wait='vm1 RESCUE'),
    demo('unrescue_server', '$vm1', _wait='vm1 ACTIVE'),
    demo('trigger_server_crash_dump', '$vm1'),
    demo('rebuild_server', '$vm1', '$demo', metadata={'role': 'db'}, _want={'status': 'REBUILD'}, _wait='vm1 ACTIVE'),
    demo('create_server_image', '$vm1', 'snap1', metadata={'made': 'here'}, _want={'id': ANY},
         _save={'snapshot': 'id'}, _wait='vm1 ACTIVE'),
    demo('set_image_metadata', '$snapshot', color='red', _want={'metadata': {'color': 'red'}}),
    demo('delete_image_metadata', '$snapshot', keys=['color']),
    demo('delete_image', '$snapshot', ignore_missing=False),
    demo('get_image', '$snapshot', _raises=NOT_FOUND),
    demo('backup_server', '$vm1', 'back1', 'daily', 1, _want={'id': ANY}, _wait='vm1 ACTIVE'),
    admin('get_server_diagnostics', '$vm1', _want={'state': 'running', 'memory_details': ANY}),
    demo('get_server_console_output', '$vm1', length=5, _want={'output': ANY}),
    demo('create_server_remote_console', '$vm1', protocol='vnc', type='novnc', _want={'url': ANY, 'type': 'novnc'}),
    # an action that ends with 2.5, asked for with the newest microversion that a server has
    demo('get_server_console_url', '$vm1', 'novnc', _raises=NOT_FOUND),
    demo('create_console', '$vm1', 'serial', _want={'url': ANY, 'type': 'serial'},
         _save={'token': lambda shown: shown['url'].rpartition('=')[2]}),
    admin('validate_console_auth_token', '$token', _want={'instance_uuid': '$vm1', 'port': ANY}),
    demo('server_ips', '$vm1', _want=[{'address': ANY, 'version': 4}]),
    demo('create_server_interface', '$vm1', net_id='$private', _want={'port_state': 'ACTIVE', 'net_id': '$private'},
         _save={'port': 'port_id'}),
    demo('server_interfaces', '$vm1', _want=[{'port_id': '$port'}]),
    demo('get_server_interface', '$port', '$vm1', _want={'net_id': '$private', 'fixed_ips': [{'ip_address': ANY}]},
         _save={'address': lambda shown: shown['fixed_ips'][0]['ip_address']}),
    demo('delete_server_interface', '$port', '$vm1', ignore_missing=False),
    demo('volume_attachments', '$vm1', _want=[]),
    demo('get_volume_attachment', '$vm1', '$unknown', _raises=NOT_FOUND),
    demo('share_attachments', '$vm1', _want=[]),
    demo('get_share_attachment', '$vm1', '$unknown', _raises=NOT_FOUND),
    # both end with 2.43, and the library asks for the newest microversion that a server has
    demo('add_fixed_ip_to_server', '$vm1', '$private', _raises=('NotFoundException|HttpException|BadRequest', '')),
    demo('remove_fixed_ip_from_server', '$vm1', '10.100.0.3', _raises=('NotFoundException|HttpException', '')),
    demo('add_floating_ip_to_server', '$vm1', '172.24.4.9', _raises=('NotFoundException|HttpException', '')),
    demo('remove_floating_ip_from_server', '$vm1', '172.24.4.9', _raises=('NotFoundException|HttpException', '')),
    demo('fetch_server_security_groups', '$vm1', _want={'security_groups': [{'name': 'default'}]}),
    demo('remove_security_group_from_server', '$vm1', {'name': 'default'}),
    demo('add_security_group_to_server', '$vm1', {'name': 'default'}),
    admin('create_server_external_events', [{'name': 'network-changed', 'server_uuid': '$vm1'}]),
)

MOVES = (
    demo('resize_server', '$vm1', '2', _wait='vm1 VERIFY_RESIZE'),
    demo('confirm_server_resize', '$vm1', _wait='vm1 ACTIVE'),
    demo('resize_server', '$vm1', '1', _wait='vm1 VERIFY_RESIZE'),
    demo('revert_server_resize', '$vm1', _wait='vm1 ACTIVE'),
    admin('migrate_server', '$vm1', _wait='vm1 VERIFY_RESIZE'),
    demo('confirm_server_resize', '$vm1', _wait='vm1 ACTIVE'),
    admin('live_migrate_server', '$vm1', block_migration='auto', _wait='vm1 ACTIVE'),
    admin('migrations', _want=[{'server_id': '$vm1', 'status': 'confirmed'}, {'status': 'reverted'}]),
    admin('live_migrate_server', '$vm1', block_migration='auto', _control={'fake/live_migration_seconds': 30}),
    admin('server_migrations', '$vm1', _want=[{'status': 'running', 'server_uuid': '$vm1'}],
          _save={'migration': lambda shown: shown[0]['id']}),
    admin('get_server_migration', '$migration', '$vm1', _want={'status': 'running'}),
    admin('abort_server_migration', '$migration', '$vm1', ignore_missing=False, _wait='vm1 ACTIVE'),
    admin('live_migrate_server', '$vm1', block_migration='auto'),
    admin('server_migrations', '$vm1', _want=[{'status': 'running'}],
          _save={'migration': lambda shown: shown[0]['id']}),
    admin('force_complete_server_migration', '$migration', '$vm1', _wait='vm1 ACTIVE'),
    demo('shelve_server', '$vm1', _wait='vm1 SHELVED',
         _control={'fake/live_migration_seconds': 0, 'DEFAULT/shelved_offload_time': -1}),
    admin('shelve_offload_server', '$vm1', _wait='vm1 SHELVED_OFFLOADED'),
    demo('unshelve_server', '$vm1', availability_zone='nova', _wait='vm1 ACTIVE'),
    admin('get_server', '$vm1', _want={'compute_host': ANY}, _save={'host': 'compute_host'}),
    admin('evacuate_server', '$vm1', _raises=('BadRequestException|ConflictException', 'in use|up')),
    admin('find_service', 'nova-compute', host='$host', _want={'host': '$host'}, _save={'service': 'id'}),
    admin('force_service_down', '$service', '$host', 'nova-compute', _want={'is_forced_down': True}),
    admin('evacuate_server', '$vm1', _wait='vm1 SHUTOFF'),
)

END = (
    demo('server_actions', '$vm1', _want=[{'action': 'create', 'request_id': ANY}, {'action': 'resize'}],
         _save={'request': lambda shown: next(one['request_id'] for one in shown if one['action'] == 'create')}),
    demo('get_server_action', '$request', '$vm1', _want={'action': 'create', 'events': [{'result': 'Success'}]}),
    admin('usages', _want=[{'project_id': '$demo_project'}]),
    demo('get_usage', '$demo_project', _want={'total_hours': ANY}),
    demo('delete_server', '$vm1', ignore_missing=False, _wait='vm1 SOFT_DELETED',
         _control={'DEFAULT/reclaim_instance_interval': 600}),
    admin('restore_server', '$vm1', _wait='vm1 ACTIVE'),
    demo('delete_server', '$vm1', force=True),
    demo('wait_for_delete', '$server_vm1', interval=0.2),
    demo('delete_server', '$vm1', ignore_missing=False, _raises=NOT_FOUND),
    demo('delete_server_group', '$group', ignore_missing=False),
    demo('delete_keypair', 'key1', ignore_missing=False),
)

CALLS = RESOURCES + SERVERS + MOVES + END

# SPDX-License-Identifier: Apache-2.0
"""GET and PUT /servers/{id}: which fields at which version, for whom."""
import datetime

import pytest

from mininova import context, objects, policy
from mininova.compute import vm_states

NETWORK_INFO = [{
    'id': 'p1', 'address': 'fa:16:3e:00:00:01', 'network': {'id': 'n1', 'label': 'private', 'subnets': [
        {'cidr': '10.0.0.0/24', 'ips': [{'address': '10.0.0.3', 'version': 4, 'type': 'fixed'}]},
        {'cidr': 'fd00::/64', 'ips': [{'address': 'fd00::3', 'version': 6, 'type': 'fixed'}]}]}}]

BASE = {'id', 'name', 'status', 'tenant_id', 'user_id', 'metadata', 'hostId', 'image', 'flavor', 'created', 'updated',
        'addresses', 'accessIPv4', 'accessIPv6', 'links', 'OS-DCF:diskConfig', 'progress'}
EXTENDED = {'OS-EXT-AZ:availability_zone', 'config_drive', 'key_name', 'OS-SRV-USG:launched_at',
            'OS-SRV-USG:terminated_at',
            'security_groups', 'OS-EXT-STS:task_state', 'OS-EXT-STS:vm_state', 'OS-EXT-STS:power_state',
            'os-extended-volumes:volumes_attached'}
ATTRIBUTES = {'OS-EXT-SRV-ATTR:host', 'OS-EXT-SRV-ATTR:hypervisor_hostname', 'OS-EXT-SRV-ATTR:instance_name'}
ATTRIBUTES_2_3 = {f'OS-EXT-SRV-ATTR:{name}' for name in (
    'reservation_id', 'launch_index', 'hostname', 'kernel_id', 'ramdisk_id', 'root_device_name', 'user_data')}
# What each version adds, for a member and besides for an administrator.
ADDED = [
    ('2.3', set(), ATTRIBUTES_2_3), ('2.9', {'locked'}, set()), ('2.16', set(), {'host_status'}),
    ('2.19', {'description'}, set()),
    ('2.26', {'tags'}, set()), ('2.63', {'trusted_image_certificates'}, set()), ('2.71', {'server_groups'}, set()),
    ('2.73', {'locked_reason'}, set()), ('2.90', {'OS-EXT-SRV-ATTR:hostname'}, set()),
    ('2.96', {'pinned_availability_zone'}, set()), ('2.100', {'scheduler_hints'}, set())]


def expected(version, admin, single=True, brief=False):
    """Return the keys of a server at a version."""
    minor = int(version.split('.')[1])
    keys = set(BASE) if brief else BASE | EXTENDED | (ATTRIBUTES if admin else set())
    for since, for_all, for_admins in ADDED:
        if int(since.split('.')[1]) <= minor:
            extended = since in ('2.3', '2.16', '2.90', '2.96', '2.100')
            keys |= set() if brief and extended else for_all | (for_admins if admin else set())
    return keys if single else keys - {'server_groups'}


BOUNDARIES = sorted({f'2.{minor + step}' for version, *_ in [*ADDED, ('2.47',), ('2.75',), ('2.98',)]
                     for minor in [int(version.split('.')[1])] for step in (-1, 0)} | {'2.1', '2.104'},
                    key=lambda version: int(version.split('.')[1]))


@pytest.fixture
def active(lab, demo):
    lab.host()
    uuid = lab.server(demo, metadata={'a': 'b'}, key_name=...)
    lab.settle(uuid, network_info=NETWORK_INFO)
    return uuid


@pytest.mark.parametrize('version', BOUNDARIES)
def test_the_keys_of_each_version(active, demo, api, version):
    assert set(demo.get(f'/servers/{active}', version).json['server']) == expected(version, False)
    assert set(api.get(f'/servers/{active}', version).json['server']) == expected(version, True)
    detail, = demo.get('/servers/detail', version).json['servers']
    assert set(detail) == expected(version, False, single=False)
    detail, = api.get('/servers/detail?all_tenants=1', version).json['servers']
    assert set(detail) == expected(version, True, single=False)
    brief, = demo.get('/servers', version).json['servers']
    assert set(brief) == {'id', 'name', 'links'}


@pytest.mark.parametrize('version', BOUNDARIES)
def test_the_answer_to_put_is_shorter_below_2_75(active, demo, version):
    shown = demo.put(f'/servers/{active}', {'server': {'name': 'new'}}, version).json['server']
    brief = int(version.split('.')[1]) < 75
    assert set(shown) == expected(version, False, brief=brief)
    assert shown['name'] == 'new'
    assert ('OS-EXT-IPS:type' in shown['addresses']['private'][0]) == (not brief)


def test_values_of_a_running_server(active, demo, api, lab):
    shown = api.get(f'/servers/{active}', '2.104').json['server']
    instance = lab.instance(active)
    assert shown['status'] == 'ACTIVE'
    assert shown['created'] == instance.created_at.strftime('%Y-%m-%dT%H:%M:%SZ')
    assert shown['OS-SRV-USG:launched_at'] == '2026-01-02T03:04:05.000678'
    assert shown['OS-SRV-USG:terminated_at'] is None
    assert shown['addresses'] == {'private': [
        {'version': 4, 'addr': '10.0.0.3', 'OS-EXT-IPS:type': 'fixed', 'OS-EXT-IPS-MAC:mac_addr': 'fa:16:3e:00:00:01'},
        {'version': 6, 'addr': 'fd00::3', 'OS-EXT-IPS:type': 'fixed', 'OS-EXT-IPS-MAC:mac_addr': 'fa:16:3e:00:00:01'}]}
    assert (shown['OS-EXT-SRV-ATTR:host'], shown['OS-EXT-SRV-ATTR:hypervisor_hostname']) == ('cmp1', 'cmp1.lab')
    assert shown['OS-EXT-SRV-ATTR:instance_name'] == f'instance-{instance.id:08x}'
    assert shown['host_status'] == 'UP'
    assert len(shown['hostId']) == 56
    states = [shown[f'OS-EXT-STS:{name}'] for name in ('power_state', 'vm_state', 'task_state')]
    assert states == [1, 'active', None]
    assert shown['security_groups'] == [{'name': 'default'}]
    assert shown['image'] == {
        'id': lab.default_image,
        'links': [{'rel': 'bookmark', 'href': f'http://localhost/images/{lab.default_image}'}],
        'properties': {'base_image_ref': lab.default_image, 'disk_format': 'qcow2', 'container_format': 'bare',
                       'min_ram': '0', 'min_disk': '0'}}


def test_the_flavor_is_a_link_below_2_47_and_embedded_from_there(active, demo):
    flavor = demo.get(f'/servers/{active}', '2.46').json['server']['flavor']
    assert flavor == {'id': '1', 'links': [{'rel': 'bookmark', 'href': 'http://localhost/flavors/1'}]}
    flavor = demo.get(f'/servers/{active}', '2.47').json['server']['flavor']
    assert flavor == {'vcpus': 1, 'ram': 512, 'disk': 1, 'ephemeral': 0, 'swap': 0, 'original_name': 'm1.1',
                      'extra_specs': {}}


def test_the_embedded_flavor_outlives_the_flavor(active, demo, lab):
    objects.Flavor.get_by_flavor_id(lab.admin, '1').destroy()
    assert demo.get(f'/servers/{active}', '2.47').json['server']['flavor']['original_name'] == 'm1.1'


def test_addresses_are_hidden_while_building(lab, demo):
    uuid = lab.boot(demo).json['server']['id']
    lab.settle(uuid, network_info=NETWORK_INFO, launched_at=None)
    assert demo.get(f'/servers/{uuid}').json['server']['addresses'] == {}


STATUSES = [
    ('building', 'spawning', 'BUILD', True), ('active', None, 'ACTIVE', True),
    ('active', 'powering-off', 'ACTIVE', True),
    ('active', 'rebooting', 'REBOOT', False), ('active', 'rebooting_hard', 'HARD_REBOOT', False),
    ('active', 'updating_password', 'PASSWORD', False), ('active', 'rebuilding', 'REBUILD', True),
    ('active', 'migrating', 'MIGRATING', True), ('active', 'resize_prep', 'RESIZE', True),
    ('stopped', None, 'SHUTOFF', False),
    ('resized', None, 'VERIFY_RESIZE', True), ('resized', 'resize_reverting', 'REVERT_RESIZE', False),
    ('paused', None, 'PAUSED', False), ('suspended', None, 'SUSPENDED', False), ('rescued', None, 'RESCUE', False),
    ('error', None, 'ERROR', False), ('soft-delete', None, 'SOFT_DELETED', False), ('shelved', None, 'SHELVED', False),
    ('shelved_offloaded', None, 'SHELVED_OFFLOADED', False), ('odd', None, 'UNKNOWN', False)]


def test_the_status_is_made_of_two_states(lab, demo):
    uuid = lab.server(demo)
    for vm_state, task_state, status, progress in STATUSES:
        lab.settle(uuid, vm_state=vm_state, task_state=task_state)
        shown = demo.get(f'/servers/{uuid}').json['server']
        assert (shown['status'], 'progress' in shown) == (status, progress), (vm_state, task_state)


def test_a_fault_tells_users_the_message_and_administrators_the_details(lab, demo, api):
    uuid = lab.server(demo, vm_state=vm_states.ERROR)
    for code, message in ((500, 'older'), (500, 'No valid host was found. 0 of 1 hosts fit.')):
        objects.InstanceFault(lab.admin, instance_uuid=uuid, code=code, message=message, details='Traceback',
                              host='cmp1').create()
    fault = demo.get(f'/servers/{uuid}').json['server']['fault']
    assert (fault['code'], fault['message'], set(fault)) == (
        500, 'No valid host was found. 0 of 1 hosts fit.', {'code', 'message', 'created'})
    assert api.get(f'/servers/{uuid}').json['server']['fault']['details'] == 'Traceback'
    lab.settle(uuid, vm_state=vm_states.ACTIVE)
    assert 'fault' not in demo.get(f'/servers/{uuid}').json['server']


@pytest.mark.parametrize('service, state', [
    ({}, 'UP'), ({'disabled': True}, 'MAINTENANCE'), ({'forced_down': True}, 'DOWN'),
    ({'last_seen_up': datetime.datetime(2020, 1, 1)}, 'UNKNOWN')])
def test_the_host_state(lab, demo, api, service, state):
    lab.host(**service)
    uuid = lab.server(demo)
    assert api.get(f'/servers/{uuid}', '2.16').json['server']['host_status'] == state
    assert 'host_status' not in demo.get(f'/servers/{uuid}', '2.16').json['server']


def test_the_host_state_without_host_or_service(lab, demo, api):
    assert api.get(f'/servers/{lab.server(demo, host=None)}', '2.16').json['server']['host_status'] == ''
    assert api.get(f'/servers/{lab.server(demo, host="gone")}', '2.16').json['server']['host_status'] == ''


def test_policy_may_show_unknown_hosts_to_all(lab, demo, api):
    lab.host('cmp1', last_seen_up=datetime.datetime(2020, 1, 1))
    lab.host('cmp2')
    unknown, up = lab.server(demo), lab.server(demo, host='cmp2')
    policy.reset()
    policy.init(rules={'os_compute_api:servers:show:host_status:unknown-only': '@'})
    assert demo.get(f'/servers/{unknown}', '2.16').json['server']['host_status'] == 'UNKNOWN'
    assert 'host_status' not in demo.get(f'/servers/{up}', '2.16').json['server']


def test_the_host_id_differs_by_project(lab, demo, api):
    other = api.user('other', 'other')
    ids = {client.get(f'/servers/{lab.server(client)}').json['server']['hostId'] for client in (demo, other)}
    assert len(ids) == 2


def test_locks_are_shown(lab, demo):
    uuid = lab.server(demo)
    instance = lab.instance(uuid)
    lab.settle(uuid, locked=True, locked_by='admin', system_metadata={**instance.system_metadata,
                                                                      'locked_reason': 'do not touch'})
    shown = demo.get(f'/servers/{uuid}', '2.73').json['server']
    assert (shown['locked'], shown['locked_reason']) == (True, 'do not touch')


# -- who finds what ---------------------------------------------------------------------------------


ODD_IDS = ['0', '-1', str(2 ** 63), 'vm1', '%00', '%E6%BC%A2', '%ff', 'x' * 300,
                                  '99999999-9999-4999-8999-999999999999']


@pytest.mark.parametrize('method', ['GET', 'PUT', 'DELETE'])
def test_ids_that_name_nothing(lab, demo, method):
    body = {'server': {'name': 'x'}} if method == 'PUT' else None
    for uuid in ODD_IDS:
        assert demo.request(method, f'/servers/{uuid}', body).fault[0] == 'itemNotFound', uuid


def test_a_wrong_body_to_an_unknown_server_is_a_bad_request(lab, demo):
    assert demo.put('/servers/99999999-9999-4999-8999-999999999999', {'server': {'x': 1}}).status == 400


# -- PUT -----------------------------------------------------------------------------------------


def test_put_changes_names_and_addresses(active, demo, lab):
    answer = demo.put(f'/servers/{active}', {'server': {
        'name': 'new', 'description': None, 'accessIPv4': '192.0.2.1', 'accessIPv6': '2001:db8::1',
        'hostname': 'h.example.org', 'OS-DCF:diskConfig': 'AUTO'}}, '2.94')
    assert answer.status == 200, answer.body
    shown = answer.json['server']
    assert (shown['name'], shown['description'], shown['accessIPv4'], shown['accessIPv6'], shown['OS-DCF:diskConfig'],
            shown['OS-EXT-SRV-ATTR:hostname']) == ('new', None, '192.0.2.1', '2001:db8::1', 'AUTO', 'h.example.org')


# 41 characters, of which no table keeps more than 39
LONG = '0000:0000:0000:0000:0000:babe:220.12.22.2'


def test_addresses_take_their_short_form(lab, demo):
    made = lab.server(demo, accessIPv6=LONG)
    assert demo.get(f'/servers/{made}').json['server']['accessIPv6'] == '::babe:dc0c:1602'
    answer = demo.put(f'/servers/{made}', {'server': {'accessIPv6': LONG.replace('babe', 'cafe')}})
    assert answer.json['server']['accessIPv6'] == '::cafe:dc0c:1602'


def test_put_of_nothing_changes_nothing(active, demo, lab):
    before = lab.instance(active).updated_at
    assert demo.put(f'/servers/{active}', {'server': {}}).status == 200
    assert lab.instance(active).updated_at == before


REFUSED_PUTS = [
    ('2.1', {'unknown': 1}), ('2.104', {'unknown': 1}), ('2.18', {'description': 'x'}), ('2.89', {'hostname': 'h1'}),
    ('2.90', {'hostname': 'a.b'}), ('2.103', {'pinned_availability_zone': None}),
    ('2.104', {'pinned_availability_zone': 7}),
    ('2.1', {'name': ''}), ('2.1', {'name': ' x'}), ('2.1', {'name': 'x' * 256}), ('2.104', {'name': '\U0001f600'}),
    ('2.1', {'accessIPv4': 'x'}), ('2.1', {'OS-DCF:diskConfig': 'x'})]


def test_put_refuses_other_keys_and_forms(active, demo):
    for version, server in REFUSED_PUTS:
        answer = demo.put(f'/servers/{active}', {'server': server}, version)
        assert answer.fault[0] == 'badRequest', (version, server)


def test_2_104_unpins_and_pins_again(lab, demo):
    lab.host(zone='east')
    uuid = lab.server(demo, availability_zone='east')
    put = {'server': {'pinned_availability_zone': None}}
    assert demo.put(f'/servers/{uuid}', put, '2.104').json['server']['pinned_availability_zone'] is None
    assert objects.RequestSpec.get_by_instance_uuid(context.get_admin_context(), uuid).availability_zone is None
    put = {'server': {'pinned_availability_zone': 'west'}}
    assert demo.put(f'/servers/{uuid}', put, '2.104').fault[0] == 'conflictingRequest'
    put = {'server': {'pinned_availability_zone': 'east'}}
    assert demo.put(f'/servers/{uuid}', put, '2.104').json['server']['pinned_availability_zone'] == 'east'


def test_image_links_may_lead_to_the_image_service(active, demo, conf):
    conf.config(group='api', glance_link_prefix='https://images.example.org/glance')
    href = demo.get(f'/servers/{active}').json['server']['image']['links'][0]['href']
    assert href.startswith('https://images.example.org/glance/images/')


def test_showing_a_server_costs_few_statements(active, demo, api, cloud):
    for client, version, most in ((demo, '2.1', 4), (demo, '2.104', 7), (api, '2.104', 8)):
        with cloud.statements() as statements:
            client.get(f'/servers/{active}', version)
        assert len(statements) <= most, statements

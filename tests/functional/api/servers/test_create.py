# SPDX-License-Identifier: Apache-2.0
"""POST /servers: what is accepted, written and sent."""
import base64
import pathlib

import pytest

import mininova.conf
from mininova import hooks, objects, rpc
from mininova.compute import sealing
from mininova.db import request_specs

CONF = mininova.conf.CONF


def test_the_answer_is_202_with_id_links_password_and_location(lab, demo):
    answer = lab.boot(demo)
    server = answer.json['server']
    assert answer.status == 202
    assert set(server) == {'id', 'links', 'OS-DCF:diskConfig', 'security_groups', 'adminPass'}
    assert answer.headers['Location'] == f'http://localhost/v2.1/servers/{server["id"]}' == server['links'][0]['href']
    assert server['links'][1] == {'rel': 'bookmark', 'href': f'http://localhost/servers/{server["id"]}'}
    assert len(server['adminPass']) == 12
    assert server['OS-DCF:diskConfig'] == 'MANUAL'


def test_links_carry_the_project_when_the_url_does(lab, api):
    member = api.user('demo', 'abcdef', root='/v2.1/abcdef')
    server = lab.boot(member).json['server']
    assert server['links'][0]['href'] == f'http://localhost/v2.1/abcdef/servers/{server["id"]}'
    assert server['links'][1]['href'] == f'http://localhost/abcdef/servers/{server["id"]}'


def test_the_row_is_written_before_conductor_is_woken(lab, demo, edge):
    answer = lab.boot(demo, adminPass='s3cret', metadata={'a': 'b'})
    uuid = answer.json['server']['id']
    message, = edge.sent
    assert (message.method, message.instance_uuids, message.admin_password) == ('build_instances', [uuid], 's3cret')
    instance = lab.instance(uuid)
    assert (instance.vm_state, instance.task_state, instance.host) == ('building', 'scheduling', None)
    assert (instance.project_id, instance.user_id) == ('demo-project', 'demo')
    assert instance.metadata == {'a': 'b'}
    action, = lab.actions(uuid)
    assert (action.action, action.action_id, action.finish_time) == ('create', instance.action_id, None)
    assert action.request_id == answer.headers['x-openstack-request-id']


def test_the_password_is_sealed_in_the_database(lab, demo, cloud):
    uuid = lab.boot(demo, adminPass='s3cret-canary', personality=[
        {'path': '/etc/motd', 'contents': base64.b64encode(b'canary').decode()}]).json['server']['id']
    intent = request_specs.get(uuid)['intent']
    assert sealing.unseal(intent) == ('s3cret-canary', [['/etc/motd', 'Y2FuYXJ5']])
    database = pathlib.Path(CONF.database.connection.removeprefix('sqlite:///'))
    files = list(database.parent.glob(f'{database.name}*'))
    assert database in files
    assert not [file for file in files if b's3cret-canary' in file.read_bytes()]


def test_a_broken_message_bus_does_not_lose_a_create(lab, demo, edge):
    edge.broken = rpc.MessagingException('no bus')
    answer = lab.boot(demo)
    assert answer.status == 202
    assert lab.instance(answer.json['server']['id']).task_state == 'scheduling'


def test_min_count_and_max_count_make_several_servers_with_one_reservation(lab, demo, edge):
    answer = lab.boot(demo, min_count=2, max_count='3', return_reservation_id=True)
    assert (answer.status, set(answer.json)) == (202, {'reservation_id'})
    assert 'Location' not in answer.headers
    listed = demo.get(f'/servers/detail?reservation_id={answer.json["reservation_id"]}').json['servers']
    assert sorted(server['name'] for server in listed) == ['vm1-1', 'vm1-2', 'vm1-3']
    assert len(edge.sent[0].instance_uuids) == 3
    assert sorted(lab.instance(uuid).launch_index for uuid in edge.sent[0].instance_uuids) == [0, 1, 2]


def test_min_count_alone_is_max_count_too(lab, demo, edge):
    assert lab.boot(demo, min_count=2).status == 202
    assert len(edge.sent[0].instance_uuids) == 2


def test_all_properties_of_a_request_arrive(lab, demo, api):
    lab.flavor('2', memory_mb=1024, vcpus=2, root_gb=10, ephemeral_gb=4, swap=512,
               extra_specs={'hw:cpu_policy': 'shared'})
    image = lab.image(properties={'os_type': 'linux', 'architecture': 'x86_64', 'auto_disk_config': 'True'},
                      min_ram=256)
    lab.host()
    objects.KeyPair(lab.admin, name='key1', user_id='demo', public_key='ssh-rsa AAAA demo', type='ssh',
                    fingerprint='x').create()
    user_data = base64.b64encode(b'#!/bin/sh').decode()
    answer = lab.boot(demo, '2.94', name='Web 1', flavorRef='2', imageRef=image, key_name='key1', user_data=user_data,
                      config_drive=True, accessIPv4='192.0.2.7', accessIPv6='2001:db8::7', description='says <&>',
                      tags=['b', 'a', 'b'], hostname='web-1.example.org', availability_zone='nova', metadata={'k': 'v'},
                      hints={'different_host': '11111111-1111-4111-8111-111111111111', 'mine': 'x'})
    assert answer.status == 202, answer.body
    uuid = answer.json['server']['id']
    shown = api.get(f'/servers/{uuid}', '2.104').json['server']
    wanted = {'name': 'Web 1', 'key_name': 'key1', 'OS-EXT-SRV-ATTR:user_data': user_data, 'config_drive': 'True',
              'accessIPv4': '192.0.2.7', 'accessIPv6': '2001:db8::7', 'description': 'says <&>', 'tags': ['a', 'b'],
              'OS-EXT-SRV-ATTR:hostname': 'web-1.example.org', 'OS-EXT-AZ:availability_zone': 'nova',
              'pinned_availability_zone': 'nova', 'metadata': {'k': 'v'}, 'OS-DCF:diskConfig': 'AUTO',
              'status': 'BUILD'}
    assert {key: shown[key] for key in wanted} == wanted
    assert shown['flavor'] == {'vcpus': 2, 'ram': 1024, 'disk': 10, 'ephemeral': 4, 'swap': 512,
                               'original_name': 'm1.2', 'extra_specs': {'hw:cpu_policy': 'shared'}}
    assert shown['image']['properties']['os_type'] == 'linux'
    assert shown['scheduler_hints'] == {'different_host': ['11111111-1111-4111-8111-111111111111'], 'mine': ['x']}
    instance = lab.instance(uuid)
    assert (instance.os_type, instance.architecture, instance.key_data) == ('linux', 'x86_64', 'ssh-rsa AAAA demo')


def test_below_2_19_the_name_is_the_description(lab, demo):
    uuid = lab.boot(demo, '2.18', name='n').json['server']['id']
    assert demo.get(f'/servers/{uuid}', '2.19').json['server']['description'] == 'n'
    uuid = lab.boot(demo, '2.19', name='n').json['server']['id']
    assert demo.get(f'/servers/{uuid}', '2.19').json['server']['description'] is None


@pytest.mark.parametrize('name, hostname', [
    ('Web Server_1', 'web-server-1'), ('ÄÖ', 'ao'), ('漢字', None), ("<>&\"'", None), ('-a-', 'a'),
    ('x' * 255, 'x' * 63)])
def test_the_host_name_is_what_the_name_allows(lab, demo, name, hostname):
    uuid = lab.boot(demo, name=name).json['server']['id']
    assert lab.instance(uuid).hostname == (hostname or f'Server-{uuid}')
    assert demo.get(f'/servers/{uuid}').json['server']['name'] == name


def test_long_names_of_several_servers_still_fit(lab, demo):
    assert lab.boot(demo, name='x' * 255, min_count=2).status == 202
    names = sorted(server['name'] for server in demo.get('/servers').json['servers'])
    assert names == ['x' * 253 + '-1', 'x' * 253 + '-2']


def test_the_pair_that_openstackclient_sends_is_accepted(lab, demo):
    answer = lab.boot(demo, '2.100', min_count=1, max_count=1, networks='auto', block_device_mapping_v2=[{
        'uuid': lab.default_image, 'boot_index': 0, 'source_type': 'image', 'destination_type': 'local',
        'delete_on_termination': True}])
    assert answer.status == 202, answer.body
    devices = objects.BlockDeviceMappingList.get_by_instance_uuid(lab.admin, answer.json['server']['id'])
    assert [(device.source_type, device.destination_type, device.boot_index)
            for device in devices] == [('image', 'local', 0)]


def test_blank_disks_within_the_flavor_are_written(lab, demo):
    lab.flavor('2', ephemeral_gb=5, swap=256)
    answer = lab.boot(demo, '2.42', flavorRef='2', block_device_mapping_v2=[
        {'uuid': lab.default_image, 'boot_index': '0', 'source_type': 'image', 'destination_type': 'local'},
        {'source_type': 'blank', 'destination_type': 'local', 'boot_index': -1, 'volume_size': '2', 'tag': 'data'},
        {'source_type': 'blank', 'destination_type': 'local', 'boot_index': -1, 'guest_format': 'swap',
         'volume_size': 128}])
    assert answer.status == 202, answer.body
    devices = objects.BlockDeviceMappingList.get_by_instance_uuid(lab.admin, answer.json['server']['id'])
    assert [(device.source_type, device.guest_format, device.volume_size, device.tag) for device in devices] == [
        ('image', None, None, None), ('blank', None, 2, 'data'), ('blank', 'swap', 128, None)]


def test_networks_are_kept_in_the_request_spec(lab, demo):
    network = lab.network()
    answer = lab.boot(demo, '2.42', networks=[{'uuid': network, 'fixed_ip': '10.0.0.5', 'tag': 'lan'}])
    assert answer.status == 202, answer.body
    spec = objects.RequestSpec.get_by_instance_uuid(lab.admin, answer.json['server']['id'])
    assert spec.requested_networks == [{'network_id': network, 'address': '10.0.0.5', 'port_id': None, 'tag': 'lan'}]


@pytest.mark.parametrize('version, networks, kept', [
    ('2.36', ..., []), ('2.36', [], []), ('2.37', 'auto', ['auto']), ('2.37', 'none', ['none']), ('2.104', [], [])])
def test_networks_may_be_left_out_empty_or_a_word(lab, demo, version, networks, kept):
    answer = lab.boot(demo, version, networks=networks)
    assert answer.status == 202, answer.body
    spec = objects.RequestSpec.get_by_instance_uuid(lab.admin, answer.json['server']['id'])
    assert [request['network_id'] for request in spec.requested_networks] == kept


def test_fewer_servers_are_made_when_addresses_run_out(lab, demo, edge):
    lab.network(addresses=2)
    assert lab.boot(demo, min_count=1, max_count=5).status == 202
    assert len(edge.sent[0].instance_uuids) == 2
    name, text = lab.boot(demo, min_count=3).fault
    assert (name, text) == ('badRequest', 'There are addresses for 2 servers only; 3 were asked for.')


def test_an_administrator_may_name_the_host_in_the_zone(lab, api, demo):
    lab.host('cmp1')
    uuid = lab.boot(api, availability_zone='nova:cmp1:cmp1.lab').json['server']['id']
    spec = objects.RequestSpec.get_by_instance_uuid(lab.admin, uuid)
    assert (spec.availability_zone, spec.force_hosts, spec.force_nodes) == ('nova', ['cmp1'], ['cmp1.lab'])
    assert lab.boot(demo, availability_zone='nova:cmp1').status == 403
    assert lab.boot(api, availability_zone='nova::cmp1.lab').status == 202
    assert lab.boot(api, availability_zone='nova:cmp9').fault == ('badRequest', 'Compute host cmp9 could not be found.')
    assert lab.boot(api, availability_zone='nova:cmp1:other').status == 400
    assert lab.boot(api, availability_zone='a:b:c:d').status == 400


def test_2_74_names_host_and_hypervisor(lab, api, demo):
    lab.host('cmp1')
    uuid = lab.boot(api, '2.74', host='cmp1', hypervisor_hostname='cmp1.lab').json['server']['id']
    spec = objects.RequestSpec.get_by_instance_uuid(lab.admin, uuid)
    assert (spec.requested_host, spec.requested_node, spec.force_hosts) == ('cmp1', 'cmp1.lab', [])
    assert lab.boot(api, '2.73', host='cmp1').status == 400
    assert lab.boot(demo, '2.74', host='cmp1').status == 403
    assert lab.boot(api, '2.74', host='cmp9').fault == ('badRequest', 'Compute host cmp9 could not be found.')
    assert 'mutually exclusive' in lab.boot(api, '2.74', host='cmp1', availability_zone='nova:cmp1').fault[1]


def test_zones_are_those_of_enabled_hosts(lab, demo):
    lab.host('cmp1', zone='east')
    lab.host('cmp2', zone='west', disabled=True)
    assert lab.boot(demo, availability_zone='east').status == 202
    for zone in ('west', 'north', 'nova'):
        assert lab.boot(demo, availability_zone=zone).fault == (
            'badRequest', 'The requested availability zone is not available')


def test_servers_that_ask_for_no_zone_get_the_configured_one(lab, demo, conf):
    conf.config(default_schedule_zone='east')
    uuid = lab.boot(demo).json['server']['id']
    assert demo.get(f'/servers/{uuid}', '2.96').json['server']['pinned_availability_zone'] == 'east'


def test_the_server_group_of_the_hint_gets_a_member(lab, demo, api, cloud):
    group = '22222222-2222-4222-8222-222222222222'
    cloud.insert('instance_groups', uuid=group, name='g', project_id='demo-project', user_id='demo',
                 policy='anti-affinity')
    uuid = lab.boot(demo, hints={'group': group}).json['server']['id']
    assert demo.get(f'/servers/{uuid}', '2.71').json['server']['server_groups'] == [group]
    assert 'server_groups' not in demo.get(f'/servers/{uuid}', '2.70').json['server']
    assert 'server_groups' not in demo.get('/servers/detail', '2.71').json['servers'][0]
    stranger = api.user('other', 'other')
    assert lab.boot(stranger, hints={'group': group}).fault == (
        'badRequest', f'Instance group {group} could not be found.')


def test_hooks_of_other_packages_run_around_a_create(lab, demo, monkeypatch):
    seen = []

    class Hook:
        def pre(self, api, context, request):
            seen.append(('pre', request.name))

        def post(self, result, api, context, request):
            seen.append(('post', len(result.rows)))
    monkeypatch.setitem(hooks._loaded, 'create_instance', [Hook()])
    lab.boot(demo)
    assert seen == [('pre', 'vm1'), ('post', 1)]

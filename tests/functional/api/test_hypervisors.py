# SPDX-License-Identifier: Apache-2.0
"""/os-hypervisors over its whole range of versions."""
import uuid

import pytest

from mininova import exception, rpc
from mininova.compute import rpcapi
from tests.functional.api import hosts

PATH = '/os-hypervisors'
BRIEF = {'id', 'hypervisor_hostname', 'state', 'status'}
KEPT = BRIEF | {'hypervisor_type', 'hypervisor_version', 'host_ip', 'service'}
NUMBERS = {'vcpus', 'memory_mb', 'local_gb', 'vcpus_used', 'memory_mb_used', 'local_gb_used', 'free_ram_mb',
           'free_disk_gb',
           'current_workload', 'running_vms', 'disk_available_least'}


@pytest.fixture
def node(api, cloud):
    """One host with a node; gives (number, uuid)."""
    hosts.add_service('cmp1')
    return hosts.add_node(cloud, 'cmp1', 'cmp1.example.org')


@pytest.fixture
def uptime(monkeypatch):
    """What hosts answer when they are asked for their uptime; an exception is raised."""
    answers = {}

    def ask(self, context, host):
        answer = answers[host]
        if isinstance(answer, Exception):
            raise answer
        return answer
    monkeypatch.setattr(rpcapi.ComputeAPI, 'get_host_uptime', ask)
    return answers


def test_the_brief_list(api, node):
    number, node_uuid = node
    assert api.get(PATH).json == {'hypervisors': [
        {'id': number, 'hypervisor_hostname': 'cmp1.example.org', 'state': 'up', 'status': 'enabled'}]}
    assert api.get(PATH, '2.52').json['hypervisors'][0]['id'] == number
    assert api.get(PATH, '2.53').json['hypervisors'][0]['id'] == node_uuid


@pytest.mark.parametrize('version, fields', [
    ('2.1', KEPT | NUMBERS | {'cpu_info'}), ('2.53', KEPT | NUMBERS | {'cpu_info'}), ('2.87',
                                                                                      KEPT | NUMBERS | {'cpu_info'}),
    ('2.88', KEPT | {'uptime'}), ('2.104', KEPT | {'uptime'})])
def test_fields_of_details(api, node, uptime, version, fields):
    uptime['cmp1'] = 'up 3 days'
    assert set(api.get(f'{PATH}/detail', version).json['hypervisors'][0]) == fields
    id_ = node[1] if version != '2.1' else node[0]
    assert set(api.get(f'{PATH}/{id_}', version).json['hypervisor']) == fields


def test_what_is_used_is_claims_and_what_the_host_keeps(api, cloud):
    service = hosts.add_service('cmp1', disabled=True, disabled_reason='rain')
    number, node_uuid = hosts.add_node(cloud, 'cmp1', vcpus_used=3, memory_mb_used=1024, local_gb_used=10,
                                       reserved_vcpus=1,
                                       reserved_disk_gb=2, running_vms=2)
    shown = api.get(f'{PATH}/{number}').json['hypervisor']
    assert {name: shown[name] for name in NUMBERS} == {
        'vcpus': 8, 'memory_mb': 8192, 'local_gb': 100, 'vcpus_used': 4, 'memory_mb_used': 1536, 'local_gb_used': 12,
        'free_ram_mb': 6656, 'free_disk_gb': 88, 'current_workload': 0, 'running_vms': 2, 'disk_available_least': 90}
    assert shown['service'] == {'id': service.id, 'host': 'cmp1', 'disabled_reason': 'rain'}
    assert shown['status'] == 'disabled'
    newer = api.get(f'{PATH}/{node_uuid}', '2.53').json['hypervisor']
    assert (newer['service']['id'], newer['id']) == (service.uuid, node_uuid)


def test_the_processor_is_text_until_2_28(api, cloud, node):
    hosts.add_service('cmp2')
    hosts.add_node(cloud, 'cmp2', cpu_info=None)
    old, new = ([shown['cpu_info'] for shown in api.get(f'{PATH}/detail', version).json['hypervisors']]
                for version in ('2.27', '2.28'))
    assert old == ['{"arch":"x86_64","topology":{"cores":4}}', '']
    assert new == [{'arch': 'x86_64', 'topology': {'cores': 4}}, {}]


def test_hosts_that_are_silent_or_forced_are_down(api, cloud):
    for host, values in (('a', {'age': 90}), ('b', {'forced_down': True}), ('c', {})):
        hosts.add_service(host, **values)
        hosts.add_node(cloud, host)
    assert [shown['state'] for shown in api.get(PATH).json['hypervisors']] == ['down', 'down', 'up']
    assert [shown['uptime'] is None for shown in api.get(f'{PATH}/detail', '2.88').json['hypervisors']] == [True, True,
                                                                                                            False]


def test_nodes_without_a_service_are_not_shown(api, cloud):
    number, node_uuid = hosts.add_node(cloud, 'ghost')
    assert api.get(PATH).json == {'hypervisors': []}
    assert api.get(f'{PATH}/{number}').status == 404
    assert api.get(f'{PATH}/{node_uuid}', '2.53').status == 404


def test_pages_from_2_33(api, cloud):
    made = []
    for number in range(3):
        hosts.add_service(f'cmp{number}')
        made.append(hosts.add_node(cloud, f'cmp{number}'))
    assert len(api.get(f'{PATH}?limit=1', '2.32').json['hypervisors']) == 3
    page = api.get(f'{PATH}?limit=2', '2.33').json
    assert [shown['id'] for shown in page['hypervisors']] == [made[0][0], made[1][0]]
    assert page['hypervisors_links'] == [
        {'rel': 'next', 'href': f'http://localhost/v2.1/os-hypervisors?limit=2&marker={made[1][0]}'}]
    rest = api.get(f'{PATH}?limit=2&marker={made[1][0]}', '2.33').json
    assert [shown['id'] for shown in rest['hypervisors']] == [made[2][0]] and 'hypervisors_links' not in rest
    newer = api.get(f'{PATH}/detail?limit=1&marker={made[0][1]}', '2.53').json
    assert newer['hypervisors'][0]['id'] == made[1][1]
    assert newer['hypervisors_links'][0]['href'].endswith(f'/os-hypervisors/detail?limit=1&marker={made[1][1]}')
    assert api.get(f'{PATH}?limit=0', '2.33').json == {'hypervisors': []}
    for marker in ('x', '0', '-1', str(2 ** 63), str(uuid.uuid4()), '%F0%9F%98%80'):
        assert api.get(f'{PATH}?marker={marker}', '2.33').status == 400
    assert api.get(f'{PATH}?limit=x', '2.33').status == 400


def test_a_part_of_the_name_from_2_53(api, cloud, node):
    hosts.add_service('cmp2')
    hosts.add_node(cloud, 'cmp2', 'other_host')
    query = f'{PATH}?hypervisor_hostname_pattern=example'
    assert len(api.get(query, '2.52').json['hypervisors']) == 2
    found = api.get(query, '2.53').json
    assert [shown['hypervisor_hostname'] for shown in found['hypervisors']] == ['cmp1.example.org']
    assert len(api.get(f'{PATH}/detail?hypervisor_hostname_pattern=_', '2.53').json['hypervisors']) == 1
    assert api.get(f'{PATH}?hypervisor_hostname_pattern=nope', '2.53').status == 404
    for bad in ('hypervisor_hostname_pattern=%25', 'hypervisor_hostname_pattern=',
                'hypervisor_hostname_pattern=a&limit=1',
                f'hypervisor_hostname_pattern=a&marker={node[1]}',
                'hypervisor_hostname_pattern=a&hypervisor_hostname_pattern=b'):
        assert api.get(f'{PATH}?{bad}', '2.53').status == 400, bad


def test_servers_from_2_53_and_always_from_2_75(api, cloud, node):
    hosts.add_service('cmp2')
    hosts.add_node(cloud, 'cmp2')
    number, server = hosts.add_server(cloud, 'cmp1')
    hosts.add_server(cloud, 'cmp1', deleted=1)
    expected = [{'uuid': server, 'name': f'instance-{number:08x}'}]
    full, empty = api.get(f'{PATH}?with_servers=true', '2.53').json['hypervisors']
    assert full['servers'] == expected and 'servers' not in empty
    full, empty = api.get(f'{PATH}/detail?with_servers=1', '2.75').json['hypervisors']
    assert full['servers'] == expected and empty['servers'] == []
    assert 'servers' not in api.get(f'{PATH}?with_servers=false', '2.75').json['hypervisors'][0]
    assert 'servers' not in api.get(f'{PATH}?with_servers=true', '2.52').json['hypervisors'][0]
    assert api.get(f'{PATH}/{node[1]}?with_servers=True', '2.53').json['hypervisor']['servers'] == expected
    assert api.get(f'{PATH}?with_servers=perhaps', '2.53').status == 400


def test_search_and_servers_by_name_until_2_52(api, cloud, node):
    assert api.get(f'{PATH}/example/search').json == {'hypervisors': [
        {'id': node[0], 'hypervisor_hostname': 'cmp1.example.org', 'state': 'up', 'status': 'enabled'}]}
    assert 'servers' not in api.get(f'{PATH}/example/servers', '2.52').json['hypervisors'][0]
    number, server = hosts.add_server(cloud, 'cmp1')
    assert api.get(f'{PATH}/example/servers').json['hypervisors'][0]['servers'] == [
        {'uuid': server, 'name': f'instance-{number:08x}'}]
    for name in ('search', 'servers'):
        assert api.get(f'{PATH}/nope/{name}').status == 404
        assert api.get(f'{PATH}/%25/{name}').status == 404
        assert api.get(f'{PATH}/example/{name}', '2.53').status == 404
        assert api.get(f'{PATH}/example/{name}?colour=red').status == 200


def test_statistics_until_2_87(api, cloud):
    assert api.get(f'{PATH}/statistics').json == {'hypervisor_statistics': {
        'count': 0, **dict.fromkeys(NUMBERS, 0)}}
    hosts.add_service('cmp1')
    hosts.add_node(cloud, 'cmp1', vcpus_used=2, memory_mb_used=512)
    hosts.add_service('cmp2', age=600)
    hosts.add_node(cloud, 'cmp2', disk_available_least=None)
    hosts.add_service('cmp3', disabled=True)
    hosts.add_node(cloud, 'cmp3')
    hosts.add_node(cloud, 'ghost')
    assert api.get(f'{PATH}/statistics?colour=red', '2.87').json == {'hypervisor_statistics': {
        'count': 2, 'vcpus': 16, 'memory_mb': 16384, 'local_gb': 200, 'vcpus_used': 2, 'memory_mb_used': 1536,
        'local_gb_used': 0,
        'free_ram_mb': 14848, 'free_disk_gb': 200, 'current_workload': 0, 'running_vms': 0, 'disk_available_least': 90}}
    assert api.get(f'{PATH}/statistics', '2.88').status == 404


def test_uptime_is_asked_from_the_host_until_2_87(api, node, uptime):
    uptime['cmp1'] = ' 10:11 up 1 day'
    number, node_uuid = node
    expected = {'id': number, 'hypervisor_hostname': 'cmp1.example.org', 'state': 'up', 'status': 'enabled',
                'uptime': ' 10:11 up 1 day'}
    assert api.get(f'{PATH}/{number}/uptime').json == {'hypervisor': expected}
    assert api.get(f'{PATH}/{node_uuid}/uptime', '2.87').json == {'hypervisor': {**expected, 'id': node_uuid}}
    assert api.get(f'{PATH}/{node_uuid}/uptime', '2.88').status == 404
    assert api.get(f'{PATH}/{node_uuid}', '2.88').json['hypervisor']['uptime'] == ' 10:11 up 1 day'
    assert api.get(f'{PATH}/detail', '2.88').json['hypervisors'][0]['uptime'] == ' 10:00:00 up 3 days'


@pytest.mark.parametrize('failure, status', [
    (NotImplementedError(), 501), (exception.NotSupported(), 501), (rpc.MessagingTimeout(), 400)])
def test_hosts_that_cannot_tell_their_uptime(api, node, uptime, failure, status):
    uptime['cmp1'] = failure
    assert api.get(f'{PATH}/{node[0]}/uptime').status == status
    assert api.get(f'{PATH}/{node[1]}', '2.88').json['hypervisor']['uptime'] is None


def test_a_host_that_is_down_is_not_asked(api, cloud, uptime):
    hosts.add_service('cmp1', age=90)
    number, node_uuid = hosts.add_node(cloud, 'cmp1')
    assert api.get(f'{PATH}/{number}/uptime').fault == (
        'badRequest', 'Compute service of cmp1 is unavailable at this time.')
    assert api.get(f'{PATH}/{node_uuid}', '2.88').json['hypervisor']['uptime'] is None


@pytest.mark.parametrize('odd, old, new', [
    ('0', 404, 400), ('-1', 404, 400), (str(2 ** 63), 404, 400), ('x', 404, 400), ('%00', 404, 404), ('9' * 300, 404,
                                                                                                      400),
    ('%f0%9f%98%80', 404, 400), (str(uuid.uuid4()), 404, 404), ('1.5', 404, 400), ('%b2', 404, 404)])
def test_odd_ids(api, node, odd, old, new):
    for tail in ('', '/uptime'):
        assert api.get(f'{PATH}/{odd}{tail}', '2.52').status == old
        assert api.get(f'{PATH}/{odd}{tail}', '2.87').status == new


def test_queries_are_closed_at_2_53(api, node):
    for path, newer in ((PATH, PATH), (f'{PATH}/detail', f'{PATH}/detail'), (f'{PATH}/{node[0]}', f'{PATH}/{node[1]}')):
        assert api.get(f'{path}?colour=red', '2.52').status == 200
        assert api.get(f'{newer}?colour=red', '2.53').status == 400


def test_only_administrators_may(api, node):
    demo = api.user('demo')
    for path in ('', '/detail', '/statistics', f'/{node[0]}', f'/{node[0]}/uptime', '/cmp1/search', '/cmp1/servers'):
        assert demo.get(PATH + path).status == 403, path


def test_it_costs_the_same_statements_whatever_there_is(api, cloud):
    counts = set()
    for number in range(4):
        hosts.add_service(f'cmp{number}')
        hosts.add_node(cloud, f'cmp{number}')
        hosts.add_server(cloud, f'cmp{number}')
        with cloud.statements() as sent:
            assert api.get(f'{PATH}/detail?with_servers=true', '2.104').status == 200
        counts.add(len(sent))
    assert counts == {2}

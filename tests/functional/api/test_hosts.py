# SPDX-License-Identifier: Apache-2.0
"""/os-hosts, which ends with 2.42."""
import pytest

from tests.functional.api import hosts

PATH = '/os-hosts'
POWER = ('startup', 'shutdown', 'reboot')


@pytest.fixture
def compute(api, cloud):
    hosts.add_service('cmp1')
    hosts.add_node(cloud, 'cmp1', vcpus=8, memory_mb=8192, local_gb=100, vcpus_used=3, memory_mb_used=700,
                   local_gb_used=11)


def test_hosts_are_listed_by_service_and_zone(api, cloud):
    hosts.add_service('ctl', 'nova-conductor', 'conductor')
    hosts.add_service('ctl', 'nova-osapi_compute', 'osapi_compute')
    hosts.add_service('cmp1', age=999)
    hosts.add_service('cmp2')
    hosts.add_service('cmp3', disabled=True)
    hosts.add_zone(cloud, 'east', 'cmp2')
    listed = [
        {'host_name': 'ctl', 'service': 'conductor', 'zone': 'internal'},
        {'host_name': 'cmp1', 'service': 'compute', 'zone': 'nova'},
        {'host_name': 'cmp2', 'service': 'compute', 'zone': 'east'}]
    assert api.get(PATH, '2.42').json == api.get(PATH).json == {'hosts': listed}
    assert api.get(f'{PATH}?zone=east').json == {'hosts': listed[2:]}
    assert api.get(f'{PATH}?zone=nowhere').json == {'hosts': []}
    assert api.get(f'{PATH}?zone=').json == {'hosts': listed}


def test_what_a_host_has(api, cloud, compute):
    hosts.add_server(cloud, 'cmp1', project_id='a', vcpus=1, memory_mb=100, root_gb=2, ephemeral_gb=None)
    hosts.add_server(cloud, 'cmp1', project_id='a', vcpus=1, memory_mb=200, root_gb=3, ephemeral_gb=1)
    hosts.add_server(cloud, 'cmp1', project_id='b', vcpus=4, memory_mb=400, root_gb=5, ephemeral_gb=0)
    hosts.add_server(cloud, 'cmp1', project_id='b', deleted=9)
    hosts.add_server(cloud, 'cmp2', project_id='b')
    shown = [tuple(entry['resource'].values()) for entry in api.get(f'{PATH}/cmp1').json['host']]
    assert shown == [('cmp1', '(total)', 8, 8192, 100), ('cmp1', '(used_now)', 3, 700, 11),
                     ('cmp1', '(used_max)', 6, 700, 11), ('cmp1', 'a', 2, 300, 6), ('cmp1', 'b', 4, 400, 5)]


def test_what_no_driver_can(api, compute):
    answers = [api.put(f'{PATH}/cmp1', {'status': 'enable'}), api.put(f'{PATH}/cmp1', {'maintenance_mode': 'Disable'}),
               *(api.get(f'{PATH}/cmp1/{action}') for action in POWER)]
    assert [answer.status for answer in answers] == [501] * 5
    assert [answer.fault[1] for answer in answers] == [
        f'Virt driver does not implement host {what}.'
        for what in ('disabled status', 'maintenance mode', *['power management'] * 3)]


@pytest.mark.parametrize('body', [{}, {'status': 'on'}, {'status': None}, {'status': 'enable', 'more': 1}, {'more': 1}])
def test_bad_bodies(api, compute, body):
    assert api.put(f'{PATH}/cmp1', body).status == 400


def test_unknown_hosts(api, compute):
    assert api.get(f'{PATH}/cmp9').fault == ('itemNotFound', 'Compute host cmp9 could not be found.')
    assert api.put(f'{PATH}/cmp9', {'status': 'enable'}).status == 404
    assert [api.get(f'{PATH}/cmp9/{action}').status for action in POWER] == [404] * 3


def test_it_ends_with_2_42_and_is_for_administrators(api, compute):
    demo = api.user('demo')
    for method, path, body in (('GET', PATH, None), ('GET', f'{PATH}/cmp1', None),
                               ('PUT', f'{PATH}/cmp1', {'status': 'enable'}),
                               *(('GET', f'{PATH}/cmp1/{action}', None) for action in POWER)):
        assert api.request(method, path, body, '2.43').status == 404
        assert demo.request(method, path, body, '2.42').status == 403

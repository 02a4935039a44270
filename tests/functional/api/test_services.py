# SPDX-License-Identifier: Apache-2.0
"""/os-services over its whole range of versions."""
import uuid

import pytest

from tests.functional.api import hosts

PATH = '/os-services'
OLDEST = {'binary', 'host', 'id', 'zone', 'status', 'state', 'updated_at', 'disabled_reason'}


@pytest.fixture
def compute(api):
    return hosts.add_service('cmp1')


def listed(api, version=None, query=''):
    answer = api.get(PATH + query, version)
    assert answer.status == 200, answer.body
    return answer.json['services']


@pytest.mark.parametrize('version, fields, kind', [
    ('2.1', OLDEST, int), ('2.10', OLDEST, int), ('2.11', OLDEST | {'forced_down'}, int),
    ('2.52', OLDEST | {'forced_down'}, int), ('2.53', OLDEST | {'forced_down'}, str), ('2.69', OLDEST | {'forced_down'},
                                                                                       str),
    ('2.104', OLDEST | {'forced_down'}, str)])
def test_fields_and_ids_of_each_version(api, compute, version, fields, kind):
    (shown,) = listed(api, version)
    assert set(shown) == fields
    assert isinstance(shown['id'], kind)
    assert shown['id'] == (compute.uuid if kind is str else compute.id)


def test_state_is_by_heartbeat_and_status_by_will(api):
    hosts.add_service('a', age=30)
    hosts.add_service('b', age=90)
    hosts.add_service('c', forced_down=True)
    hosts.add_service('d', disabled=True, disabled_reason='rain')
    hosts.add_service('e', 'nova-scheduler', 'scheduler')
    shown = [(s['host'], s['state'], s['status'], s['zone'], s['disabled_reason']) for s in listed(api, '2.104')]
    assert shown == [('a', 'up', 'enabled', 'nova', None), ('b', 'down', 'enabled', 'nova', None),
                     ('c', 'down', 'enabled', 'nova', None), ('d', 'up', 'disabled', 'nova', 'rain'),
                     ('e', 'up', 'enabled', 'internal', None)]


def test_how_long_silence_means_down_is_configured(api, cloud):
    hosts.add_service('a', age=30)
    cloud.conf(service_down_time=10)
    assert listed(api)[0]['state'] == 'down'


def test_lists_are_filtered_by_host_and_binary(api):
    for host, binary in (('a', 'nova-compute'), ('b', 'nova-compute'), ('a', 'nova-conductor'), ('a',
                                                                                                 'nova-osapi_compute')):
        hosts.add_service(host, binary, binary.removeprefix('nova-'))
    assert len(listed(api)) == 3
    assert [s['binary'] for s in listed(api, query='?host=a')] == ['nova-compute', 'nova-conductor']
    assert [s['host'] for s in listed(api, query='?binary=nova-compute')] == ['a', 'b']
    assert [s['host'] for s in listed(api, query='?host=b&binary=nova-compute')] == ['b']
    assert listed(api, query='?host=%F0%9F%98%80') == []
    assert len(listed(api, query='?host=')) == 3


def test_unknown_query_keys_are_refused_from_2_75(api):
    assert api.get(f'{PATH}?colour=red', '2.74').status == 200
    assert api.get(f'{PATH}?colour=red', '2.75').status == 400


def test_verbs_below_2_53(api, compute):
    body = {'host': 'cmp1', 'binary': 'nova-compute'}
    answer = api.put(f'{PATH}/disable', body)
    assert (answer.status, answer.json) == (200, {'service': {**body, 'status': 'disabled'}})
    assert listed(api)[0]['status'] == 'disabled'
    answer = api.put(f'{PATH}/disable-log-reason', {**body, 'disabled_reason': 'rain'}, '2.52')
    assert answer.json == {'service': {**body, 'status': 'disabled', 'disabled_reason': 'rain'}}
    assert listed(api)[0]['disabled_reason'] == 'rain'
    assert api.put(f'{PATH}/enable', body).json == {'service': {**body, 'status': 'enabled'}}
    assert (listed(api)[0]['status'], listed(api)[0]['disabled_reason']) == ('enabled', None)


def test_force_down_from_2_11(api, compute):
    body = {'host': 'cmp1', 'binary': 'nova-compute'}
    assert api.put(f'{PATH}/force-down', body, '2.10').fault[0] == 'itemNotFound'
    assert api.put(f'{PATH}/force-down', {**body, 'forced_down': True}, '2.10').status == 400
    answer = api.put(f'{PATH}/force-down', {**body, 'forced_down': 'true'}, '2.11')
    assert answer.json == {'service': {**body, 'forced_down': True}}
    assert (listed(api, '2.11')[0]['forced_down'], listed(api)[0]['state']) == (True, 'down')
    assert api.put(f'{PATH}/force-down', {**body, 'forced_down': False}, '2.52').json['service']['forced_down'] is False
    assert listed(api)[0]['state'] == 'up'
    assert api.put(f'{PATH}/force-down', body, '2.11').status == 400


@pytest.mark.parametrize('verb, body, status', [
    ('disable', {'host': 'cmp1'}, 400), ('disable', {'binary': 'nova-compute'}, 400), ('disable', {}, 400),
    ('disable', {'host': 'a b', 'binary': 'nova-compute'}, 400), ('disable', {'host': 5, 'binary': 'nova-compute'},
                                                                  400),
    ('disable', {'host': '\U0001f600', 'binary': 'nova-compute'}, 400), ('disable', {'host': 'x' * 256, 'binary': 'b'},
                                                                         400),
    ('disable', {'host': 'nope', 'binary': 'nova-compute'}, 404), ('disable', {'host': 'cmp1',
                                                                               'binary': 'nova-scheduler'}, 400),
    ('disable', {'host': 'cmp1', 'binary': 'nova-compute', 'x': 1}, 400), ('nope', {'host': 'cmp1', 'binary': 'b'},
                                                                           404),
    ('disable-log-reason', {'host': 'cmp1', 'binary': 'nova-compute'}, 400),
    ('disable-log-reason', {'host': 'cmp1', 'binary': 'nova-compute', 'disabled_reason': ''}, 400),
    ('disable-log-reason', {'host': 'cmp1', 'binary': 'nova-compute', 'disabled_reason': 'x' * 256}, 400),
    ('force-down', {'host': 'cmp1', 'binary': 'nova-compute', 'forced_down': 'maybe'}, 400)])
def test_bad_verbs(api, compute, verb, body, status):
    assert api.put(f'{PATH}/{verb}', body, '2.52').status == status
    assert listed(api)[0]['status'] == 'enabled'


def test_changes_by_uuid_from_2_53(api, compute):
    path = f'{PATH}/{compute.uuid}'
    answer = api.put(path, {'status': 'disabled', 'disabled_reason': '<rain> & "wind"'}, '2.53')
    assert answer.status == 200
    shown = answer.json['service']
    assert set(shown) == OLDEST | {'forced_down'}
    assert (shown['status'], shown['disabled_reason'], shown['id']) == ('disabled', '<rain> & "wind"', compute.uuid)
    both = api.put(path, {'status': 'enabled', 'forced_down': 'yes'}, '2.104').json['service']
    assert (both['status'], both['disabled_reason'], both['forced_down'], both['state']) == ('enabled', None, True,
                                                                                             'down')
    assert api.put(path, {'forced_down': False}, '2.53').json['service']['state'] == 'up'


@pytest.mark.parametrize('body', [
    {}, {'status': 'on'}, {'status': None}, {'forced_down': 'x'}, {'status': 'enabled', 'disabled_reason': 'x'},
    {'disabled_reason': 'x'},
    {'host': 'cmp1', 'binary': 'nova-compute'}, {'unknown': 1}])
def test_bodies_that_change_nothing_or_are_wrong(api, compute, body):
    assert api.put(f'{PATH}/{compute.uuid}', body, '2.53').fault[0] == 'badRequest'


def test_asking_for_what_is_already_so_is_no_error(api, compute):
    for body in ({'status': 'enabled'}, {'forced_down': False}):
        assert api.put(f'{PATH}/{compute.uuid}', body, '2.53').status == 200


def test_only_compute_services_are_changed(api):
    conductor = hosts.add_service('ctl', 'nova-conductor', 'conductor')
    answer = api.put(f'{PATH}/{conductor.uuid}', {'status': 'disabled'}, '2.53')
    assert answer.status == 400 and 'nova-conductor' in answer.fault[1]


def test_a_host_that_was_evacuated_must_clean_up_before_it_is_up(api, cloud):
    compute = hosts.add_service('cmp1', forced_down=True)
    cloud.insert('migrations', uuid=str(uuid.uuid4()), source_compute='cmp1', status='done',
                 migration_type='evacuation')
    assert api.put(f'{PATH}/{compute.uuid}', {'forced_down': False}, '2.53').status == 400
    body = {'host': 'cmp1', 'binary': 'nova-compute', 'forced_down': False}
    assert api.put(f'{PATH}/force-down', body, '2.11').status == 400
    cloud.execute(hosts.models.migrations.update().values(status='completed'))
    assert api.put(f'{PATH}/{compute.uuid}', {'forced_down': False}, '2.53').status == 200


def test_delete_by_number_and_by_uuid(api, cloud):
    first, second = hosts.add_service('cmp1'), hosts.add_service('cmp2')
    hosts.add_node(cloud, 'cmp1')
    hosts.add_zone(cloud, 'east', 'cmp1', 'cmp2')
    answer = api.delete(f'{PATH}/{first.id}', '2.52')
    assert (answer.status, answer.body) == (204, b'')
    assert api.delete(f'{PATH}/{first.id}', '2.52').status == 404
    assert api.get('/os-hypervisors').json == {'hypervisors': []}
    assert api.delete(f'{PATH}/{second.uuid}', '2.53').status == 204
    assert api.delete(f'{PATH}/{second.uuid}', '2.53').fault[0] == 'itemNotFound'
    assert listed(api) == []


def test_a_host_with_servers_claims_or_migrations_stays(api, cloud):
    compute = hosts.add_service('cmp1')
    path = f'{PATH}/{compute.uuid}'
    node, _uuid = hosts.add_node(cloud, 'cmp1')
    number, server = hosts.add_server(cloud, 'cmp1')
    assert api.delete(path, '2.53').fault[0] == 'conflictingRequest'
    cloud.execute(hosts.models.instances.update().values(host=None))
    cloud.insert('allocations', instance_uuid=server, compute_node_id=node, kind='instance', vcpus=1, memory_mb=1,
                 disk_gb=0)
    assert api.delete(path, '2.53').status == 409
    cloud.execute(hosts.models.instances.update().values(deleted=number))
    cloud.insert('migrations', uuid=str(uuid.uuid4()), source_compute='cmp2', dest_compute='cmp1', status='migrating')
    assert api.delete(path, '2.53').status == 409
    cloud.execute(hosts.models.migrations.update().values(status='confirmed'))
    assert len(listed(api)) == 1
    assert api.delete(path, '2.53').status == 204


def test_servers_do_not_keep_other_services(api, cloud):
    conductor = hosts.add_service('cmp1', 'nova-conductor', 'conductor')
    hosts.add_server(cloud, 'cmp1')
    assert api.delete(f'{PATH}/{conductor.uuid}', '2.53').status == 204


@pytest.mark.parametrize('odd, old, new', [
    ('0', 404, 400), ('-1', 404, 400), (str(2 ** 63), 404, 400), ('x', 400, 400), ('9' * 5000, 400, 400), ('%00', 404,
                                                                                                           404),
    ('%f0%9f%98%80', 400, 400), (str(uuid.uuid4()), 400, 404), ('1.5', 400, 400)])
def test_odd_ids(api, compute, odd, old, new):
    assert api.delete(f'{PATH}/{odd}', '2.52').status == old
    assert api.delete(f'{PATH}/{odd}', '2.53').status == new
    assert api.put(f'{PATH}/{odd}', {'forced_down': True}, '2.53').status == new


def test_only_administrators_may(api, compute):
    demo = api.user('demo')
    assert demo.get(PATH).status == 403
    assert demo.put(f'{PATH}/disable', {'host': 'cmp1', 'binary': 'nova-compute'}).status == 403
    assert demo.put(f'{PATH}/{compute.uuid}', {'status': 'disabled'}, '2.53').status == 403
    assert demo.delete(f'{PATH}/{compute.id}').status == 403
    assert demo.delete(f'{PATH}/{compute.uuid}', '2.53').status == 403


def test_it_costs_the_same_statements_whatever_there_is(api, cloud):
    counts = set()
    for number in range(4):
        hosts.add_service(f'cmp{number}')
        with cloud.statements() as sent:
            listed(api, '2.104')
        counts.add(len(sent))
    assert counts == {2}

# SPDX-License-Identifier: Apache-2.0
"""/servers/{id}/ips and /servers/{id}/os-instance-actions."""
import copy

import pytest

from mininova import context, objects
from tests.functional.api.servers.test_show import NETWORK_INFO


def test_addresses(lab, demo):
    uuid = lab.server(demo)
    assert demo.get(f'/servers/{uuid}/ips').json == {'addresses': {}}
    lab.settle(uuid, network_info=NETWORK_INFO)
    private = [{'version': 4, 'addr': '10.0.0.3'}, {'version': 6, 'addr': 'fd00::3'}]
    assert demo.get(f'/servers/{uuid}/ips').json == {'addresses': {'private': private}}
    assert demo.get(f'/servers/{uuid}/ips/private').json == {'private': private}
    assert demo.get(f'/servers/{uuid}/ips/public').fault == (
        'itemNotFound', 'Instance is not a member of specified network')


def test_two_cards_in_networks_of_one_name_are_shown_together(lab, demo):
    second = copy.deepcopy(NETWORK_INFO[0])
    second['network']['subnets'] = [{'ips': [{'address': '10.1.0.3', 'version': 4}]}]
    uuid = lab.server(demo)
    lab.settle(uuid, network_info=[*NETWORK_INFO, second])
    assert len(demo.get(f'/servers/{uuid}/ips').json['addresses']['private']) == 3


@pytest.fixture
def history(lab, demo):
    """A server with three actions; the last one failed on its host."""
    lab.host()
    uuid = lab.server(demo)
    for body in ({'os-stop': None}, {'os-start': None}):
        answer = demo.post(f'/servers/{uuid}/action', body)
        assert answer.status == 202
        lab.settle(uuid, task_state=None, vm_state='stopped' if 'os-stop' in body else 'active')
    request_id = answer.headers['x-openstack-request-id']
    by_request = context.RequestContext(user_id='demo', project_id='demo-project', is_admin=False,
                                        request_id=request_id, overwrite=False)
    objects.InstanceActionEvent.event_start(by_request, uuid, 'compute_start_instance', 'cmp1')
    objects.InstanceActionEvent.event_finish(by_request, uuid, 'compute_start_instance', 'Error', 'it did not start',
                                             'Traceback')
    return uuid, request_id


def test_actions_newest_first(history, demo):
    uuid, request_id = history
    actions = demo.get(f'/servers/{uuid}/os-instance-actions').json['instanceActions']
    assert [action['action'] for action in actions] == ['start', 'stop', 'create']
    assert set(actions[0]) == {'action', 'instance_uuid', 'request_id', 'user_id', 'project_id', 'start_time',
                               'message'}
    assert (actions[0]['request_id'], actions[0]['message'], actions[0]['user_id']) == (request_id, 'Error', 'demo')
    assert len(actions[0]['start_time']) == len('2018-04-25T01:26:29.000000')


def test_2_58_adds_times_and_pages(history, demo):
    path = f'/servers/{history[0]}/os-instance-actions'
    assert 'updated_at' not in demo.get(path, '2.57').json['instanceActions'][0]
    assert len(demo.get(f'{path}?limit=1', '2.57').json['instanceActions']) == 3
    answer = demo.get(f'{path}?limit=2', '2.58').json
    assert [action['action'] for action in answer['instanceActions']] == ['start', 'stop']
    assert 'updated_at' in answer['instanceActions'][0]
    href = answer['links'][0]['href']
    assert href == f'http://localhost/v2.1{path}?limit=2&marker={answer["instanceActions"][1]["request_id"]}'
    answer = demo.get(href.removeprefix('http://localhost/v2.1'), '2.58').json
    assert [action['action'] for action in answer['instanceActions']] == ['create'] and 'links' not in answer


@pytest.mark.parametrize('query, version, count', [
    ('changes-since=2020-01-01T00:00:00Z', '2.58', 3), ('changes-since=2120-01-01T00:00:00Z', '2.58', 0),
    ('changes-before=2020-01-01T00:00:00Z', '2.66', 0), ('changes-since=2020-01-01T00:00:00Z', '2.57', 3)])
def test_actions_by_time(history, demo, query, version, count):
    answer = demo.get(f'/servers/{history[0]}/os-instance-actions?{query}', version)
    assert len(answer.json['instanceActions']) == count


@pytest.mark.parametrize('query, version', [
    ('marker=req-x', '2.58'), ('limit=x', '2.58'), ('limit=-1', '2.58'), ('limit=1&limit=2', '2.58'),
    ('changes-since=x', '2.58'), ('unknown=1', '2.58'), ('changes-before=2020-01-01T00:00:00Z', '2.65'),
    ('changes-since=2021-01-01T00:00:00Z&changes-before=2020-01-01T00:00:00Z', '2.66')])
def test_queries_that_are_refused(history, demo, query, version):
    assert demo.get(f'/servers/{history[0]}/os-instance-actions?{query}', version).fault[0] == 'badRequest'


def test_events_by_version_and_caller(history, demo, api):
    path = f'/servers/{history[0]}/os-instance-actions/{history[1]}'
    assert 'events' not in demo.get(path, '2.50').json['instanceAction']
    assert set(api.get(path, '2.50').json['instanceAction']['events'][0]) == {
        'event', 'start_time', 'finish_time', 'result', 'traceback'}
    base = {'event', 'start_time', 'finish_time', 'result'}
    for version, member, administrator in (
            ('2.51', base, {'traceback'}), ('2.61', base, {'traceback'}),
            ('2.62', base | {'hostId'}, {'traceback', 'host'}),
            ('2.83', base | {'hostId'}, {'traceback', 'host'}), ('2.84', base | {'hostId'},
                                                                 {'traceback', 'host', 'details'})):
        assert set(demo.get(path, version).json['instanceAction']['events'][0]) == member
        assert set(api.get(path, version).json['instanceAction']['events'][0]) == member | administrator
    event = api.get(path, '2.84').json['instanceAction']['events'][0]
    assert (event['event'], event['result'], event['host'], event['details']) == (
        'compute_start_instance', 'Error', 'cmp1', 'it did not start')
    assert event['hostId'] == demo.get(f'/servers/{history[0]}').json['server']['hostId']


def test_an_unknown_action(history, demo):
    assert demo.get(f'/servers/{history[0]}/os-instance-actions/req-x').fault == ('itemNotFound',
                                                                                  'Action req-x not found')


def test_deleted_servers_keep_their_history_from_2_21_on(lab, demo, api):
    uuid = lab.boot(demo).json['server']['id']
    request_id = demo.delete(f'/servers/{uuid}').headers['x-openstack-request-id']
    path = f'/servers/{uuid}/os-instance-actions'
    assert demo.get(path, '2.20').status == 404
    assert [action['action'] for action in demo.get(path, '2.21').json['instanceActions']] == ['delete', 'create']
    assert demo.get(f'{path}/{request_id}', '2.21').json['instanceAction']['action'] == 'delete'
    assert api.user('other', 'other').get(path, '2.21').status == 404

# SPDX-License-Identifier: Apache-2.0
"""POST /os-server-external-events: the code of each event, who is told, and what is written before."""
import pytest
from oslo_utils import uuidutils

from mininova import exception, objects, policy, rpc
from tests.functional.api.servers.test_interfaces import give_card

UNKNOWN = '99999999-9999-4999-8999-999999999999'
PATH = '/os-server-external-events'
PORT = '11111111-1111-4111-8111-111111111111'
FIRST = {'network-changed': '2.1', 'network-vif-plugged': '2.1', 'network-vif-unplugged': '2.1',
         'network-vif-deleted': '2.1', 'volume-extended': '2.51', 'power-update': '2.76',
         'accelerator-request-bound': '2.82', 'volume-reimaged': '2.93'}


@pytest.fixture
def server(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo, version='2.37')
    edge.sent.clear()
    return uuid


def event(server, name='network-changed', **more):
    return {'name': name, 'server_uuid': server, **more}


def post(client, *events, version='2.104'):
    return client.post(PATH, {'events': list(events)}, version)


def test_an_event_is_accepted_and_sent_to_the_host(api, server, edge):
    answer = post(api, event(server, tag=PORT), version='2.1')
    assert answer.status == 200
    assert answer.json == {'events': [{'name': 'network-changed', 'server_uuid': server, 'tag': PORT,
                                       'status': 'completed', 'code': 200}]}
    message, = edge.sent
    assert (message.method, message.server) == ('external_instance_event', 'cmp1')
    assert [instance.uuid for instance in message.instances] == [server]
    assert [(one.instance_uuid, one.key, one.status) for one in message.events] == [
        (server, f'network-changed-{PORT}', 'completed')]


def test_the_status_that_was_told_goes_to_the_host_and_that_of_the_answer_to_the_caller(api, server, edge):
    answer = post(api, event(server, 'network-vif-plugged', tag=PORT, status='failed'))
    assert answer.json['events'][0]['status'] == 'completed'
    assert edge.sent[0].events[0].status == 'failed'


def test_each_event_has_a_code_of_its_own(api, server, edge, lab, demo):
    homeless = lab.server(demo, host=None, version='2.37')
    edge.sent.clear()
    answer = post(api, event(server), event(UNKNOWN, tag='t'), event(homeless, status='in-progress'),
                  event(server, 'volume-extended'))
    assert answer.status == 207
    assert [(one['code'], one['status']) for one in answer.json['events']] == [
        (200, 'completed'), (404, 'failed'), (422, 'failed'), (400, 'failed')]
    assert [one.name for one in edge.sent[0].events] == ['network-changed']
    assert len(edge.sent) == 1


def test_nothing_is_sent_when_nothing_is_accepted(api, server, edge):
    answer = post(api, event(UNKNOWN))
    assert (answer.status, edge.sent) == (207, [])


def test_a_deleted_server_is_unknown(api, server, edge, lab):
    lab.instance(server).destroy()
    assert post(api, event(server)).json['events'][0]['code'] == 404


@pytest.mark.parametrize('name', FIRST)
def test_a_name_is_known_from_its_version_on(api, server, edge, name):
    first = FIRST[name]
    told = event(server, name, tag='POWER_ON')
    assert post(api, told, version=first).status == 200
    assert post(api, told).status == 200
    if first != '2.1':
        before = f'2.{int(first.partition(".")[2]) - 1}'
        assert post(api, told, version=before).status == 400


@pytest.mark.parametrize(('name', 'code'), [(name, 400 if name in (
    'volume-extended', 'power-update', 'accelerator-request-bound') else 200) for name in FIRST])
def test_some_need_a_tag(api, server, edge, name, code):
    assert post(api, event(server, name)).json['events'][0]['code'] == code


@pytest.mark.parametrize('body', [
    {}, {'events': []}, {'events': {}}, {'events': [{}]}, {'events': [{'name': 'network-changed'}]},
    {'events': [{'name': 'network-changed', 'server_uuid': 'x'}]},
    {'events': [{'name': 'network-changed', 'server_uuid': UNKNOWN, 'tag': 'a' * 256}]},
    {'events': [{'name': 'network-changed', 'server_uuid': UNKNOWN, 'status': 'fine'}]},
    {'events': [{'name': 'server-gone', 'server_uuid': UNKNOWN}]},
    {'events': [{'name': 'network-changed', 'server_uuid': UNKNOWN, 'extra': 1}]},
    {'events': [{'name': 'network-changed', 'server_uuid': UNKNOWN}], 'extra': 1}])
def test_odd_bodies_are_refused(api, cloud, body):
    assert api.post(PATH, body).fault[0] == 'badRequest'


def test_a_body_beyond_the_limit_is_refused(api, cloud):
    assert post(api, *[event(UNKNOWN)] * 2000).status == 413


def test_it_is_for_services_and_administrators(api, server, edge, demo):
    assert post(demo, event(server)).status == 403
    policy.reset()
    policy.init(rules={'service_api': 'role:member'})
    try:
        assert post(demo, event(server)).status == 200
    finally:
        policy.reset()


def test_servers_of_a_host_share_one_message_and_others_have_theirs(api, lab, demo, edge):
    for host in ('cmp1', 'cmp2'):
        lab.host(host)
    servers = [lab.server(demo, host=host, version='2.37') for host in ('cmp1', 'cmp1', 'cmp2')]
    edge.sent.clear()
    assert post(api, *map(event, servers), event(servers[0], 'network-vif-plugged', tag=PORT)).status == 200
    assert {message.server: [one.instance_uuid for one in message.events] for message in edge.sent} == {
        'cmp1': [*servers[:2], servers[0]], 'cmp2': servers[2:]}
    assert {message.server: len(message.instances) for message in edge.sent} == {'cmp1': 2, 'cmp2': 1}


@pytest.mark.parametrize(('status', 'hosts'), [('migrating', {'cmp1', 'cmp2'}), ('finished', {'cmp1', 'cmp2'}),
                                               ('confirmed', {'cmp1'}), ('error', {'cmp1'})])
def test_a_server_that_moves_is_told_of_at_both_ends(api, cloud, server, edge, status, hosts):
    cloud.insert('migrations', uuid=uuidutils.generate_uuid(), instance_uuid=server, status=status, hidden=False,
                 source_compute='cmp1', dest_compute='cmp2', migration_type='live-migration')
    assert post(api, event(server, 'network-vif-plugged', tag=PORT)).status == 200
    assert {message.server for message in edge.sent} == hosts


def records(api, server):
    listed = api.get(f'/servers/{server}/os-instance-actions').json['instanceActions']
    return [record['action'] for record in listed]


@pytest.mark.parametrize(('name', 'tag', 'action'), [
    ('volume-extended', UNKNOWN, 'extend_volume'), ('power-update', 'POWER_ON', 'start'),
    ('power-update', 'POWER_OFF', 'stop')])
def test_what_has_to_be_done_is_recorded_before_the_message(api, lab, server, edge, name, tag, action):
    edge.broken = rpc.MessagingException('no bus')
    assert post(api, event(server, name, tag=tag)).status == 200
    assert records(api, server)[0] == action
    record = objects.InstanceActionList.get_open_by_host(lab.admin, 'cmp1',
                                                         [action], 0)[0]
    assert tag in record.arguments.values()


def test_two_volumes_are_two_actions_of_one_request(api, server, edge):
    assert post(api, event(server, 'volume-extended', tag='a'), event(server, 'volume-extended', tag='b')).status == 200
    assert records(api, server)[:2] == ['extend_volume'] * 2
    assert len({one.action_id for one in edge.sent[0].events}) == 2


def test_a_power_state_that_there_is_not_is_accepted_and_passed_over(api, server, edge):
    assert post(api, event(server, 'power-update', tag='REBOOT')).status == 200
    assert edge.sent == []
    assert records(api, server) == ['create']


def test_networks_are_recorded_nowhere(api, server, edge):
    assert post(api, event(server), event(server, 'network-vif-plugged', tag=PORT)).status == 200
    assert records(api, server) == ['create']


def test_a_deleted_card_is_marked_and_no_card_of_another_server(api, server, edge, lab, demo):
    lab.network(addresses=4)
    other = lab.server(demo, version='2.37')
    mine, theirs = give_card(lab, server), give_card(lab, other)
    told = [event(server, 'network-vif-deleted', tag=tag) for tag in (mine, theirs, UNKNOWN)]
    assert post(api, *told, event(server, 'network-vif-deleted')).status == 200
    assert [objects.VirtualInterface.get_by_uuid(lab.admin, port).task for port in (mine, theirs)] == ['deleted', None]
    # Whoever else wants it gone, or changed, is too late.
    assert demo.delete(f'/servers/{server}/os-interface/{mine}').status == 404


def test_the_number_of_statements_does_not_grow_with_events(api, cloud, lab, demo, edge):
    lab.host()
    servers = [lab.server(demo, version='2.37') for _number in range(6)]
    counts = []
    for its in (servers[:1], servers):
        with cloud.statements() as statements:
            post(api, *[event(one, 'volume-extended', tag=UNKNOWN) for one in its],
                 *[event(one, 'network-vif-deleted', tag=UNKNOWN) for one in its])
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 4, statements


def test_a_missing_bus_is_no_failure_of_the_request(api, server, edge):
    edge.broken = exception.NovaException('not of the bus')
    assert post(api, event(server)).status == 500
    edge.broken = rpc.MessagingException('no bus')
    assert post(api, event(server)).status == 200

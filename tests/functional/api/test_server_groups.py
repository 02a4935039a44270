# SPDX-License-Identifier: Apache-2.0
"""/os-server-groups over its whole range of versions."""
import uuid

import pytest

from mininova import concurrency
from mininova.db import groups, models, session
from tests.functional.api import hosts

PATH = '/os-server-groups'
NAMED = {'id', 'name', 'members'}
OLD = NAMED | {'policies', 'metadata'}
NEW = NAMED | {'policy', 'rules', 'project_id', 'user_id'}


@pytest.fixture
def demo(api):
    return api.user('demo')


def make(client, name='pair', policy='affinity', version='2.64', **more):
    return client.post(PATH, {'server_group': {'name': name, 'policy': policy, **more}}, version)


def join(cloud, group, **values):
    """Write a server that is in a group; returns its uuid."""
    _number, server = hosts.add_server(cloud, 'cmp1', **values)
    with session.reader() as connection:
        row = groups.find.within(connection, group, None)
    cloud.insert('instance_group_member', instance_uuid=server, group_id=row['id'])
    return server


@pytest.mark.parametrize('version, fields', [
    ('2.1', OLD), ('2.12', OLD), ('2.13', OLD | {'project_id', 'user_id'}), ('2.63', OLD | {'project_id', 'user_id'}),
    ('2.64', NEW), ('2.104', NEW)])
def test_fields_of_each_version(demo, version, fields):
    made = make(demo, policy='anti-affinity', rules={'max_server_per_host': 3}).json['server_group']
    shown = demo.get(f'{PATH}/{made["id"]}', version).json['server_group']
    assert set(shown) == fields
    assert shown.get('policies', [shown.get('policy')]) == ['anti-affinity']
    assert shown.get('rules', {'max_server_per_host': 3}) == {'max_server_per_host': 3}
    assert shown.get('project_id', 'demo') == shown.get('user_id', 'demo') == 'demo'
    assert demo.get(PATH, version).json == {'server_groups': [shown]}


@pytest.mark.parametrize('version, policies, status', [
    ('2.1', ['affinity'], 200), ('2.1', ['anti-affinity'], 200), ('2.14', ['soft-affinity'], 400),
    ('2.15', ['soft-affinity'], 200), ('2.63', ['soft-anti-affinity'], 200), ('2.1', [], 400), ('2.1', ['legacy'], 400),
    ('2.15', ['affinity', 'anti-affinity'], 400), ('2.15', 'affinity', 400)])
def test_lists_of_policies_below_2_64(demo, version, policies, status):
    answer = demo.post(PATH, {'server_group': {'name': 'pair', 'policies': policies}}, version)
    assert answer.status == status, answer.body
    if status == 200:
        assert answer.json['server_group']['policies'] == policies and answer.json['server_group']['members'] == []
    assert len(demo.get(PATH).json['server_groups']) == (status == 200)


@pytest.mark.parametrize('body', [
    {'name': 'x', 'policies': ['affinity']}, {'name': 'x'}, {'policy': 'affinity'}, {'name': '', 'policy': 'affinity'},
    {'name': ' x', 'policy': 'affinity'}, {'name': 'x' * 256, 'policy': 'affinity'}, {'name': 'x', 'policy': 'legacy'},
    {'name': 'x', 'policy': 'affinity', 'rules': {'max_server_per_host': 2}},
    {'name': 'x', 'policy': 'soft-anti-affinity', 'rules': {'max_server_per_host': 2}},
    {'name': 'x', 'policy': 'anti-affinity', 'rules': {'max_server_per_host': 0}},
    {'name': 'x', 'policy': 'anti-affinity', 'rules': {'max_server_per_host': 'many'}},
    {'name': 'x', 'policy': 'anti-affinity', 'rules': {'colour': 2}},
    {'name': 'x', 'policy': 'anti-affinity', 'rules': None}, {'name': 'x', 'policy': 'affinity', 'more': 1}])
def test_bad_bodies_make_nothing(demo, body):
    assert demo.post(PATH, {'server_group': body}, '2.64').status == 400
    assert demo.get(PATH).json == {'server_groups': []}


def test_rules_are_numbers_and_may_be_missing(demo):
    asked = {'max_server_per_host': '4'}
    assert make(demo, policy='anti-affinity', rules=asked).json['server_group']['rules'] == {'max_server_per_host': 4}
    assert make(demo, policy='anti-affinity', rules={}).json['server_group']['rules'] == {}
    assert make(demo, policy='anti-affinity').json['server_group']['rules'] == {}
    assert make(demo, rules={}).status == 200


def test_members_are_shown_until_they_are_deleted(cloud, demo):
    group = make(demo).json['server_group']['id']
    first, second = join(cloud, group), join(cloud, group)
    join(cloud, group, deleted=7)
    assert demo.get(f'{PATH}/{group}').json['server_group']['members'] == [first, second]
    assert demo.get(PATH).json['server_groups'][0]['members'] == [first, second]


def test_a_deleted_group_leaves_its_servers(cloud, demo):
    group = make(demo).json['server_group']['id']
    server = join(cloud, group)
    answer = demo.delete(f'{PATH}/{group}')
    assert (answer.status, answer.body) == (204, b'')
    assert demo.get(f'{PATH}/{group}').status == 404 and demo.delete(f'{PATH}/{group}').status == 404
    with session.reader() as connection:
        assert connection.execute(models.instances.select()).mappings().one()['uuid'] == server
        assert not connection.execute(models.instance_group_member.select()).all()


def test_those_of_others_are_unknown(api, demo):
    group = make(demo).json['server_group']['id']
    other = api.user('other')
    assert other.get(f'{PATH}/{group}').fault == other.get(f'{PATH}/{uuid.UUID(int=7)}').fault[:1] + (
        f'Instance group {group} could not be found.',)
    assert other.delete(f'{PATH}/{group}').status == 404
    assert other.get(PATH).json == other.get(f'{PATH}?all_projects=1').json == {'server_groups': []}
    assert api.get(PATH).json == {'server_groups': []}
    assert [entry['id'] for entry in api.get(f'{PATH}?all_projects=1').json['server_groups']] == [group]
    assert api.get(f'{PATH}/{group}').status == 200


def test_lists_come_in_pages(cloud, demo):
    cloud.conf(max_limit=3, group='api')
    made = [make(demo, f'g{number}').json['server_group']['id'] for number in range(5)]

    def page(query):
        return [entry['id'] for entry in demo.get(PATH + query).json['server_groups']]
    assert page('') == page('?limit=1000') == made[:3]
    assert (page('?limit=2'), page('?offset=3'), page('?limit=2&offset=4')) == (made[:2], made[3:], made[4:])
    assert page('?limit=0') == page('?offset=99999999999999999999') == []
    assert demo.get(f'{PATH}?limit=x').status == demo.get(f'{PATH}?offset=-1').status == 400
    assert demo.get(f'{PATH}?colour=red', '2.74').status == 200
    assert demo.get(f'{PATH}?colour=red', '2.75').status == 400


def test_a_list_takes_as_many_statements_however_long(cloud, demo):
    for number in range(4):
        join(cloud, make(demo, f'g{number}').json['server_group']['id'])
    with cloud.statements() as statements:
        assert len(demo.get(PATH).json['server_groups']) == 4
    assert len(statements) == 2


def test_the_number_of_groups_is_limited(api, cloud, demo):
    cloud.conf(server_groups=3, group='quota')
    answers = []
    making = [concurrency.spawn(lambda: answers.append(make(demo))) for _ in range(6)]
    for one in making:
        one.wait()
    assert sorted(answer.status for answer in answers) == [200] * 3 + [403] * 3
    refused = next(answer for answer in answers if answer.status == 403)
    assert refused.fault == ('forbidden', 'Quota exceeded, too many server groups.')
    assert make(api.user('other')).status == 200
    demo.delete(f'{PATH}/{demo.get(PATH).json["server_groups"][0]["id"]}')
    assert make(demo).status == 200

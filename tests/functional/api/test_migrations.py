# SPDX-License-Identifier: Apache-2.0
"""GET /os-migrations over its whole range of versions."""
import datetime

import pytest
from oslo_utils import uuidutils

from mininova import policy

SERVER = uuidutils.generate_uuid()
BASE = datetime.datetime(2026, 3, 1)
PLAIN = {'id', 'source_compute', 'source_node', 'dest_compute', 'dest_node', 'dest_host', 'status', 'instance_uuid',
         'old_instance_type_id', 'new_instance_type_id', 'created_at', 'updated_at'}


@pytest.fixture
def moves(cloud):
    """Write records, a minute apart: ``moves(status=...)`` returns the id."""
    made = []

    def write(**values):
        moment = BASE + datetime.timedelta(minutes=len(made))
        made.append(cloud.insert('migrations', **{
            'uuid': uuidutils.generate_uuid(), 'instance_uuid': uuidutils.generate_uuid(), 'source_compute': 'cmp1',
            'dest_compute': 'cmp2', 'source_node': 'cmp1.lab', 'dest_node': 'cmp2.lab', 'dest_host': '10.0.0.2',
            'status': 'finished', 'migration_type': 'resize', 'old_instance_type_id': 1, 'new_instance_type_id': 2,
            'user_id': 'demo', 'project_id': 'demo-project', 'created_at': moment, 'updated_at': moment, **values}))
        return made[-1]
    return write


def listed(client, query='', version='2.80'):
    answer = client.get('/os-migrations' + query, version=version)
    assert answer.status == 200, answer.body
    return [move['id'] for move in answer.json['migrations']]


@pytest.mark.parametrize(('version', 'more'), [
    ('2.1', set()), ('2.22', set()), ('2.23', {'migration_type'}), ('2.58', {'migration_type'}),
    ('2.59', {'migration_type', 'uuid'}), ('2.79', {'migration_type', 'uuid'}),
    ('2.80', {'migration_type', 'uuid', 'user_id', 'project_id'}),
    ('2.104', {'migration_type', 'uuid', 'user_id', 'project_id'})])
def test_the_fields_of_each_version(api, moves, version, more):
    moves()
    shown, = api.get('/os-migrations', version=version).json['migrations']
    assert set(shown) == PLAIN | more
    assert shown['created_at'] == '2026-03-01T00:00:00.000000'
    assert (shown['source_compute'], shown['dest_host'], shown['old_instance_type_id']) == ('cmp1', '10.0.0.2', 1)


@pytest.mark.parametrize(('status', 'linked'), [('running', True), ('queued', True), ('preparing', True),
                                                ('post-migrating', True), ('completed', False), ('accepted', False)])
def test_a_live_migration_under_way_has_links(api, moves, status, linked):
    id_ = moves(migration_type='live-migration', status=status, instance_uuid=SERVER)
    shown, = api.get('/os-migrations', version='2.23').json['migrations']
    assert ('links' in shown) is linked
    if linked:
        assert shown['links'][0]['href'].endswith(f'/v2.1/servers/{SERVER}/migrations/{id_}')
    assert 'links' not in api.get('/os-migrations', version='2.22').json['migrations'][0]


def test_the_newest_comes_first(api, moves):
    ids = [moves() for _ in range(3)]
    for version in ('2.1', '2.23', '2.59', '2.80'):
        assert listed(api, version=version) == ids[::-1]


@pytest.mark.parametrize('version', ['2.1', '2.59', '2.80'])
def test_filters(api, moves, version):
    first = moves(source_compute='a', dest_compute='b', status='error', instance_uuid=SERVER)
    second = moves(source_compute='b', dest_compute='c', migration_type='migration')
    hidden = moves(hidden=True)
    for query, found in {
            '?host=b': [second, first], '?host=c': [second], '?source_compute=b': [second], '?status=error': [first],
            '?migration_type=migration': [second], f'?instance_uuid={SERVER}': [first], '?instance_uuid=two': [],
            '?hidden=1': [hidden], '?hidden=0': [second, first], '?host=b&status=error': [first]}.items():
        assert listed(api, query, version) == found, query


def test_filters_by_owner_come_with_2_80(api, moves):
    mine, other = moves(user_id='me', project_id='p1'), moves(user_id='you', project_id='p2')
    assert listed(api, '?user_id=me') == [mine]
    assert listed(api, '?project_id=p2') == [other]
    assert api.get('/os-migrations?user_id=me', version='2.79').status == 400
    assert listed(api, '?user_id=me', '2.58') == [other, mine]


def test_pages(api, moves):
    ids = [moves() for _ in range(5)][::-1]
    answer = api.get('/os-migrations?limit=2&status=finished', version='2.59').json
    assert [move['id'] for move in answer['migrations']] == ids[:2]
    link, = answer['migrations_links']
    assert link['rel'] == 'next' and f'marker={answer["migrations"][-1]["uuid"]}' in link['href']
    assert 'status=finished' in link['href']
    path = link['href'].split('/v2.1')[1]
    answer = api.get(path, version='2.59').json
    assert [move['id'] for move in answer['migrations']] == ids[2:4]
    path = answer['migrations_links'][0]['href'].split('/v2.1')[1]
    answer = api.get(path, version='2.59').json
    assert [move['id'] for move in answer['migrations']] == ids[4:] and 'migrations_links' not in answer
    assert listed(api, '?limit=2', '2.58') == ids
    assert listed(api, '?limit=0') == []


def test_times(api, moves):
    ids = [moves() for _ in range(3)]
    assert listed(api, '?changes-since=2026-03-01T00:01:00Z', '2.59') == ids[:0:-1]
    assert listed(api, '?changes-before=2026-03-01T00:01:00Z', '2.66') == ids[1::-1]
    assert listed(api, '?changes-since=2026-03-01T00:01:00Z&changes-before=2026-03-01T00:01:00Z', '2.66') == [ids[1]]
    assert listed(api, '?changes-since=2026-03-01T00:01:00Z', '2.58') == ids[::-1]
    assert api.get('/os-migrations?changes-before=2026-03-01T00:01:00Z', version='2.65').status == 400
    assert api.get('/os-migrations?changes-since=2026-03-02T00:00:00Z&changes-before=2026-03-01T00:00:00Z',
                   version='2.66').fault == (
        'badRequest', 'The value of changes-since must be less than or equal to changes-before.')


@pytest.mark.parametrize('query', ['?marker=nowhere', '?limit=-1', '?limit=x', '?changes-since=yesterday', '?more=1'])
def test_queries_that_are_refused_from_2_59_on(api, moves, query):
    moves()
    assert api.get('/os-migrations' + query, version='2.59').status == 400
    assert api.get('/os-migrations' + query, version='2.58').status == 200


def test_members_may_not_look(api, moves):
    moves()
    assert api.user('demo', 'demo-project').get('/os-migrations', version='2.80').status == 403


def test_managers_see_their_own_project_without_hosts(api, moves, monkeypatch):
    mine, _other = moves(), moves(project_id='other')
    original = policy.authorize
    allowed = {'os_compute_api:os-migrations:index': True, 'os_compute_api:os-migrations:index:all_projects': False,
               'os_compute_api:os-migrations:index:host': False}

    def authorize(credentials, rule, *args, **kwargs):
        if allowed.get(rule) is True:
            return True
        return original(credentials, rule, *args, **kwargs)
    monkeypatch.setattr(policy, 'authorize', authorize)
    demo = api.user('demo', 'demo-project')
    shown, = demo.get('/os-migrations', version='2.80').json['migrations']
    assert shown['id'] == mine
    assert {shown[name] for name in ('source_compute', 'source_node', 'dest_compute', 'dest_node', 'dest_host')} == {
        None}
    assert demo.get('/os-migrations?project_id=other', version='2.80').status == 403

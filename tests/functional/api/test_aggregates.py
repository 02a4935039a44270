# SPDX-License-Identifier: Apache-2.0
"""/os-aggregates over its whole range of versions."""
import threading

import pytest

from mininova import concurrency
from tests.functional.api import hosts

PATH = '/os-aggregates'
FIELDS = {'id', 'name', 'availability_zone', 'hosts', 'metadata', 'created_at', 'updated_at', 'deleted', 'deleted_at'}


@pytest.fixture
def computes(api):
    for name in ('cmp1', 'cmp2'):
        hosts.add_service(name)
    hosts.add_service('ctl', 'nova-conductor', 'conductor')


@pytest.fixture
def make(api):
    """Function that makes an aggregate with hosts and returns its id."""
    def do(name, zone=None, *members):
        answer = api.post(PATH, {'aggregate': {'name': name, 'availability_zone': zone}})
        assert answer.status == 200, answer.body
        for member in members:
            assert act(api, answer.json['aggregate']['id'], 'add_host', host=member).status == 200
        return answer.json['aggregate']['id']
    return do


def act(api, aggregate, name, version=None, **arguments):
    return api.post(f'{PATH}/{aggregate}/action', {name: arguments}, version)


def show(api, aggregate, version=None):
    return api.get(f'{PATH}/{aggregate}', version).json['aggregate']


# -- what is shown --------------------------------------------------------------------

@pytest.mark.parametrize('version, more', [('2.1', set()), ('2.40', set()), ('2.41', {'uuid'}), ('2.104', {'uuid'})])
def test_fields_of_each_version(api, version, more):
    made = api.post(PATH, {'aggregate': {'name': 'fast', 'availability_zone': 'east'}}, version).json['aggregate']
    assert set(made) == (FIELDS | more) - {'hosts', 'metadata'}
    assert (made['name'], made['availability_zone'], made['updated_at']) == ('fast', 'east', None)
    shown = show(api, made['id'], version)
    assert shown == {**made, 'hosts': [], 'metadata': {'availability_zone': 'east'}}
    assert api.get(PATH, version).json == {'aggregates': [shown]}


def test_an_aggregate_lives(api, computes, make):
    aggregate = make('fast')
    assert show(api, aggregate)['metadata'] == {}
    assert act(api, aggregate, 'add_host', host='cmp1').json['aggregate']['hosts'] == ['cmp1']
    changed = act(api, aggregate, 'set_metadata', metadata={'ssd': 'true', 'rack': '4'}).json['aggregate']
    assert changed['metadata'] == {'ssd': 'true', 'rack': '4'} and changed['updated_at'] >= changed['created_at']
    changed = act(api, aggregate, 'set_metadata', metadata={'ssd': None, 'rack': '5', 'never': None}).json['aggregate']
    assert changed['metadata'] == {'rack': '5'}
    asked = {'name': 'slow', 'availability_zone': 'east'}
    changed = api.put(f'{PATH}/{aggregate}', {'aggregate': asked}).json['aggregate']
    assert changed.items() >= asked.items() and changed['hosts'] == ['cmp1']
    assert changed == show(api, aggregate)
    assert act(api, aggregate, 'remove_host', host='cmp1').json['aggregate']['hosts'] == []
    answer = api.delete(f'{PATH}/{aggregate}')
    assert (answer.status, answer.body) == (200, b'')
    assert api.get(PATH).json == {'aggregates': []}


def test_its_zone_is_that_of_its_hosts(api, computes, make):
    make('fast', 'east', 'cmp1')
    zones = {service['host']: service['zone'] for service in api.get('/os-services').json['services']}
    assert zones == {'cmp1': 'east', 'cmp2': 'nova', 'ctl': 'internal'}


def test_a_host_is_in_several_aggregates(api, computes, make):
    make('one', 'east', 'cmp1')
    make('two', 'east', 'cmp1')
    make('three', None, 'cmp1')
    assert [entry['hosts'] for entry in api.get(PATH).json['aggregates']] == [['cmp1']] * 3


def test_a_list_takes_three_statements(api, cloud, computes, make):
    for number in range(5):
        make(f'a{number}', None, 'cmp1', 'cmp2')
    with cloud.statements() as statements:
        assert len(api.get(PATH).json['aggregates']) == 5
    assert len(statements) == 3


# -- what is refused ----------------------------------------------------------------------

def test_names_are_unique(api, make):
    first, second = make('fast'), make('slow')
    again = api.post(PATH, {'aggregate': {'name': 'fast'}})
    assert again.fault == ('conflictingRequest', 'Aggregate fast already exists.')
    assert api.put(f'{PATH}/{second}', {'aggregate': {'name': 'fast'}}).status == 409
    assert api.put(f'{PATH}/{first}', {'aggregate': {'name': 'fast'}}).status == 200
    assert [entry['name'] for entry in api.get(PATH).json['aggregates']] == ['fast', 'slow']


@pytest.mark.parametrize('body', [
    {}, {'aggregate': {}}, {'aggregate': {'name': ''}}, {'aggregate': {'name': ' x'}},
    {'aggregate': {'name': 'x' * 256}},
    {'aggregate': {'name': 'x', 'availability_zone': ''}}, {'aggregate': {'name': 'x', 'availability_zone': 'a:b'}},
    {'aggregate': {'name': 'x', 'availability_zone': 'z' * 256}}, {'aggregate': {'name': 'x', 'hosts': []}},
    {'aggregate': {'name': None}}, {'aggregate': []}, {'aggregate': {'name': 'x'}, 'more': 1}])
def test_bad_bodies_make_nothing(api, make, body):
    assert api.post(PATH, body).status == 400
    kept = make('kept')
    if body != {'aggregate': {'name': None}}:
        assert api.put(f'{PATH}/{kept}', body).status == 400
    assert [entry['name'] for entry in api.get(PATH).json['aggregates']] == ['kept']


def test_blanks_around_names_are_cut_off_behind_v2(api):
    old = api.user('admin', 'admin', root='/v2')
    made = old.post(PATH, {'aggregate': {'name': ' fast ', 'availability_zone': ' east '}}).json['aggregate']
    assert (made['name'], made['availability_zone']) == ('fast', 'east')


@pytest.mark.parametrize('name, arguments', [
    ('add_host', {}), ('add_host', {'host': ''}), ('add_host', {'host': 7}), ('add_host', {'host': 'a b'}),
    ('add_host', {'host': 'cmp1', 'more': 1}), ('remove_host', {'host': None}), ('set_metadata', {}),
    ('set_metadata', {'metadata': {'a': 1}}), ('set_metadata', {'metadata': {'': 'x'}}),
    ('set_metadata', {'metadata': {'a': 'x' * 256}}), ('set_metadata', {'metadata': {'availability_zone': ''}}),
    ('set_metadata', {'metadata': None}), ('explode', {})])
def test_bad_actions_change_nothing(api, computes, make, name, arguments):
    aggregate = make('kept')
    before = show(api, aggregate)
    assert act(api, aggregate, name, **arguments).status == 400
    assert show(api, aggregate) == before


@pytest.mark.parametrize('wanted, status', [('7', 404), ('0', 404), ('-1', 404), ('99999999999999', 404), ('x', 400),
                                            ('1.5', 400)])
def test_unknown_ids(api, computes, wanted, status):
    assert api.get(f'{PATH}/{wanted}').status == status
    assert api.put(f'{PATH}/{wanted}', {'aggregate': {'name': 'x'}}).status == status
    assert api.delete(f'{PATH}/{wanted}').status == status
    assert act(api, wanted, 'add_host', host='cmp1').status == status
    assert act(api, wanted, 'remove_host', host='cmp1').status == status
    assert act(api, wanted, 'set_metadata', metadata={}).status == status


def test_hosts_that_are_not_there_or_there_already(api, computes, make):
    aggregate = make('fast', None, 'cmp1')
    assert act(api, aggregate, 'add_host', host='nowhere').fault == ('itemNotFound',
                                                                     'Compute host nowhere could not be found.')
    assert act(api, aggregate, 'add_host', host='ctl').status == 404
    assert act(api, aggregate, 'add_host', host='cmp1').fault[0] == 'conflictingRequest'
    assert act(api, aggregate, 'remove_host', host='cmp2').status == 404
    assert act(api, aggregate, 'remove_host', host='nowhere').status == 404
    assert act(api, aggregate, 'add_host', host='no_where').status == 404
    assert act(api, aggregate, 'remove_host', host='x').status == 404
    assert show(api, aggregate)['hosts'] == ['cmp1']


def test_one_with_hosts_stays(api, computes, make):
    aggregate = make('fast', None, 'cmp1')
    answer = api.delete(f'{PATH}/{aggregate}')
    assert (answer.status, 'not empty' in answer.fault[1]) == (400, True)
    assert show(api, aggregate)['hosts'] == ['cmp1']


def test_they_are_for_administrators(api, make):
    aggregate = make('fast')
    demo = api.user('demo')
    answers = [demo.get(PATH), demo.get(f'{PATH}/{aggregate}'), demo.post(PATH, {'aggregate': {'name': 'x'}}),
               demo.put(f'{PATH}/{aggregate}', {'aggregate': {'name': 'x'}}), demo.delete(f'{PATH}/{aggregate}'),
               act(demo, aggregate, 'add_host', host='cmp1'), act(demo, aggregate, 'remove_host', host='cmp1'),
               act(demo, aggregate, 'set_metadata', metadata={})]
    assert [answer.status for answer in answers] == [403] * 8


# -- zones ----------------------------------------------------------------------------------

def test_a_host_is_in_one_zone(api, computes, make):
    make('one', 'east', 'cmp1')
    other, plain = make('two', 'west'), make('three', None, 'cmp1')
    answer = act(api, other, 'add_host', host='cmp1')
    assert (answer.status, '"east"' in answer.fault[1]) == (409, True)
    assert api.put(f'{PATH}/{plain}', {'aggregate': {'availability_zone': 'west'}}).status == 400
    assert act(api, plain, 'set_metadata', metadata={'availability_zone': 'west', 'x': 'y'}).status == 400
    assert show(api, plain)['metadata'] == {} and show(api, other)['hosts'] == []
    assert act(api, plain, 'set_metadata', metadata={'availability_zone': 'east'}).status == 200


def test_a_host_with_servers_stays_in_its_zone(api, cloud, computes, make):
    hosts.add_server(cloud, 'cmp1')
    east, zoned, plain = make('one', 'east'), make('default', 'nova'), make('two', None, 'cmp1')
    answer = act(api, east, 'add_host', host='cmp1')
    assert (answer.status, 'cmp1' in answer.fault[1]) == (409, True)
    assert act(api, plain, 'set_metadata', metadata={'availability_zone': 'east'}).status == 400
    # Its zone stays the same: the default one has a name.
    assert act(api, zoned, 'add_host', host='cmp1').status == 200
    assert act(api, zoned, 'set_metadata', metadata={'availability_zone': None}).status == 200
    assert act(api, zoned, 'set_metadata', metadata={'availability_zone': 'nova'}).status == 200
    assert act(api, zoned, 'remove_host', host='cmp1').status == 200
    assert act(api, plain, 'remove_host', host='cmp1').status == 200


def test_a_host_with_servers_does_not_leave_its_zone(api, cloud, computes, make):
    aggregate = make('one', 'east', 'cmp1', 'cmp2')
    hosts.add_server(cloud, 'cmp1')
    assert act(api, aggregate, 'remove_host', host='cmp1').status == 409
    assert act(api, aggregate, 'set_metadata', metadata={'availability_zone': None}).status == 400
    assert api.put(f'{PATH}/{aggregate}', {'aggregate': {'name': 'x', 'availability_zone': 'west'}}).status == 400
    assert api.put(f'{PATH}/{aggregate}', {'aggregate': {'availability_zone': None}}).status == 400
    assert act(api, aggregate, 'remove_host', host='cmp2').status == 200
    assert (show(api, aggregate)['name'], show(api, aggregate)['hosts']) == ('one', ['cmp1'])
    # Another aggregate that keeps it there lets it leave this one.
    second = make('two', 'east', 'cmp1')
    assert act(api, aggregate, 'remove_host', host='cmp1').status == 200
    assert act(api, second, 'remove_host', host='cmp1').status == 409


def test_of_two_zones_at_the_same_moment_a_host_gets_one(api, computes, make):
    wanted = [make(f'z{number}', f'zone{number}') for number in range(6)]
    answers, lock = [], threading.Lock()

    def add(aggregate):
        answer = act(api, aggregate, 'add_host', host='cmp1')
        with lock:
            answers.append(answer.status)
    adding = [concurrency.spawn(add, aggregate) for aggregate in wanted]
    for one in adding:
        one.wait()
    assert sorted(answers) == [200] + [409] * 5
    assert sum(len(entry['hosts']) for entry in api.get(PATH).json['aggregates']) == 1

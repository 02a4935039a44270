# SPDX-License-Identifier: Apache-2.0
"""Extra specs of flavors."""
import pytest

PATH = '/flavors/f/os-extra_specs'


@pytest.fixture
def flavor(api):
    assert api.post('/flavors', {'flavor': {'name': 'f', 'id': 'f', 'ram': 1, 'vcpus': 1, 'disk': 0}}).status == 200


def test_extra_specs_are_made_shown_changed_and_removed(api, flavor):
    made = api.post(PATH, {'extra_specs': {'a': '1', 'number': 5, 'fraction': 0.5}})
    assert (made.status, made.json) == (200, {'extra_specs': {'a': '1', 'number': 5, 'fraction': 0.5}})
    assert api.get(PATH, '2.104').json == {'extra_specs': {'a': '1', 'number': '5', 'fraction': '0.5'}}
    assert api.get(f'{PATH}/number').json == {'number': '5'}
    changed = api.put(f'{PATH}/a', {'a': '2'})
    assert (changed.status, changed.json) == (200, {'a': '2'})
    assert api.post(PATH, {'extra_specs': {'b': ''}}).status == 200
    gone = api.delete(f'{PATH}/fraction')
    assert (gone.status, gone.body) == (200, b'')
    assert api.get(PATH).json == {'extra_specs': {'a': '2', 'number': '5', 'b': ''}}


def test_what_is_not_there_is_not_found(api, flavor):
    assert api.get(f'{PATH}/x').fault == ('itemNotFound', 'Flavor f has no extra specs with key x.')
    assert api.delete(f'{PATH}/x').status == 404
    for answer in (api.get('/flavors/nope/os-extra_specs'), api.post('/flavors/nope/os-extra_specs',
                                                                     {'extra_specs': {}}),
                   api.put('/flavors/nope/os-extra_specs/a', {'a': '1'}), api.delete('/flavors/nope/os-extra_specs/a')):
        assert answer.fault == ('itemNotFound', 'Flavor nope could not be found.')


@pytest.mark.parametrize('specs', [
    {'': 'x'}, {'a/b': 'x'}, {'k' * 256: 'x'}, {'\u00e9': 'x'}, {'a': 'x' * 256}, {'a': None}, {'a': True}, {'a': []},
    None, [], 'x'])
def test_bad_specs_are_refused(api, flavor, specs):
    for version in ('2.1', '2.104'):
        assert api.post(PATH, {'extra_specs': specs}, version).fault[0] == 'badRequest'
    assert api.get(PATH).json == {'extra_specs': {}}


def test_one_key_is_changed_and_it_is_the_one_in_the_url(api, flavor):
    for body in ({}, {'b': '1'}, {'a': '1', 'b': '2'}, {'a': {}}):
        assert api.put(f'{PATH}/a', body).status == 400
    assert api.post(PATH, {'extra_specs': {}, 'more': 1}).status == 400


def test_known_specs_are_validated_from_2_86(api, flavor):
    bad = {'extra_specs': {'hw:cpu_policy': 'greedy'}}
    assert api.post(PATH, bad, '2.85').status == 200
    name, text = api.post(PATH, bad, '2.86').fault
    assert name == 'badRequest' and 'hw:cpu_policy' in text and 'dedicated' in text
    assert api.put(f'{PATH}/hw:cpu_policy', {'hw:cpu_policy': 'greedy'}, '2.85').status == 200
    assert api.put(f'{PATH}/hw:cpu_policy', {'hw:cpu_policy': 'greedy'}, '2.86').status == 400
    assert api.put(f'{PATH}/hw:cpu_policy', {'hw:cpu_policy': 'shared'}, '2.104').status == 200
    assert api.post(PATH, {'extra_specs': {'hw:numa_nodes': 2, 'mine': 'x', 'my:own': 'y'}}, '2.104').status == 200
    assert api.post(PATH, {'extra_specs': {'hw:unheard_of': '1'}}, '2.104').status == 400


def test_nothing_is_stored_when_one_of_several_is_bad(api, flavor):
    assert api.post(PATH, {'extra_specs': {'good': '1', 'hw:numa_nodes': '0'}}, '2.86').status == 400
    assert api.get(PATH).json == {'extra_specs': {}}


def test_users_look_and_administrators_change(api, flavor):
    demo = api.user('demo')
    api.post(PATH, {'extra_specs': {'a': '1'}})
    assert demo.get(PATH).json == {'extra_specs': {'a': '1'}}
    assert demo.get(f'{PATH}/a').status == 200
    assert demo.post(PATH, {'extra_specs': {'a': '2'}}).status == 403
    assert demo.put(f'{PATH}/a', {'a': '2'}).status == 403
    assert demo.delete(f'{PATH}/a').status == 403


def test_queries_are_closed_at_2_102(api, flavor):
    api.post(PATH, {'extra_specs': {'a': '1'}})
    for path in (PATH, f'{PATH}/a'):
        assert api.get(f'{path}?x=1', '2.101').status == 200
        assert api.get(f'{path}?x=1', '2.102').status == 400

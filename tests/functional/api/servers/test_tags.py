# SPDX-License-Identifier: Apache-2.0
"""/servers/{id}/tags, 2.26 and later."""
import urllib.parse

import pytest

from tests.functional.api.servers.test_quota_race import run_together

V = '2.26'


@pytest.fixture
def path(lab, demo):
    return f'/servers/{lab.server(demo, version="2.52", tags=["red", "big"])}/tags'


def test_there_are_none_below_2_26(path, demo):
    for method, suffix, body in (('GET', '', None), ('GET', '/red', None), ('PUT', '/new', None),
                                 ('PUT', '', {'tags': []}), ('DELETE', '', None), ('DELETE', '/red', None)):
        assert demo.request(method, path + suffix, body, '2.25').fault == (
            'itemNotFound', 'The resource could not be found.')


def test_reading(path, demo):
    assert demo.get(path, V).json == {'tags': ['big', 'red']}
    answer = demo.get(f'{path}/red', V)
    assert (answer.status, answer.body) == (204, b'')
    uuid = path.split('/')[2]
    assert demo.get(f'{path}/x', V).fault == ('itemNotFound', f"Instance {uuid} has no tag 'x'")


def test_adding_one(path, demo):
    answer = demo.put(f'{path}/new', version=V)
    assert (answer.status, answer.body) == (201, b'')
    assert answer.headers['Location'] == f'http://localhost/v2.1{path}/new'
    answer = demo.put(f'{path}/new', version=V)
    assert (answer.status, 'Location' in answer.headers) == (204, False)
    assert demo.get(path, V).json == {'tags': ['big', 'new', 'red']}


def test_tags_differ_by_case_and_may_be_any_text(path, demo):
    for tag in ('RED', '<>&"\'', '漢字', 'x' * 60):
        assert demo.put(f'{path}/{urllib.parse.quote(tag)}', version=V).status == 201
        assert demo.get(f'{path}/{urllib.parse.quote(tag)}', V).status == 204


@pytest.mark.parametrize('tag', ['x' * 61, 'a,b'])
def test_tags_of_another_form(path, demo, tag):
    name, text = demo.put(f'{path}/{tag}', version=V).fault
    assert name == 'badRequest' and 'is invalid' in text


@pytest.mark.parametrize('body', [{'tags': 'x'}, {'tags': [1]}, {'tags': ['']}, {'tags': ['a/b']},
                                  {'tags': ['x' * 61]}, {}, None,
                                  {'tags': [str(number) for number in range(51)]}, {'tags': [], 'x': 1}])
def test_lists_of_another_form(path, demo, body):
    assert demo.put(path, body, V).fault[0] == 'badRequest'


def test_a_body_for_one_tag_is_refused(path, demo):
    assert demo.put(f'{path}/new', {'tag': 'new'}, V).status == 400


def test_replacing_and_removing(path, demo):
    assert demo.put(path, {'tags': ['b', 'a', 'b']}, V).json == {'tags': ['a', 'b']}
    assert demo.delete(f'{path}/a', V).status == 204
    uuid = path.split('/')[2]
    assert demo.delete(f'{path}/a', V).fault == ('itemNotFound', f"Instance {uuid} has no tag 'a'")
    assert demo.delete(path, V).status == 204
    assert demo.get(path, V).json == {'tags': []}


def test_a_server_has_fifty_tags_at_most(path, demo):
    demo.put(path, {'tags': [f't{number}' for number in range(48)]}, V)
    answers = run_together([lambda number=number: demo.put(f'{path}/new{number}', version=V) for number in range(5)])
    assert sorted(answer.status for answer in answers) == [201, 201, 400, 400, 400]
    assert demo.put(f'{path}/more', version=V).fault == (
        'badRequest', 'The number of tags exceeded the per-server limit 50')


@pytest.mark.parametrize('vm_state', ['building', 'error', 'rescued'])
def test_states_in_which_they_stay(lab, demo, vm_state):
    uuid = lab.server(demo, vm_state=vm_state)
    for method, suffix, body in (('PUT', '/x', None), ('PUT', '', {'tags': []}), ('DELETE', '', None),
                                 ('DELETE', '/x', None)):
        assert demo.request(method, f'/servers/{uuid}/tags{suffix}', body, V).fault == (
            'conflictingRequest', f"Cannot 'update tags' instance {uuid} while it is in vm_state {vm_state}")
    assert demo.get(f'/servers/{uuid}/tags', V).status == 200

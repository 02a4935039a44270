# SPDX-License-Identifier: Apache-2.0
"""/servers/{id}/metadata."""
import pytest

from tests.functional.api.servers.test_quota_race import run_together


@pytest.fixture
def path(lab, demo):
    return f'/servers/{lab.server(demo, metadata={"a": "1", "b": "2"})}/metadata'


def test_reading(path, demo):
    assert demo.get(path).json == {'metadata': {'a': '1', 'b': '2'}}
    assert demo.get(f'{path}/a').json == {'meta': {'a': '1'}}
    assert demo.get(f'{path}/x').fault == ('itemNotFound', 'Metadata item was not found')


def test_post_adds_and_put_replaces(path, demo):
    assert demo.post(path, {'metadata': {'b': 'x', 'c': '<>&"\' 漢'}}).json == {
        'metadata': {'a': '1', 'b': 'x', 'c': '<>&"\' 漢'}}
    assert demo.put(path, {'metadata': {'only': 'this'}}).json == {'metadata': {'only': 'this'}}
    assert demo.put(path, {'metadata': {}}).json == {'metadata': {}}
    assert demo.get(path).json == {'metadata': {}}


def test_one_item(path, demo):
    assert demo.put(f'{path}/a', {'meta': {'a': '9'}}).json == {'meta': {'a': '9'}}
    assert demo.put(f'{path}/a', {'meta': {'b': '9'}}).fault == ('badRequest', 'Request body and URI mismatch')
    assert demo.put(f'{path}/a', {'meta': {'a': '9', 'b': '9'}}).fault == ('badRequest',
                                                                           'Request body contains too many items')
    answer = demo.delete(f'{path}/a')
    assert (answer.status, answer.body) == (204, b'')
    assert demo.delete(f'{path}/a').fault == ('itemNotFound', 'Metadata item was not found')
    assert demo.get(path).json == {'metadata': {'b': '2'}}


def test_keys_differ_by_case(path, demo):
    assert demo.post(path, {'metadata': {'A': 'x'}}).json == {'metadata': {'a': '1', 'b': '2', 'A': 'x'}}


WRONG_BODIES = [
    ('POST', '', {}), ('POST', '', {'metadata': None}), ('POST', '', {'metadata': {'a': 1}}),
    ('POST', '', {'metadata': {'': 'x'}}),
    ('POST', '', {'metadata': {'a' * 256: 'x'}}), ('POST', '', {'metadata': {'a': 'x' * 256}}),
    ('PUT', '', {'meta': {}}),
    ('PUT', '/a', {'metadata': {'a': '1'}}), ('PUT', '/a', {'meta': {'a': None}}),
    ('POST', '', {'metadata': {}, 'x': 1})]


@pytest.mark.parametrize('version', ['2.1', '2.104'])
def test_bodies_that_are_refused(path, demo, version):
    for method, suffix, body in WRONG_BODIES:
        assert demo.request(method, path + suffix, body, version).fault[0] == 'badRequest', body


def test_the_limit_counts_the_result(path, demo, conf):
    conf.config(group='quota', metadata_items=2)
    assert demo.post(path, {'metadata': {'b': 'x'}}).status == 200
    assert demo.post(path, {'metadata': {'c': 'x'}}).fault == ('forbidden',
                                                               'Maximum number of metadata items exceeds 2')
    assert demo.put(path, {'metadata': {'c': 'x', 'd': 'y'}}).status == 200
    assert demo.put(f'{path}/e', {'meta': {'e': 'x'}}).status == 403
    assert demo.get(path).json == {'metadata': {'c': 'x', 'd': 'y'}}


def test_changes_at_the_same_time_are_all_kept(path, demo, conf):
    answers = run_together([lambda number=number: demo.post(path, {'metadata': {f'k{number}': 'v'}})
                            for number in range(20)])
    assert {answer.status for answer in answers} == {200}
    assert len(demo.get(path).json['metadata']) == 22


@pytest.mark.parametrize('vm_state, word', [('building', 'update metadata'), ('error', 'update metadata')])
def test_states_in_which_it_stays_as_it_is(lab, demo, vm_state, word):
    uuid = lab.server(demo, vm_state=vm_state, metadata={'a': '1'})
    path = f'/servers/{uuid}/metadata'
    assert demo.post(path, {'metadata': {'x': 'y'}}).fault == (
        'conflictingRequest', f"Cannot '{word}' instance {uuid} while it is in vm_state {vm_state}")
    assert demo.delete(f'{path}/a').fault == (
        'conflictingRequest', f"Cannot 'delete metadata' instance {uuid} while it is in vm_state {vm_state}")


def test_a_lock_keeps_members_out(lab, demo, api):
    uuid = lab.server(demo)
    lab.settle(uuid, locked=True)
    body = {'metadata': {'x': 'y'}}
    assert demo.post(f'/servers/{uuid}/metadata', body).fault == ('conflictingRequest', f'Instance {uuid} is locked')
    assert api.post(f'/servers/{uuid}/metadata', body).status == 200

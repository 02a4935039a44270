# SPDX-License-Identifier: Apache-2.0
"""/flavors over its whole range of versions."""
import pytest

BASE = {'name': 'm1.tiny', 'ram': 512, 'vcpus': 1, 'disk': 1, 'id': '1'}


def make(api, version=None, **values):
    answer = api.post('/flavors', {'flavor': {**BASE, **values}}, version)
    assert answer.status == 200, answer.body
    return answer.json['flavor']


def names(answer):
    return [flavor['name'] for flavor in answer.json['flavors']]


def test_a_flavor_of_the_oldest_version_has_the_oldest_fields(api):
    made = make(api)
    assert made == {
        'id': '1', 'name': 'm1.tiny', 'ram': 512, 'vcpus': 1, 'disk': 1, 'swap': '', 'OS-FLV-EXT-DATA:ephemeral': 0,
        'OS-FLV-DISABLED:disabled': False, 'os-flavor-access:is_public': True, 'rxtx_factor': 1.0,
        'links': [{'rel': 'self', 'href': 'http://localhost/v2.1/flavors/1'},
                  {'rel': 'bookmark', 'href': 'http://localhost/flavors/1'}]}
    assert api.get('/flavors/1').json['flavor'] == made
    assert api.get('/flavors/detail').json == {'flavors': [made]}
    assert api.get('/flavors').json == {'flavors': [{key: made[key] for key in ('id', 'name', 'links')}]}


@pytest.mark.parametrize('version, added, removed', [
    ('2.54', {}, ()), ('2.55', {'description'}, ()), ('2.60', {'description'}, ()),
    ('2.61', {'description', 'extra_specs'}, ()), ('2.101', {'description', 'extra_specs'}, ()),
    ('2.102', {'description', 'extra_specs'}, ('rxtx_factor', 'OS-FLV-DISABLED:disabled')),
    ('2.104', {'description', 'extra_specs'}, ('rxtx_factor', 'OS-FLV-DISABLED:disabled'))])
def test_fields_come_and_go_with_versions(api, version, added, removed):
    oldest = make(api)
    expected = (set(oldest) | set(added)) - set(removed)
    assert set(api.get('/flavors/1', version).json['flavor']) == expected
    assert set(api.get('/flavors/detail', version).json['flavors'][0]) == expected
    assert set(make(api, version, name='x', id='2')) == expected


def test_the_brief_list_has_a_description_from_2_55_and_never_extra_specs(api):
    make(api)
    assert set(api.get('/flavors', '2.54').json['flavors'][0]) == {'id', 'name', 'links'}
    assert set(api.get('/flavors', '2.104').json['flavors'][0]) == {'id', 'name', 'links', 'description'}


def test_no_swap_is_an_empty_text_until_2_75(api):
    make(api)
    make(api, id='2', name='swapping', swap=64)
    assert api.get('/flavors/1', '2.74').json['flavor']['swap'] == ''
    assert api.get('/flavors/1', '2.75').json['flavor']['swap'] == 0
    assert api.get('/flavors/2', '2.1').json['flavor']['swap'] == 64


def test_extra_specs_are_shown_only_to_whom_policy_allows(api):
    make(api)
    assert api.post('/flavors/1/os-extra_specs', {'extra_specs': {'hw:cpu_policy': 'shared'}}).status == 200
    assert api.get('/flavors/1', '2.61').json['flavor']['extra_specs'] == {'hw:cpu_policy': 'shared'}
    assert api.user('demo').get('/flavors/detail',
                                '2.61').json['flavors'][0]['extra_specs'] == {'hw:cpu_policy': 'shared'}


def test_an_id_is_made_when_none_is_given(api):
    assert len(make(api, id=None)['id']) == 36
    body = {'flavor': {'name': 'other', 'ram': '64', 'vcpus': '1', 'disk': '0'}}
    made = api.post('/flavors', body).json['flavor']
    assert len(made['id']) == 36 and made['ram'] == 64
    assert make(api, id=7, name='seven')['id'] == '7'


def test_name_and_id_must_be_new(api):
    make(api)
    assert api.post('/flavors', {'flavor': {**BASE, 'id': '2'}}).fault[0] == 'conflictingRequest'
    assert api.post('/flavors', {'flavor': {**BASE, 'name': 'other'}}).status == 409


@pytest.mark.parametrize('change', [
    {'name': ''}, {'name': ' x'}, {'name': 'x' * 256}, {'name': None}, {'name': 'a\u0007b'}, {'name': '\U0001f600'},
    {'ram': 0}, {'ram': -1}, {'ram': 'much'}, {'ram': 2 ** 31}, {'ram': 1.5}, {'ram': True}, {'vcpus': 0},
    {'vcpus': []},
    {'disk': -1}, {'disk': ''}, {'swap': -1}, {'OS-FLV-EXT-DATA:ephemeral': '-1'}, {'id': ''}, {'id': ' a'},
    {'id': 'a/b'},
    {'id': 'x' * 256}, {'id': '\u00e9'}, {'rxtx_factor': 0}, {'rxtx_factor': '0.0'}, {'rxtx_factor': '-1'},
    {'rxtx_factor': 3.5e38}, {'os-flavor-access:is_public': 'perhaps'}, {'os-flavor-access:is_public': 1},
    {'unknown': 1}, {'description': 'too early'}])
def test_bad_values_are_refused(api, change):
    answer = api.post('/flavors', {'flavor': {**BASE, **change}}, '2.54')
    assert answer.status == 400, answer.body
    assert answer.fault[0] == 'badRequest'
    assert len(answer.body) < 4096


@pytest.mark.parametrize('body', [b'', b'{', b'[]', b'null', {}, {'flavor': None}, {'flavor': {}}, {'flavor': BASE,
                                                                                                    'x': 1},
                                  {'flavor': {'name': 'x', 'ram': 1, 'vcpus': 1}}])
def test_bad_bodies_are_refused(api, body):
    for version in ('2.1', '2.104'):
        assert api.post('/flavors', body, version).status == 400


@pytest.mark.parametrize('name', ['<>&"\'', '\u00fcber \u20ac', 'x' * 255])
def test_odd_names_are_kept_as_they_are(api, name):
    make(api, name=name)
    assert api.get('/flavors/1').json['flavor']['name'] == name


def test_what_2_102_dropped_is_an_unknown_key(api):
    body = {'flavor': {**BASE, 'rxtx_factor': 2.0}}
    assert api.post('/flavors', body, '2.102').status == 400
    assert api.post('/flavors', body, '2.101').json['flavor']['rxtx_factor'] == 2.0


def test_the_description_can_be_changed_from_2_55(api):
    make(api, '2.55', description='small')
    change = {'flavor': {'description': 'tiny'}}
    assert api.put('/flavors/1', change, '2.54').status == 404
    answer = api.put('/flavors/1', change, '2.55')
    assert (answer.status, answer.json['flavor']['description']) == (200, 'tiny')
    assert api.put('/flavors/1', {'flavor': {'description': None}}, '2.104').json['flavor']['description'] is None
    assert api.put('/flavors/nope', change, '2.55').fault == ('itemNotFound', 'Flavor nope could not be found.')
    for bad in ({}, {'flavor': {}}, {'flavor': {'description': 'x' * 65536}}, {'flavor': {'description': 'x',
                                                                                          'ram': 1}},
                {'flavor': {'description': 3}}):
        assert api.put('/flavors/1', bad, '2.55').status == 400
    assert api.get('/flavors/1').json['flavor']['ram'] == 512


def test_delete_answers_202_and_then_404(api):
    make(api)
    answer = api.delete('/flavors/1')
    assert (answer.status, answer.body) == (202, b'')
    assert api.delete('/flavors/1').status == 404
    assert api.get('/flavors/1').status == 404


@pytest.mark.parametrize('odd', ['0', '-1', str(2 ** 63), '%00', 'x' * 300, '%f0%9f%98%80', '1.json', '%ff', "'",
                                 '%2e%2e'])
def test_odd_ids_are_not_found(api, odd):
    make(api)
    assert api.get(f'/flavors/{odd}').status == 404
    assert api.delete(f'/flavors/{odd}').status == 404
    assert api.put(f'/flavors/{odd}', {'flavor': {'description': 'x'}}, '2.55').status == 404


def test_only_an_administrator_changes_flavors(api):
    make(api)
    demo = api.user('demo')
    assert demo.post('/flavors', {'flavor': BASE}).fault[0] == 'forbidden'
    assert demo.put('/flavors/1', {'flavor': {'description': 'x'}}, '2.55').status == 403
    assert demo.delete('/flavors/1').status == 403
    assert demo.get('/flavors/1').status == 200


def test_lists_are_sorted_and_filtered(api):
    for number, (name, ram, disk) in enumerate([('b', 512, 20), ('a', 2048, 1), ('c', 64, 5)]):
        make(api, id=str(number), name=name, ram=ram, disk=disk)
    assert names(api.get('/flavors')) == ['b', 'a', 'c']
    assert names(api.get('/flavors?sort_key=name')) == ['a', 'b', 'c']
    assert names(api.get('/flavors/detail?sort_key=memory_mb&sort_dir=desc')) == ['a', 'b', 'c']
    assert names(api.get('/flavors?minRam=500&minDisk=5')) == ['b']
    assert names(api.get('/flavors?minRam=99999999999999999999')) == []
    for bad in ('sort_key=unknown', 'sort_dir=up', 'minRam=x', 'minDisk=', 'limit=-1', 'limit=x', 'is_public=maybe',
                'is_public='):
        assert api.get(f'/flavors?{bad}').status == 400, bad


def test_every_sort_key_works_until_2_102_drops_one(api):
    make(api)
    for key in ('created_at', 'description', 'disabled', 'ephemeral_gb', 'flavorid', 'id', 'is_public', 'root_gb',
                'rxtx_factor',
                'swap', 'updated_at', 'vcpu_weight', 'vcpus'):
        assert api.get(f'/flavors?sort_key={key}', '2.101').status == 200
        assert api.get(f'/flavors?sort_key={key}', '2.102').status == (400 if key == 'rxtx_factor' else 200)


def test_names_are_a_filter_from_2_102(api):
    make(api)
    make(api, id='2', name='m1.small')
    make(api, id='3', name='gpu')
    assert names(api.get('/flavors?name=gpu', '2.74')) == ['m1.tiny', 'm1.small', 'gpu']
    assert names(api.get('/flavors?name=gpu', '2.102')) == ['gpu']
    assert names(api.get('/flavors/detail?name=^m1', '2.104')) == ['m1.tiny', 'm1.small']
    assert api.get('/flavors?name=(', '2.102').status == 400


def test_unknown_query_keys_are_dropped_and_later_refused(api):
    make(api)
    assert names(api.get('/flavors?colour=red', '2.74')) == ['m1.tiny']
    assert api.get('/flavors?colour=red', '2.75').status == 400
    assert api.get('/flavors?name=x', '2.101').status == 400
    assert api.get('/flavors/1?colour=red', '2.101').status == 200
    assert api.get('/flavors/1?colour=red', '2.102').status == 400


def test_pages_follow_each_other(api):
    for number in range(5):
        make(api, id=str(number), name=f'n{number}')
    first = api.get('/flavors?limit=2&sort_dir=desc').json
    assert [flavor['id'] for flavor in first['flavors']] == ['4', '3']
    (link,) = first['flavors_links']
    assert link == {'rel': 'next', 'href': 'http://localhost/v2.1/flavors?limit=2&marker=3&sort_dir=desc'}
    second = api.get('/flavors/detail?limit=2&marker=3&sort_dir=desc').json
    assert [flavor['id'] for flavor in second['flavors']] == ['2', '1']
    assert second['flavors_links'][0]['href'].startswith('http://localhost/v2.1/flavors/detail?')
    last = api.get('/flavors?limit=2&marker=1&sort_dir=desc').json
    assert [flavor['id'] for flavor in last['flavors']] == ['0'] and 'flavors_links' not in last
    assert api.get('/flavors?limit=0').json == {'flavors': []}
    assert api.get('/flavors?marker=unknown').status == 400


def test_the_length_of_a_page_is_limited(api, cloud):
    cloud.conf(group='api', max_limit=2)
    for number in range(3):
        make(api, id=str(number), name=f'n{number}')
    answer = api.get('/flavors?limit=100').json
    assert len(answer['flavors']) == 2 and answer['flavors_links']


def test_links_carry_the_project_if_the_url_did(api):
    make(api)
    links = api.user('admin', 'abc', root='/v2.1/abc').get('/flavors/1').json['flavor']['links']
    assert [link['href'] for link in links] == ['http://localhost/v2.1/abc/flavors/1', 'http://localhost/abc/flavors/1']


def test_private_flavors_do_not_exist_for_others(api):
    make(api, **{'os-flavor-access:is_public': False})
    make(api, id='2', name='public')
    demo, friend = api.user('demo'), api.user('friend')
    assert api.post('/flavors/1/action', {'addTenantAccess': {'tenant': 'friend'}}).status == 200
    assert demo.get('/flavors/1').fault == ('itemNotFound', 'Flavor 1 could not be found.')
    assert demo.get('/flavors/1/os-extra_specs').status == 404
    assert names(demo.get('/flavors')) == ['public']
    assert names(demo.get('/flavors?is_public=None')) == ['public']
    assert demo.get('/flavors?marker=1').status == 400
    assert names(friend.get('/flavors/detail')) == ['m1.tiny', 'public']
    assert friend.get('/flavors/1').status == 200


def test_an_administrator_chooses_public_private_or_both(api):
    make(api, **{'os-flavor-access:is_public': 'no'})
    make(api, id='2', name='public')
    assert names(api.get('/flavors')) == ['public']
    assert names(api.get('/flavors?is_public=None')) == ['m1.tiny', 'public']
    assert names(api.get('/flavors?is_public=false')) == ['m1.tiny']
    assert names(api.get('/flavors?is_public=True')) == ['public']


def test_disabled_flavors_are_hidden_from_users(api, cloud):
    cloud.insert('flavors', flavorid='9', name='old', memory_mb=1, vcpus=1, root_gb=0, ephemeral_gb=0, swap=0,
                 disabled=True,
                 is_public=True)
    assert names(api.user('demo').get('/flavors')) == []
    assert api.get('/flavors/detail').json['flavors'][0]['OS-FLV-DISABLED:disabled'] is True
    assert api.get('/flavors/9').json['flavor']['rxtx_factor'] == ''


def test_a_list_costs_the_same_statements_whatever_its_length(api, cloud):
    counts = []
    for number in range(12):
        make(api, id=str(number), name=f'n{number}')
        with cloud.statements() as sent:
            assert api.get('/flavors/detail', '2.61').status == 200
        counts.append(len(sent))
    assert set(counts) == {2}


def test_v2_strips_names_and_ignores_unknown_keys(api):
    legacy = api.user('admin', 'admin', root='/v2')
    answer = legacy.post('/flavors', {'flavor': {**BASE, 'name': ' padded ', 'colour': 'red'}})
    assert (answer.status, answer.json['flavor']['name']) == (200, 'padded')

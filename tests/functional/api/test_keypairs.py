# SPDX-License-Identifier: Apache-2.0
"""/os-keypairs over its whole range of versions."""
import concurrent.futures

import pytest
from cryptography.hazmat.primitives import serialization

from mininova import crypto

PATH = '/os-keypairs'
# The form of a key, but no point of the curve that anybody has the secret of.
ED25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1jk3M7Yd7U4pK4yQo0mP0s0bS1T8m8c0Zk1j0n5d8H'


@pytest.fixture(scope='module')
def rsa_key():
    return crypto.generate_key_pair()[1]


@pytest.fixture(scope='module')
def certificate():
    return crypto.generate_winrm_x509_cert('demo')[1]


def create(api, version=None, **values):
    return api.post(PATH, {'keypair': values}, version)


def test_import_answers_200_and_from_2_2_201_with_the_type(api, rsa_key):
    first = create(api, name='old', public_key=rsa_key)
    fingerprint = crypto.generate_fingerprint(rsa_key)
    assert (first.status, first.json) == (200, {'keypair': {
        'name': 'old', 'public_key': rsa_key, 'fingerprint': fingerprint, 'user_id': 'admin'}})
    second = create(api, '2.2', name='new', public_key=rsa_key, type='ssh')
    assert second.status == 201
    assert second.json['keypair']['type'] == 'ssh' and 'private_key' not in second.json['keypair']


def test_a_key_is_made_until_2_91(api):
    made = create(api, '2.91', name='mine')
    assert made.status == 201
    keypair = made.json['keypair']
    private = serialization.load_pem_private_key(keypair['private_key'].encode(), None)
    assert private.key_size == 2048
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    assert keypair['public_key'] == public.decode() + ' Generated-by-Nova'
    assert keypair['fingerprint'] == crypto.generate_fingerprint(keypair['public_key'])
    refused = create(api, '2.92', name='other')
    assert refused.status == 400 and 'public_key' in refused.fault[1]
    assert 'private_key' not in api.get(f'{PATH}/mine').json['keypair']


def test_certificates_from_2_2(api, certificate):
    assert create(api, '2.1', name='c', public_key=certificate, type='x509').status == 400
    imported = create(api, '2.2', name='c', public_key=certificate, type='x509').json['keypair']
    assert imported['fingerprint'] == crypto.generate_x509_fingerprint(certificate)
    assert len(imported['fingerprint'].split(':')) == 20
    made = create(api, '2.2', name='m', type='x509').json['keypair']
    assert made['public_key'].startswith('-----BEGIN CERTIFICATE-----') and made['private_key']


def test_show_has_the_fields_of_its_version(api, rsa_key):
    create(api, name='k', public_key=rsa_key)
    old = api.get(f'{PATH}/k').json['keypair']
    assert set(old) == {'name', 'public_key', 'fingerprint', 'user_id', 'id', 'created_at', 'deleted', 'deleted_at',
                        'updated_at'}
    assert (old['deleted'], old['deleted_at'], old['updated_at']) == (False, None, None)
    assert isinstance(old['id'], int) and len(old['created_at']) == 26
    assert set(api.get(f'{PATH}/k', '2.2').json['keypair']) == {*old, 'type'}


def test_lists_have_no_paging_below_2_35(api, rsa_key):
    for name in ('c', 'a', 'b'):
        create(api, name=name, public_key=rsa_key)
    whole = api.get(f'{PATH}?limit=1', '2.34').json
    assert [entry['keypair']['name'] for entry in whole['keypairs']] == ['a', 'b', 'c']
    assert set(whole['keypairs'][0]['keypair']) == {'name', 'public_key', 'fingerprint', 'type'}
    assert set(api.get(PATH).json['keypairs'][0]['keypair']) == {'name', 'public_key', 'fingerprint'}
    page = api.get(f'{PATH}?limit=2', '2.35').json
    assert [entry['keypair']['name'] for entry in page['keypairs']] == ['a', 'b']
    assert page['keypairs_links'] == [{'rel': 'next', 'href': 'http://localhost/v2.1/os-keypairs?limit=2&marker=b'}]
    rest = api.get(f'{PATH}?limit=2&marker=b', '2.35').json
    assert [entry['keypair']['name'] for entry in rest['keypairs']] == ['c'] and 'keypairs_links' not in rest
    assert api.get(f'{PATH}?marker=nope', '2.35').status == 400
    assert api.get(f'{PATH}?limit=-1', '2.35').status == 400


def test_delete_answers_202_and_from_2_2_204(api, rsa_key):
    for name, version, status in (('a', '2.1', 202), ('b', '2.2', 204)):
        create(api, name=name, public_key=rsa_key)
        answer = api.delete(f'{PATH}/{name}', version)
        assert (answer.status, answer.body) == (status, b'')
        assert api.delete(f'{PATH}/{name}', version).fault[0] == 'itemNotFound'
        assert api.get(f'{PATH}/{name}', version).status == 404


def test_users_see_only_their_own(api, rsa_key):
    demo, other = api.user('demo'), api.user('other', 'demo')
    create(demo, name='k', public_key=rsa_key)
    assert other.get(f'{PATH}/k').status == 404
    assert other.delete(f'{PATH}/k').status == 404
    assert other.get(PATH).json == {'keypairs': []}
    assert create(other, name='k', public_key=rsa_key).status == 200


def test_an_administrator_acts_for_a_user_from_2_10(api, rsa_key):
    assert create(api, '2.9', name='k', public_key=rsa_key, user_id='demo').status == 400
    made = create(api, '2.10', name='k', public_key=rsa_key, user_id='demo')
    assert made.json['keypair']['user_id'] == 'demo'
    assert api.get(f'{PATH}?user_id=demo', '2.9').json == {'keypairs': []}
    assert len(api.get(f'{PATH}?user_id=demo', '2.10').json['keypairs']) == 1
    assert api.get(f'{PATH}/k?user_id=demo', '2.9').status == 404
    assert api.get(f'{PATH}/k?user_id=demo', '2.104').status == 200
    assert api.delete(f'{PATH}/k?user_id=demo', '2.9').status == 404
    assert api.delete(f'{PATH}/k?user_id=demo', '2.10').status == 204


def test_users_may_not_act_for_others(api, rsa_key):
    demo = api.user('demo')
    assert create(demo, '2.10', name='k', public_key=rsa_key, user_id='other').status == 403
    assert demo.get(f'{PATH}?user_id=other', '2.10').status == 403
    assert demo.get(f'{PATH}/k?user_id=other', '2.10').status == 403
    assert demo.delete(f'{PATH}/k?user_id=other', '2.10').status == 403
    assert create(demo, '2.10', name='k', public_key=rsa_key, user_id='demo').status == 201


def test_unknown_query_keys_are_refused_from_2_75(api, rsa_key):
    create(api, name='k', public_key=rsa_key)
    for path in (PATH, f'{PATH}/k'):
        assert api.get(f'{path}?colour=red', '2.74').status == 200
        assert api.get(f'{path}?colour=red', '2.75').status == 400
    assert api.delete(f'{PATH}/k?colour=red', '2.75').status == 400
    assert api.delete(f'{PATH}/k?colour=red', '2.74').status == 204


def test_names_must_be_new(api, rsa_key):
    assert create(api, name='k', public_key=rsa_key).status == 200
    assert create(api, name='k', public_key=rsa_key).fault == ('conflictingRequest', "Key pair 'k' already exists.")


@pytest.mark.parametrize('name, first, later', [
    ('plain-name_1 x', 200, 201), ('at@home.org', 400, 201), ('', 400, 400), (' x', 400, 400), ('x ', 400, 400),
    ('a' * 255, 200, 201), ('a' * 256, 400, 400), ('<>&"\'', 400, 400), ('\u00e9', 400, 400), ('\U0001f600', 400, 400),
    ('a/b', 400, 400), ('a\n', 400, 400), (5, 400, 400), (None, 400, 400)])
def test_names(api, rsa_key, name, first, later):
    assert create(api, '2.1', name=name, public_key=rsa_key).status == first
    assert create(api.user('other'), '2.92', name=name, public_key=rsa_key).status == later


@pytest.mark.parametrize('body', [
    b'', b'{', {}, {'keypair': None}, {'keypair': []}, {'keypair': {}}, {'keypair': {'name': 'k', 'unknown': 1}},
    {'keypair': {'name': 'k', 'public_key': None}}, {'keypair': {'name': 'k', 'public_key': 5}},
    {'keypair': {'name': 'k'}, 'x': 1},
    {'keypair': {'name': 'k', 'type': 'gpg'}}, {'keypair': {'name': 'k', 'public_key': 'x', 'user_id': 'u' * 256}}])
def test_bad_bodies_are_refused(api, body):
    for version in ('2.1', '2.104'):
        assert api.post(PATH, body, version).fault[0] == 'badRequest'


@pytest.mark.parametrize('change', [
    lambda key: key + '\n' + key, lambda key: 'command="sh" ' + key, lambda key: key.replace('ssh-rsa', 'ssh-ed25519'),
    lambda key: key.replace('ssh-rsa', 'ssh-mine'), lambda key: 'ssh-rsa', lambda key: 'ssh-rsa ', lambda key: '',
    lambda key: 'ssh-rsa ' + 'A' * 2048 + ' x@y', lambda key: 'ssh-rsa %%%%', lambda key: key[:200],
    lambda key: ED25519 + '!',
    lambda key: key + ' ' + 'c' * 17000, lambda key: '\U0001f600', lambda key: key.split()[1]])
def test_bad_keys_are_refused(api, rsa_key, change):
    answer = create(api, '2.2', name='k', public_key=change(rsa_key))
    assert answer.fault[0] == 'badRequest' and answer.fault[1].startswith('Keypair data is invalid')
    assert api.get(PATH).json == {'keypairs': []}


def test_what_is_stored_is_one_clean_line(api, rsa_key):
    kind, data, comment = rsa_key.split()
    made = create(api, '2.2', name='k', public_key=f'  {kind}   {data} me\t@\x1bhome \n').json['keypair']
    assert made['public_key'] == f'{kind} {data} me@home'


def test_no_certificate_is_refused(api, rsa_key, certificate):
    for text in (rsa_key, '', 'x' * 17000, certificate.replace('M', 'N'), '\u00e9'):
        assert create(api, '2.2', name='c', type='x509', public_key=text).status == 400


def test_the_limit_is_exact_whoever_comes_at_the_same_time(api, cloud, rsa_key):
    cloud.conf(group='quota', key_pairs=3)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(
            lambda number: create(api.user('demo'), '2.2', name=f'k{number}', public_key=rsa_key).status, range(12)))
    assert sorted(statuses) == [201] * 3 + [403] * 9
    assert create(api.user('demo'), name='x', public_key=rsa_key).fault == ('forbidden',
                                                                            'Quota exceeded, too many key pairs.')
    assert create(api.user('other'), name='x', public_key=rsa_key).status == 200


def test_limits_of_a_project_and_of_a_user_in_it_count_before_the_default(api, cloud, rsa_key):
    cloud.insert('quotas', project_id='demo', resource='key_pairs', hard_limit=1)
    cloud.insert('quotas', project_id='demo', user_id='rich', resource='key_pairs', hard_limit=2)
    for user, status in (('demo', [200, 403, 403]), ('rich', [200, 200, 403])):
        client = api.user(user, 'demo')
        assert [create(client, name=f'k{number}', public_key=rsa_key).status for number in range(3)] == status


def test_a_list_costs_the_same_statements_whatever_its_length(api, cloud, rsa_key):
    counts = set()
    for number in range(5):
        create(api, name=f'k{number}', public_key=rsa_key)
        with cloud.statements() as sent:
            api.get(PATH, '2.104')
        counts.add(len(sent))
    assert counts == {1}


def test_v2_takes_nearly_any_name_and_strips_it(api, rsa_key):
    legacy = api.user('admin', 'admin', root='/v2')
    made = legacy.post(PATH, {'keypair': {'name': ' m\u00fcller ', 'public_key': rsa_key, 'unknown': 1}})
    assert (made.status, made.json['keypair']['name']) == (200, 'm\u00fcller')
    assert api.get(f'{PATH}/m%C3%BCller').status == 200


@pytest.mark.parametrize('odd', ['0', '-1', str(2 ** 63), '%00', 'x' * 300, '%f0%9f%98%80', '%ff', '%27'])
def test_odd_ids_are_not_found(api, odd):
    assert api.get(f'{PATH}/{odd}').status == 404
    assert api.delete(f'{PATH}/{odd}').status == 404

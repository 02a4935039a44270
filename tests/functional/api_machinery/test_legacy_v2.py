# SPDX-License-Identifier: Apache-2.0
"""/v2: the same code for clients from before microversions."""
import pytest


def test_microversion_headers_are_ignored_and_not_sent(client):
    answer = client('POST', '/v2/widgets', {'widget': {'name': 'a'}}, '2.50')
    assert (answer.status_int, answer.json['version']) == (202, '2.1')
    assert not {'OpenStack-API-Version', 'X-OpenStack-Nova-API-Version', 'Vary'} & set(answer.headers)
    assert 'x-compute-request-id' in answer.headers


def test_even_a_malformed_version_is_ignored(client):
    assert client.get('/v2/widgets', OpenStack_API_Version='compute x').status_int == 200


def test_errors_have_no_version_headers_either(client):
    answer = client('PUT', '/v2/widgets/nova-404', {})
    assert answer.status_int == 404
    assert 'Vary' not in answer.headers


def test_an_operation_of_a_later_version_does_not_exist(client):
    assert client.get('/v2/widgets/1/report', '2.30').status_int == 404


def test_unknown_body_keys_are_removed(client):
    answer = client('POST', '/v2/widgets', {'widget': {'name': 'a', 'description': 'later', 'x': 1}, 'y': 2})
    assert answer.json['got'] == {'widget': {'name': 'a'}}


def test_unknown_body_keys_are_refused_in_2_1(client):
    for body in ({'widget': {'name': 'a', 'description': 'later'}}, {'widget': {'name': 'a'}, 'y': 2}):
        answer = client('POST', '/v2.1/widgets', body)
        assert answer.status_int == 400
        assert 'was unexpected' in answer.json['badRequest']['message']


def test_blanks_around_a_name_are_cut_off(client):
    assert client('POST', '/v2/widgets', {'widget': {'name': '  a b '}}).json['got']['widget']['name'] == 'a b'


@pytest.mark.parametrize('name', [' a', 'a ', '\u3000a', ' '])
def test_blanks_around_a_name_are_refused_in_2_1(client, name):
    message = client('POST', '/v2.1/widgets', {'widget': {'name': name}}).json['badRequest']['message']
    assert 'Can not start or end with whitespace' in message


@pytest.mark.parametrize('name', ['   ', '', 'a' * 256, 5, None])
def test_other_rules_hold_in_v2_too(client, name):
    assert client('POST', '/v2/widgets', {'widget': {'name': name}}).status_int == 400


def test_links_stay_within_v2(client):
    links = client.get('/v2/widgets/7', Host='h').json['widget']['links']
    assert [link['href'] for link in links] == ['http://h/v2/widgets/7', 'http://h/widgets/7']


def test_the_list_of_extensions_has_one_more(client):
    new, old = ({entry['alias'] for entry in client.get(f'{root}/extensions').json['extensions']}
                for root in ('/v2.1', '/v2'))
    assert old - new == {'OS-EXT-VIF-NET'}
    assert client.get('/v2/extensions/OS-EXT-VIF-NET').status_int == 200
    assert client.get('/v2.1/extensions/OS-EXT-VIF-NET').status_int == 404


def test_an_entry_of_the_list_of_extensions(client):
    entry = client.get('/v2.1/extensions/os-keypairs').json['extension']
    assert entry.pop('description')
    assert entry == {'alias': 'os-keypairs', 'name': 'Keypairs', 'links': [], 'updated': '2014-12-03T00:00:00Z',
                     'namespace': 'http://docs.openstack.org/compute/ext/fake_xml'}

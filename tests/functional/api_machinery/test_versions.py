# SPDX-License-Identifier: Apache-2.0
"""The documents that clients read before anything else."""
import oslo_middleware.basic_auth  # noqa: F401  (registers its option)
import pytest

VENDOR = 'application/vnd.openstack.compute+json'
V20 = {'id': 'v2.0', 'status': 'DEPRECATED', 'version': '', 'min_version': '', 'updated': '2025-07-04T12:00:00Z'}
V21 = {'id': 'v2.1', 'status': 'CURRENT', 'version': '2.104', 'min_version': '2.1', 'updated': '2013-07-23T11:33:21Z'}
DOCUMENTATION = {'rel': 'describedby', 'type': 'text/html', 'href': 'http://docs.openstack.org/'}


def self_link(href):
    return {'rel': 'self', 'href': href}


def document(version, href, media):
    return {'version': {**version, 'links': [self_link(href), DOCUMENTATION],
                        'media-types': [{'base': 'application/json', 'type': f'{VENDOR};version={media}'}]}}


def test_the_root_lists_both_versions_and_has_no_request_id(client):
    answer = client.get('/')
    assert answer.status_int == 200
    assert answer.json == {'versions': [{**V20, 'links': [self_link('http://localhost/v2/')]},
                                        {**V21, 'links': [self_link('http://localhost/v2.1/')]}]}
    assert set(answer.headers) == {'Content-Type', 'Content-Length'}


@pytest.mark.parametrize('path', ['/v2.1', '/v2.1/'])
def test_the_2_1_document_needs_no_token(client, path):
    answer = client.get(path)
    assert answer.json == document(V21, 'http://localhost/v2.1/', '2.1')
    assert answer.headers['OpenStack-API-Version'] == 'compute 2.1'
    assert answer.headers['X-OpenStack-Nova-API-Version'] == '2.1'
    assert answer.headers['x-compute-request-id'] == answer.headers['x-openstack-request-id']


def test_the_2_1_document_echoes_the_version_asked_for(client):
    assert client.get('/v2.1', version='2.53').headers['X-OpenStack-Nova-API-Version'] == '2.53'


@pytest.mark.parametrize('path', ['/v2', '/v2/'])
def test_the_2_0_document_has_no_microversion_headers(client, path):
    answer = client.get(path, version='2.53')
    assert answer.json == document(V20, 'http://localhost/v2/', '2')
    assert 'OpenStack-API-Version' not in answer.headers
    assert 'X-OpenStack-Nova-API-Version' not in answer.headers
    assert 'Vary' not in answer.headers
    assert answer.headers['x-compute-request-id'].startswith('req-')


@pytest.mark.parametrize('strategy', ['keystone', 'http_basic', 'noauth2'])
def test_the_documents_are_open_in_every_pipeline(load, strategy, tmp_path):
    passwords = tmp_path / 'users'
    passwords.write_text('')
    client = load(api={'auth_strategy': strategy}, oslo_middleware={'http_basic_auth_user_file': str(passwords)})
    assert [client.get(path).status_int for path in ('/', '/v2', '/v2.1', '/v2/', '/v2.1/')] == [200] * 5


@pytest.mark.parametrize('path', ['/v1', '/v3/foo', '/v2.10/servers', '/servers', '/v2.1servers'])
@pytest.mark.parametrize('method', ['GET', 'POST'])
def test_a_path_of_no_version_is_answered_with_choices(client, path, method):
    answer = client(method, path)
    assert answer.status_int == 300
    assert answer.json == {'choices': [
        {'id': 'v2.0', 'status': 'DEPRECATED', 'links': [self_link(f'http://localhost/v2{path}')],
         'media-types': [{'base': 'application/json', 'type': f'{VENDOR};version=2'}]},
        {'id': 'v2.1', 'status': 'CURRENT', 'links': [self_link(f'http://localhost/v2.1{path}')],
         'media-types': [{'base': 'application/json', 'type': f'{VENDOR};version=2.1'}]}]}


@pytest.mark.parametrize('path', ['/v2.1/versions/v2.1', '/v2.1/abc-123/', '/v2.1/abc-123/versions/v2.1'])
def test_the_same_document_is_behind_the_token(client, path):
    assert client.get(path).json == document(V21, 'http://localhost/v2.1/', '2.1')


def test_the_2_0_document_can_be_read_through_2_1(client):
    assert client.get('/v2.1/versions/v2.0').json == document(V20, 'http://localhost/v2/', '2')


@pytest.mark.parametrize('identifier', ['v2', '2.1', 'v3', 'v2.1.json'])
def test_an_unknown_version_is_not_found(client, identifier):
    answer = client.get(f'/v2.1/versions/{identifier}')
    assert (answer.status_int, answer.json['itemNotFound']['code']) == (404, 404)


@pytest.mark.parametrize('host', ['cloud.example.org', 'cloud.example.org:8774', '192.0.2.1:80', '[2001:db8::1]:8774'])
def test_links_carry_the_host_of_the_request(client, host):
    expected = host.removesuffix(':80')
    assert client.get('/', Host=host).json['versions'][1]['links'][0]['href'] == f'http://{expected}/v2.1/'


def test_links_follow_the_configured_prefix(load):
    client = load(api={'compute_link_prefix': 'https://cloud.example.org/compute'})
    assert client.get('/').json['versions'][1]['links'][0]['href'] == 'https://cloud.example.org/compute/v2.1/'
    assert client.get('/v2.1').json['version']['links'][0]['href'] == 'https://cloud.example.org/compute/v2.1/'
    assert client.get('/v2.1/widgets/7').json['widget']['links'] == [
        {'rel': 'self', 'href': 'https://cloud.example.org/compute/v2.1/widgets/7'},
        {'rel': 'bookmark', 'href': 'https://cloud.example.org/compute/widgets/7'}]


FORWARDED = {'X_Forwarded_Proto': 'https', 'X_Forwarded_Host': 'proxy.example.org', 'X_Forwarded_Prefix': '/compute'}


def test_forwarded_headers_are_ignored_by_default(client):
    for path in ('/', '/v2.1', '/v2.1/widgets/7'):
        assert b'proxy.example.org' not in client.get(path, **FORWARDED).body


def test_forwarded_headers_are_honoured_when_enabled(load):
    client = load(oslo_middleware={'enable_proxy_headers_parsing': True})
    assert client.get('/', **FORWARDED).json['versions'][1]['links'][0]['href'] == (
        'https://proxy.example.org/compute/v2.1/')
    assert client.get('/v2.1/widgets/7', **FORWARDED).json['widget']['links'][0]['href'] == (
        'https://proxy.example.org/compute/v2.1/widgets/7')


@pytest.mark.parametrize('host', ['a/b', 'a b', 'a@b', 'a"b', 'a<b', 'a?b', 'a#b', 'a:b', 'a:1:2', '-a', 'a,b', 'a\\b'])
@pytest.mark.parametrize('path', ['/', '/v2.1', '/v2.1/widgets/7'])
def test_a_malformed_host_is_refused(client, host, path):
    assert client.get(path, Host=host).status_int == 400


def test_a_malformed_forwarded_host_does_not_get_into_links(load):
    client = load(oslo_middleware={'enable_proxy_headers_parsing': True})
    answer = client.get('/v2.1/widgets/7', X_Forwarded_Host='evil/"x')
    assert answer.status_int == 400


def test_healthcheck_answers_ok(client):
    assert client.get('/healthcheck').status_int == 200

# SPDX-License-Identifier: Apache-2.0
"""What a request must be, the order in which that is checked, and how refusals look."""
import pytest

from tests.functional.api_machinery import widgets

VENDOR = 'application/vnd.openstack.compute+json'
GOOD = {'widget': {'name': 'one'}}


# -- media types ------------------------------------------------------------------------------

@pytest.mark.parametrize('content_type', ['application/json', 'application/json; charset=utf-8', VENDOR, 'text/plain',
                                          '', 'Application/JSON'])
def test_json_under_any_of_its_names_is_read(client, content_type):
    answer = client('POST', '/v2.1/widgets', body=b'{"widget": {"name": "one"}}', Content_Type=content_type)
    assert answer.status_int == 202


@pytest.mark.parametrize('content_type', ['application/xml', 'text/html', 'application/x-www-form-urlencoded',
                                          'multipart/form-data', 'application/jsonx'])
def test_other_media_types_are_unsupported(client, content_type):
    answer = client('POST', '/v2.1/widgets', body=b'{"widget": {"name": "one"}}', Content_Type=content_type)
    assert answer.status_int == 415
    assert answer.json == {'badMediaType': {'code': 415, 'message': 'Unsupported Content-Type'}}


@pytest.mark.parametrize(('accept', 'expected'), [
    (None, 'application/json'), ('*/*', 'application/json'), (VENDOR, VENDOR), ('application/json', 'application/json'),
    ('text/html', 'application/json'), (f'application/json;q=0.1, {VENDOR}', VENDOR),
    ('application/*', 'application/json'), ('garbage;;;', 'application/json'), ('', 'application/json')])
def test_the_answer_has_the_type_that_accept_prefers(client, accept, expected):
    headers = {} if accept is None else {'Accept': accept}
    assert client.get('/v2.1/widgets/1', **headers).headers['Content-Type'] == expected


def test_a_suffix_is_part_of_the_id(client):
    assert client.get('/v2.1/widgets/1.json').json['widget']['id'] == '1.json'
    assert client.get('/v2.1/widgets.json').status_int == 404


# -- bodies -----------------------------------------------------------------------------------

@pytest.mark.parametrize('body', [b'{', b'nonsense', b'{"widget": NaN}', b'{"a": "\xff"}', b'{"a": "\\ud800"}',
                                  b"{'a': 1}", b'[' * 10000 + b']' * 10000, b'{"a":' * 10000 + b'1' + b'}' * 10000])
@pytest.mark.parametrize('path', ['/v2.1/widgets', '/v2.1/widgets/1/action'])
def test_what_is_no_json_is_malformed(client, body, path):
    answer = client('POST', path, body=body)
    assert answer.status_int == 400
    assert answer.json == {'badRequest': {'code': 400, 'message': 'Malformed request body'}}


def test_nul_in_a_text_is_refused_but_its_spelling_is_not(client):
    refused = client('POST', '/v2.1/widgets', body=b'{"widget": {"name": "a", "metadata": {"k": "a\\u0000b"}}}')
    assert (refused.status_int, 'NUL' in refused.json['badRequest']['message']) == (400, True)
    accepted = client('POST', '/v2.1/widgets', body=b'{"widget": {"name": "a", "metadata": {"k": "a\\\\u0000b"}}}')
    assert accepted.status_int == 202


def test_big_numbers_survive(client):
    answer = client('POST', '/v2.1/widgets', {'widget': {'name': 'a', 'size': 2**63 - 1}})
    assert answer.json['got']['widget']['size'] == 2**63 - 1


@pytest.mark.parametrize('name', ['caf\u00e9', '<>&"\'', '\u4e2d\u6587'])
def test_names_of_many_scripts_come_back_as_sent(client, name):
    assert client('POST', '/v2.1/widgets', {'widget': {'name': name}}).json['got']['widget']['name'] == name


def test_characters_outside_of_the_basic_plane_are_no_name(client):
    answer = client('POST', '/v2.1/widgets', {'widget': {'name': 'smile \U0001f600'}})
    assert answer.status_int == 400
    assert answer.json['badRequest']['message'].startswith('Invalid input for field/attribute name. Value: smile')


def test_a_body_above_the_limit_is_413_in_html_without_versions(client):
    answer = client('POST', '/v2.1/widgets', body=b'a' * 114689, Accept='text/html')
    assert answer.status_int == 413
    assert answer.headers['Content-Type'].startswith('text/html')
    assert 'OpenStack-API-Version' not in answer.headers
    assert 'x-compute-request-id' in answer.headers


def test_a_body_at_the_limit_is_read(client):
    body = b'{"widget": {"name": "one"}}'
    assert client('POST', '/v2.1/widgets', body=body + b' ' * (114688 - len(body))).status_int == 202


def test_an_empty_body_is_none(client):
    answer = client('POST', '/v2.1/widgets', body=b'', Content_Type='application/json')
    assert answer.status_int == 400
    assert "None is not of type 'object'" in answer.json['badRequest']['message']


# -- actions ----------------------------------------------------------------------------------

@pytest.mark.parametrize('body', [b'{"spin": {}, "halt": null}', b'{}', b'[]', b'"spin"', b'null', b'', b'[1]'])
def test_an_action_body_needs_exactly_one_key(client, body):
    answer = client('POST', '/v2.1/widgets/1/action', body=body)
    assert answer.json == {'badRequest': {'code': 400, 'message': 'Malformed request body'}}


def test_an_unknown_action_is_named(client):
    answer = client('POST', '/v2.1/widgets/1/action', {'fly': None})
    assert answer.json == {'badRequest': {'code': 400, 'message': 'There is no such action: fly'}}


def test_a_python_name_is_no_action(client):
    assert client('POST', '/v2.1/widgets/1/action', {'halt_now': None}).status_int == 400
    assert client('POST', '/v2.1/widgets/1/action', {'__init__': None}).status_int == 400


def test_an_action_without_answer_is_an_empty_202(client):
    answer = client('POST', '/v2.1/widgets/1/action', {'spin': {'speed': '3'}})
    assert (answer.status_int, answer.body, answer.headers['Content-Length']) == (202, b'', '0')


# -- order ------------------------------------------------------------------------------------

def status(client, path='/v2.1/widgets/gone/action', json_body=None, **kwargs):
    if json_body is None and 'body' not in kwargs:
        json_body = {'spin': {}}
    return client('POST', path, json_body, **kwargs).status_int


def test_the_route_comes_before_the_version(client):
    assert client.get('/v2.1/nothing', version='9.9').status_int == 404


def test_the_version_comes_before_the_media_type(client):
    assert status(client, body=b'<', version='9.9', Content_Type='text/xml') == 406
    assert status(client, body=b'<', OpenStack_API_Version='compute x', Content_Type='text/xml') == 400


def test_the_media_type_comes_before_the_action(client):
    assert status(client, body=b'{"fly": 1}', Content_Type='text/xml') == 415


def test_the_action_comes_before_the_version_range_and_the_project(client):
    assert status(client, json_body={'fly': None}, path='/v2.1/abc/widgets/1/action', X_Auth_Token='u:def') == 400
    answer = client('POST', '/v2.1/abc/widgets/1/action', {'fly': None}, X_Auth_Token='u:def')
    assert 'There is no such action' in answer.json['badRequest']['message']


def test_the_project_comes_before_the_version_range(client):
    answer = client.get('/v2.1/abc/widgets/1/report', X_Auth_Token='u:def')
    assert answer.status_int == 400


def test_the_version_range_comes_before_the_schema(client):
    assert status(client, json_body={'halt': {'wrong': 1}}, version='2.5') == 404


def test_the_schema_comes_before_the_lookup(client):
    assert status(client, json_body={'spin': {'speed': 'fast'}}) == 400
    assert status(client, json_body={'spin': {'speed': 1}}) == 404


def test_the_version_range_comes_before_the_policy(client):
    assert client.get('/v2.1/widgets/1/report', '2.29', X_Auth_Token='demo:p').status_int == 404
    assert client.get('/v2.1/widgets/1/report', '2.30', X_Auth_Token='demo:p').status_int == 403
    assert client.get('/v2.1/widgets/1/report', '2.30', X_Auth_Token='admin:p').status_int == 200


def test_a_policy_refusal_names_the_rule(client):
    fault = client.get('/v2.1/widgets/1/report', '2.30', X_Auth_Token='demo:p').json['forbidden']
    assert fault == {'code': 403, 'message': "Policy doesn't allow admin_api to be performed."}


# -- faults -----------------------------------------------------------------------------------

@pytest.mark.parametrize(('failure', 'code', 'name', 'text'), [
    ('nova-404', 404, 'itemNotFound', 'Instance x could not be found.'),
    ('nova-409', 409, 'conflictingRequest', 'Instance x is locked'),
    ('nova-403', 403, 'forbidden', 'Quota exceeded for cores'),
    ('nova-503', 503, 'serviceUnavailable', 'tired'),
    ('database', 503, 'serviceUnavailable', 'The database cannot be reached'),
    ('driver', 501, 'notImplemented', 'does not support'),
    ('webob-405', 405, 'badMethod', ''),
    ('over-limit', 429, 'overLimit', ''),
    ('unexpected', 500, 'computeFault', "<class 'OSError'>"),
    ('unsafe', 500, 'computeFault', "<class 'mininova.exception.DiskNotEnough'>"),
])
def test_exceptions_become_faults(client, failure, code, name, text):
    answer = client('PUT', f'/v2.1/widgets/{failure}', {})
    assert answer.status_int == code
    assert list(answer.json) == [name]
    assert answer.json[name]['code'] == code
    assert text in answer.json[name]['message']
    assert answer.headers['OpenStack-API-Version'] == 'compute 2.1'


def test_an_unexpected_exception_ends_in_its_class_and_tells_nothing_else(client):
    for failure in ('unexpected', 'unsafe', 'driver', 'database'):
        answer = client('PUT', f'/v2.1/widgets/{failure}', {})
        assert b'SECRET' not in answer.body and b'secret' not in answer.body
    message = client('PUT', '/v2.1/widgets/unexpected', {}).json['computeFault']['message']
    assert message.endswith("<class 'OSError'>")


def test_retry_after_is_in_header_and_body_of_over_limit(client):
    answer = client('PUT', '/v2.1/widgets/over-limit', {})
    assert answer.headers['Retry-After'] == '7'
    assert answer.json['overLimit']['retryAfter'] == '7'


def test_an_unavailable_service_says_when_to_come_back(client):
    for failure in ('nova-503', 'database'):
        answer = client('PUT', f'/v2.1/widgets/{failure}', {})
        assert answer.headers['Retry-After'] == '5'
        assert 'retryAfter' not in answer.json['serviceUnavailable']


@pytest.mark.parametrize('request_body', [
    {'widget': {'name': 'a' * 100000}}, {'widget': {'name': ['\u0001' * 10000]}}, {'widget': {'x' * 100000: 1}},
    {'widget': {'name': 'a', 'metadata': {'\U0001f600' * 9000: 'v'}}}, {'widget': {f'k{i}': i for i in range(6000)}}])
def test_errors_stay_small(client, request_body):
    answer = client('POST', '/v2.1/widgets', request_body)
    assert answer.status_int == 400
    assert len(answer.body) < 4096
    assert len(client('PUT', '/v2.1/widgets/long', {}).body) < 4096


def test_a_long_action_name_stays_small(client):
    assert len(client('POST', '/v2.1/widgets/1/action', {'x' * 100000: None}).body) < 4096


def test_a_removed_operation_is_gone_at_every_version(client):
    for version in ('2.1', '2.104'):
        answer = client.get('/v2.1/os-cells', version)
        assert (answer.status_int, answer.json['computeFault']['code']) == (410, 410)
        assert client.get('/v2.1/os-cells/1', version).status_int == 410


# -- odd ids ----------------------------------------------------------------------------------

@pytest.mark.parametrize('identifier', ['0', '-1', str(2**63), '%C3%A9', '%E4%B8%AD', 'a' * 300, "'%22--",
                                        '%F0%9F%98%80'])
def test_odd_ids_reach_the_controller_as_text(client, identifier):
    answer = client.get(f'/v2.1/widgets/{identifier}')
    assert answer.status_int == 200
    assert answer.json['widget']['id'] == widgets.webob.compat.url_unquote(identifier).encode('latin-1').decode()


@pytest.mark.parametrize('identifier', ['%00', 'a%00b', '%FF', '%C3', '%ED%A0%80'])
def test_ids_that_are_no_text_are_not_found(client, identifier):
    answer = client.get(f'/v2.1/widgets/{identifier}')
    assert (answer.status_int, list(answer.json)) == (404, ['itemNotFound'])


# -- answers ----------------------------------------------------------------------------------

def test_request_ids_are_equal_and_new_each_time(client):
    first, second = client.get('/v2.1/widgets'), client.get('/v2.1/widgets')
    assert first.headers['x-openstack-request-id'] == first.headers['x-compute-request-id']
    assert first.headers['x-openstack-request-id'].startswith('req-')
    assert first.headers['x-openstack-request-id'] != second.headers['x-openstack-request-id']


@pytest.mark.parametrize(('sent', 'kept'), [
    ('req-11111111-2222-3333-4444-555555555555', True), ('req-x', False),
    ('11111111-2222-3333-4444-555555555555', False), ('req-11111111-2222-3333-4444-555555555555\nx', False)])
def test_the_callers_request_id_is_global_and_not_echoed(client, sent, kept):
    answer = client.get('/v2.1/who', X_OpenStack_Request_Id=sent)
    assert answer.json['global_request_id'] == (sent if kept else None)
    assert answer.json['request_id'] == answer.headers['x-compute-request-id'] != sent


def test_headers_of_a_response_object_are_sent(client):
    answer = client('POST', '/v2.1/widgets', GOOD)
    assert (answer.status_int, answer.headers['Location']) == (202, 'http://here/1')


def test_a_204_has_neither_body_nor_type(client):
    answer = client('DELETE', '/v2.1/widgets/1', version='2.20')
    assert (answer.status_int, answer.body) == (204, b'')
    assert 'Content-Type' not in answer.headers

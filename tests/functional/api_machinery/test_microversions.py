# SPDX-License-Identifier: Apache-2.0
"""Which version a request is answered in, and how the answer says so."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mininova.api.openstack import api_version_request as versions

LEGACY = 'X_OpenStack_Nova_API_Version'
STANDARD = 'OpenStack_API_Version'


def versions_of(answer):
    return answer.headers.get('OpenStack-API-Version'), answer.headers.get('X-OpenStack-Nova-API-Version')


def vary_of(answer):
    return [value for name, value in answer.headerlist if name == 'Vary']


@pytest.mark.parametrize(('headers', 'used'), [
    ({}, '2.1'),
    ({STANDARD: 'compute 2.5'}, '2.5'),
    ({LEGACY: '2.5'}, '2.5'),
    ({STANDARD: 'compute 2.5', LEGACY: '2.6'}, '2.5'),
    ({STANDARD: 'volume 3.5', LEGACY: '2.6'}, '2.6'),
    ({STANDARD: 'volume 3.5'}, '2.1'),
    ({STANDARD: 'volume 3.5, compute 2.7 , image 2.1'}, '2.7'),
    ({STANDARD: 'Compute 2.7'}, '2.7'),
    ({STANDARD: 'compute latest'}, '2.104'),
    ({LEGACY: 'latest'}, '2.104'),
    ({LEGACY: '2.1'}, '2.1'),
    ({LEGACY: '2.104'}, '2.104'),
    ({STANDARD: 'compute'}, '2.1'),
    ({STANDARD: ''}, '2.1'),
])
def test_headers_choose_the_version(client, headers, used):
    answer = client.get('/v2.1/widgets/1', **headers)
    assert answer.status_int == 200
    assert versions_of(answer) == (f'compute {used}', used)
    assert vary_of(answer) == ['OpenStack-API-Version', 'X-OpenStack-Nova-API-Version']


@pytest.mark.parametrize('text', ['2', '2.', '.1', '2.01', '02.1', '2.1.1', 'v2.1', '-2.1', '2.-1', '2.x', 'two',
                                  '2.1 2.2', '2,1', '0x2.1', '2.1e1', '\u0662.1', 'LATEST', '2.' + '9' * 200])
def test_a_version_of_another_form_is_a_bad_request_without_version_headers(client, text):
    for headers in ({STANDARD: f'compute {text}'}, {LEGACY: text}):
        if not text.isascii():
            headers = {name: value.encode().decode('latin-1') for name, value in headers.items()}
        answer = client.get('/v2.1/widgets/1', **headers)
        assert answer.status_int == 400, headers
        assert answer.json['badRequest']['code'] == 400
        assert versions_of(answer) == (None, None)
        assert vary_of(answer) == []
        assert 'x-compute-request-id' in answer.headers


@pytest.mark.parametrize('text', ['2.0', '2.105', '1.1', '3.1', '2.1000000', '20.1'])
def test_a_version_out_of_range_is_not_acceptable_and_echoed(client, text):
    answer = client.get('/v2.1/widgets/1', version=text)
    assert answer.status_int == 406
    fault = answer.json['computeFault']
    assert fault['code'] == 406
    assert text in fault['message'] and '2.1 ' in fault['message'] and '2.104' in fault['message']
    assert versions_of(answer) == (f'compute {text}', text)
    assert len(vary_of(answer)) == 2


@pytest.mark.parametrize(('version', 'status'), [('2.29', 404), ('2.30', 200), ('2.40', 200), ('2.41', 404)])
def test_an_operation_outside_its_range_does_not_exist(client, version, status):
    answer = client.get('/v2.1/widgets/1/report', version=version)
    assert answer.status_int == status
    assert versions_of(answer) == (f'compute {version}', version)
    if status == 404:
        assert answer.json == {'itemNotFound': {'code': 404, 'message': 'The resource could not be found.'}}


@pytest.mark.parametrize(('version', 'status'), [('2.1', 202), ('2.9', 202), ('2.10', 404), ('2.19', 404),
                                                 ('2.20', 204)])
def test_methods_of_one_name_are_chosen_by_version(client, version, status):
    assert client('DELETE', '/v2.1/widgets/1', version=version).status_int == status


@pytest.mark.parametrize(('version', 'status', 'document'), [
    ('2.9', 404, None), ('2.10', 200, {'halted': '1'}), ('2.20', 200, {'halted': '1'}),
    ('2.21', 200, {'halted': 'now'})])
def test_actions_of_one_name_are_chosen_by_version(client, version, status, document):
    answer = client('POST', '/v2.1/widgets/1/action', {'halt': None}, version)
    assert answer.status_int == status
    if document:
        assert answer.json == document


@pytest.mark.parametrize('path', ['/v2.1/nothing', '/v2.1/widgets/', '/v2.1'])
def test_errors_of_controllers_carry_versions_and_others_do_not(client, path):
    answer = client('PATCH', path, version='2.5')
    if answer.status_int == 404:
        assert versions_of(answer) == (None, None)
        assert vary_of(answer) == []
    fault = client('PUT', '/v2.1/widgets/nova-404', {}, '2.5')
    assert (fault.status_int, versions_of(fault)) == (404, ('compute 2.5', '2.5'))
    assert len(vary_of(fault)) == 2


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_version_or_a_clean_error(text):
    for pair in ((f'compute {text}', None), (None, text), (text, text)):
        try:
            version, supported = versions.from_headers(*pair)
        except versions.exception.InvalidAPIVersionString as error:
            assert len(error.format_message()) < 300
        else:
            assert supported == (versions.min_api_version() <= version <= versions.max_api_version())


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_a_version_is_read_as_it_is_printed(major, minor):
    version, _supported = versions.from_headers(f'compute {major}.{minor}', None)
    assert str(version) == f'{major}.{minor}'
    assert version == (major, minor)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 200)), min_size=2, max_size=5))
def test_versions_sort_like_pairs_of_numbers(pairs):
    parsed = [versions.parse(f'{major}.{minor}') for major, minor in pairs]
    assert sorted(parsed) == sorted(pairs)

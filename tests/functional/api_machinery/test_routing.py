# SPDX-License-Identifier: Apache-2.0
"""From path and method to controller, and which extensions take part."""
import pytest

from mininova import exception
from tests.functional.api_machinery import widgets

PROJECT = 'abc-123'


@pytest.mark.parametrize(('method', 'path', 'status'), [
    ('GET', '/widgets', 200), ('GET', '/widgets/detail', 200), ('GET', '/widgets/1', 200),
    ('DELETE', '/widgets/1', 202), ('GET', '/widgets/1/parts', 200), ('PUT', '/widgets/1/parts', 200),
    ('DELETE', '/widgets/1/parts', 204),
    ('GET', '/extensions', 200), ('GET', '/extensions/os-keypairs', 200), ('GET', '/extensions/os-nothing', 404)])
@pytest.mark.parametrize('prefix', ['', f'/{PROJECT}'])
def test_each_route_exists_with_and_without_project(client, method, path, status, prefix):
    body = {} if method == 'PUT' else None
    answer = client(method, f'/v2.1{prefix}{path}', body, X_Auth_Token=f'admin:{PROJECT}')
    assert answer.status_int == status


def test_fixed_names_come_before_ids(client):
    assert client.get('/v2.1/widgets/detail').json == {'detail': True}


@pytest.mark.parametrize(('method', 'path'), [
    ('GET', '/nothing'), ('GET', '/widgets/'), ('GET', '/widgets/1/'), ('PATCH', '/widgets'), ('POST', '/extensions'),
    ('GET', '/widgets/1/action'), ('POST', '/widgets/1'), ('HEAD', '/widgets'), ('OPTIONS', '/widgets'),
    ('GET', '//widgets'), ('GET', '/widgets//parts'), ('GET', f'/{PROJECT}'), ('GET', f'/{PROJECT}/nothing'),
    ('GET', f'/{PROJECT}/{PROJECT}/widgets'), ('TRACE', '/widgets'), ('FOO', '/widgets'),
    ('GET', '/widgets/1/report/2')])
def test_what_is_no_route_is_a_plain_404(client, method, path):
    answer = client(method, f'/v2.1{path}', Accept='text/html', X_Auth_Token=f'admin:{PROJECT}')
    assert answer.status_int == 404
    assert answer.headers['Content-Type'].startswith('text/html')
    assert 'OpenStack-API-Version' not in answer.headers
    assert 'x-compute-request-id' in answer.headers


def test_the_plain_404_is_json_if_asked_for(client):
    answer = client.get('/v2.1/nothing', Accept='application/json')
    assert set(answer.json) == {'code', 'title', 'message'}


def test_a_query_cannot_change_the_method(client):
    assert client.get('/v2.1/widgets/1?_method=DELETE').status_int == 200


def test_another_project_in_the_url_is_a_bad_request(client):
    answer = client.get('/v2.1/abc/widgets', X_Auth_Token='admin:def')
    assert answer.status_int == 400
    message = answer.json['badRequest']['message']
    assert message.startswith('Malformed request URL') and "'abc'" in message and "'def'" in message


@pytest.mark.parametrize('project', ['ABC', 'demo', 'a_b', 'a.b', '%61bz'])
def test_what_is_not_hexadecimal_is_no_project(client, project):
    assert client.get(f'/v2.1/{project}/widgets', X_Auth_Token=f'admin:{project}').status_int == 404


def test_the_form_of_project_ids_can_be_configured(load):
    client = load(osapi_v21={'project_id_regex': '[a-z_]+'})
    assert client.get('/v2.1/demo_x/widgets', X_Auth_Token='admin:demo_x').status_int == 200
    assert client.get('/v2.1/widgets', X_Auth_Token='admin:demo_x').status_int == 200


@pytest.mark.parametrize(('prefix', 'tail'), [('', ''), (f'/{PROJECT}', f'/{PROJECT}')])
def test_links_carry_the_project_iff_the_url_did(client, prefix, tail):
    answer = client.get(f'/v2.1{prefix}/widgets/7', X_Auth_Token=f'admin:{PROJECT}', Host='h:8774')
    links = answer.json['widget']['links']
    assert links == [{'rel': 'self', 'href': f'http://h:8774/v2.1{tail}/widgets/7'},
                     {'rel': 'bookmark', 'href': f'http://h:8774{tail}/widgets/7'}]


# -- paging -----------------------------------------------------------------------------------

def test_a_full_page_links_to_the_next_with_the_query_sorted(client):
    answer = client.get('/v2.1/widgets?marker=old&limit=2&colour=red&colour=blue', '2.75', Host='h')
    assert answer.json['widgets_links'] == [
        {'rel': 'next', 'href': 'http://h/v2.1/widgets?colour=blue&colour=red&limit=2&marker=1'}]


def test_the_next_link_leaves_out_what_was_dropped(client):
    answer = client.get('/v2.1/widgets?limit=2&unknown=1', '2.74', Host='h')
    assert answer.json['widgets_links'][0]['href'] == 'http://h/v2.1/widgets?limit=2&marker=1'


def test_a_page_that_is_not_full_has_no_next(client):
    assert client.get('/v2.1/widgets?limit=6').json['widgets_links'] == []
    assert client.get('/v2.1/widgets').json['widgets_links'] == []


def test_limit_zero_gives_nothing(client):
    assert client.get('/v2.1/widgets?limit=0').json['widgets'] == []


def test_a_limit_above_the_maximum_is_cut(load):
    client = load(api={'max_limit': 3})
    answer = client.get('/v2.1/widgets?limit=1000000')
    assert answer.json['limit'] == 3
    assert answer.json['widgets_links'][0]['href'].endswith('/widgets?limit=1000000&marker=2')


@pytest.mark.parametrize('limit', ['-1', 'abc', '1.5', '', '%20', '0x1', '%D9%A1'])
def test_a_limit_that_is_no_natural_number_is_refused(client, limit):
    assert client.get(f'/v2.1/widgets?limit={limit}').status_int == 400


# -- queries ----------------------------------------------------------------------------------

def test_unknown_query_keys_are_dropped_below_the_closing_version(client):
    assert client.get('/v2.1/widgets?foo=1&colour=red', '2.74').json['query'] == [['colour', 'red']]


def test_unknown_query_keys_are_refused_from_the_closing_version(client):
    answer = client.get('/v2.1/widgets?foo=1&colour=red', '2.75')
    assert answer.status_int == 400
    assert "'foo' was unexpected" in answer.json['badRequest']['message']


def test_a_query_error_names_the_parameter(client):
    answer = client.get('/v2.1/widgets?locked=maybe')
    assert answer.json['badRequest']['message'].startswith('Invalid input for query parameters locked. Value: maybe. ')


def test_a_key_that_may_come_once_is_refused_twice(client):
    assert client.get('/v2.1/widgets?locked=true&locked=false').status_int == 400
    assert client.get('/v2.1/widgets?colour=a&colour=b').status_int == 200


def test_a_query_that_is_not_utf_8_is_refused(client):
    answer = client.get('/v2.1/widgets?colour=%FF')
    assert (answer.status_int, answer.json['badRequest']['message']) == (400, 'Query string is not UTF-8 encoded')


# -- extensions -------------------------------------------------------------------------------

def test_a_blacklisted_extension_is_not_there(load):
    client = load(osapi_v21={'extensions_blacklist': ['os-spinning']})
    assert client('POST', '/v2.1/widgets/1/action', {'spin': {}}).status_int == 400
    assert client.get('/v2.1/widgets').status_int == 200


def test_a_blacklisted_core_extension_stops_the_start(load):
    with pytest.raises(exception.CoreAPIMissing, match='os-widgets'):
        load(osapi_v21={'extensions_blacklist': ['os-widgets']})


def test_a_whitelist_without_the_core_stops_the_start(load):
    with pytest.raises(exception.CoreAPIMissing, match='extensions.*versions'):
        load(osapi_v21={'extensions_whitelist': ['os-widgets']})


def test_a_whitelist_with_the_core_leaves_the_rest_out(load):
    client = load(osapi_v21={'extensions_whitelist': ['os-widgets', 'versions', 'extensions']})
    assert client('POST', '/v2.1/widgets/1/action', {'spin': {}}).status_int == 400


def test_the_blacklist_wins_over_the_whitelist(load):
    client = load(osapi_v21={'extensions_whitelist': ['os-widgets', 'versions', 'extensions', 'os-spinning'],
                             'extensions_blacklist': ['os-spinning']})
    assert client('POST', '/v2.1/widgets/1/action', {'spin': {}}).status_int == 400


def load_noauth():
    with widgets.configuration(api={'auth_strategy': 'noauth2'}):
        widgets.load()


def test_an_empty_installation_says_what_to_do(monkeypatch):
    told = pytest.raises(exception.CoreAPIMissing, match='servers.*pip install')
    with widgets.installed(monkeypatch, (), {'servers'}), told:
        load_noauth()


def test_an_extension_that_cannot_be_loaded_stops_the_start(monkeypatch):
    from mininova.api.openstack.compute import routes
    monkeypatch.setattr(routes, 'NAMESPACE', 'mininova.tests.broken')

    class Broken:
        name, value = 'broken', 'no.such.module:Thing'

    def fail(namespace, on_load_failure_callback):
        on_load_failure_callback(None, Broken(), ImportError('no.such.module'))

    monkeypatch.setattr(routes.stevedore, 'ExtensionManager', fail)
    with pytest.raises(ImportError):
        load_noauth()


def test_two_extensions_cannot_claim_one_action(monkeypatch):
    class Again(widgets.extensions.Extension):
        alias = 'os-again'
        actions = (widgets.extensions.ControllerActions('widgets', widgets.ActionController),)

    with widgets.installed(monkeypatch, (*widgets.ALL, Again)), pytest.raises(ValueError, match='both claim'):
        load_noauth()


def test_actions_for_an_unknown_collection_stop_the_start(monkeypatch):
    class Lost(widgets.extensions.Extension):
        alias = 'os-lost'
        actions = (widgets.extensions.ControllerActions('gadgets', widgets.ActionController),)

    told = pytest.raises(ValueError, match='os-lost adds actions to gadgets')
    with widgets.installed(monkeypatch, (*widgets.ALL, Lost)), told:
        load_noauth()

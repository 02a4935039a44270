# SPDX-License-Identifier: Apache-2.0
"""Who the caller is, in each of the three pipelines."""
import base64
import os
import pathlib
import subprocess
import sys

import bcrypt
import keystonemiddleware.auth_token  # noqa: F401  (registers its options)
import oslo_middleware.basic_auth  # noqa: F401  (registers its option)
import pytest
from keystoneauth1 import loading

from mininova import exception
from tests.functional.api_machinery import fake_keystone, widgets

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
FORGED = {'X_User_Id': 'root', 'X_Project_Id': 'evil', 'X_Roles': 'admin', 'X_Is_Admin_Project': 'True',
          'X_Identity_Status': 'Confirmed', 'X_User': 'root', 'X_User_Name': 'root', 'X_Service_Roles': 'service',
          'X_Tenant_Id': 'evil', 'X_Role': 'admin', 'Openstack_System_Scope': 'all'}


# -- noauth2 ----------------------------------------------------------------------------------

@pytest.mark.parametrize(('token', 'path', 'user', 'project', 'is_admin'), [
    (None, '/who', 'admin', 'admin', True),
    ('notused', '/who', 'admin', 'admin', True),
    ('', '/who', 'admin', 'admin', True),
    (':', '/who', 'admin', 'admin', True),
    ('demo:', '/who', 'demo', 'demo', False),
    ('demo:abc', '/who', 'demo', 'abc', False),
    ('demo:abc', '/abc/who', 'demo', 'abc', False),
    ('admin:abc', '/who', 'admin', 'abc', True),
    ('notused', '/abc-1/who', 'admin', 'abc-1', True),
    (None, '/abc-1/who', 'admin', 'abc-1', True),
    ('demo:', '/abc-1/who', 'demo', 'abc-1', False),
])
def test_noauth_believes_the_token(client, token, path, user, project, is_admin):
    headers = {} if token is None else {'X_Auth_Token': token}
    who = client.get(f'/v2.1{path}', **headers).json
    assert (who['user_id'], who['project_id'], who['is_admin']) == (user, project, is_admin)
    assert who['remote_address'] == '192.0.2.7'
    assert ('admin' in who['roles']) == is_admin


def test_noauth_ignores_identity_headers(client):
    who = client.get('/v2.1/who', X_Auth_Token='demo:abc', **FORGED).json
    assert (who['user_id'], who['project_id'], who['is_admin'], who['roles']) == (
        'demo', 'abc', False, ['member', 'reader'])


# -- http_basic -------------------------------------------------------------------------------

@pytest.fixture
def basic(load, tmp_path):
    users = tmp_path / 'users'
    users.write_text(''.join(f'{name}:{bcrypt.hashpw(name.upper().encode(), bcrypt.gensalt(4)).decode()}\n'
                             for name in ('admin', 'alice')))
    return load(api={'auth_strategy': 'http_basic'}, oslo_middleware={'http_basic_auth_user_file': str(users)})


def credentials(user, password):
    return {'Authorization': 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()}


@pytest.mark.parametrize(('user', 'is_admin'), [('admin', True), ('alice', False)])
def test_a_user_of_the_file_is_let_in(basic, user, is_admin):
    who = basic.get('/v2.1/who', **credentials(user, user.upper())).json
    assert (who['user_id'], who['project_id'], who['is_admin']) == (user, user, is_admin)


@pytest.mark.parametrize('headers', [
    {}, credentials('alice', 'wrong'), credentials('nobody', 'ALICE'), credentials('ali', 'ALICE'), credentials('', ''),
    {'Authorization': 'Basic !'}, {'Authorization': 'Bearer x'}, {'Authorization': 'Basic'}])
def test_anybody_else_is_unauthorized(basic, headers):
    answer = basic.get('/v2.1/who', **headers)
    assert answer.status_int == 401
    assert 'x-compute-request-id' in answer.headers
    assert 'OpenStack-API-Version' not in answer.headers


def test_identity_headers_change_nothing_in_http_basic(basic):
    assert basic.get('/v2.1/who', **FORGED).status_int == 401
    who = basic.get('/v2.1/who', **credentials('alice', 'ALICE'), **FORGED).json
    assert (who['user_id'], who['project_id'], who['is_admin'], who['roles']) == (
        'alice', 'alice', False, ['member', 'reader'])


def test_errors_behind_http_basic_are_the_usual_ones(basic):
    headers = credentials('alice', 'ALICE')
    assert basic.get('/v2.1/nothing', **headers).status_int == 404
    answer = basic('PUT', '/v2.1/widgets/unexpected', {}, **headers)
    assert (answer.status_int, b'SECRET' in answer.body) == (500, False)
    assert basic('POST', '/v2.1/widgets', body=b'a' * 120000, **headers).status_int == 413


def test_a_missing_user_file_stops_the_start(load, tmp_path):
    with pytest.raises(exception.ConfigNotFound, match='no-such-file'):
        load(api={'auth_strategy': 'http_basic'},
             oslo_middleware={'http_basic_auth_user_file': str(tmp_path / 'no-such-file')})


# -- keystone ---------------------------------------------------------------------------------

TOKENS = {'admin-token': ('u-admin', 'a0', ['admin', 'member', 'reader']),
          'member-token': ('u-member', 'b1', ['member', 'reader'])}


CONFIGURATION = """
[keystone_authtoken]
auth_type = password
auth_url = {url}
www_authenticate_uri = {url}
username = nova
password = x
project_name = service
user_domain_id = default
project_domain_id = default
interface = public
"""


@pytest.fixture
def keystone(load, tmp_path):
    path = tmp_path / 'nova.conf'
    with fake_keystone.running(TOKENS) as (url, validations):
        path.write_text(CONFIGURATION.format(url=url))
        client = load(path, api={'auth_strategy': 'keystone'})
        client.validations, client.url = validations, url
        yield client
    forget_keystone()


def forget_keystone():
    """Unregister required options of the middleware that other tests have no values for."""
    widgets.CONF.clear()
    widgets.CONF.unregister_opts(loading.get_auth_plugin_conf_options('password'), 'keystone_authtoken')


@pytest.mark.parametrize(('token', 'user', 'project', 'is_admin'), [
    ('admin-token', 'u-admin', 'a0', True), ('member-token', 'u-member', 'b1', False)])
def test_a_token_says_who_is_calling(keystone, token, user, project, is_admin):
    for path in ('/v2.1/who', f'/v2.1/{project}/who', f'/v2/{project}/who'):
        who = keystone.get(path, X_Auth_Token=token).json
        assert (who['user_id'], who['project_id'], who['is_admin']) == (user, project, is_admin)


def test_the_project_of_another_token_is_refused(keystone):
    assert keystone.get('/v2.1/a0/who', X_Auth_Token='member-token').status_int == 400


@pytest.mark.parametrize('headers', [{}, {'X_Auth_Token': 'unknown'}, FORGED, {**FORGED, 'X_Auth_Token': 'unknown'}])
def test_without_a_valid_token_it_is_401(keystone, headers):
    answer = keystone.get('/v2.1/who', **headers)
    assert answer.status_int == 401
    assert set(answer.json['error']) == {'code', 'title', 'message'}
    assert answer.headers['WWW-Authenticate'] == f'Keystone uri="{keystone.url}"'
    assert 'OpenStack-API-Version' not in answer.headers
    assert 'x-compute-request-id' in answer.headers


def test_identity_headers_change_nothing_in_keystone(keystone):
    who = keystone.get('/v2.1/who', X_Auth_Token='member-token', **FORGED).json
    assert (who['user_id'], who['project_id'], who['is_admin'], sorted(who['roles'])) == (
        'u-member', 'b1', False, ['member', 'reader'])


def test_a_token_is_asked_about_once_in_a_while(keystone):
    for _number in range(5):
        assert keystone.get('/v2.1/who', X_Auth_Token='member-token').status_int == 200
    assert keystone.validations.count('member-token') == 1


def test_without_the_identity_service_it_is_503(load, tmp_path):
    path = tmp_path / 'nova.conf'
    path.write_text(CONFIGURATION.format(url='http://127.0.0.1:1') + 'http_request_max_retries = 0\n')
    client = load(path, api={'auth_strategy': 'keystone'})
    answer = client.get('/v2.1/who', X_Auth_Token='admin-token')
    assert answer.status_int == 503
    forget_keystone()


# -- the choice -------------------------------------------------------------------------------

PROBE = '''
import sys
import mininova.cmd
import mininova.conf
from mininova import wsgi
from tests.functional.api_machinery import widgets
from mininova.api.openstack.compute import routes
routes._installed = lambda: [type('Entry', (), {'plugin': plugin}) for plugin in widgets.ALL]
routes.CORE_ALIASES = frozenset()
mininova.conf.CONF([], project='nova', default_config_files=[])
mininova.conf.CONF.set_override('auth_strategy', 'noauth2', 'api')
assert widgets.Client(widgets.load()).get('/v2.1/who').status_int == 200
heavy = ('keystonemiddleware', 'keystoneauth1', 'openstack', 'sqlalchemy')
print(sorted(name for name in sys.modules if name in heavy))
'''


def test_a_pipeline_that_is_not_chosen_is_not_imported():
    found = subprocess.run([sys.executable, '-W', 'ignore', '-c', PROBE], capture_output=True, text=True,
                           cwd=ROOT)
    assert found.stdout == '[]\n', found.stderr


def test_a_strategy_without_pipeline_stops_the_start(load, tmp_path):
    path = tmp_path / 'api-paste.ini'
    shipped = pathlib.Path(ROOT, 'etc', 'nova', 'api-paste.ini').read_text()
    path.write_text(shipped.replace('noauth2 = cors', 'other = cors'))
    with pytest.raises(exception.PasteAppNotFound):
        load(wsgi={'api_paste_config': str(path)})


def test_a_pipeline_without_idle_filters_answers_like_one_with_them(load):
    lean = load()
    full = load(cors={'allowed_origin': ['http://dash.example.org']},
                oslo_middleware={'enable_proxy_headers_parsing': True})
    for path in ('/v2.1/widgets', '/v2.1/nothing', '/v2.1/widgets/1'):
        first, second = lean.get(path), full.get(path)
        assert (first.status, first.body) == (second.status, second.body)
    shared = full.get('/v2.1/widgets', Origin='http://dash.example.org')
    assert shared.headers['Access-Control-Allow-Origin'] == 'http://dash.example.org'
    assert 'Access-Control-Allow-Origin' not in lean.get('/v2.1/widgets', Origin='http://dash.example.org').headers
    assert widgets.CONF.cors.allowed_origin == ['http://dash.example.org']

# SPDX-License-Identifier: Apache-2.0
"""Consoles: os-get*Console until 2.5, remote-consoles from 2.6, os-console-auth-tokens."""
import datetime

import pytest
import sqlalchemy as sa

from mininova import exception, objects, rpc
from mininova.db import models, session

UNKNOWN = '99999999-9999-4999-8999-999999999999'
URL = 'http://proxy:6080/vnc_auto.html?path=%3Ftoken%3Dabc'
METHODS = {'vnc': 'get_vnc_console', 'spice': 'get_spice_console', 'serial': 'get_serial_console',
           'mks': 'get_mks_console'}
OLD = {'os-getVNCConsole': ('novnc', 'vnc'), 'os-getSPICEConsole': ('spice-html5', 'spice'),
       'os-getSerialConsole': ('serial', 'serial')}
KINDS = [('vnc', 'novnc', '2.6'), ('spice', 'spice-html5', '2.6'), ('serial', 'serial', '2.6'),
         ('mks', 'webmks', '2.8'), ('spice', 'spice-direct', '2.99')]


@pytest.fixture
def server(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo)
    edge.sent.clear()
    edge.answers.update(dict.fromkeys(METHODS.values(), URL))
    return uuid


def act(client, uuid, body, version=None):
    return client.post(f'/servers/{uuid}/action', body, version)


def remote(client, uuid, version='2.104', **asked):
    return client.post(f'/servers/{uuid}/remote-consoles', {'remote_console': asked}, version)


@pytest.mark.parametrize('action', OLD)
def test_actions_until_2_5(server, demo, edge, action):
    kind, protocol = OLD[action]
    for version in ('2.1', '2.5'):
        answer = act(demo, server, {action: {'type': kind}}, version)
        assert (answer.status, answer.json) == (200, {'console': {'type': kind, 'url': URL}})
    assert edge.methods == [METHODS[protocol]] * 2
    assert (edge.sent[0].console_type, edge.sent[0].server) == (kind, 'cmp1')
    assert act(demo, server, {action: {'type': kind}}, '2.6').fault == (
        'itemNotFound', 'The resource could not be found.')


@pytest.mark.parametrize(('version', 'status'), [('2.1', 410), ('2.5', 410), ('2.6', 404), ('2.104', 404)])
def test_rdp_is_gone(server, demo, version, status):
    assert act(demo, server, {'os-getRDPConsole': {'type': 'rdp-html5'}}, version).status == status


@pytest.mark.parametrize('version', ['2.1', '2.5'])
def test_bodies_of_actions_that_are_refused(server, demo, version):
    for action, (kind, _protocol) in OLD.items():
        for asked in ({}, None, {'type': 'other'}, {'type': None}, {'type': kind, 'x': 1}):
            assert act(demo, server, {action: asked}, version).fault[0] == 'badRequest', (action, asked)


@pytest.mark.parametrize(('protocol', 'kind', 'since'), KINDS)
def test_remote_consoles(server, demo, edge, protocol, kind, since):
    for version in (since, '2.104'):
        answer = remote(demo, server, version, protocol=protocol, type=kind)
        assert (answer.status, answer.json) == (200, {'remote_console': {'protocol': protocol, 'type': kind,
                                                                         'url': URL}})
    assert edge.methods == [METHODS[protocol]] * 2 and edge.sent[0].console_type == kind
    before = f'2.{int(since.partition(".")[2]) - 1}'
    assert remote(demo, server, before, protocol=protocol, type=kind).status == (404 if since == '2.6' else 400)


def test_below_2_6_there_is_no_such_resource(server, demo):
    assert remote(demo, server, '2.5', protocol='vnc', type='novnc').fault == (
        'itemNotFound', 'The resource could not be found.')
    assert demo.get(f'/servers/{server}/remote-consoles', '2.6').status == 404


@pytest.mark.parametrize('asked', [{}, {'protocol': 'vnc'}, {'type': 'novnc'}, {'protocol': 'rdp', 'type': 'rdp-html5'},
                                   {'protocol': 'vnc', 'type': 'x'}, {'protocol': 'vnc', 'type': 'novnc', 'x': 1}])
def test_bodies_that_are_refused(server, demo, edge, asked):
    for version in ('2.6', '2.8', '2.104'):
        assert remote(demo, server, version, **asked).fault[0] == 'badRequest'
    assert edge.sent == []


@pytest.mark.parametrize(('error', 'status'), [
    (exception.ConsoleTypeUnavailable(console_type='novnc'), 400),
    (exception.ConsoleTypeInvalid(console_type='x'), 400),
    (exception.InstanceNotReady(instance_id='x'), 409), (exception.InstanceNotFound(instance_id='x'), 404),
    (NotImplementedError(), 501), (rpc.MessagingTimeout('t'), 503)])
def test_what_the_host_says_is_what_the_caller_hears(server, demo, edge, error, status):
    edge.answers['get_vnc_console'] = error
    assert remote(demo, server, protocol='vnc', type='novnc').status == status
    assert act(demo, server, {'os-getVNCConsole': {'type': 'novnc'}}, '2.1').status == status


def test_a_server_without_a_host_or_on_one_that_is_down(server, lab, demo):
    lab.settle(server, host=None)
    assert remote(demo, server, protocol='vnc', type='novnc').fault == (
        'conflictingRequest', f'Instance {server} is not ready')
    lab.settle(server, host='gone')
    assert remote(demo, server, protocol='vnc', type='novnc').fault[0] == 'serviceUnavailable'


def test_others_get_no_console(server, api, demo):
    other = api.user('eve', 'eve-project')
    assert remote(other, server, protocol='vnc', type='novnc').status == 404
    assert remote(demo, UNKNOWN, protocol='vnc', type='novnc').fault == (
        'itemNotFound', f'Instance {UNKNOWN} could not be found.')


# -- os-console-auth-tokens --------------------------------------------------------------------


@pytest.fixture
def token(server, lab):
    made = objects.ConsoleAuthToken(
        lab.admin, console_type='novnc', host='10.0.0.1', port=5900, tls_port=None, internal_access_path=None,
        instance_uuid=server, compute_host='cmp1', access_url_base='http://proxy:6080/vnc_auto.html')
    return made.authorize(600)


def ask(client, token, version='2.104'):
    return client.get(f'/os-console-auth-tokens/{token}', version)


def test_a_token_tells_where_the_console_is(token, server, api):
    shown = {'instance_uuid': server, 'host': '10.0.0.1', 'port': 5900, 'internal_access_path': None}
    for minor in range(31, 99):
        assert ask(api, token, f'2.{minor}').json == {'console': shown}
    for minor in range(99, 105):
        assert ask(api, token, f'2.{minor}').json == {'console': {**shown, 'tls_port': None}}


@pytest.mark.parametrize('version', ['2.1', '2.30'])
def test_below_2_31_it_was_for_a_kind_that_is_gone(token, api, version):
    assert ask(api, token, version).fault == (
        'unauthorized', 'The requested console type details are not accessible')
    assert ask(api, UNKNOWN, version).fault == ('itemNotFound', 'Token not found')


def test_only_administrators_may_ask(token, demo):
    assert ask(demo, token).status == 403


@pytest.mark.parametrize('what', [UNKNOWN, 'x', '%00', 'x' * 300])
def test_tokens_that_were_never_given_out(token, api, what):
    assert ask(api, what).status == 404


def test_the_query_is_closed_from_2_99(token, api):
    assert api.get(f'/os-console-auth-tokens/{token}?x=1', '2.98').status == 200
    assert api.get(f'/os-console-auth-tokens/{token}?x=1', '2.99').fault[0] == 'badRequest'


def rows():
    with session.reader() as connection:
        return connection.execute(sa.select(models.console_auth_tokens)).mappings().all()


def test_the_token_itself_is_not_stored(token):
    assert token not in str([dict(row) for row in rows()])


def test_a_token_is_over_when_its_time_is(token, api, cloud):
    cloud.execute(models.console_auth_tokens.update().values(
        expires_at=datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(seconds=1)))
    assert ask(api, token).fault == ('itemNotFound', 'Token not found')
    assert objects.ConsoleAuthToken.clean_expired_console_auths(None) == 1
    assert rows() == []


def test_a_token_ends_with_its_server(token, server, lab, api):
    lab.instance(server).destroy()
    assert ask(api, token).status == 404 and rows() == []


def test_a_token_does_not_follow_its_server_to_another_host(token, server, lab, api):
    lab.settle(server, host='cmp2')
    assert ask(api, token).status == 404


def test_tokens_of_a_server_can_be_ended(token, server, api):
    objects.ConsoleAuthToken.clean_console_auths_for_instance(None, server)
    assert ask(api, token).status == 404


@pytest.mark.parametrize(('kind', 'base', 'url'), [
    ('novnc', 'http://p:6080/vnc_auto.html', 'http://p:6080/vnc_auto.html?path=%3Ftoken%3D{}'),
    ('novnc', 'http://p:6080/vnc_auto.html?path=sub/sock', 'http://p:6080/vnc_auto.html?path=sub%2Fsock%3Ftoken%3D{}'),
    ('serial', 'ws://p:6083/', 'ws://p:6083/?token={}'),
    ('spice-html5', 'http://p:6082/spice_auto.html', 'http://p:6082/spice_auto.html?token={}')])
def test_urls(server, lab, kind, base, url):
    made = objects.ConsoleAuthToken(lab.admin, console_type=kind, host='h', port=1, instance_uuid=server,
                                    compute_host='cmp1', access_url_base=base)
    token = made.authorize(60)
    assert made.access_url == url.format(token)

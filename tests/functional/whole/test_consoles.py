# SPDX-License-Identifier: Apache-2.0
"""Consoles through all services: from the request for a URL to the guest's screen, and what ends a token.

All pretended guests have their screen at one port: a guest that is gone leaves it to the next one.
"""
import urllib.parse

import pytest
import sqlalchemy as sa

from mininova.console import websocketproxy
from mininova.console.securityproxy import rfb
from mininova.db import models, session
from mininova.network import ipam
from mininova.virt import fake
from tests.fixtures import vnc_server, websocket


@pytest.fixture
def screen(monkeypatch):
    """The screen of every guest."""
    made = vnc_server.Server()
    monkeypatch.setattr(fake, 'VNC_PORT', made.port)
    yield made
    made.stop()


@pytest.fixture
def proxy(whole, screen):
    made = websocketproxy.NovaWebSocketProxy('127.0.0.1', 0, 'novnc', None, rfb.RFBSecurityProxy())
    made.start()
    whole.cloud.conf(group='vnc', novncproxy_base_url=f'http://127.0.0.1:{made.port}/vnc_lite.html')
    yield made
    made.stop()


@pytest.fixture
def server(whole, proxy):
    ipam.create_network(whole.admin, 'private', '10.0.0.0/24')
    made = whole.boot('vm1', availability_zone='nova:cmp1')
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


def url(whole, server):
    answer = whole.api.post(f'/servers/{server}/remote-consoles',
                            {'remote_console': {'protocol': 'vnc', 'type': 'novnc'}}, version='2.96')
    assert answer.status == 200, answer.body
    return answer.json['remote_console']['url']


def dial(where):
    parsed = urllib.parse.urlsplit(where)
    target = dict(urllib.parse.parse_qsl(parsed.query))['path']
    return websocket.WebSocket((parsed.hostname, parsed.port), f'/{target}')


def shows(where):
    """Tell whether a URL opens a screen."""
    try:
        with dial(where) as console:
            return vnc_server.greet(console) == b'fake guest'
    except websocket.Refused as error:
        assert error.status == 403, error
        return False


def tokens():
    with session.reader() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(models.console_auth_tokens))


def test_a_screen_from_request_to_picture(whole, server):
    where = url(whole, server)
    assert shows(where) and shows(url(whole, server))
    assert tokens() == 2


def test_the_next_guest_at_a_port_is_not_shown_with_the_token_of_the_last_one(whole, server):
    """Not the first guest's token, be it deleted with the guest or kept by an accident (CVE-2013-0335)."""
    where = url(whole, server)
    with session.reader() as connection:
        kept = dict(connection.execute(sa.select(models.console_auth_tokens)).mappings().one())
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server)
    assert tokens() == 0
    following = whole.boot('vm2', availability_zone='nova:cmp1')
    whole.wait(following)
    assert shows(url(whole, following)), 'it has the port'
    assert not shows(where)
    with session.writer() as connection:
        connection.execute(models.console_auth_tokens.insert().values(**kept))
    assert not shows(where)


def test_a_guest_whose_port_is_another_s_by_now_is_not_shown(whole, server, monkeypatch):
    where = url(whole, server)
    monkeypatch.setattr(fake, 'VNC_PORT', fake.VNC_PORT + 1)
    assert not shows(where)


def test_a_guest_that_is_off_is_not_shown(whole, server):
    where = url(whole, server)
    whole.act(server, {'os-stop': None})
    whole.wait(server, 'SHUTOFF')
    assert not shows(where)
    whole.act(server, {'os-start': None})
    whole.wait(server, 'ACTIVE')
    assert shows(where), 'the same guest at the same port again'


def away_and_back(whole, server):
    for host in ('cmp2', 'cmp1'):
        assert whole.act(server, {'os-migrateLive': {'host': host, 'block_migration': 'auto'}}).status == 202
        whole.until(lambda host=host: whole.show(server)['OS-EXT-SRV-ATTR:host'] == host)
        whole.wait(server, 'ACTIVE')


def resize_and_revert(whole, server):
    assert whole.act(server, {'migrate': {'host': 'cmp2'}}).status == 202
    whole.wait(server, 'VERIFY_RESIZE')
    assert whole.act(server, {'revertResize': None}).status == 202
    whole.wait(server, 'ACTIVE')


def shelve_and_unshelve(whole, server):
    whole.cloud.conf(shelved_offload_time=0)
    assert whole.act(server, {'shelve': None}).status == 202
    whole.wait(server, 'SHELVED_OFFLOADED')
    assert whole.act(server, {'unshelve': {'host': 'cmp1'}}).status == 202
    whole.wait(server, 'ACTIVE')


@pytest.mark.parametrize('trip', [away_and_back, resize_and_revert, shelve_and_unshelve])
def test_a_token_does_not_outlive_a_trip_although_the_guest_is_back(whole, server, trip):
    whole.add_host('cmp2')
    where = url(whole, server)
    trip(whole, server)
    assert tokens() == 0 and not shows(where)
    assert shows(url(whole, server))

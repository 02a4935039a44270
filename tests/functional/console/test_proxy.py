# SPDX-License-Identifier: Apache-2.0
"""Consoles through a proxy: who gets in, what passes, when it ends."""
import datetime
import logging
import socket
import time
import uuid

import pytest

import mininova.conf
from mininova import concurrency, context, exception, objects, rpc
from mininova.console import server, websocketproxy
from mininova.db import models
from tests.fixtures import vnc_server, websocket
from tests.fixtures.processes import wait_for
from tests.functional.console.conftest import OTHER, SERVER

UNKNOWN = '99999999-9999-4999-8999-999999999999'


@pytest.fixture
def guest(world):
    return world.vnc()


@pytest.fixture
def proxy(world, guest):
    return world.proxy()


def refused(world, proxy, token, headers=()):
    """Return the status with which a console is refused."""
    with pytest.raises(websocket.Refused) as caught:
        world.connect(proxy, token, headers)
    assert caught.value.body == b'', 'a client would take it for a frame'
    return caught.value.status


# -- what passes ------------------------------------------------------------------------

def test_a_screen_through_the_proxy(world, guest, proxy):
    with world.connect(proxy, world.token(guest.port)) as console:
        assert vnc_server.greet(console) == b'fake guest'
        for data in (b'x', b'y' * 200, b'z' * 300000):
            console.send(data)
            assert console.recv(len(data)) == data
        console.send(b'', websocket.PING)
    assert world.compute.asked == [(SERVER, guest.port, 'novnc')]


def test_many_consoles_at_once_do_not_mix(world, guest, proxy):
    consoles = [world.connect(proxy, world.token(guest.port)) for _each in range(20)]
    for console in consoles:
        vnc_server.greet(console)
    for number, console in enumerate(consoles):
        console.send(b'%05d' % number * 1000)
    for number, console in enumerate(consoles):
        assert console.recv(5000) == b'%05d' % number * 1000
        console.sock.close()
    wait_for(lambda: not proxy._connections, 'end of the connections', 5)


def test_a_token_opens_its_console_again_until_it_is_over(world, guest, proxy):
    token = world.token(guest.port)
    for _twice in range(2):
        with world.connect(proxy, token) as console:
            vnc_server.greet(console)


def test_a_serial_port_through_the_proxy(world):
    port, proxy = world.vnc(raw=True), world.proxy('serial', web=False)
    with world.connect(proxy, world.token(port.port, 'serial', 'ws://127.0.0.1:6083/')) as console:
        console.send(b'uname\n')
        assert console.read_until(b'uname\n')
    assert websocket.get((proxy.host, proxy.port), '/')[0] == 405, 'it serves websockets only'


def test_the_cookie_of_spice_html5_is_as_good_as_the_address(world):
    screen, proxy = world.vnc(raw=True), world.proxy('spice-html5')
    token = world.token(screen.port, 'spice-html5', 'http://127.0.0.1:6082/spice_auto.html')
    with websocket.WebSocket((proxy.host, proxy.port), '/websockify', [('Cookie', f'a=b; token={token}')]) as console:
        console.send(b'REDQ')
        assert console.recv(4) == b'REDQ'


def test_what_passes_can_be_recorded(world, guest, tmp_path):
    world.conf(record=str(tmp_path / 'record'))
    proxy = world.proxy()
    with world.connect(proxy, world.token(guest.port)) as console:
        vnc_server.greet(console)
        console.send(b'typed')
        console.recv(5)
    assert 'typed' in wait_for(lambda: (tmp_path / 'record.1').exists() and (tmp_path / 'record.1').read_text(),
                               'record of the first connection', 5)


def test_the_client_is_served_from_the_directory(world, proxy):
    address = (proxy.host, proxy.port)
    for target in ('/vnc_lite.html', '/vnc_lite.html?path=%3Ftoken%3Dx', '/app/ui.js'):
        assert websocket.get(address, target)[0] == 200
    status, head, body = websocket.get(address, '/vnc_lite.html')
    assert b'noVNC' in body and 'Referrer-Policy: no-referrer' in head and 'Python' not in head


# -- who gets in -------------------------------------------------------------------------

def test_without_a_good_token_nothing_is_reached(world, guest, proxy):
    wrong_type = world.token(guest.port, 'serial', 'ws://127.0.0.1:6083/')
    for token in (UNKNOWN, '', '%00', 'x' * 3000, "' OR 1=1 --", wrong_type):
        assert refused(world, proxy, token.replace(' ', '+')) == 403
    assert guest.conversations == [] and world.compute.asked == []


def test_a_token_cannot_be_guessed_and_does_not_last(world):
    tokens = {world.token(1) for _each in range(100)}
    assert len(tokens) == 100 and {uuid.UUID(token).version for token in tokens} == {4}, '122 random bits'
    assert mininova.conf.CONF.consoleauth.token_ttl == 600


def test_the_address_may_be_one_of_ipv6(world, guest, monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, '', ('127.0.0.1', 0)),
            (socket.AF_INET6, socket.SOCK_STREAM, 6, '', ('::1', 0, 0, 0))]
    with monkeypatch.context() as patch:
        patch.setattr(server.socket, 'getaddrinfo', lambda *_arguments: both)
        assert world.proxy(host='console.example.org').host == '127.0.0.1'
        world.conf(source_is_ipv6=True)
        proxy = world.proxy(host='console.example.org')
    assert proxy.host == '::1'
    with world.connect(proxy, world.token(guest.port)) as console:
        assert vnc_server.greet(console) == b'fake guest'


def test_a_token_is_over_when_its_time_is(world, guest, proxy, database):
    token = world.token(guest.port)
    past = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(seconds=1)
    with database.writer() as connection:
        connection.execute(models.console_auth_tokens.update().values(expires_at=past))
    assert refused(world, proxy, token) == 403 and guest.conversations == []


def test_a_token_is_over_with_its_server_and_with_its_move(world, guest, proxy):
    gone, moved = world.token(guest.port), world.token(guest.port, server=OTHER)
    admin = context.get_admin_context()
    objects.Instance.get_by_uuid(admin, SERVER).destroy()
    instance = objects.Instance.get_by_uuid(admin, OTHER)
    for host in ('cmp2', 'cmp1'):                           # and it does not come back with the server
        instance.host = host
        instance.save()
        assert refused(world, proxy, moved) == 403
    assert refused(world, proxy, gone) == 403 and guest.conversations == []


@pytest.mark.parametrize(('answer', 'status'), [
    (False, 403), (rpc.MessagingTimeout('t'), 502), (rpc.MessagingException('t'), 502),
    (exception.HypervisorUnavailable(), 502)])
def test_a_port_that_compute_does_not_confirm_is_not_talked_to(world, guest, proxy, answer, status):
    world.compute.answer = answer
    assert refused(world, proxy, world.token(guest.port)) == status
    assert guest.conversations in ([], [b'']), 'it heard nothing'
    assert world.compute.asked == [(SERVER, guest.port, 'novnc')]


def test_compute_is_asked_about_a_port_that_is_connected_already(world, guest, proxy):
    """Another guest may get a port between an answer and a connection, but not under a connection."""
    connected = []

    def look(*_arguments):
        wait_for(lambda: guest.open, 'connection', 5)
        connected.append(guest.conversations == [b''])
        return True
    world.compute.validate_console_port = look
    with world.connect(proxy, world.token(guest.port)) as console:
        vnc_server.greet(console)
    assert connected == [True]


def test_a_guest_that_is_not_there(world, guest, proxy):
    guest.stop()
    assert refused(world, proxy, world.token(guest.port)) == 502


# -- when it ends -----------------------------------------------------------------------

def test_a_console_ends_with_its_guest(world, guest, proxy):
    with world.connect(proxy, world.token(guest.port)) as console:
        vnc_server.greet(console)
        guest.hang_up()
        assert console.wait_closed() == 1000
    wait_for(lambda: not proxy._connections, 'end of the connection', 5)


def test_the_guests_side_ends_with_its_client(world, guest, proxy):
    with world.connect(proxy, world.token(guest.port)) as console:
        vnc_server.greet(console)
    wait_for(lambda: not proxy._connections, 'end of the connection', 5)


def test_an_open_console_outlives_its_token_unless_that_is_enforced(world, guest, proxy):
    with world.connect(proxy, world.token(guest.port, ttl=1)) as console:
        vnc_server.greet(console)
        time.sleep(1.5)
        console.send(b'still')
        assert console.recv(5) == b'still'


def test_an_open_console_ends_with_its_token_if_that_is_enforced(world, guest, proxy):
    world.conf(group='consoleauth', enforce_session_timeout=True)
    began = time.monotonic()
    with world.connect(proxy, world.token(guest.port, ttl=2)) as console:
        vnc_server.greet(console)
        assert console.wait_closed() == 1000
    assert 0.5 < time.monotonic() - began < 8


def test_a_client_that_takes_nothing_is_cut_too(world, proxy, guest, monkeypatch):
    """What the guest sends fills all buffers, so that the proxy waits for the client."""
    monkeypatch.setattr(server, 'CLOSING_TIME', 0.3)
    world.conf(group='consoleauth', enforce_session_timeout=True)
    with world.connect(proxy, world.token(guest.port, ttl=2)) as console:
        vnc_server.greet(console)
        sender = concurrency.spawn(send_until_cut, console)
        wait_for(lambda: not proxy._connections, 'end of the connection', 10)
        sender.wait()


def send_until_cut(console):
    try:
        while True:
            console.send(b'x' * 60000)
    except OSError:
        return


def test_a_stopped_proxy_ends_its_consoles(world, guest, proxy):
    with world.connect(proxy, world.token(guest.port)) as console:
        vnc_server.greet(console)
        proxy.stop()
        proxy.wait()
        assert console.wait_closed() in (1000, None)
    wait_for(lambda: not proxy._connections, 'end of the connections', 5)


def test_clients_that_say_nothing_do_not_stay(world, proxy, monkeypatch):
    monkeypatch.setattr(server, 'REQUEST_TIME', 0.2)
    address = (proxy.host, proxy.port)
    began = time.monotonic()
    for beginning in (b'', b'GET / HT', b'GET /vnc_lite.html HTTP/1.1\r\nX: y\r\n'):
        websocket.exchange(address, beginning)              # returns when the proxy has closed it
    assert time.monotonic() - began < 10


# -- the log --------------------------------------------------------------------------------

def test_no_token_is_logged(world, guest, proxy, caplog):
    caplog.set_level(logging.DEBUG)
    tokens = [world.token(guest.port), world.token(guest.port, 'serial', 'ws://127.0.0.1:6083/'), UNKNOWN]
    with world.connect(proxy, tokens[0]) as console:
        vnc_server.greet(console)
    for token in tokens:
        for target in (f'/vnc_lite.html?path=%3Ftoken%3D{token}', f'/x?token={token}', f'//x?token={token}',
                       f'/vnc_lite.html?path=?token={token} HTTP/9.9'):
            websocket.get((proxy.host, proxy.port), target)
    for token in tokens[1:]:
        assert refused(world, proxy, token) == 403
    said = '\n'.join(record.getMessage() for record in caplog.records)
    assert 'The novnc console was opened' in said and '?***' in said and 'was refused' in said
    assert not [token for token in tokens if token in said]


@pytest.mark.parametrize(('text', 'wanted'), [
    ('"GET /?token=abc HTTP/1.1" 101 -', '"GET /?*** HTTP/1.1" 101 -'),
    ("Bad request version ('/a?path=%3Ftoken%3Dabc')", "Bad request version ('/a?***')"), ('plain', 'plain')])
def test_what_is_cut_out_of_a_log_line(text, wanted):
    assert websocketproxy.without_query(text) == wanted

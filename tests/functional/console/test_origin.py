# SPDX-License-Identifier: Apache-2.0
"""From which pages consoles may be opened (CVE-2015-0259, Nova's bugs 1409142 and 2158919)."""
import email.message
import gc
import sys

import pytest

import mininova.conf
from mininova import exception
from mininova.console import origin
from tests.fixtures import vnc_server, websocket

CONF = mininova.conf.CONF

OWN = ('Host', 'console.example.org:6080')


@pytest.fixture
def guest(world):
    return world.vnc()


@pytest.fixture
def proxy(world, guest):
    world.conf(group='console', allowed_origins=['Dashboard.example.org'])
    return world.proxy()


def opens(world, proxy, guest, *headers, base='http://console.example.org:6080/vnc_auto.html'):
    """Tell whether a page that these headers are from can open a console."""
    try:
        with world.connect(proxy, world.token(guest.port, base=base), headers) as console:
            return vnc_server.greet(console) == b'fake guest'
    except websocket.Refused as error:
        assert error.status in (400, 403), error
        return False


@pytest.mark.parametrize('page', [
    'http://console.example.org:6080', 'http://console.example.org', 'http://CONSOLE.example.org:9999',
    'http://dashboard.example.org'])
def test_pages_that_may(world, guest, proxy, page):
    assert opens(world, proxy, guest, OWN, ('Origin', page))


@pytest.mark.parametrize('page', [
    'http://evil.example.org', 'http://console.example.org.evil.org', 'http://evil.org/console.example.org',
    'http://console.example.org@evil.org', 'http://evil.org#console.example.org', 'null', '', 'console.example.org',
    'http://', 'file://', 'http://[::1', 'https://console.example.org:6080', 'ws://console.example.org',
    'javascript://console.example.org'])
def test_pages_that_may_not(world, guest, proxy, page):
    assert not opens(world, proxy, guest, OWN, ('Origin', page))
    assert guest.conversations == [] and world.compute.asked == []


def test_what_is_no_browser_sends_no_origin(world, guest, proxy):
    assert opens(world, proxy, guest, OWN)


def test_the_way_in_which_the_page_came_is_that_of_the_url(world, guest, proxy):
    base, page = 'https://console.example.org/vnc_auto.html', 'https://console.example.org'
    assert opens(world, proxy, guest, OWN, ('Origin', page), base=base)
    assert not opens(world, proxy, guest, OWN, ('Origin', page.replace('https', 'http')), base=base)


@pytest.mark.parametrize(('base', 'page', 'may'), [
    ('ws://c:6083/', 'http://c', True), ('wss://c:6083/', 'https://c', True), ('ws://c:6083/', 'https://c', False),
    ('wss://c:6083/', 'http://c', False), ('ftp://c/', 'ftp://c', False)])
def test_a_websocket_s_url_stands_for_a_page_of_the_same_safety(base, page, may):
    headers = made(('Host', 'c:6083'), ('Origin', page))
    if may:
        origin.verify(headers, [], base)
    else:
        with pytest.raises(exception.InvalidOrigin):
            origin.verify(headers, [], base)


@pytest.mark.parametrize('headers', [
    (OWN, ('Host', 'evil.org'), ('Origin', 'http://evil.org')),
    (OWN, ('Origin', 'http://evil.org'), ('Origin', 'null')),
    (('Host', '[::1'), ('Origin', 'http://evil.org')), (('Host', ''), ('Origin', 'http://evil.org'))])
def test_odd_headers_let_nobody_in(world, guest, proxy, headers):
    assert not opens(world, proxy, guest, *headers)


def test_addresses_of_ipv6():
    origin.verify(made(('Host', '[fe80::1]:6080'), ('Origin', 'http://[FE80::1]:6080')), [], 'http://x/')


def test_one_request_lets_nobody_in_with_the_next(world, guest, proxy):
    """A Host that names the evil page itself must not stay behind as an allowed one."""
    before = list(CONF.console.allowed_origins)
    opens(world, proxy, guest, ('Host', 'evil.org'), ('Origin', 'http://evil.org'))
    assert not opens(world, proxy, guest, OWN, ('Origin', 'http://evil.org'))
    assert CONF.console.allowed_origins == before


def test_ten_thousand_hosts_leave_nothing_behind(conf):
    conf.config(group='console', allowed_origins=['dashboard.example.org'])
    for number in range(10000):
        headers = made(('Host', f'host{number}.example.org'), ('Origin', 'http://evil.org'))
        with pytest.raises(exception.InvalidOrigin):
            origin.verify(headers, CONF.console.allowed_origins, 'http://x/')
        if number == 1000:
            gc.collect()
            before = sys.getallocatedblocks()
    gc.collect()
    assert CONF.console.allowed_origins == ['dashboard.example.org']
    assert sys.getallocatedblocks() - before < 1000, 'objects; there were 9000 hosts'


def made(*headers):
    message = email.message.Message()
    for name, value in headers:
        message[name] = value
    return message

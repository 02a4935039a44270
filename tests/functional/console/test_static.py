# SPDX-License-Identifier: Apache-2.0
"""What a proxy's web server does not do: redirect, list, leave its directory (CVE-2021-3654)."""
import pytest

from mininova.console import static
from tests.fixtures import websocket


@pytest.fixture
def address(world):
    (world.directory / 'secret').write_text('secret')
    (world.web / 'evil.org').mkdir()
    proxy = world.proxy()
    return proxy.host, proxy.port


@pytest.mark.parametrize('target', [
    '//evil.org/%2F..', '///evil.org/%2F..', '////evil.org/%2f..', '//evil.org', '/\\evil.org/%2F..', '/%5Cevil.org/',
    '/%5cevil.org/%2F..', '/%2Fevil.org/%2F..', '/%2f%2fevil.org/..', 'http://evil.org/', 'evil.org', '\\\\evil.org',
    '/%09/evil.org/', '/%0d%0aLocation:%20http://evil.org'])
def test_addresses_that_are_elsewhere_s(address, target):
    status, head, body = websocket.get(address, target)
    assert status == 400 and 'Location' not in head and b'secret' not in body


@pytest.mark.parametrize('target', ['/', '/app', '/app/', '/evil.org', '/evil.org/%2F..', '/evil.org//', '/./',
                                    '/?x//y', '/%252Fevil.org/%252F..', '/nothing.html'])
def test_directories_are_neither_listed_nor_redirected_to(address, target):
    status, head, body = websocket.get(address, target)
    assert status == 404 and 'Location' not in head and b'ui.js' not in body


@pytest.mark.parametrize('target', ['/../secret', '/app/../../secret', '/%2e%2e/secret', '/app/%2e%2e/%2e%2e/secret',
                                    '/..%2fsecret', '/app/..%00/secret'])
def test_nothing_outside_the_directory(address, target):
    status, _head, body = websocket.get(address, target)
    assert status in (400, 404) and b'secret' not in body


def test_other_methods_are_not_served(address):
    for method in ('POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS'):
        answer = websocket.exchange(address, f'{method} /vnc_lite.html HTTP/1.1\r\nConnection: close\r\n\r\n'.encode())
        assert answer.split()[1] == b'501'
    answer = websocket.exchange(address, b'HEAD /vnc_lite.html HTTP/1.1\r\nConnection: close\r\n\r\n')
    assert answer.split()[1] == b'200' and answer.endswith(b'\r\n\r\n')


@pytest.mark.parametrize(('target', 'plain'), [
    ('/vnc_lite.html', True), ('/a%20b', False), ('/vnc_lite.html?path=//x\\y', True), ('*', False), ('', False)])
def test_what_is_a_path_of_this_server(target, plain):
    assert static.is_plain(target) is plain

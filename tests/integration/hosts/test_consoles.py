# SPDX-License-Identifier: Apache-2.0
"""Consoles of real guests: the screen in a browser, the serial port through a websocket, what ends them.

The tests share one guest and go through it in the order of this file.
"""
import os
import subprocess
import sys
import urllib.parse

import pytest

from tests.fixtures import browser, cluster, picture, processes, vnc_server, websocket

pytestmark = [pytest.mark.needs('libvirt', 'rabbit', 'mariadb', 'network', 'chromium'), pytest.mark.timeout(600)]

TYPED = '/tmp/typed-in-the-browser'


@pytest.fixture(scope='module')
def guest(cluster):  # noqa: F811
    """A guest, and the proxies."""
    made = cluster.guest('screen', 'h1')
    cluster.start(*cluster_proxies(), host='control')
    yield made.wait_ready()
    for name in cluster_proxies():
        cluster.service(f'{name}@control').stop()


def cluster_proxies():
    return cluster.PROXIES


def console_url(guest, protocol, kind):
    answer = guest.cluster.client.post(f'/servers/{guest.id}/remote-consoles',
                                       {'remote_console': {'protocol': protocol, 'type': kind}})
    return answer['remote_console']['url']


def dial(url):
    """Open the websocket that a console's URL leads to."""
    parsed = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parsed.query))
    target = f'/{query["path"]}' if 'path' in query else f'/?{parsed.query}'
    return websocket.WebSocket((parsed.hostname, parsed.port), target)


def is_refused(url):
    with pytest.raises(websocket.Refused) as caught:
        dial(url)
    return caught.value.status == 403


def openstack(guest, *words):
    """Run openstack on a cloud without Keystone, as doc/source/quickstart.rst says."""
    url = guest.cluster.client.url
    environment = {**os.environ, 'OS_AUTH_TYPE': 'none', 'OS_ENDPOINT': url, 'NO_PROXY': '*', 'no_proxy': '*'}
    program = os.path.join(os.path.dirname(sys.executable), 'openstack')
    done = subprocess.run([sys.executable, program, *words], env=environment, capture_output=True, text=True,
                          timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_the_url_of_openstack_shows_the_screen_in_a_browser_and_takes_keys(guest, tmp_path):
    url = openstack(guest, '--os-compute-api-version', '2.96', 'console', 'url', 'show', '--novnc', '-f', 'value', '-c',
                    'url', guest.id)
    with browser.Browser(tmp_path) as page:
        page.open(url)
        said = page.wait_for("(document.getElementById('status') || {}).textContent?.startsWith('Connected') && "
                             "document.getElementById('status').textContent")
        assert said.startswith('Connected to QEMU (instance-')
        page.wait_for("document.querySelector('#screen canvas')?.width > 300")
        page.click(500, 400)
        page.type(f'touch {TYPED}\n')
        processes.wait_for(lambda: TYPED in guest.run(f'ls {TYPED}; true'), 'file that was typed', 20, 0.5)
        shown = page.screenshot()
    (tmp_path / 'screen.png').write_bytes(shown)
    screen = picture.Picture(shown)
    assert screen.lines_of_text() > 5 and 0.001 < screen.share_lit() < 0.5, tmp_path / 'screen.png'


def test_the_serial_port_answers_what_is_typed(guest):
    with dial(console_url(guest, 'serial', 'serial')) as console:
        console.send(b'\necho answer-$((6 * 7))\n')
        console.read_until(b'answer-42')
    assert 'answer-42' in guest.console(), 'it is logged at the same time'


def test_the_proxies_log_who_opened_what_and_no_token(guest):
    urls = [console_url(guest, 'vnc', 'novnc'), console_url(guest, 'serial', 'serial')]
    for url in urls:
        dial(url).sock.close()
    for name, url in zip(cluster_proxies(), urls, strict=True):
        log = guest.cluster.service(f'{name}@control')
        processes.wait_for(lambda log=log: 'console for' in log.output(), 'end of the console in the log', 10)
        assert guest.id in log.output() and 'was opened for' in log.output()
        assert url.rsplit('token', 1)[1].lstrip('=%3D') not in log.output()


def test_consoles_end_when_the_guest_moves(guest):
    urls = [console_url(guest, 'vnc', 'novnc'), console_url(guest, 'serial', 'serial')]
    with dial(urls[0]) as screen, dial(urls[1]) as serial:
        assert vnc_server.greet(screen).startswith(b'QEMU (instance-')
        guest.action('os-migrateLive', {'host': 'h2', 'block_migration': 'auto'})
        processes.wait_for(lambda: guest.host.name == 'h2', 'guest on h2', 120, 0.2)
        guest.wait_status('ACTIVE')
        assert screen.wait_closed() == 1000 and serial.wait_closed() == 1000
    assert all(is_refused(url) for url in urls)
    with dial(console_url(guest, 'vnc', 'novnc')) as screen:
        assert vnc_server.greet(screen).startswith(b'QEMU (instance-')
    with dial(console_url(guest, 'serial', 'serial')) as serial:
        serial.send(b'\necho moved-$((6 * 7))\n')
        serial.read_until(b'moved-42')


def test_consoles_end_with_the_guest(guest):
    url = console_url(guest, 'vnc', 'novnc')
    with dial(url) as screen:
        vnc_server.greet(screen)
        guest.delete().wait_gone()
        assert screen.wait_closed() == 1000
    assert is_refused(url)

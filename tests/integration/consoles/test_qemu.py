# SPDX-License-Identifier: Apache-2.0
"""Proxies before QEMU's own VNC and SPICE servers: certificates on both sides, and clients in a browser.

No guest is booted: the firmware's screen is one, too.
"""
import base64
import struct

import pytest

from tests.fixtures import browser, picture, processes, vnc_server, websocket

pytestmark = [pytest.mark.needs('libvirt', 'chromium'), pytest.mark.timeout(120)]

QEMU = ('qemu-system-x86_64', '-name', 'screen', '-nodefaults', '-no-user-config', '-machine', 'pc,accel=tcg',
        '-m', '32', '-vga', 'std', '-display', 'none')
VNC_PORTS = 5900
# What a SPICE client says first: magic, version 2.2, length, then session 0 of the main channel with no capabilities.
SPICE_LINK = b'REDQ' + struct.pack('<IIIIBBIII', 2, 2, 18, 0, 1, 0, 0, 0, 18)


@pytest.fixture
def qemu(tmp_path):
    """Return a function that starts QEMU with a server on a port."""
    started = processes.Group()

    def start(port, *words):
        process = processes.Process('qemu', [*QEMU, *words], tmp_path / 'qemu.log')
        started.add(process).start().wait_ready(lambda: processes.listens(port), 60)
    yield start
    started.stop()


@pytest.fixture
def vnc_port():
    return processes.wait_for(lambda: next((port for port in range(5950, 5999) if not processes.listens(port)), None),
                              'free port for a screen')


def guarded_by_certificates(world, qemu, vnc_port):
    """Start QEMU as libvirt does with `vnc_tls` and `vnc_tls_x509_verify`."""
    files = world.certificates()
    qemu(vnc_port, '-object', f'tls-creds-x509,id=tls,endpoint=server,verify-peer=on,dir={files}',
         '-vnc', f'127.0.0.1:{vnc_port - VNC_PORTS},tls-creds=tls')
    world.conf(group='vnc', auth_schemes=['vencrypt', 'none'], vencrypt_ca_certs=str(files / 'ca-cert.pem'))
    return files


def use_certificate(world, directory):
    world.conf(group='vnc', vencrypt_client_cert=str(directory / 'client-cert.pem'),
               vencrypt_client_key=str(directory / 'client-key.pem'))


def test_a_screen_that_certificates_guard(world, qemu, vnc_port):
    files = guarded_by_certificates(world, qemu, vnc_port)
    use_certificate(world, files)
    with world.connect(world.proxy(), world.token(vnc_port)) as console:
        assert vnc_server.greet(console) == b'QEMU (screen)'


def test_a_screen_that_certificates_guard_is_not_shown_to_a_stranger(world, qemu, vnc_port):
    files = guarded_by_certificates(world, qemu, vnc_port)
    use_certificate(world, files / 'stranger')
    with world.connect(world.proxy(), world.token(vnc_port)) as console:
        with pytest.raises(AssertionError):
            vnc_server.greet(console)
        assert console.wait_closed() in (1000, 1011, None)


def test_novnc_shows_the_screen(world, qemu, vnc_port, tmp_path):
    qemu(vnc_port, '-vnc', f'127.0.0.1:{vnc_port - VNC_PORTS}')
    world.web = '/usr/share/novnc'
    proxy = world.proxy()
    token = world.token(vnc_port, base=f'http://127.0.0.1:{proxy.port}/vnc_lite.html')
    with browser.Browser(tmp_path) as page:
        page.open(f'http://127.0.0.1:{proxy.port}/vnc_lite.html?path=%3Ftoken%3D{token}')
        said = page.wait_for("document.getElementById('status')?.textContent?.match(/^Connected.*/)?.[0]")
        assert said == 'Connected to QEMU (screen)'
        page.wait_for("document.querySelector('#screen canvas')?.width > 300")
        screen = processes.wait_for(lambda: with_text(page.screenshot()), 'text of the firmware on the screen', 30, 0.5)
    assert screen.share_lit() < 0.5


def with_text(png):
    """Return a picture if it shows lines of text, else None."""
    shown = picture.Picture(png)
    return shown if shown.lines_of_text() > 2 and shown.share_lit() > 0.0005 else None


@pytest.fixture
def spice(world, qemu):
    """A proxy before QEMU's SPICE server; (proxy, address of the page, token)."""
    port = processes.free_port()
    qemu(port, '-spice', f'port={port},addr=127.0.0.1,disable-ticketing=on')
    world.web = '/usr/share/spice-html5'
    proxy = world.proxy('spice-html5')
    page = f'http://127.0.0.1:{proxy.port}/spice_auto.html'
    return proxy, page, world.token(port, 'spice-html5', page)


def test_spice_through_the_proxy(spice):
    proxy, _page, token = spice
    with websocket.WebSocket((proxy.host, proxy.port), f'/?token={token}') as console:
        console.send(SPICE_LINK)
        magic, major, _minor, _size, error = struct.unpack('<4sIIII', console.recv(20))
        assert (magic, major, error) == (b'REDQ', 2, 0)


def test_spice_html5_shows_the_screen(spice, tmp_path):
    """Its page hands the token over in a cookie, for each of the four connections that it makes."""
    _proxy, address, token = spice
    with browser.Browser(tmp_path) as page:
        page.open(f'{address}?token={token}')
        page.wait_for("document.querySelector('#spice-screen canvas')?.width > 300")
        screen = processes.wait_for(lambda: with_text(drawn(page)), 'text of the firmware on the screen', 30, 0.5)
    assert screen.share_lit() < 0.5


def drawn(page):
    """Return what spice-html5 has drawn, without the grey page around it."""
    data = page.wait_for("document.querySelector('#spice-screen canvas').toDataURL('image/png')")
    return base64.b64decode(data.partition(',')[2])

# SPDX-License-Identifier: Apache-2.0
"""nova-novncproxy as a process: with greenthreads and with threads, in the foreground and not, and its end."""
import os
import pathlib
import re
import signal
import subprocess

import pytest

from tests.fixtures import processes, services, websocket

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def command(tmp_path, database_url):
    """Return (words that start a proxy without broker, its port)."""
    port, web = processes.free_port(), tmp_path / 'web'
    web.mkdir()
    (web / 'vnc_lite.html').write_text('noVNC')
    file = tmp_path / 'nova.conf'
    file.write_text(f'[DEFAULT]\ntransport_url = kombu+memory://\nstate_path = {tmp_path}\n'
                    f'[database]\nconnection = {database_url}\n[oslo_concurrency]\nlock_path = {tmp_path}\n')
    subprocess.run([services.BIN / 'nova-manage', '--config-file', file, 'db', 'sync'], check=True, timeout=60)
    return [services.BIN / 'nova-novncproxy', '--config-file', file, '--web', web, '--vnc-novncproxy_host', '127.0.0.1',
            '--vnc-novncproxy_port', port], port


@pytest.fixture
def database_url(tmp_path):
    return f'sqlite:///{tmp_path}/nova.sqlite'


def serves(port):
    return websocket.get(('127.0.0.1', port), '/vnc_lite.html')[0] == 200


@pytest.mark.parametrize('mode', ['eventlet', 'threading'])
def test_it_starts_and_ends(command, tmp_path, mode):
    words, port = command
    process = processes.Process('proxy', words, tmp_path / 'log', {'MININOVA_CONCURRENCY': mode})
    process.start().wait_ready(lambda: 'nova-novncproxy is ready' in process.output(), 60)
    try:
        assert serves(port)
    finally:
        took = process.stop()
    assert process.exit_status() == 0 and took < 10, process.tail()


def test_it_goes_on_in_the_background(command, tmp_path):
    words, port = command
    log = tmp_path / 'proxy.log'
    done = subprocess.run([*map(str, words), '--daemon', '--log-file', str(log)], timeout=60, check=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    ready = processes.wait_for(lambda: log.exists() and re.search(r' (\d+) INFO .* is ready', log.read_text()),
                               'proxy in the background', 60)
    proxy = pathlib.Path('/proc') / ready[1]
    try:
        assert serves(port) and done.stdout == b''
        assert os.getsid(int(ready[1])) != os.getsid(0) and (proxy / 'fd' / '1').readlink() == pathlib.Path(os.devnull)
    finally:
        os.kill(int(ready[1]), signal.SIGTERM)
        processes.wait_for(lambda: not proxy.exists(), 'end of the proxy', 15)

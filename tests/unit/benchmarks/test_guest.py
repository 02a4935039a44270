# SPDX-License-Identifier: Apache-2.0
"""bench_guest against a pretended lab: it waits for ACTIVE and for the console, and always deletes its server."""
import http.server
import json
import threading

import pytest

from benchmarks import bench_guest

ENVIRONMENT = {'OS_USERNAME': 'demo', 'OS_PASSWORD': 'x', 'OS_PROJECT_NAME': 'demo'}


class Lab(http.server.BaseHTTPRequestHandler):
    """Identity, images and servers; a server becomes what ``statuses`` say, one look after the other."""
    protocol_version = 'HTTP/1.1'
    statuses, consoles, deleted = [], [], []

    def _answer(self, document, status=200):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header('X-Subject-Token', 'token')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self._answer({'/v2/images': {'images': [{'id': 'i', 'name': 'mini-guest'}]},
                      '/compute/flavors': {'flavors': [{'id': 'f', 'name': 'm1.tiny'}]}}.get(self.path) or
                     {'server': {'status': self.statuses.pop(0)}})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        url = f'http://{self.headers["Host"]}'
        if self.path == '/auth/tokens':
            self._answer({'token': {'catalog': [
                {'type': kind, 'endpoints': [{'interface': 'public', 'url': url + path}]}
                for kind, path in (('compute', '/compute'), ('image', ''))]}}, 201)
        elif self.path == '/compute/servers':
            assert (body['server']['imageRef'], body['server']['flavorRef']) == ('i', 'f')
            self._answer({'server': {'id': 's'}}, 202)
        else:
            self._answer({'output': self.consoles.pop(0)})

    def do_DELETE(self):
        self.deleted.append(self.path)
        self._answer({})

    def log_message(self, *arguments):
        pass


@pytest.fixture
def lab(monkeypatch):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Lab)
    threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()
    for name, value in {**ENVIRONMENT, 'OS_AUTH_URL': f'http://127.0.0.1:{server.server_port}'}.items():
        monkeypatch.setenv(name, value)
    Lab.deleted = []
    yield Lab
    server.shutdown()
    server.server_close()


def test_the_guests_own_boot_time_is_the_floor(lab, monkeypatch, capsys):
    lab.statuses, lab.consoles = ['BUILD', 'ACTIVE'], ['', 'mini-guest: ready uptime=4.20 hostname=x\n']
    monkeypatch.setattr('sys.argv', ['bench_guest', '--quick'])
    assert bench_guest.main() == 0
    assert '; floor 4.20; ' in capsys.readouterr().out
    assert lab.deleted == ['/compute/servers/s']


def test_a_server_in_error_is_deleted_too(lab, monkeypatch):
    lab.statuses = ['BUILD', 'ERROR']
    monkeypatch.setattr('sys.argv', ['bench_guest', '--quick'])
    with pytest.raises(SystemExit, match='ERROR'):
        bench_guest.main()
    assert lab.deleted == ['/compute/servers/s']


def test_a_guest_that_never_is_ready_is_given_up(lab, monkeypatch):
    lab.statuses, lab.consoles = ['ACTIVE'], ['booting'] * 50
    monkeypatch.setattr('sys.argv', ['bench_guest', '--quick', '--seconds', '0.5'])
    with pytest.raises(SystemExit, match='not ready after'):
        bench_guest.main()
    assert lab.deleted == ['/compute/servers/s']

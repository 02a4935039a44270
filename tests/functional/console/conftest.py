# SPDX-License-Identifier: Apache-2.0
"""A proxy over a database, a guest's console that is a fake, and a nova-compute that says what a test wants."""
import pytest

from mininova import context, objects
from mininova.console import server, websocketproxy
from mininova.console.securityproxy import rfb
from mininova.db import models, session
from tests.fixtures import certificates, vnc_server, websocket

SERVER, OTHER = '11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'


class Compute:
    """What nova-compute answers to `validate_console_port`, and what it was asked."""

    def __init__(self):
        self.answer, self.asked = True, []

    def validate_console_port(self, context, instance, port, console_type):
        self.asked.append((instance.uuid, port, console_type))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class World:
    """Proxies, consoles and tokens of one test."""

    def __init__(self, settings, directory):
        self.conf, self.directory = settings.config, directory
        self.web = directory / 'web'
        (self.web / 'app').mkdir(parents=True)
        (self.web / 'vnc_lite.html').write_text('<title>noVNC</title>')
        (self.web / 'app' / 'ui.js').write_text('1')
        self.compute = Compute()
        self._running = []
        for uuid in (SERVER, OTHER):
            self.make_server(uuid)

    @staticmethod
    def make_server(uuid, host='cmp1'):
        with session.writer() as connection:
            connection.execute(models.instances.insert().values(
                uuid=uuid, project_id='p', user_id='u', host=host, vm_state='active'))

    def vnc(self, **options):
        """Start a VNC server."""
        return self._run(vnc_server.Server(**options))

    def proxy(self, console_type='novnc', web=True, host='127.0.0.1'):
        """Start a proxy."""
        security = rfb.RFBSecurityProxy() if console_type == 'novnc' else None
        made = websocketproxy.NovaWebSocketProxy(host, 0, console_type, str(self.web) if web else None, security)
        made.compute_rpcapi = self.compute
        made.start()
        return self._run(made)

    def token(self, port, console_type='novnc', base='http://127.0.0.1:6080/vnc_auto.html', ttl=600, server=SERVER):
        """Make a token for a console at a port of the loopback."""
        made = objects.ConsoleAuthToken(
            context.get_admin_context(), console_type=console_type, host='127.0.0.1', port=port, tls_port=None,
            internal_access_path=None, instance_uuid=server, compute_host='cmp1', access_url_base=base)
        return made.authorize(ttl)

    @staticmethod
    def connect(proxy, token, headers=(), tls=None):
        return websocket.WebSocket((proxy.host, proxy.port), f'/?token={token}', headers, tls)

    def certificates(self):
        """Return a directory with an authority and certificates of a server, a client and a stranger."""
        directory = self.directory / 'certificates'
        if not directory.exists():
            certificates.Authority(directory).sign('server').sign('client')
            certificates.Authority(directory / 'stranger').sign('client')
        return directory

    def _run(self, made):
        self._running.append(made)
        return made

    def stop(self):
        for made in reversed(self._running):
            made.stop()


@pytest.fixture
def world(conf, rpc, database, tmp_path, monkeypatch):
    monkeypatch.setattr(server, 'LOOK_INTERVAL', 0.1)
    made = World(conf, tmp_path)
    yield made
    made.stop()

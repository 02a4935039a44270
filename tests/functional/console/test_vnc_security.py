# SPDX-License-Identifier: Apache-2.0
"""What is said to a guest's VNC server in the user's place; TLS on either side."""
import ssl

import pytest

from mininova import exception
from mininova.console import server
from mininova.console.rfb import auth, auths
from tests.fixtures import vnc_server, websocket

GIB4 = 2 ** 32 - 1


def refusal(console):
    """Return the reason that a VNC client is given."""
    assert console.recv(12) == vnc_server.VERSION
    console.send(vnc_server.VERSION)
    assert console.recv(1) == b'\0'
    return console.recv(int.from_bytes(console.recv(4), 'big')).decode()


# -- the server's side -----------------------------------------------------------------------

def test_an_endless_reason_is_not_read(world):
    """The server says 4 GiB and means it (Nova's bug 2155052)."""
    guest = world.vnc(reason=(GIB4, b'no! ' * 16384))
    proxy = world.proxy()
    with world.connect(proxy, world.token(guest.port)) as console:
        assert refusal(console) == 'Unable to negotiate security with server'
        assert console.wait_closed() == 1011
    # It may send what fits into the buffers of two sockets before it notices.
    assert guest.sent < 32 * 2 ** 20


def test_a_reason_is_read_as_far_as_it_says_something():
    class Server:
        taken = 0
        answers = [GIB4.to_bytes(4, 'big'), b'x' * 65536]

        def recv(self, count):
            given, self.answers[0] = self.answers[0][:count], self.answers[0][count:]
            if not self.answers[0]:
                del self.answers[0]
            self.taken += len(given)
            return given
    server_ = Server()
    assert auth.receive_reason(server_) == 'x' * auth.MAX_REASON_LENGTH
    assert server_.taken == 4 + 256


@pytest.mark.parametrize('options', [
    {'types': (vnc_server.VNC_PASSWORD,)}, {'version': b'RFB 003.003\n'}, {'version': b'HTTP/1.1 200'}, {'types': ()},
    {'reason': (3, b'off')}])
def test_servers_that_are_not_understood(world, options):
    guest, proxy = world.vnc(**options), world.proxy()
    with world.connect(proxy, world.token(guest.port)) as console:
        if options.get('version'):
            assert console.recv(12) in (b'', b'\0\0\0\0(Unable ')
        elif options.get('types') == ():
            assert console.recv(12) == vnc_server.VERSION
            console.send(vnc_server.VERSION)
            guest.hang_up()
            assert console.recv(1) == b'\0'
        else:
            assert refusal(console)
        assert console.wait_closed() == 1011
    assert guest.conversations == [b'']


@pytest.mark.parametrize('said', [[b'RFB 003.003\n'], [vnc_server.VERSION, b'\x02']])
def test_clients_that_are_not_understood(world, said):
    guest, proxy = world.vnc(), world.proxy()
    with world.connect(proxy, world.token(guest.port)) as console:
        for words in said:
            console.send(words)
        assert console.wait_closed() == 1011
    assert guest.conversations == [b'']


def test_a_scheme_is_chosen_in_the_operators_order(conf):
    conf.config(group='vnc', auth_schemes=['vencrypt', 'none'])
    schemes = auths.RFBAuthSchemeList()
    assert schemes.find_scheme([1, 19]).security_type() == auth.AuthType.VENCRYPT
    assert schemes.find_scheme([2, 1]).security_type() == auth.AuthType.NONE
    with pytest.raises(exception.RFBAuthNoAvailableScheme, match='allowed types: 2, desired types: 19, 1'):
        schemes.find_scheme([2])


# -- VeNCrypt ------------------------------------------------------------------------------------

@pytest.fixture
def encrypted(world):
    """Return a function that starts a VNC server that wants certificates, and lets the proxy use one."""
    def start(signed_by='', **options):
        files = world.certificates()
        world.conf(group='vnc', auth_schemes=['vencrypt'], vencrypt_ca_certs=str(files / 'ca-cert.pem'),
                   vencrypt_client_cert=str(files / signed_by / 'client-cert.pem'),
                   vencrypt_client_key=str(files / signed_by / 'client-key.pem'))
        return world.vnc(**{'types': (vnc_server.VENCRYPT,), 'tls': vnc_server.server_context(files), **options})
    return start


def test_a_screen_over_tls_with_certificates_on_both_sides(world, encrypted):
    guest, proxy = encrypted(), world.proxy()
    with world.connect(proxy, world.token(guest.port)) as console:
        assert vnc_server.greet(console) == b'fake guest'
        for data in (b'x', b'y' * 200000):
            console.send(data)
            assert console.recv(len(data)) == data
        guest.hang_up()
        assert console.wait_closed() == 1000


def not_opened(world, guest):
    with world.connect(world.proxy(), world.token(guest.port)) as console:
        assert console.recv(12) == vnc_server.VERSION
        console.send(vnc_server.VERSION)
        assert console.recv(2) == b'\x01\x01'
        console.send(b'\x01')
        assert console.wait_closed() in (1000, 1011)
    assert guest.conversations == [b'']


def test_a_proxy_with_a_strangers_certificate_sees_no_screen(world, encrypted):
    not_opened(world, encrypted(signed_by='stranger'))


def test_a_server_with_a_strangers_certificate_hears_nothing(world, encrypted):
    guest = encrypted()
    world.conf(group='vnc', vencrypt_ca_certs=str(world.certificates() / 'stranger' / 'ca-cert.pem'))
    not_opened(world, guest)


@pytest.mark.parametrize('options', [{'subtypes': (261, 257)}, {'vencrypt_version': b'\x00\x01'}])
def test_other_kinds_of_vencrypt(world, encrypted, options):
    not_opened(world, encrypted(**options))


def test_a_server_without_tls_is_not_enough_where_tls_is_wanted(world, encrypted):
    encrypted()
    guest = world.vnc()
    with world.connect(world.proxy(), world.token(guest.port)) as console:
        assert refusal(console)
    assert guest.conversations == [b'']


# -- the clients' side -----------------------------------------------------------------------------

@pytest.fixture
def trusting(world):
    context = ssl.create_default_context(cafile=world.certificates() / 'ca-cert.pem')
    context.verify_flags &= ~getattr(ssl, 'VERIFY_X509_STRICT', 0)
    return context


@pytest.fixture
def with_certificate(world):
    files = world.certificates()
    world.conf(cert=str(files / 'server-cert.pem'), key=str(files / 'server-key.pem'))


def test_clients_may_encrypt(world, with_certificate, trusting):
    guest, proxy = world.vnc(), world.proxy()
    for tls in (trusting, None):
        with world.connect(proxy, world.token(guest.port), tls=tls) as console:
            assert vnc_server.greet(console) == b'fake guest'
            console.send(b'y' * 200000)
            assert console.recv(200000) == b'y' * 200000
    assert websocket.get(('127.0.0.1', proxy.port), '/vnc_lite.html', trusting)[0] == 200


def test_clients_must_encrypt(world, with_certificate, trusting):
    world.conf(ssl_only=True)
    guest, proxy = world.vnc(), world.proxy()
    with world.connect(proxy, world.token(guest.port), tls=trusting) as console:
        assert vnc_server.greet(console) == b'fake guest'
    with pytest.raises((websocket.Refused, OSError)):
        world.connect(proxy, world.token(guest.port))
    assert len(guest.conversations) == 1


def test_old_tls_is_refused(world, with_certificate, trusting):
    world.conf(group='console', ssl_minimum_version='tlsv1_3', ssl_ciphers='ECDHE+AESGCM')
    proxy = world.proxy()
    assert websocket.get(('127.0.0.1', proxy.port), '/vnc_lite.html', trusting)[0] == 200
    trusting.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(OSError):
        websocket.get(('127.0.0.1', proxy.port), '/vnc_lite.html', trusting)


@pytest.mark.parametrize(('options', 'said'), [
    ({'ssl_only': True, 'cert': '/nowhere.pem'}, 'SSL only and /nowhere.pem not found'),
    ({'cert': __file__}, 'TLS is not possible with')])
def test_what_cannot_be_served_is_said_at_the_start(world, options, said):
    world.conf(**options)
    with pytest.raises(exception.NovaException, match=said):
        world.proxy()


def test_an_address_that_is_taken_and_a_directory_that_is_not_there_are_said_at_the_start(world):
    taken = world.proxy()
    with pytest.raises(exception.NovaException, match=f'Cannot listen on 127.0.0.1 port {taken.port}'):
        server.listen('127.0.0.1', taken.port)
    world.web = world.directory / 'nothing'
    with pytest.raises(exception.NovaException, match='Can not find html/js files at'):
        world.proxy()

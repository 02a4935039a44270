# SPDX-License-Identifier: Apache-2.0
"""The HTTP servers of both concurrency modes, over real connections."""
import contextlib
import datetime
import ipaddress
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
GET = b'GET /v2.1/ HTTP/1.1\r\nHost: a\r\n'
POST = b'POST /v2.1/widgets HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'
CHUNKED = POST + b'Transfer-Encoding: chunked\r\n\r\n'
BODY = b'{"widget": {"name": "one"}}'
CHUNK = b'%x\r\n%s\r\n' % (len(BODY), BODY)


class Server:
    """A server in a process of its own."""

    def __init__(self, mode, **options):
        environment = {**os.environ, 'MININOVA_CONCURRENCY': mode, 'PYTHONPATH': ROOT, 'PYTHONWARNINGS': 'ignore'}
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'tests.functional.api_machinery.server_process', json.dumps(options)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline())

    def connect(self, timeout=10):
        return socket.create_connection(('127.0.0.1', self.port), timeout=timeout)

    def send(self, data, patience=0.3, connection=None):
        """Send bytes; return (statuses of the answers, whether the server closed, everything)."""
        with connection or self.connect() as connected:
            connected.settimeout(patience)
            with contextlib.suppress(ConnectionError):
                connected.sendall(data)
            received, is_closed = b'', False
            try:
                while part := connected.recv(65536):
                    received += part
                is_closed = True
            except TimeoutError:
                pass
            except ConnectionError:
                is_closed = True
        return _statuses(received), is_closed, received

    def stop(self):
        """Stop it and return the seconds that took."""
        self.process.send_signal(signal.SIGTERM)
        seconds = self.process.stdout.readline()
        self.process.wait(10)
        self.process.stdout.close()
        return float(seconds)


def _statuses(received):
    return [int(part.split(b' ', 2)[1]) for part in received.split(b'HTTP/1.')[1:]]


@pytest.fixture(scope='module', params=['eventlet', 'threading'])
def server(request):
    running = Server(request.param, header_timeout=2, client_socket_timeout=4)
    yield running
    running.stop()


def test_a_request_is_answered_and_the_connection_stays(server):
    statuses, is_closed, received = server.send(GET + b'\r\n')
    assert (statuses, is_closed) == ([200], False)
    assert b'"version"' in received


@pytest.mark.parametrize('data', [GET + b'Connection: close\r\n\r\n', b'GET /v2.1/ HTTP/1.0\r\n\r\n'])
def test_the_connection_closes_when_the_client_says_so(server, data):
    assert server.send(data)[:2] == ([200], True)


def test_requests_sent_at_once_are_answered_in_order(server):
    assert server.send(GET + b'\r\n' + b'GET /v1 HTTP/1.1\r\nHost: a\r\n\r\n' + GET + b'\r\n')[0] == [200, 300, 200]


def test_head_has_no_body(server):
    statuses, _closed, received = server.send(b'HEAD /v2.1/ HTTP/1.1\r\nHost: a\r\n\r\n')
    assert statuses == [200]
    assert received.endswith(b'\r\n\r\n')


def test_a_204_has_no_body_and_the_connection_goes_on(server):
    delete = b'DELETE /v2.1/widgets/1 HTTP/1.1\r\nHost: a\r\nOpenStack-API-Version: compute 2.20\r\n\r\n'
    assert server.send(delete + GET + b'\r\n')[0] == [204, 200]


def test_an_answer_of_unknown_length_is_sent_in_chunks(server):
    _statuses, is_closed, received = server.send(b'GET /stream HTTP/1.1\r\nHost: a\r\n\r\n')
    assert not is_closed
    assert b'Transfer-Encoding: chunked' in received
    assert received.partition(b'\r\n\r\n')[2] in (b'3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n', b'6\r\nonetwo\r\n0\r\n\r\n')


def test_an_application_that_fails_tells_nothing(server):
    statuses, is_closed, received = server.send(b'GET /broken HTTP/1.1\r\nHost: a\r\n\r\n')
    assert (statuses, is_closed, b'SECRET' in received) == ([500], True, False)


@pytest.mark.parametrize('tail', [b'0\r\n\r\n', b'0\r\nX: y\r\n\r\n', b'000\r\n\r\n', b'0;a=b\r\n\r\n'])
def test_a_chunked_body_is_read_to_its_end(server, tail):
    assert server.send(CHUNKED + CHUNK + tail + GET + b'\r\n')[0] == [202, 200]


def test_a_body_that_nobody_reads_does_not_become_a_request(server):
    smuggled = b'GET /v2.1/ HTTP/1.1\r\nHost: a\r\n\r\n'
    post = b'POST /v2.1/nothing HTTP/1.1\r\nHost: a\r\n'
    assert server.send(post + b'Content-Length: %d\r\n\r\n' % len(smuggled) + smuggled + GET + b'\r\n')[0] == [404, 200]
    chunked = post + b'Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n' % (len(smuggled), smuggled)
    assert server.send(chunked + GET + b'\r\n')[0] == [404, 200]


def test_a_large_body_is_413_and_no_second_answer_comes_from_it(server):
    data = POST + b'Content-Length: 200000\r\n\r\n' + (GET + b'\r\n') * 6000
    statuses = server.send(data[:len(POST) + 26 + 200000])[0]
    assert statuses == [413]
    chunked = CHUNKED + b'%x\r\n%s\r\n0\r\n\r\n' % (200000, b'a' * 200000)
    assert server.send(chunked)[0] == [413]


def test_a_body_is_sent_after_100_continue(server):
    with server.connect() as connection:
        connection.sendall(POST + b'Expect: 100-continue\r\nContent-Length: %d\r\n\r\n' % len(BODY))
        assert connection.recv(65536).startswith(b'HTTP/1.1 100 Continue\r\n\r\n')
        connection.sendall(BODY)
        assert b' 202 Accepted' in connection.recv(65536)


MALFORMED = {
    'length and chunks': POST + b'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'two lengths': POST + b'Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd',
    'two different lengths': POST + b'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
    'list of lengths': POST + b'Content-Length: 4, 4\r\n\r\nabcd',
    'signed length': POST + b'Content-Length: +4\r\n\r\nabcd',
    'negative length': POST + b'Content-Length: -4\r\n\r\nabcd',
    'hexadecimal length': POST + b'Content-Length: 0x4\r\n\r\nabcd',
    'empty length': POST + b'Content-Length: \r\n\r\nabcd',
    'length with underscore': POST + b'Content-Length: 1_0\r\n\r\nabcdefghij',
    'unknown coding': POST + b'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    'two codings': POST + b'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'coding twice': POST + b'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'identity': POST + b'Transfer-Encoding: identity\r\n\r\n0\r\n\r\n',
    'blank before colon': POST + b'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
    'tab before name': POST + b'\tTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'vertical tab': POST + b'Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n',
    'coding in 1.0': POST.replace(b'1.1', b'1.0') + b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'folded line': GET + b'X: a\r\n b\r\n\r\n',
    'bare line feeds': b'GET /v2.1/ HTTP/1.1\nHost: a\n\n',
    'one bare line feed': b'GET /v2.1/ HTTP/1.1\r\nHost: a\nX: y\r\n\r\n',
    'bare line feed at the end': GET + b'\n',
    'bare carriage return': GET + b'X: a\rY: b\r\n\r\n',
    'nul': GET + b'X: a\0b\r\n\r\n',
    'nul in the path': b'GET /v2.1/\0 HTTP/1.1\r\nHost: a\r\n\r\n',
    'no colon': GET + b'nonsense\r\n\r\n',
    'empty name': GET + b': x\r\n\r\n',
    'long header': GET + b'X: ' + b'a' * 65536 + b'\r\n\r\n',
    'HTTP/0.9': b'GET /v2.1/\r\n\r\n',
    'HTTP/2.0': b'GET /v2.1/ HTTP/2.0\r\nHost: a\r\n\r\n',
    'absolute target': b'GET http://evil/v2.1/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'no target': b'GET  HTTP/1.1\r\nHost: a\r\n\r\n',
    'blank in target': b'GET /v2.1/ x HTTP/1.1\r\nHost: a\r\n\r\n',
    'no host': b'GET /v2.1/ HTTP/1.1\r\n\r\n',
    'two hosts': b'GET /v2.1/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'leading empty line': b'\r\n' + GET + b'\r\n',
    'TLS': b'\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03' + b'\r\n',
}


@pytest.mark.parametrize('name', MALFORMED)
def test_what_two_parsers_could_read_differently_gets_one_400_and_ends(server, name):
    statuses, is_closed, _received = server.send(MALFORMED[name] + GET + b'\r\n')
    assert (statuses, is_closed) == ([400], True)


@pytest.mark.parametrize('chunks', [
    b'0x2\r\n{}\r\n0\r\n\r\n', b'+2\r\n{}\r\n0\r\n\r\n', b'-2\r\n{}\r\n0\r\n\r\n', b' 2\r\n{}\r\n0\r\n\r\n',
    b'2\n{}\n0\n\n', b'2_0\r\n{}\r\n', b'2\r\n{}XX\r\n0\r\n\r\n', b'\r\n', b'2\r\n{}\r\n0\r\nGET / HTTP/1.1\r\n\r\n',
    b'fffffffff\r\n',
    b'2\r\n{}\r\n0\r\nX : y\r\n\r\n'])
def test_malformed_chunks_get_one_400_and_end(server, chunks):
    statuses, is_closed, _received = server.send(CHUNKED + chunks + GET + b'\r\n', patience=1)
    assert (statuses, is_closed) == ([400], True)


def test_many_headers_are_refused(server):
    statuses, is_closed, _received = server.send(GET + b'X: ' + b'a' * 200 + b'\r\n' + b'Y: b\r\n' * 20000 + b'\r\n')
    assert is_closed
    assert statuses in ([400], [431])


def test_a_long_request_line_is_414(server):
    assert server.send(b'GET /v2.1/' + b'a' * 17000 + b' HTTP/1.1\r\nHost: a\r\n\r\n')[:2] == ([414], True)


def test_a_host_that_is_none_is_refused(server):
    assert server.send(b'GET /v2.1/ HTTP/1.1\r\nHost: a/b\r\n\r\n')[0] == [400]


def seconds_until_closed(connection, data=b'', pause=0.1):
    """Send a byte now and then; return how long the server bears it."""
    started = time.monotonic()
    connection.settimeout(pause)
    rest = iter(data)
    while time.monotonic() - started < 15:
        try:
            byte = next(rest, None)
            if byte is not None:
                connection.sendall(bytes([byte]))
            if not connection.recv(100):
                break
        except TimeoutError:
            pass
        except ConnectionError:
            break
    return time.monotonic() - started


@pytest.mark.parametrize('data', [b'', GET + b'X: ' + b'a' * 200, b'GET /' + b'a' * 200])
def test_a_slow_head_ends_at_the_header_timeout(server, data):
    with server.connect() as connection:
        assert 1.5 < seconds_until_closed(connection, data) < 4


def test_a_silent_connection_ends_at_the_socket_timeout(server):
    with server.connect() as connection:
        connection.sendall(GET + b'\r\n')
        connection.recv(65536)
        assert 3 < seconds_until_closed(connection) < 7


def test_silent_and_slow_clients_do_not_hinder_others(server):
    with contextlib.ExitStack() as stack:
        for number in range(200):
            connection = stack.enter_context(server.connect())
            if number % 2:
                connection.sendall(GET)
        started = time.monotonic()
        for _number in range(10):
            assert server.send(GET + b'Connection: close\r\n\r\n')[0] == [200]
        assert time.monotonic() - started < 1.5


@pytest.mark.parametrize('mode', ['eventlet', 'threading'])
def test_stopping_answers_requests_under_way_and_takes_no_more(mode):
    running = Server(mode)
    with running.connect() as idle, running.connect() as busy:
        idle.sendall(GET + b'\r\n')
        idle.recv(65536)
        busy.sendall(b'GET /sleep/0.7 HTTP/1.1\r\nHost: a\r\n\r\n')
        time.sleep(0.2)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        with pytest.raises(ConnectionError):
            running.connect().close()
        assert b'slept' in busy.recv(65536)
        assert idle.recv(100) == b''
    assert float(running.process.stdout.readline()) < 3
    running.process.wait(10)
    running.process.stdout.close()


@pytest.mark.parametrize('mode', ['eventlet', 'threading'])
def test_an_idle_server_stops_at_once(mode):
    running = Server(mode)
    assert running.send(GET + b'\r\n')[0] == [200]
    assert running.stop() < 1


# -- TLS --------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def certificate(tmp_path_factory):
    """Return paths of a self-signed certificate and its key."""
    directory = tmp_path_factory.mktemp('tls')
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'localhost')])
    now = datetime.datetime.now(datetime.UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address('127.0.0.1'))]), False)
            .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256()))
    paths = str(directory / 'cert.pem'), str(directory / 'key.pem')
    with open(paths[0], 'wb') as file:
        file.write(made.public_bytes(serialization.Encoding.PEM))
    with open(paths[1], 'wb') as file:
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()))
    return paths


@pytest.mark.parametrize('mode', ['eventlet', 'threading'])
def test_tls_serves_https_links_and_a_stalled_handshake_hinders_nobody(mode, certificate):
    running = Server(mode, ssl_cert_file=certificate[0], ssl_key_file=certificate[1], header_timeout=2)
    context = ssl.create_default_context(cafile=certificate[0])
    with running.connect() as stalled:
        connection = context.wrap_socket(running.connect(), server_hostname='127.0.0.1')
        statuses, is_closed, received = running.send(GET + b'\r\n' + GET + b'\r\n', connection=connection)
        assert (statuses, is_closed) == ([200, 200], False)
        assert b'"https://a/v2.1/"' in received
        assert 1 < seconds_until_closed(stalled) < 4
    assert running.send(GET + b'\r\n')[0] == []
    running.stop()

# SPDX-License-Identifier: Apache-2.0
"""The port of a console proxy, and its connections.

Each connection is a greenthread (a thread, with MININOVA_CONCURRENCY=threading) of the one process, not a process of
its own as with websockify's server: the database's and the broker's connections are shared and warm when a token comes,
and a console costs kilobytes instead of megabytes.  What that gives up is the second processor; any number of proxies
may run side by side, for they share nothing but the database.
"""
import contextlib
import itertools
import os
import socket
import ssl
import time

from oslo_log import log as logging

import mininova.conf
from mininova import concurrency, exception

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

# Connections at the same time; the next ones wait.  Threads watch sockets by select(), which knows 1024 files.
MAX_CONNECTIONS = {True: 2000, False: 400}
BACKLOG = 128
REQUEST_TIME = 10       # seconds from an accepted connection, or an answer, to the end of the next request's head
LOADING_TIME = 300      # seconds a client gets to load one file
OPENING_TIME = 120      # seconds for everything between a good token and an open console
LOOK_INTERVAL = 1       # seconds between two looks at what is overdue
CLOSING_TIME = 5        # seconds an ended console gets to say so to the client
SILENCE = 60            # seconds without a byte until the other side is asked whether it is there
TLS_RECORD = 22         # the first byte of a client that wants TLS
TLS_VERSIONS = {'tlsv1_1': ssl.TLSVersion.TLSv1_1, 'tlsv1_2': ssl.TLSVersion.TLSv1_2,
                'tlsv1_3': ssl.TLSVersion.TLSv1_3}


def listen(host, port):
    """Return a socket that takes connections.

    :raises NovaException: the address is not this machine's, or taken
    """
    wanted = socket.AF_INET6 if CONF.source_is_ipv6 else socket.AF_INET
    try:
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_PASSIVE)
        family, kind, protocol, _name, address = min(found, key=lambda entry: entry[0] != wanted)
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        raise exception.NovaException(f'Cannot listen on {host} port {port}: {error}') from error
    made.listen(BACKLOG)
    return made


def keep_alive(connected):
    """Have the kernel notice when the other side is gone without a word, and send small packets at once."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, SILENCE)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def tls_context():
    """Return what encrypts clients' connections, None without a certificate.

    :raises NovaException: the files cannot be used, or there are none and `ssl_only` asks for them
    """
    if not os.path.exists(CONF.cert):
        if CONF.ssl_only:
            raise exception.NovaException(f'SSL only and {CONF.cert} not found.')
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        if CONF.console.ssl_minimum_version in TLS_VERSIONS:
            context.minimum_version = TLS_VERSIONS[CONF.console.ssl_minimum_version]
        if CONF.console.ssl_ciphers:
            context.set_ciphers(CONF.console.ssl_ciphers)
        context.load_cert_chain(CONF.cert, CONF.key)
    except (OSError, ssl.SSLError) as error:
        raise exception.NovaException(f'TLS is not possible with {CONF.cert} and its key: {error}') from error
    return context


class Connection:
    """One client; what websockify's handler takes for its server, whose settings it reads."""

    token_plugin = auth_plugin = heartbeat = target_host = target_port = unix_listen = None
    verbose = traffic = daemon = run_once = web_auth = host_token = ws_connection = False
    file_only = True
    logger = LOG

    def __init__(self, proxy, sock, address, number):
        """
        :param number: of the connection since the proxy's start
        """
        self.proxy, self.sock, self.address, self.handler_id = proxy, sock, address, number
        self.web, self.only_upgrade = proxy.web, not proxy.web
        self.record = os.path.abspath(CONF.record) if CONF.record else None
        self._target = None
        self._deadline = time.monotonic() + REQUEST_TIME

    # -- deadlines --------------------------------------------------------------------

    def _give(self, seconds):
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def give_time_to_ask(self):
        self._give(REQUEST_TIME)

    def give_time_to_load(self):
        self._give(LOADING_TIME)

    def give_time_to_open(self):
        self._give(OPENING_TIME)

    def opened(self, target, seconds):
        """Note that a console is open.

        :param target: socket to the guest's side
        :param seconds: for how long; None: until one side ends it
        """
        self._target = target
        self._give(seconds)

    def end_if_overdue(self, now):
        """Cut what is over: the guest's side first, so that the client is told, then the client's."""
        if self._deadline is None or now < self._deadline:
            return
        if self._target is not None:
            LOG.info('The time of a console for %s is over.', self.address[0])
            cut, self._target = self._target, None
            self._give(CLOSING_TIME)
        else:
            cut = self.sock
            self._give(CLOSING_TIME)
        shut(cut)

    def end(self):
        for sock in (self._target, self.sock):
            if sock is not None:
                shut(sock)

    # -- work -------------------------------------------------------------------------

    def serve(self):
        """Answer this client's requests until it or we end the connection."""
        try:
            keep_alive(self.sock)
            encrypted = self._encrypt()
            self.proxy.handler_class(self.sock, (*self.address[:2], encrypted), self)
        except (OSError, EOFError) as error:        # ssl.SSLError is an OSError
            LOG.debug('The connection of %s ended: %s', self.address[0], error)
        except Exception:
            LOG.exception('A connection of %s failed.', self.address[0])
        finally:
            self.sock.close()

    def _encrypt(self):
        """Begin TLS if the client does; tell whether it did."""
        first = self.sock.recv(1, socket.MSG_PEEK)
        if not first:
            raise EOFError('it said nothing')
        if first[0] != TLS_RECORD:
            if CONF.ssl_only:
                raise EOFError('it is not encrypted, and ssl_only is set')
            return False
        if self.proxy.tls is None:
            raise EOFError('it wants TLS, and there is no certificate')
        self.sock = self.proxy.tls.wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
        self.sock.do_handshake()
        return True


def shut(sock):
    """End a connection in both directions; whoever waits for it wakes up."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


class Server:
    """Takes connections and gives each to a handler.

    :ivar host: and `port`: the address that is really listened on
    """

    handler_class = None

    def __init__(self, host, port, web=None):
        """
        :param web: directory with files to serve, None for none
        :raises NovaException: address, certificate or directory cannot be used
        """
        if web and not os.path.isdir(web):
            raise exception.NovaException(f'Can not find html/js files at {web}.')
        self.web, self.tls = web, tls_context()
        self._listener = listen(host, port)
        self.host, self.port = self._listener.getsockname()[:2]
        self._pool = concurrency.Pool(MAX_CONNECTIONS[concurrency.is_eventlet()])
        self._connections, self._numbers = set(), itertools.count(1)
        self._ending = False
        self._acceptor = self._clock = None

    def start(self):
        self._acceptor = concurrency.spawn(self._accept)
        self._clock = concurrency.periodic(LOOK_INTERVAL, self._end_overdue, name='deadlines of consoles')

    def stop(self):
        """Take no more connections and end those that are open."""
        self._ending = True
        shut(self._listener)                # what waits for the next connection wakes up, and closes it
        if self._clock:
            self._clock.stop()
        for connection in list(self._connections):
            connection.end()

    def wait(self):
        if self._acceptor:
            self._acceptor.wait()

    def _accept(self):
        while not self._ending:
            try:
                sock, address = self._listener.accept()
            except OSError as error:
                if not self._ending:
                    LOG.warning('A connection could not be taken: %s', error)
                    concurrency.sleep(0.1)          # no file descriptors are left, perhaps: do not spin
                continue
            connection = Connection(self, sock, address, next(self._numbers))
            self._connections.add(connection)
            self._pool.spawn(self._serve, connection)
        self._listener.close()

    def _serve(self, connection):
        try:
            connection.serve()
        finally:
            self._connections.discard(connection)

    def _end_overdue(self):
        now = time.monotonic()
        for connection in list(self._connections):
            connection.end_if_overdue(now)

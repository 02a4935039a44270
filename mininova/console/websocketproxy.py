# SPDX-License-Identifier: Apache-2.0
"""From a browser's websocket to a guest's console.  Nova: nova/console/websocketproxy.py.

Before a client is told that it has a websocket, its token is looked up, its page checked, the guest's side connected
and nova-compute asked whether this guest's console is at that port.  In this order: a port that belonged to the guest
when nova-compute looked could be another's when we connect, but a connection cannot change hands (CVE-2013-0335).
"""
import contextlib
import http.cookies
import re
import socket
import time
import urllib.parse

from oslo_log import log as logging
from websockify import websocketproxy

import mininova.conf
from mininova import context as nova_context
from mininova import exception, objects, rpc
from mininova.compute import rpcapi as compute_rpcapi
from mininova.console import origin, server, static

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

CONNECT_TIME = 10       # seconds to reach a compute host
_QUERY = re.compile(r'\?[^\s"\']*')
# What goes wrong on the way to a console, and is the user's or the host's affair: no traceback.
REFUSALS = (exception.NovaException, rpc.MessagingTimeout, rpc.MessagingException, OSError)


def without_query(text):
    """Return a text fit for a log: tokens are in what follows the question mark of addresses."""
    return _QUERY.sub('?***', text)


class TenantSock:
    """The client's side as a socket: what its websocket messages hold, for the time before bytes are passed on."""

    def __init__(self, handler):
        self._handler = handler
        self._bytes = b''

    def recv(self, count):
        """Return so many bytes, fewer only at the end."""
        while len(self._bytes) < count:
            messages, closed = self._handler.recv_frames()
            self._bytes += b''.join(messages)
            if closed:
                break
        taken, self._bytes = self._bytes[:count], self._bytes[count:]
        return taken

    def sendall(self, data):
        self._handler.send_frames([data])

    def rest(self):
        """Return what was received and not asked for."""
        taken, self._bytes = self._bytes, b''
        return taken


class NovaProxyRequestHandler(static.StaticFiles, websocketproxy.ProxyRequestHandler):
    """One connection: files of the client, or a console.  ``self.server`` is its server.Connection."""

    _console = None

    def handle_one_request(self):
        self.server.give_time_to_ask()
        super().handle_one_request()

    # -- who may, and where to ----------------------------------------------------------

    def handle_upgrade(self):
        """Turn the request into a websocket if it may open what it names."""
        try:
            self._console = self._open()
        except REFUSALS as error:
            LOG.warning('A console was refused to %s: %s', self.client_address[0], _reason(error))
            self._refuse(*_status(error))
            return
        try:
            super().handle_upgrade()
        finally:
            server.shut(self._console.target)
            self._console.target.close()

    def _refuse(self, status, message):
        """Answer without a body: what waits for a websocket would take it for a frame (Tempest's test_novnc does)."""
        self.send_response(status, message)
        self.send_header('Content-Length', '0')
        self.send_header('Connection', 'close')
        self.end_headers()

    def _open(self):
        """Return the _Console that the request's token is for.

        :raises REFUSALS:
        """
        context = nova_context.get_admin_context()
        connect_info = self._connect_info(context)
        self.server.give_time_to_open()
        target = socket.create_connection((connect_info.host, connect_info.port), timeout=CONNECT_TIME)
        try:
            target.settimeout(None)
            server.keep_alive(target)
            instance = objects.Instance.get_by_uuid(context, connect_info.instance_uuid)
            if not self.server.proxy.compute_rpcapi.validate_console_port(
                    context, instance, connect_info.port, connect_info.console_type):
                raise exception.InvalidConnectionInfo()
        except BaseException:
            target.close()
            raise
        return _Console(target, instance, connect_info)

    def _connect_info(self, context):
        """Return what the request's token gives access to.

        :raises ConsoleTokenNotFound, InvalidToken: it is none of ours, over, or for another proxy
        :raises InvalidOrigin: the page may not
        """
        token = self._token()
        if not token:
            raise exception.InvalidToken()
        connect_info = objects.ConsoleAuthToken.validate(context, token)
        if connect_info.console_type != self.server.proxy.console_type or not connect_info.port:
            raise exception.InvalidToken()
        origin.verify(self.headers, CONF.console.allowed_origins, connect_info.access_url_base)
        return connect_info

    def _token(self):
        """Return the token of the request: of its address, or else the cookie that spice-html5 sets."""
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        if query.get('token'):
            return query['token'][-1]
        cookies = http.cookies.SimpleCookie()
        with contextlib.suppress(http.cookies.CookieError):
            cookies.load(self.headers.get('Cookie') or '')
        return cookies['token'].value if 'token' in cookies else None

    # -- the console ---------------------------------------------------------------------

    def handle_websocket(self):
        self.path = '/'                     # what websockify would log
        super().handle_websocket()

    def new_websocket_client(self):
        """Pass bytes on until one side ends it; called with the websocket open."""
        console = self._console
        self._negotiate(console)
        self.server.opened(console.target, console.seconds())
        LOG.info('The %s console was opened for %s.', console.type, self.client_address[0], instance=console.instance)
        try:
            self.do_proxy(console.target)
        except OSError as error:
            LOG.warning('The %s console for %s broke off: %s', console.type, self.client_address[0], error,
                        instance=console.instance)
            raise self.CClose(1011, 'The connection to the console broke off') from None
        finally:
            LOG.info('The %s console for %s was closed.', console.type, self.client_address[0],
                     instance=console.instance)

    def _negotiate(self, console):
        """Say to the guest's side what has to be said in the user's place."""
        if self.server.proxy.security_proxy is None:
            return
        tenant = TenantSock(self)
        try:
            console.target = self.server.proxy.security_proxy.connect(tenant, console.target)
            console.target.sendall(tenant.rest())
        except (exception.SecurityProxyNegotiationFailed, OSError) as error:
            LOG.warning('A console could not be opened for %s: %s', self.client_address[0], _reason(error),
                        instance=console.instance)
            raise self.CClose(1011, 'The console could not be opened') from None

    # -- the log -------------------------------------------------------------------------

    def log_message(self, format, *args):
        """Log without what follows a question mark: websockify and the standard library log whole addresses."""
        LOG.debug('%s: %s', self.client_address[0], without_query(format % args))

    def version_string(self):
        return 'mini-Nova'


class _Console:
    """An open way to a console.

    :ivar target: socket to the guest's side
    """

    def __init__(self, target, instance, connect_info):
        self.target, self.instance, self.type = target, instance, connect_info.console_type
        self._expires = connect_info.expires

    def seconds(self):
        """Return how long it may stay open; None: for ever."""
        return max(0, self._expires - time.time()) if CONF.consoleauth.enforce_session_timeout else None


def _status(error):
    """Return (HTTP status, message) of a refusal; the message tells nothing about hosts."""
    if isinstance(error, exception.NovaException) and error.code < 500:
        # Whether there is such a token is nobody's business who has none.
        return 403, error.format_message() if error.code == 403 else exception.InvalidToken.msg_fmt
    return 502, 'The console cannot be reached'


def _reason(error):
    return error.format_message() if isinstance(error, exception.NovaException) else f'{type(error).__name__}: {error}'


class NovaWebSocketProxy(server.Server):
    """A console proxy: the consoles of one type."""

    handler_class = NovaProxyRequestHandler

    def __init__(self, host, port, console_type, web=None, security_proxy=None):
        """
        :param console_type: 'novnc', 'serial' or 'spice-html5': tokens for others are refused
        :param security_proxy: securityproxy.base.SecurityProxy, or None
        """
        super().__init__(host, port, web)
        self.console_type, self.security_proxy = console_type, security_proxy
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()

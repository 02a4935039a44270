# SPDX-License-Identifier: Apache-2.0
"""Paste loader and HTTP server of nova-api.  Nova: nova/wsgi.py, nova/api/wsgi.py.

The part of the server that depends on the concurrency mode is in ``mininova/httpd``.

``Router`` lives in ``mininova/api/wsgi.py``, below this module; the name here is where Nova's readers look.
"""
import importlib
import ipaddress
import logging
import os
import socket
import ssl
import sys

from paste import deploy

import mininova.conf
from mininova import concurrency, exception
from mininova.api import wsgi as api_wsgi
from mininova.httpd import head

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

Router = api_wsgi.Router


class Loader:
    """Loads WSGI applications from a Paste file.

    :param config_path: path of the file; None takes [wsgi] api_paste_config
    :raises ConfigNotFound: there is no such file
    """

    def __init__(self, config_path=None):
        self.config_path = config_path or find_paste_config()
        if not os.path.exists(self.config_path):
            raise exception.ConfigNotFound(path=self.config_path)

    def load_app(self, name):
        """Return the application of a section, with all that is in front of it.

        A mistake in one part ends the start: no half-built API is ever served.

        :raises PasteAppNotFound: the file has no such section
        """
        try:
            return deploy.loadapp(f'config:{os.path.abspath(self.config_path)}', name=name)
        except LookupError as error:
            LOG.error('%s', error)
            raise exception.PasteAppNotFound(name=name, path=self.config_path) from error


def find_paste_config():
    """Return the path that [wsgi] api_paste_config means.

    A relative name is looked for beside nova.conf, in the tree the program runs from, and where
    installation put it.
    """
    name = CONF.wsgi.api_paste_config
    if os.path.isabs(name):
        return name
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    candidates = [CONF.find_file(name), os.path.join(root, 'etc', 'nova', name),
                  os.path.join(sys.prefix, 'etc', 'nova', name), os.path.join('/etc/nova', name)]
    for path in candidates:
        if path and os.path.exists(path):
            return os.path.abspath(path)
    return name


class Server:
    """An HTTP server around a WSGI application; the socket is bound at once, before any fork.

    :param name: 'osapi_compute' or 'metadata', for the log
    :param app: WSGI application
    :param host: address to listen on; see ``listen_address``
    :param port: 0 takes any free one; ``self.port`` is the one really bound
    :param pool_size: requests at the same time; None takes [wsgi] default_pool_size
    :param backlog: connections that wait to be accepted
    :param use_ssl: serve TLS with the files of [wsgi]
    :param max_url_len: longest request line in bytes; None is 16384
    :raises InvalidInput: the backlog is below 1
    :raises ConfigNotFound: a file for TLS is not there
    """

    default_max_url_len = 16384

    def __init__(self, name, app, host='0.0.0.0', port=0, pool_size=None, backlog=128, use_ssl=False, max_url_len=None):
        if backlog < 1:
            raise exception.InvalidInput(reason='The backlog must be more than 0')
        self.name = name
        self.app = app
        self._settings = head.Settings(
            name=name, pool_size=pool_size or CONF.wsgi.default_pool_size, keep_alive=CONF.wsgi.keep_alive,
            idle_timeout=CONF.wsgi.client_socket_timeout or None, header_timeout=CONF.wsgi.header_timeout,
            max_url_len=max_url_len or self.default_max_url_len, max_header_line=CONF.wsgi.max_header_line,
            tls=_tls_context() if use_ssl else None)
        self.socket = _listen(listen_address(name, host), port, backlog)
        self.host, self.port = self.socket.getsockname()[:2]
        self._handle = None
        LOG.info('%s listening on %s:%s', name, self.host, self.port)

    def start(self):
        """Begin to answer, in the process that works (after a fork)."""
        self._handle = _backend().serve(self.socket, self.app, self._settings)

    def stop(self):
        """Take no more connections; requests under way are answered."""
        LOG.info('Stopping WSGI server %s.', self.name)
        if self._handle:
            self._handle.stop()
        self.socket.close()

    def wait(self):
        """Wait until the server was stopped and all requests are answered."""
        if self._handle:
            self._handle.wait()

    def reset(self):
        """SIGHUP: options are read where they are used."""


def _backend():
    return importlib.import_module('mininova.httpd.green' if concurrency.is_eventlet() else 'mininova.httpd.threaded')


def _listen(host, port, backlog):
    """Return a bound, listening socket that a restarted server can bind again at once."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        # Who listens everywhere means IPv4, too; its peers are then ::ffff:192.0.2.1 and the like.
        listener = socket.create_server((host, port), family=family, backlog=backlog,
                                        dualstack_ipv6=host == '::' and socket.has_dualstack_ipv6())
    except OSError as error:
        LOG.error('Could not bind to %s:%s: %s', host, port, error)
        raise
    # Accepted sockets inherit these on Linux.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, CONF.wsgi.tcp_keepidle)
    return listener


def _tls_context():
    """Return what TLS needs from [wsgi]."""
    options = CONF.wsgi
    for path in (options.ssl_cert_file, options.ssl_key_file, options.ssl_ca_file):
        if path and not os.path.exists(path):
            raise exception.ConfigNotFound(path=path)
    if not options.ssl_cert_file:
        raise exception.InvalidInput(reason='TLS is asked for (enabled_ssl_apis) but [wsgi] ssl_cert_file is not set')
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.ssl_cert_file, options.ssl_key_file)
    if options.ssl_ca_file:
        context.load_verify_locations(options.ssl_ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def listen_address(name, host):
    """Return the address that an API may listen on.

    Without authentication whoever can connect is an administrator, so the compute API then stays on the loopback
    address unless the operator has said `insecure_noauth`.

    :param name: 'osapi_compute' or 'metadata'
    :param host: the configured address
    """
    if name != 'osapi_compute' or CONF.api.auth_strategy != 'noauth2':
        return host
    if _is_loopback(host):
        LOG.warning('[api] auth_strategy is noauth2: nobody is asked who they are.')
        return host
    if CONF.insecure_noauth:
        LOG.warning('noauth2 and insecure_noauth are set: whoever reaches %s is an administrator.', host)
        return host
    LOG.warning('noauth2 is set: listening on 127.0.0.1 instead of %s; insecure_noauth would change it.', host)
    return '127.0.0.1'


def _is_loopback(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'

# SPDX-License-Identifier: Apache-2.0
"""HTTP server on greenthreads: eventlet's, with a strict door and a clock on the head of each request."""
import logging

import eventlet
import eventlet.wsgi
import greenlet

from mininova.httpd import head

LOG_FORMAT = '%(client_ip)s "%(request_line)s" status: %(status_code)s len: %(body_length)s time: %(wall_seconds).7f'


class _Chunks(head.ChunkLines):
    """Lines between chunks, refused in the way that eventlet ends a connection for."""

    def readline(self, size=None):
        try:
            return super().readline(size)
        except head.Malformed as error:
            raise eventlet.wsgi.ChunkReadError(str(error)) from None


class _Headers:
    """The header lines of a request, as far as eventlet asks for them.

    :param found: head.Head
    """

    def __init__(self, found):
        self._headers = found.fields
        self._values = found.headers

    def get(self, name, default=None):
        return self._values.get(name.lower(), default)

    def get_content_type(self):
        return 'text/plain'


class _Protocol(eventlet.wsgi.HttpProtocol):
    """One connection."""

    settings = None
    _clock = None
    _is_first = True
    _chunks = None

    def _read_request_line(self):
        """Wait for the first byte, then give the client `header_timeout` seconds for the head."""
        try:
            if self._is_first:
                self._start_clock()
            elif not self.rfile.peek(1):
                return b''
            else:
                self._start_clock()
            self._is_first = False
            return super()._read_request_line()
        except (eventlet.Timeout, OSError):
            self._stop_clock()
            return b''

    def _start_clock(self):
        self._clock = eventlet.Timeout(self.settings.header_timeout)

    def _stop_clock(self):
        if self._clock:
            self._clock.cancel()
            self._clock = None

    def handle_one_request(self):
        try:
            super().handle_one_request()
            if self._chunks and self._chunks.is_broken:
                self.close_connection = 1
        except eventlet.Timeout as timeout:
            if timeout is not self._clock:
                raise
            self.close_connection = 1
        finally:
            self._stop_clock()

    def parse_request(self):
        """Read the head; its strict form needs no mail parser, which costs a fifth of a small request."""
        try:
            found = head.Head(self.raw_requestline, self.rfile.fp, self.settings.max_header_line)
        except head.Malformed:
            self.wfile.write(head.REFUSAL)
            self.wfile.flush()
            self.close_connection = 1
            return False
        finally:
            self._stop_clock()
        self.requestline = found.line
        self.command, self.path, self.request_version = found.method, found.target, found.version
        self.headers = _Headers(found)
        self.close_connection = 0 if found.wants_to_stay() else 1
        return True

    def get_environ(self):
        environ = super().get_environ()
        environ['wsgi.input_terminated'] = True
        body = environ['wsgi.input']
        if body.chunked_input:
            self._chunks = body.rfile = _Chunks(body.rfile)
        return environ

    def log_message(self, format, *args):
        """Keep the standard library from writing to stderr."""
        self.server.log.debug(format % args)


class _Handle:
    """A server that runs."""

    def __init__(self, thread, pool, listener):
        self._thread = thread
        self._pool = pool
        self._listener = listener

    def stop(self):
        """Take no more connections; requests under way go on."""
        self._thread.kill()
        self._listener.close()

    def wait(self):
        """Wait until all requests are answered."""
        try:
            self._thread.wait()
        except greenlet.GreenletExit:
            pass
        self._pool.waitall()


def serve(listener, application, settings):
    """Serve an application on a listening socket.

    :param settings: head.Settings
    :returns: handle with ``stop()`` and ``wait()``
    """
    protocol = type('Protocol', (_Protocol,), {'settings': settings})
    pool = eventlet.GreenPool(settings.pool_size)
    listener = listener.dup()
    if settings.tls:
        listener = settings.tls.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
    thread = eventlet.spawn(
        eventlet.wsgi.server, listener, application, protocol=protocol, custom_pool=pool,
        log=logging.getLogger(f'nova.{settings.name}.wsgi.server'), log_format=LOG_FORMAT, log_x_forwarded_for=False,
        debug=False, capitalize_response_headers=False, keepalive=settings.keep_alive,
        socket_timeout=settings.idle_timeout, url_length_limit=settings.max_url_len)
    return _Handle(thread, pool, listener)

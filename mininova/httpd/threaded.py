# SPDX-License-Identifier: Apache-2.0
"""HTTP server on native threads.

One thread waits until a connection has sent the whole head of a request (or something hopeless); a fixed
number of threads answers. So neither a silent client nor a slow one takes a thread. A client that sends its
head too slowly loses its connection after ``header_timeout`` seconds, one that is silent between requests
after ``idle_timeout``.
"""
import logging
import os
import selectors
import socket
import time

from mininova import concurrency
from mininova.httpd import exchange, head

THREADS = 64
_TICK = 0.5


class _Connection:
    """A client's connection between and during requests."""

    def __init__(self, accepted, peer, settings):
        self.settings = settings
        self.socket = accepted
        self.peer = peer
        self.reader = exchange.Reader(accepted, settings.idle_timeout)
        self.expires = time.monotonic() + settings.header_timeout

    def is_ready(self):
        """Take what has arrived, without waiting, and tell whether there is something to answer.

        :raises EOFError: the client has closed
        """
        was_silent = not self.reader.has_data()
        if self.reader.gather():
            return True
        if was_silent and self.reader.has_data():
            self.expires = time.monotonic() + self.settings.header_timeout
        return False

    def rest(self):
        """Note that an answer was sent and the client may be silent for a while."""
        timeout = self.settings.idle_timeout
        if self.reader.has_data():
            timeout = self.settings.header_timeout
        self.expires = None if timeout is None else time.monotonic() + timeout

    def answer_one(self, application, log):
        """Read a request, answer it.

        :returns: whether the connection stays open
        """
        started = time.monotonic()
        try:
            line = self.reader.readline(self.settings.max_url_len)
            if len(line) >= self.settings.max_url_len:
                self._send(exchange.TOO_LONG)
                return False
            request = exchange.Request(line, self.reader, self.settings.max_header_line)
        except head.Malformed:
            self._send(head.REFUSAL)
            return False
        return self._answer(request, application, log, started)

    def _answer(self, request, application, log, started):
        body = request.body(self.reader, lambda: self._send(b'HTTP/1.1 100 Continue\r\n\r\n'))
        answer = exchange.Answer(request, self._send, self.settings.keep_alive and request.wants_to_stay())
        environ = request.environ(body, self.socket, self.peer, self.settings.tls is not None)
        parts = None
        try:
            parts = application(environ, answer.start_response)
            answer.finish(parts)
        except OSError:
            raise
        except Exception:
            log.exception('The application failed at %s', request.line)
            if not answer.is_sent:
                self._send(exchange.FAILED)
            return False
        finally:
            if hasattr(parts, 'close'):
                parts.close()
        log.info('%s "%s" status: %s len: %s time: %.7f', self.peer[0], request.line, answer.status[:3], answer.length,
                 time.monotonic() - started)
        return answer.stays and body.drain()

    def _send(self, data):
        self.socket.settimeout(self.settings.idle_timeout)
        self.socket.sendall(data)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


class _Server:
    """The threads of one listening socket."""

    def __init__(self, listener, application, settings):
        self._application = application
        self._settings = settings
        self._log = logging.getLogger(f'nova.{settings.name}.wsgi.server')
        self._listener = listener.dup()
        self._listener.setblocking(False)
        self._work = concurrency.queue()
        self._idle = concurrency.queue()
        self._stopping = False
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_writer, False)
        self._threads = [concurrency.spawn(self._answer_all)
                         for _number in range(min(settings.pool_size, THREADS))]
        self._watcher = concurrency.spawn(self._watch)
        self._log.info('Serving %s on %s:%s', settings.name, *listener.getsockname()[:2])

    def stop(self):
        """Take no more connections and close silent ones; requests under way go on."""
        self._stopping = True
        self._wake()

    def wait(self):
        """Wait until all requests are answered."""
        self._watcher.wait()
        for _thread in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.wait()

    def _wake(self):
        try:
            os.write(self._wake_writer, b'.')
        except (BlockingIOError, OSError):
            pass

    def _watch(self):
        """Hand connections that have something to say to the threads."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            next_expiry = time.monotonic() + _TICK
            while not self._stopping:
                for key, _events in selector.select(_TICK):
                    self._notice(key, selector)
                self._take_back(selector)
                if time.monotonic() >= next_expiry:
                    self._expire(selector)
                    next_expiry = time.monotonic() + _TICK
            silent = self._silent(selector)
        self._listener.close()
        for connection in silent:
            connection.close()

    def _notice(self, key, selector):
        if key.fileobj is self._listener:
            self._accept(selector)
        elif key.data is None:
            os.read(self._wake_reader, 4096)
        else:
            self._listen_to(key.data, selector)

    def _listen_to(self, connection, selector):
        """Hand over a connection with something to answer, watch it otherwise."""
        is_watched = connection.socket.fileno() in selector.get_map()
        try:
            is_ready = connection.is_ready()
        except (EOFError, OSError):
            if is_watched:
                selector.unregister(connection.socket)
            connection.close()
            return
        if is_ready and is_watched:
            selector.unregister(connection.socket)
        if is_ready:
            self._work.put(connection)
        elif not is_watched:
            selector.register(connection.socket, selectors.EVENT_READ, connection)

    def _accept(self, selector):
        try:
            accepted, peer = self._listener.accept()
        except BlockingIOError:
            return
        except OSError as error:
            self._log.warning('A connection could not be accepted: %s', error)
            concurrency.sleep(0.05)
            return
        if self._settings.tls:
            accepted = self._settings.tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        self._listen_to(_Connection(accepted, peer, self._settings), selector)

    def _take_back(self, selector):
        """Watch connections that a thread has done with."""
        while not self._idle.empty():
            self._listen_to(self._idle.get(), selector)

    @staticmethod
    def _silent(selector):
        return [key.data for key in selector.get_map().values() if key.data is not None]

    def _expire(self, selector):
        now = time.monotonic()
        for connection in self._silent(selector):
            if connection.expires is not None and connection.expires < now:
                selector.unregister(connection.socket)
                connection.close()

    def _answer_all(self):
        """What each thread does."""
        while (connection := self._work.get()) is not None:
            try:
                self._converse(connection)
            except Exception as error:
                self._log.debug('Connection of %s ended: %s', connection.peer[0], error)
                connection.close()

    def _converse(self, connection):
        if not connection.answer_one(self._application, self._log) or self._stopping:
            connection.close()
            return
        connection.rest()
        self._idle.put(connection)
        self._wake()


def serve(listener, application, settings):
    """Serve an application on a listening socket.

    :param settings: head.Settings
    :returns: handle with ``stop()`` and ``wait()``
    """
    return _Server(listener, application, settings)

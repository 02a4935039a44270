# SPDX-License-Identifier: Apache-2.0
"""One request and its answer on a blocking socket, for the threaded server.

Everything that could be read in two ways is refused by ``head.py``, so what is left to parse is simple.
"""
import email.utils
import ssl
import sys
import urllib.parse

from mininova.httpd import head

MAX_DRAIN = 1 << 18
TOO_LONG = b'HTTP/1.1 414 Request URI Too Long\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
FAILED = b'HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'


class Reader:
    """The receiving side of a socket: first without waiting until a head is complete, then waiting.

    :param connection: socket
    :param timeout: seconds that one receive of a body may take
    """

    def __init__(self, connection, timeout):
        self._socket = connection
        self._buffer = bytearray()
        self._timeout = timeout

    def has_data(self):
        """Tell whether something was received that nobody has read yet."""
        return bool(self._buffer)

    def gather(self):
        """Take what has arrived, without waiting.

        :returns: whether there is something to answer: a head, complete or hopeless
        :raises EOFError: the client has closed before that
        """
        self._socket.setblocking(False)
        while not self._has_head():
            try:
                received = self._socket.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            if not received:
                raise EOFError
            self._buffer += received
        return True

    def _has_head(self):
        if b'\n\r\n' in self._buffer or b'\n\n' in self._buffer or len(self._buffer) > head.MAX_HEAD:
            return True
        end = self._buffer.find(b'\n')
        return end >= 0 and not head.is_request_line(bytes(self._buffer[:end + 1]))

    def _receive(self):
        self._socket.settimeout(self._timeout)
        received = self._socket.recv(65536)
        self._buffer += received
        return bool(received)

    def _take(self, size):
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def readline(self, size=-1):
        """Return a line with its end, or `size` bytes of a longer one."""
        limit = size if size is not None and size >= 0 else 1 << 30
        start = 0
        while True:
            end = self._buffer.find(b'\n', start, limit)
            if end >= 0:
                return self._take(end + 1)
            if len(self._buffer) >= limit:
                return self._take(limit)
            start = len(self._buffer)
            if not self._receive():
                return self._take(limit)

    def read(self, size):
        """Return `size` bytes, fewer only if the client has closed."""
        while len(self._buffer) < size and self._receive():
            pass
        return self._take(size)


class Body:
    """``wsgi.input`` of a request whose length is known; no length is a length of zero.

    :param go_on: called once before the first byte is read (100 Continue)
    """

    def __init__(self, reader, length, go_on):
        self._reader = reader
        self._left = length
        self._go_on = go_on

    def _ask(self):
        if self._go_on:
            self._go_on()
            self._go_on = None

    def read(self, size=None):
        size = self._left if size is None or size < 0 else min(size, self._left)
        if not size:
            return b''
        self._ask()
        data = self._reader.read(size)
        if len(data) < size:
            raise ConnectionError('the client closed before the end of the body')
        self._left -= size
        return data

    def readline(self, size=None):
        limit = self._left if size is None or size < 0 else min(size, self._left)
        if not limit:
            return b''
        self._ask()
        line = self._reader.readline(limit)
        self._left -= len(line)
        return line

    def __iter__(self):
        return iter(self.readline, b'')

    def drain(self):
        """Read what the application left, if it is little.

        :returns: whether the connection stands at the beginning of the next request
        """
        if self._go_on or self._left > MAX_DRAIN:
            return not self._left
        self.read()
        return True


class ChunkedBody:
    """``wsgi.input`` of a request in chunks."""

    def __init__(self, reader, go_on):
        self._lines = head.ChunkLines(reader)
        self._go_on = go_on
        self._data = bytearray()
        self._is_over = False

    def _next_chunk(self):
        if self._go_on:
            self._go_on()
            self._go_on = None
        size = int(self._lines.readline().split(b';', 1)[0], 16)
        if size:
            data = self._lines.read(size)
            if len(data) < size:
                raise ConnectionError('the client closed before the end of the body')
            self._data += data
            self._lines.readline()
            return
        while self._lines.readline() != b'\r\n':
            pass
        self._is_over = True

    def read(self, size=None):
        wanted = 1 << 62 if size is None or size < 0 else size
        while len(self._data) < wanted and not self._is_over:
            self._next_chunk()
        taken = bytes(self._data[:wanted])
        del self._data[:wanted]
        return taken

    def readline(self, size=None):
        while b'\n' not in self._data and not self._is_over:
            self._next_chunk()
        end = self._data.find(b'\n') + 1 or len(self._data)
        return self.read(end if size is None or size < 0 else min(end, size))

    def __iter__(self):
        return iter(self.readline, b'')

    def drain(self):
        if self._go_on:
            return False
        taken = 0
        while not self._is_over and taken <= MAX_DRAIN:
            taken += len(self.read(65536))
        return self._is_over


class Request(head.Head):
    """A request that is to be answered on this connection."""

    def body(self, reader, go_on):
        """Return ``wsgi.input``."""
        go_on = go_on if self.headers.get('expect', '').lower() == '100-continue' else None
        if 'transfer-encoding' in self.headers:
            return ChunkedBody(reader, go_on)
        return Body(reader, int(self.headers.get('content-length', 0)), go_on)

    def environ(self, body, connection, peer, is_tls):
        """Return the WSGI environment (PEP 3333)."""
        path, _mark, query = self.target.partition('?')
        server = connection.getsockname()
        environ = {
            'REQUEST_METHOD': self.method, 'SCRIPT_NAME': '', 'RAW_PATH_INFO': path, 'QUERY_STRING': query,
            'PATH_INFO': urllib.parse.unquote(path, encoding='latin-1'), 'SERVER_PROTOCOL': self.version,
            'SERVER_NAME': server[0], 'SERVER_PORT': str(server[1]), 'REMOTE_ADDR': peer[0],
            'REMOTE_PORT': str(peer[1]), 'CONTENT_TYPE': self.headers.get('content-type', ''),
            'wsgi.version': (1, 0), 'wsgi.url_scheme': 'https' if is_tls else 'http', 'wsgi.input': body,
            'wsgi.errors': sys.stderr, 'wsgi.input_terminated': True,
            'wsgi.multithread': True, 'wsgi.multiprocess': False, 'wsgi.run_once': False}
        if 'content-length' in self.headers:
            environ['CONTENT_LENGTH'] = self.headers['content-length']
        for key, value in self.headers.items():
            # A name with an underscore could pass for another one with a hyphen.
            if '_' not in key and key not in ('content-type', 'content-length'):
                environ['HTTP_' + key.upper().replace('-', '_')] = value
        return environ


class Answer:
    """Sends what an application returns.

    :param request: Request
    :param send: function(bytes)
    :param stays: whether the connection may stay open
    """

    def __init__(self, request, send, stays):
        self._request = request
        self._send = send
        self.stays = stays
        self._head = None
        self.is_sent = False
        self.status = '500'
        self.length = 0
        self._is_chunked = False

    def start_response(self, status, headers, exc_info=None):
        if exc_info and self.is_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        self.status, self._head = status, list(headers)
        return self.write

    def write(self, data):
        """Send a part of the body, the head before it if that is still due."""
        self._send(self._head_bytes(None) + self._framed(data))

    def finish(self, parts):
        """Send all that the application returned.

        :param parts: the application's iterable
        """
        if isinstance(parts, list | tuple) and not self.is_sent:
            body = b''.join(parts)
            self._send(self._head_bytes(len(body)) + self._framed(body))
        else:
            for part in parts:
                if part:
                    self.write(part)
        if not self.is_sent:
            self._send(self._head_bytes(0))
        if self._is_chunked:
            self._send(b'0\r\n\r\n')

    def _framed(self, data):
        if not data or self._has_no_body():
            return b''
        self.length += len(data)
        return b'%x\r\n%s\r\n' % (len(data), data) if self._is_chunked else data

    def _has_no_body(self):
        return self._request.method == 'HEAD' or self.status[:3] in ('204', '304')

    def _head_bytes(self, length):
        if self.is_sent:
            return b''
        self.is_sent = True
        names = {name.lower() for name, _value in self._head}
        lines = [f'HTTP/1.1 {self.status}', *(f'{name}: {value}' for name, value in self._head)]
        if 'content-length' not in names and not self._has_no_body():
            if length is not None:
                lines.append(f'Content-Length: {length}')
            elif self._request.version == 'HTTP/1.1':
                self._is_chunked = True
                lines.append('Transfer-Encoding: chunked')
            else:
                self.stays = False
        if 'date' not in names:
            lines.append(f'Date: {email.utils.formatdate(usegmt=True)}')
        if not self.stays:
            lines.append('Connection: close')
        elif self._request.version == 'HTTP/1.0':
            lines.append('Connection: keep-alive')
        return '\r\n'.join([*lines, '', '']).encode('latin-1')

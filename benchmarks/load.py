# SPDX-License-Identifier: Apache-2.0
"""A load of HTTP requests over some connections that stay open: as cheap as Python can make it, for fair floors."""
import selectors
import socket
import time


class Connection:
    """One connection that asks again as soon as it has its answer."""

    def __init__(self, port, request):
        self.request, self.answers, self.size = request, 0, 0
        self._have, self._wanted = b'', None
        self.socket = socket.create_connection(('127.0.0.1', port))
        self.socket.sendall(request)

    def read(self):
        """Take what came; with a whole answer, ask anew."""
        data = self.socket.recv(262144)
        if not data:
            raise ConnectionError('the server ended the connection')
        self._have += data
        if self._wanted is None and b'\r\n\r\n' in self._have:
            head, _, _ = self._have.partition(b'\r\n\r\n')
            if not head.startswith(b'HTTP/1.1 200'):
                raise ConnectionError(head.decode())
            lines = head.lower().split(b'\r\n')
            self.size = next(int(line.split(b':')[1]) for line in lines if line.startswith(b'content-length:'))
            self._wanted = len(head) + 4 + self.size
        if self._wanted is not None and len(self._have) >= self._wanted:
            self._have, self._wanted = b'', None
            self.answers += 1
            self.socket.sendall(self.request)


def rate(port, path, headers, connections=8, seconds=4):
    """Ask for some time.

    :returns: (answers a second, bytes of one body)
    """
    lines = [f'GET {path} HTTP/1.1', 'Host: 127.0.0.1', *(f'{name}: {value}' for name, value in headers.items())]
    request = ('\r\n'.join(lines) + '\r\n\r\n').encode()
    with selectors.DefaultSelector() as selector:
        opened = [Connection(port, request) for _ in range(connections)]
        for one in opened:
            selector.register(one.socket, selectors.EVENT_READ, one)
        limit = time.monotonic() + 30
        while not all(one.answers for one in opened) and time.monotonic() < limit:  # all workers are warm
            for key, _ in selector.select(0.1):
                key.data.read()
        before, began = sum(one.answers for one in opened), time.monotonic()
        while time.monotonic() - began < seconds:
            for key, _ in selector.select(0.1):
                key.data.read()
        took = time.monotonic() - began
        for one in opened:
            one.socket.close()
    return (sum(one.answers for one in opened) - before) / took, opened[0].size

# SPDX-License-Identifier: Apache-2.0
"""What a way of proving oneself to a VNC server is.  Nova: nova/console/rfb/auth.py."""
import abc
import enum

from mininova import exception

VERSION_LENGTH = 12
SUBTYPE_LENGTH = 4
# Reasons longer than this are cut: their length is what the other side says, up to 4 GiB.
MAX_REASON_LENGTH = 256


class AuthType(enum.IntEnum):
    """Security types, as IANA has them registered."""
    INVALID = 0
    NONE = 1
    VNC = 2
    VENCRYPT = 19


class RFBAuthScheme(abc.ABC):
    """One way."""

    @abc.abstractmethod
    def security_type(self):
        """Return its AuthType."""

    @abc.abstractmethod
    def security_handshake(self, compute_sock):
        """Go that way, which was agreed on.

        :param compute_sock: socket to the VNC server
        :returns: the socket to go on with
        :raises RFBAuthHandshakeFailed: the server did not agree
        """


def receive(sock, count):
    """Return exactly so many bytes.

    :raises RFBAuthHandshakeFailed: the other side ended it
    """
    received = b''
    while len(received) < count:
        part = sock.recv(count - len(received))
        if not part:
            raise exception.RFBAuthHandshakeFailed(reason='the connection ended')
        received += part
    return received


def receive_number(sock, length=SUBTYPE_LENGTH):
    """Return an unsigned number of so many bytes."""
    return int.from_bytes(receive(sock, length), 'big')


def receive_reason(sock):
    """Return the text in which a VNC server says why not, its beginning if it is long."""
    length = receive_number(sock)
    return receive(sock, min(length, MAX_REASON_LENGTH)).decode('utf-8', 'replace')

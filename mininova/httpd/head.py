# SPDX-License-Identifier: Apache-2.0
"""Which requests are refused at the door: everything that two parsers could read differently.

A proxy in front of the API and the API itself must agree where a request ends, or a client smuggles one
request inside another (CVE-2025-58068 and its family). So the head of a request must be spelled exactly as
RFC 9112 says: CRLF line ends, no folded lines, no blanks before a colon, one way to tell the length.
"""
import dataclasses
import re

REFUSAL = (b'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n'
           b'Content-Length: 18\r\n\r\nMalformed request\n')

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_REQUEST_LINE = re.compile(_TOKEN + rb'{1,32} (/[!-~\x80-\xff]*|\*) HTTP/1\.[01]\r\n')
_FIELD_LINE = re.compile(_TOKEN + rb'{1,256}:[^\x00-\x08\x0a-\x1f\x7f]*\r\n')
_LENGTH = re.compile(r'[0-9]{1,15}', re.ASCII)
_CHUNK_LINE = re.compile(rb'([0-9A-Fa-f]{1,8})[ \t]*(;[^\x00-\x08\x0a-\x1f\x7f]*)?\r\n')
_MAX_LINE = 65537
MAX_HEAD = 65536


class Malformed(ValueError):
    """The request must be answered with 400 and the connection closed."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a server is told.

    :param name: for the log
    :param pool_size: requests at the same time
    :param keep_alive: whether connections stay open after an answer
    :param idle_timeout: seconds a connection may be silent between requests; None is for ever
    :param header_timeout: seconds from a request's first byte (for a new connection: from its opening) to the
        end of its head
    :param max_url_len: bytes of the request line
    :param max_header_line: bytes of one header line
    :param tls: ssl.SSLContext or None
    """

    name: str
    pool_size: int
    keep_alive: bool
    idle_timeout: int | None
    header_timeout: int
    max_url_len: int
    max_header_line: int
    tls: object = None


def is_request_line(line):
    """Tell whether a line is METHOD SP /path SP HTTP/1.x CRLF."""
    return bool(_REQUEST_LINE.fullmatch(line))


def check_request_line(line):
    """
    :raises Malformed: not METHOD SP /path SP HTTP/1.x CRLF
    """
    if not is_request_line(line):
        raise Malformed('request line')


def check_field_line(line):
    """
    :raises Malformed: not Name: value CRLF, nor the empty line
    """
    if line != b'\r\n' and not _FIELD_LINE.fullmatch(line):
        raise Malformed('header line')


def check_framing(fields, version):
    """Refuse heads that tell the length of the body in no, two or unknown ways, or name no or two hosts.

    :param fields: (name, value) texts
    :param version: 'HTTP/1.1' or 'HTTP/1.0'
    :raises Malformed:
    """
    lengths, codings, hosts = ([value.strip() for name, value in fields if name.lower() == wanted]
                               for wanted in ('content-length', 'transfer-encoding', 'host'))
    if len(lengths) + len(codings) > 1:
        raise Malformed('two lengths')
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise Malformed('length')
    if codings and (codings[0].lower() != 'chunked' or version == 'HTTP/1.0'):
        raise Malformed('transfer coding')
    if len(hosts) > 1 or (not hosts and version == 'HTTP/1.1'):
        raise Malformed('host')


class Head:
    """Request line and header lines, read and checked.

    :param line: the request line, read by the caller
    :param reader: has ``readline(size)``, stands at the first header line
    :param max_line: bytes of one header line
    :raises Malformed: answer 400
    """

    def __init__(self, line, reader, max_line):
        check_request_line(line)
        self.line = line.decode('latin-1').rstrip('\r\n')
        self.method, self.target, self.version = self.line.split(' ')
        self.fields = list(_read_fields(reader, max_line))
        check_framing(self.fields, self.version)
        self.headers = {}
        for name, value in self.fields:
            key = name.lower()
            self.headers[key] = f'{self.headers[key]},{value}' if key in self.headers else value

    def wants_to_stay(self):
        """Tell whether the client means to send another request on this connection."""
        asked = self.headers.get('connection', '').lower()
        return asked != 'close' if self.version == 'HTTP/1.1' else asked == 'keep-alive'


def _read_fields(reader, max_line):
    total = 0
    while True:
        line = reader.readline(max_line)
        total += len(line)
        if len(line) >= max_line or total > MAX_HEAD:
            raise Malformed('head too large')
        check_field_line(line)
        if line == b'\r\n':
            return
        name, _colon, value = line.decode('latin-1').partition(':')
        yield name, value.strip(' \t\r\n')


class ChunkLines:
    """A file of a chunked body that checks the lines between the data.

    :param file: the connection
    """

    def __init__(self, file):
        self._file = file
        self._next = self._size
        self.is_broken = False

    def read(self, size=-1):
        self._check_whole()
        return self._file.read(size)

    def readline(self, size=None):
        """Return a line between chunks; with a size, data.

        :raises Malformed: this line or one before it was
        """
        self._check_whole()
        if size is not None:
            return self._file.readline(size)
        line = self._file.readline(_MAX_LINE)
        self.is_broken = True
        self._next(line)
        self.is_broken = False
        return line

    def _check_whole(self):
        if self.is_broken:
            raise Malformed('chunk')

    def _size(self, line):
        found = _CHUNK_LINE.fullmatch(line)
        if not found:
            raise Malformed('chunk size')
        self._next = self._end if int(found[1], 16) else check_field_line

    def _end(self, line):
        if line != b'\r\n':
            raise Malformed('chunk end')
        self._next = self._size

# SPDX-License-Identifier: Apache-2.0
"""Bytes of images on their way into a file: never more than a chunk in memory, and checked on arrival.

Used by the backends, in nova-compute and nova-api.  Nova: ``_verify_and_write`` of nova/image/glance.py.
"""
import contextlib
import hashlib
import io
import os
import time

from mininova import concurrency

CHUNK = 1024 * 1024
WATCH_SECONDS = 1


class Incomplete(Exception):
    """Fewer or more bytes came than the image has; another try may help."""


class Corrupt(Exception):
    """The bytes are not those that were stored."""


def store(chunks, dest_path, size=None, algorithm=None, digest=None):
    """Write chunks of bytes to a new file; when it fails no file is left.

    :param size: bytes that must arrive, None if that is not known
    :param algorithm: how `digest` was computed, e.g. 'sha512'; a digest that nobody can compute is not compared
    :param digest: hexadecimal, None if it is not known
    :returns: number of bytes written
    :raises Incomplete: another size
    :raises Corrupt: another digest
    :raises FileExistsError: there is such a file already
    """
    hasher = _hasher(algorithm) if digest else None
    written = 0
    with open(dest_path, 'xb') as stream:
        try:
            for chunk in chunks:
                stream.write(chunk)
                written += len(chunk)
                if hasher:
                    hasher.update(chunk)
                # A socket that always has data never lets other greenthreads run.
                concurrency.sleep(0)
            _compare(written, size, hasher, digest)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(dest_path)
            raise
    return written


class WatchedFile(io.FileIO):
    """A file opened for reading that lets somebody look at the clock, or the world, now and then.

    :param watch: function called at most once a second while the file is read; what it raises ends the reading
    """

    def __init__(self, path, watch=None):
        super().__init__(path, 'r')
        self._watch, self._looked = watch, time.monotonic()

    def read(self, size=-1):
        if self._watch and time.monotonic() - self._looked >= WATCH_SECONDS:
            self._looked = time.monotonic()
            self._watch()
        return super().read(size)


def opened(data, watch=None):
    """Return bytes, or a file named by its path, as a file opened for reading."""
    return io.BytesIO(data) if isinstance(data, bytes) else WatchedFile(data, watch)


def _compare(written, size, hasher, digest):
    if size is not None and written != size:
        raise Incomplete(f'{written} of {size} bytes arrived')
    if hasher and hasher.hexdigest() != digest.lower():
        raise Corrupt(f'its {hasher.name} checksum is not {digest}')


def _hasher(algorithm):
    try:
        return hashlib.new(algorithm, usedforsecurity=False)
    except (ValueError, TypeError):
        return None


def chunks_of(source):
    """Yield the content of bytes or of a file opened for reading, chunk by chunk."""
    if isinstance(source, bytes | bytearray | memoryview):
        yield source
        return
    while chunk := source.read(CHUNK):
        yield chunk

# SPDX-License-Identifier: Apache-2.0
"""Bytes on their way into a file."""
import hashlib
import io

import pytest

from mininova.image import transfer

DATA = [b'abc', b'', b'defg']
WHOLE = b'abcdefg'


def test_chunks_become_a_file(tmp_path):
    path = tmp_path / 'image'
    digest = hashlib.sha256(WHOLE).hexdigest()
    assert transfer.store(DATA, path, 7, 'sha256', digest.upper()) == 7
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize('size, algorithm, digest, error', [
    (8, None, None, transfer.Incomplete), (6, None, None, transfer.Incomplete), (7, 'md5', '0' * 32, transfer.Corrupt),
    (None, 'sha512', '0', transfer.Corrupt)])
def test_what_does_not_fit_leaves_no_file(tmp_path, size, algorithm, digest, error):
    path = tmp_path / 'image'
    with pytest.raises(error):
        transfer.store(DATA, path, size, algorithm, digest)
    assert not path.exists()


def test_a_source_that_breaks_leaves_no_file(tmp_path):
    def breaking():
        yield b'abc'
        raise OSError('gone')
    with pytest.raises(OSError):
        transfer.store(breaking(), tmp_path / 'image')
    assert not (tmp_path / 'image').exists()


def test_a_file_that_is_there_is_not_touched(tmp_path):
    path = tmp_path / 'image'
    path.write_bytes(b'mine')
    with pytest.raises(FileExistsError):
        transfer.store(DATA, path)
    assert path.read_bytes() == b'mine'


def test_unknown_sizes_and_digests_are_not_compared(tmp_path):
    transfer.store(DATA, tmp_path / 'a')
    transfer.store(DATA, tmp_path / 'b', None, 'nobody-knows', 'abc')
    transfer.store(DATA, tmp_path / 'c', 7, None, 'abc')
    assert (tmp_path / 'c').read_bytes() == WHOLE


def test_files_are_read_chunk_by_chunk():
    source = io.BytesIO(b'x' * (transfer.CHUNK + 1))
    assert [len(chunk) for chunk in transfer.chunks_of(source)] == [transfer.CHUNK, 1]
    assert list(transfer.chunks_of(b'abc')) == [b'abc']


def test_a_file_that_is_read_for_long_is_looked_after(tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, 'WATCH_SECONDS', 0)
    (tmp_path / 'disk').write_bytes(b'x' * 10)
    seen = []
    with transfer.opened(str(tmp_path / 'disk'), lambda: seen.append(1)) as stream:
        assert b''.join(iter(lambda: stream.read(4), b'')) == b'x' * 10
    assert len(seen) == 4

    def stop():
        raise ValueError('overtaken')
    with transfer.opened(str(tmp_path / 'disk'), stop) as stream, pytest.raises(ValueError, match='overtaken'):
        stream.read(4)

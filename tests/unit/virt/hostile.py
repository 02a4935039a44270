# SPDX-License-Identifier: Apache-2.0
"""Images that must not be booted, made by code: ``CORPUS`` maps a name to (declared format, function that writes it).

Each refers to CANARY, a host file that no guest may ever read.
"""
import json
import pathlib
import struct
import zlib

MIB = 1 << 20


def qcow2(path, size=MIB, version=3, backing=None, incompatible=0, crypt=0, extra=b'', refcount_order=4):
    """Write an empty qcow2 image; `backing` is a file name."""
    header_length = 104
    name = (backing or '').encode()
    backing_offset = header_length + 8 + len(extra) if backing else 0
    header = struct.pack('>4sIQIIQIIQQIIQ', b'QFI\xfb', version, backing_offset, len(name), 16, size, crypt,
                         max(1, -(-size // (1 << 29))), 0x30000, 0x10000, 1, 0, 0)
    header += struct.pack('>QQQII', incompatible, 0, 0, refcount_order, header_length)
    with open(path, 'wb') as stream:
        stream.write(header + extra + b'\0' * 8 + name)
        stream.seek(0x10000)
        stream.write(struct.pack('>Q', 0x20000))    # refcount table -> one block
        stream.seek(0x20000)
        stream.write(struct.pack('>4H', 1, 1, 1, 1))
        stream.seek(0x30000)
        stream.truncate(0x40000)


def qcow2_data_file(path, name):
    """Write a qcow2 image whose data lie in another file."""
    encoded = name.encode()
    extension = struct.pack('>II', 0x44415441, len(encoded)) + encoded.ljust(-(-len(encoded) // 8) * 8, b'\0')
    qcow2(path, incompatible=1 << 2, extra=extension)


def qcow_version_1(path, backing):
    name = backing.encode()
    with open(path, 'wb') as stream:
        stream.write(struct.pack('>4sIQIIQBBHIQ', b'QFI\xfb', 1, 48, len(name), 0, MIB, 12, 9, 0, 0, 4096) + name)
        stream.truncate(MIB)


def vmdk_descriptor(kind, extent):
    """Return the text of a VMDK descriptor."""
    return (f'# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="{kind}"\n\n'
            f'# Extent description\n{extent}\n\n# The Disk Data Base\n#DDB\n\nddb.adapterType = "ide"\n'
            'ddb.geometry.cylinders = "1"\nddb.geometry.heads = "1"\nddb.geometry.sectors = "63"\n').encode()


def vmdk_text(path, kind, extent):
    """Write a VMDK that is only a descriptor, as monolithicFlat has."""
    with open(path, 'wb') as stream:
        stream.write(vmdk_descriptor(kind, extent))


def vmdk_sparse(path, kind, extent, footer=False):
    """Write a VMDK with a sparse header and an embedded descriptor."""
    descriptor = vmdk_descriptor(kind, extent)
    sectors = 20
    grain_directory = 0xffffffffffffffff if footer else 21
    header = struct.pack('<4sIIQQQQIQQQB4sH', b'KDMV', 1, 3, MIB // 512, 128, 1, sectors, 512, 0, grain_directory, 128,
                         0, b'\n \r\n', 0)
    with open(path, 'wb') as stream:
        stream.write(header.ljust(512, b'\0') + descriptor.ljust(sectors * 512, b'\0'))
        stream.truncate(MIB)


def qed(path, backing):
    name = backing.encode()
    with open(path, 'wb') as stream:
        stream.write(struct.pack('<4sIIIQQQQQII', b'QED\0', 65536, 4, 1, 1, 0, 0, 65536, MIB, 72, len(name)) + name)
        stream.truncate(2 * 65536)


def bytes_of(path, content, size=MIB):
    with open(path, 'wb') as stream:
        stream.write(content)
        stream.truncate(max(size, len(content)))


def qcow2_with_inner(path, inner):
    """Write a qcow2 whose guest-visible first cluster is `inner`: a matryoshka."""
    qcow2(path)
    with open(path, 'r+b') as stream:
        stream.seek(0x20000)
        stream.write(struct.pack('>6H', 1, 1, 1, 1, 1, 1))
        stream.seek(0x30000)
        stream.write(struct.pack('>Q', 1 << 63 | 0x40000))      # L1 -> L2
        stream.seek(0x40000)
        stream.write(struct.pack('>Q', 1 << 63 | 0x50000))      # L2 -> data
        stream.seek(0x50000)
        stream.write(inner)
        stream.truncate(0x60000)


def qcow2_bomb(path, size):
    """Write a small qcow2 with one compressed cluster that every table entry of a huge disk points to."""
    qcow2(path, size=size)
    packed = zlib.compressobj(9, zlib.DEFLATED, -12)
    data = packed.compress(b'\xaa' * 65536) + packed.flush()
    with open(path, 'r+b') as stream:
        stream.seek(0x40000)
        stream.write(struct.pack('>Q', 1 << 62 | 0x50000) * 8192)
        stream.seek(0x50000)
        stream.write(data.ljust(65536, b'\0'))
        stream.seek(0x30000)
        stream.write(struct.pack('>Q', 1 << 63 | 0x40000) * 64)


def _inner_header(path, canary):
    scratch = pathlib.Path(str(path) + '.inner')
    qcow2(scratch, backing=str(canary))
    content = scratch.read_bytes()[:65536]
    scratch.unlink()
    return content


def corpus(canary):
    """Return {name: (declared format, writer(path))} of images that must be refused."""
    canary = str(canary)
    flat = f'RW 2048 FLAT "{canary}" 0'
    json_name = 'json:' + json.dumps({'driver': 'raw', 'file': {'driver': 'file', 'filename': canary}})
    return {
        'qcow2 with a backing file': ('qcow2', lambda p: qcow2(p, backing=canary)),
        'qcow2 version 2 with a backing file': ('qcow2', lambda p: qcow2(p, version=2, backing=canary)),
        'qcow2 with a json backing file': ('qcow2', lambda p: qcow2(p, backing=json_name)),
        'qcow2 with a network backing file': ('qcow2', lambda p: qcow2(p, backing='nbd:localhost:1')),
        'qcow2 with a data file': ('qcow2', lambda p: qcow2_data_file(p, canary)),
        'qcow2 with a json data file': ('qcow2', lambda p: qcow2_data_file(p, json_name)),
        'qcow2 with unknown features': ('qcow2', lambda p: qcow2(p, incompatible=1 << 40)),
        'qcow2 of version 4': ('qcow2', lambda p: qcow2(p, version=4)),
        'qcow2 that is encrypted': ('qcow2', lambda p: qcow2(p, crypt=1)),
        'qcow version 1': ('qcow2', lambda p: qcow_version_1(p, canary)),
        'qcow2 declared raw': ('raw', lambda p: qcow2(p)),
        'qcow2 with a backing file declared raw': ('raw', lambda p: qcow2(p, backing=canary)),
        'qcow2 declared ami': ('ami', lambda p: qcow2(p, backing=canary)),
        'qcow2 declared iso': ('iso', lambda p: qcow2(p, backing=canary)),
        'qcow2 declared vmdk': ('vmdk', lambda p: qcow2(p)),
        'qcow2 without a declared format': (None, lambda p: qcow2(p, backing=canary)),
        'qcow2 inside a qcow2': ('qcow2', lambda p: qcow2_with_inner(p, _inner_header(p, canary))),
        'qcow2 with a damaged header': ('qcow2', lambda p: bytes_of(p, b'QFI\xfb' + b'\xff' * 508)),
        'vmdk monolithicFlat': ('vmdk', lambda p: vmdk_text(p, 'monolithicFlat', flat)),
        'vmdk twoGbMaxExtentFlat': ('vmdk', lambda p: vmdk_text(p, 'twoGbMaxExtentFlat', flat)),
        'vmdk twoGbMaxExtentSparse': ('vmdk', lambda p: vmdk_text(p, 'twoGbMaxExtentSparse',
                                                                    f'RW 2048 SPARSE "{canary}"')),
        'vmdk vmfs': ('vmdk', lambda p: vmdk_text(p, 'vmfs', f'RW 2048 VMFS "{canary}"')),
        'vmdk descriptor declared raw': ('raw', lambda p: vmdk_text(p, 'monolithicFlat', flat)),
        'vmdk sparse declared raw': ('raw', lambda p: vmdk_sparse(p, 'monolithicSparse', 'RW 2048 SPARSE "a.vmdk"')),
        'vmdk sparse that is flat inside': ('vmdk', lambda p: vmdk_sparse(p, 'monolithicFlat', flat)),
        'vmdk sparse with a foreign extent': ('vmdk', lambda p: vmdk_sparse(p, 'monolithicSparse',
                                                                             f'RW 2048 SPARSE "{canary}"')),
        'vmdk sparse without extents': ('vmdk', lambda p: vmdk_sparse(p, 'monolithicSparse', '')),
        'vmdk with two types': ('vmdk', lambda p: vmdk_sparse(
            p, 'monolithicSparse"\ncreateType="monolithicFlat', flat)),
        'qed with a backing file': ('raw', lambda p: qed(p, canary)),
        'qed declared qcow2': ('qcow2', lambda p: qed(p, canary)),
        'luks declared raw': ('raw', lambda p: bytes_of(p, b'LUKS\xba\xbe\x00\x01' + b'\0' * 600)),
        'vdi declared raw': ('raw', lambda p: bytes_of(p, b'<<< QEMU VM Virtual Disk Image >>>\n'.ljust(64, b'\0')
                                                       + struct.pack('<I', 0xbeda107f) + b'\0' * 512)),
        'vhdx declared raw': ('raw', lambda p: bytes_of(p, b'vhdxfile' + b'\0' * 512)),
        'vhd declared raw': ('raw', lambda p: bytes_of(p, b'conectix' + b'\0' * 504)),
        'parallels declared raw': ('raw', lambda p: bytes_of(p, b'WithoutFreeSpace' + b'\0' * 496)),
        'parallels extended declared raw': ('raw', lambda p: bytes_of(p, b'WithouFreSpacExt' + b'\0' * 496)),
        'bochs declared raw': ('raw', lambda p: bytes_of(p, b'Bochs Virtual HD Image\0' + b'\0' * 489)),
        'cloop declared raw': ('raw', lambda p: bytes_of(p, b'#!/bin/sh\n#V2.0 Format\n' + b'\0' * 489)),
        'cow declared raw': ('raw', lambda p: bytes_of(p, b'OOOM\0\0\0\2' + canary.encode())),
        'raw declared qcow2': ('qcow2', lambda p: bytes_of(p, b'plain bytes')),
        'raw declared vmdk': ('vmdk', lambda p: bytes_of(p, b'plain bytes')),
        'raw declared iso': ('iso', lambda p: bytes_of(p, b'plain bytes')),
        'an unknown declared format': ('ploop', lambda p: bytes_of(p, b'plain bytes')),
        'no declared format at all': (None, lambda p: bytes_of(p, b'plain bytes')),
    }

# SPDX-License-Identifier: Apache-2.0
"""Where a guest's files are, and small tools for files.  Runs in nova-compute.  Nova: nova/virt/libvirt/utils.py.

An instance's directory is named by its UUID; a directory under removal is renamed first (``_del``), so
that a half removed one is never taken for a guest's.
"""
import json
import mmap
import os
import shutil

from oslo_concurrency import processutils
from oslo_log import log as logging
from oslo_utils import uuidutils

import mininova.conf
from mininova import concurrency, exception
from mininova.virt import images

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

REMOVED_SUFFIX = '_del'
RECORD, RESCUE_RECORD = 'disk.info', 'rescue.info'
TOOL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'


def instance_path(instance):
    """Return the directory of an instance's files."""
    return os.path.join(CONF.instances_path, instance.uuid)


def file_path(instance, name):
    """Return the path of one of an instance's files."""
    return os.path.join(instance_path(instance), name)


def console_path(instance):
    """Return the path of the log of an instance's serial port."""
    return file_path(instance, 'console.log')


def make_instance_path(instance):
    """Make an instance's directory; others may pass through it but not list it."""
    path = instance_path(instance)
    with images.full_disk(path):
        os.makedirs(path, mode=0o711, exist_ok=True)
    return path


def remove_instance_path(instance):
    """Remove an instance's directory with everything in it; fine if it is gone."""
    path = instance_path(instance)
    doomed = path + REMOVED_SUFFIX
    remove_tree(doomed)
    if os.path.isdir(path):
        os.rename(path, doomed)
        remove_tree(doomed)


def remove_tree(path):
    """Remove a directory at once; fine if it is gone."""
    if os.path.isdir(path):
        concurrency.native(shutil.rmtree, path)


def list_instance_paths():
    """Return (uuid, path, whether it is under removal) of every instance directory."""
    found = []
    if not os.path.isdir(CONF.instances_path):
        return found
    for name in sorted(os.listdir(CONF.instances_path)):
        uuid = name.removesuffix(REMOVED_SUFFIX)
        path = os.path.join(CONF.instances_path, name)
        if uuidutils.is_uuid_like(uuid) and os.path.isdir(path):
            found.append((uuid, path, name != uuid))
    return found


# -- the record of an instance's disks -------------------------------------------------

def read_record(directory, name=RECORD):
    """Return what is recorded of the disks in a directory, see ``disks.Disk``; {} if nothing is."""
    try:
        with open(os.path.join(directory, name), encoding='utf-8') as stream:
            return json.load(stream)
    except FileNotFoundError:
        return {}
    except ValueError:
        raise exception.NovaException(f'{directory}/{name} is damaged; the formats of the disks there are unknown.')


def write_record(directory, record, name=RECORD):
    """Record the disks of a directory."""
    path = os.path.join(directory, name)
    with images.full_disk(path):
        with open(path + '.part', 'w', encoding='utf-8') as stream:
            json.dump(record, stream)
        images.publish(path + '.part', path)


# -- files ---------------------------------------------------------------------------

def execute(*command):
    """Run a system tool found in the usual places.

    :raises DiskNotEnough: the disk is full
    """
    try:
        return processutils.execute(*command, env_variables={'LC_ALL': 'C', 'PATH': TOOL_PATH})
    except processutils.ProcessExecutionError as error:
        if 'No space left' in (error.stderr or ''):
            raise exception.DiskNotEnough(path=command[-1], reason=error.stderr.strip())
        raise


def new_file(path, size):
    """Make an empty sparse file of `size` bytes that only its owner reads."""
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)
    try:
        os.ftruncate(descriptor, size)
    finally:
        os.close(descriptor)


def allocate(path, size):
    """Reserve the blocks of a file up to `size` bytes without changing what it holds or how long it seems."""
    execute('fallocate', '-n', '-l', str(size), '--', path)


def copy_sparse(source, target):
    """Copy a file, holes kept, sharing blocks where the file system can."""
    execute('cp', '--sparse=always', '--reflink=auto', '--', source, target)


def make_filesystem(path, kind, label):
    """Make a file system in a disk file.

    :param kind: ext2, ext3, ext4, xfs, ntfs, vfat or swap
    """
    if kind == 'swap':
        execute('mkswap', '--', path)
    elif kind == 'vfat':
        execute('mkfs.vfat', '-n', label[:11], '--', path)
    elif kind == 'ntfs':
        execute('mkfs.ntfs', '--force', '--fast', '--label', label, '--', path)
    elif kind == 'xfs':
        execute('mkfs.xfs', '-q', '-f', '-L', label[:12], '--', path)
    elif kind in ('ext2', 'ext3', 'ext4'):
        execute(f'mkfs.{kind}', '-q', '-F', '-L', label, '--', path)
    else:
        raise exception.Invalid(f'{kind!r} is no file system that can be made on a disk.')


def supports_direct_io(directory):
    """Say whether files of a directory can be read past the host's cache (O_DIRECT)."""
    path = os.path.join(directory, '.direct-io-test')
    descriptor = None
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_DIRECT, 0o600)
        with mmap.mmap(-1, 4096) as page:
            os.write(descriptor, page)
        return True
    except OSError as error:
        LOG.debug('No direct input and output in %s: %s', directory, error)
        return False
    finally:
        if descriptor is not None:
            os.close(descriptor)
        images.remove(path)


def space(path):
    """Return (total, free) bytes of the file system of a path."""
    facts = os.statvfs(path)
    return facts.f_frsize * facts.f_blocks, facts.f_frsize * facts.f_bavail


def allocated(path):
    """Return the bytes a file really takes."""
    return os.stat(path).st_blocks * 512


def last_bytes(path, count):
    """Return the last `count` bytes of a file."""
    with open(path, 'rb') as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - count))
        return stream.read(count)

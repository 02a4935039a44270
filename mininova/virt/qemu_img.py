# SPDX-License-Identifier: Apache-2.0
"""The only place that runs qemu-img.  Runs in nova-compute.  Nova: nova/privsep/qemu.py, nova/virt/images.py.

qemu-img guesses a file's format from its first bytes when nobody names it, and those bytes are a
tenant's: eight of Nova's security advisories come from that guess (CVE-2015-7548, CVE-2022-47951,
CVE-2024-32498, CVE-2026-24708 ...).  So every function here demands the format, and `_run` refuses a
command line without one.  Each process has limits on memory, CPU time and wall time.
"""
import json

from oslo_concurrency import processutils
from oslo_utils import units

import mininova.conf
from mininova import exception

CONF = mininova.conf.CONF

# Formats that may be named to qemu-img; Glance says "vhd" where QEMU says "vpc".
FORMATS = ('raw', 'qcow2', 'vmdk', 'vdi', 'vpc', 'vhdx')
_FORMAT_FLAGS = {'info': '-f', 'resize': '-f', 'create': '-f', 'convert': '-f', 'rebase': '-f', 'commit': '-f'}

# The slower the disk, the more threads qemu-img starts, up to 64. With the usual 8 MiB of stack and 64 MiB of addresses
# for a heap each, a dozen are at the limit; with this much, 200 MiB do.
THREAD_STACK = 2 * units.Mi
ENVIRONMENT = {'LC_ALL': 'C', 'PATH': '/usr/local/bin:/usr/bin:/bin', 'MALLOC_ARENA_MAX': '1'}


class QemuImgError(exception.NovaException):
    msg_fmt = 'qemu-img %(command)s failed: %(reason)s'


def _check(name):
    if name not in FORMATS:
        raise QemuImgError(command='(not run)', reason=f'{name!r} is not a disk format that may be named')
    return name


def _run(command, *arguments, convert=False):
    """Run one qemu-img within limits and return its output.

    :raises QemuImgError: it failed, hung or would have run without an explicit format
    :raises DiskNotEnough: the disk is full
    """
    flag = _FORMAT_FLAGS[command]
    if flag not in arguments or arguments[arguments.index(flag) + 1] not in FORMATS:
        raise QemuImgError(command=command, reason='refused to run without an explicit format')
    cpu_seconds = CONF.compute.qemu_img_convert_cpu_limit if convert else CONF.compute.qemu_img_cpu_limit
    seconds = cpu_seconds * 4
    limits = ('timeout', '--kill-after=2', str(seconds), 'prlimit', f'--stack={THREAD_STACK}',
              f'--as={CONF.compute.qemu_img_address_space_limit * units.Mi}', f'--cpu={cpu_seconds}', '--core=0')
    try:
        output, _errors = processutils.execute(*limits, 'qemu-img', command, *arguments, env_variables=ENVIRONMENT)
    except processutils.ProcessExecutionError as error:
        text = (error.stderr or error.stdout or str(error)).strip()
        if 'No space left' in text:
            raise exception.DiskNotEnough(path=arguments[-1], reason=text)
        if error.exit_code in (124, 137):
            text = f'no end after {seconds} s'
        raise QemuImgError(command=command, reason=text[-500:] or f'exit code {error.exit_code}')
    return output


def info(path, disk_format):
    """Return what ``qemu-img info`` says of a file, read as the given format.

    :returns: the JSON document, among it ``virtual-size`` in bytes
    """
    output = _run('info', '-f', _check(disk_format), '--output=json', '--force-share', '--', path)
    try:
        return json.loads(output)
    except ValueError:
        raise QemuImgError(command='info', reason='its answer is not JSON')


def convert(source, source_format, target, target_format):
    """Copy an image into another format, holes kept."""
    _run('convert', '-f', _check(source_format), '-O', _check(target_format), '--', source, target, convert=True)


def create(path, disk_format, size=None, backing_file=None, backing_format=None):
    """Make an empty image, or one that starts as a copy of another.

    :param size: virtual size in bytes; None takes the backing file's
    """
    arguments = ['-f', _check(disk_format)]
    if backing_file:
        arguments += ['-F', _check(backing_format), '-b', backing_file]
    _run('create', *arguments, '--', path, *([str(size)] if size is not None else []))


def resize(path, disk_format, size):
    """Grow an image to a virtual size in bytes."""
    _run('resize', '-f', _check(disk_format), '--', path, str(size))


def rebase(path, disk_format, backing_file, backing_format):
    """Write into an image where the file below it is, which has the same content as before."""
    _run('rebase', '-u', '-f', _check(disk_format), '-F', _check(backing_format), '-b', backing_file, '--', path)

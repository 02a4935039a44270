# SPDX-License-Identifier: Apache-2.0
"""Find out whether KVM works here by running a guest.  Runs in nova-compute.

/dev/kvm proves nothing: on some machines it opens, answers KVM_CREATE_VM, even runs real mode, and every real
guest hangs.  So a guest of 300 bytes (``kvm_probe.S``) goes through what an operating system does first, with a
time limit.  The answer holds until the machine boots or QEMU changes and is kept in a file.
Nova trusts ``[libvirt] virt_type``.
"""
import json
import os
import shutil
import tempfile
import typing

from oslo_concurrency import processutils
from oslo_log import log as logging

import mininova.conf

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

DEVICE = '/dev/kvm'
TIME_LIMIT = 5
# isa-debug-exit ends QEMU with (value << 1) | 1; the guest writes 0x2a when all went well.
EXIT_CODE = 0x2a << 1 | 1
CODE = bytes.fromhex(
    'fafc31c08ed88ec08ed0bc0070bf0010b900146631c066f3ab66c70600100720000066c70600200730000066c7060030870000002e660f01'
    '16200166b8200000000f22e066b8001000000f22d866b9800000c00f32660d000100000f300f20c0660d010000800f22c066ea71000f0008'
    '0066b810008ed88ec08ed0bc00700000b8ee000f00bf30400000e848000000b8f2000f00bfe0400000e8390000000f011d8100000031dbb9'
    'e8030000cce2fdbe0000200048c7065a5a000081fbe9030000750d48813e5a5a00007504b02ae6f4b001e6f4f4ebfd66890766c747020800'
    '66c74704008ec1e81066894706c3ffc348cfffc3c7042508300000870020004883c40848cf0f1f000000000000000000ffff0000009baf00'
    'ffff00000093cf00170008010f00ff0f0040000000000000')


class Result(typing.NamedTuple):
    """What the probe found.

    :ivar works: whether guests run with KVM
    :ivar reason: one sentence for the log
    """

    works: bool
    reason: str


def firmware():
    """Return the 64 KiB that the guest sees at the top of its address space."""
    rom = bytearray(b'\xf4' * 65536)
    rom[:len(CODE)] = CODE
    rom[0xfff0:0xfff5] = b'\xea\x00\x00\x00\xf0'  # where a PC starts: jump to 0xf000:0
    return bytes(rom)


def run(accelerator, binary=None):
    """Run the probe guest.

    :param accelerator: 'kvm' or 'tcg'
    :returns: Result
    """
    binary = binary or find_binary()
    if not binary:
        return Result(False, 'qemu-system-x86_64 is not installed')
    with tempfile.NamedTemporaryFile(prefix='nova-kvm-probe-') as rom:
        rom.write(firmware())
        rom.flush()
        try:
            processutils.execute(
                'timeout', '--kill-after=1', str(TIME_LIMIT), binary, '-accel', accelerator, '-machine', 'pc',
                '-cpu', 'qemu64', '-m', '4', '-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none',
                '-no-reboot', '-bios', rom.name, '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x01',
                check_exit_code=EXIT_CODE)
        except processutils.ProcessExecutionError as error:
            if error.exit_code in (124, 137):
                return Result(False, f'a guest of a few instructions did not end within {TIME_LIMIT} s')
            text = (error.stderr or '').strip().splitlines()
            return Result(False, f'a guest of a few instructions failed: {text[-1] if text else error.exit_code}')
        except OSError as error:
            return Result(False, f'{binary}: {error}')
    return Result(True, 'a guest ran 64-bit code, exceptions and a page fault')


def find_binary():
    """Return the path of the QEMU that runs x86_64 guests, None if there is none."""
    return shutil.which('qemu-system-x86_64') or shutil.which('qemu-kvm', path='/usr/libexec:/usr/bin')


def kvm_works(machine=None):
    """Say whether guests of this host's own architecture run with KVM.

    :returns: Result
    """
    machine = machine or os.uname().machine
    if not os.path.exists(DEVICE):
        return Result(False, f'there is no {DEVICE}')
    if machine != 'x86_64':
        return Result(False, f'KVM cannot be tested on {machine}; set [libvirt] virt_type = kvm to use it')
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return Result(False, f'{DEVICE} cannot be opened by this user (is it in group kvm?), so KVM was not tested')
    binary = find_binary()
    identity = _identity(binary)
    known = _remembered(identity)
    if known is None:
        known = run('kvm', binary)
        _remember(identity, known)
    return known


def _identity(binary):
    with open('/proc/sys/kernel/random/boot_id', encoding='ascii') as stream:
        boot_id = stream.read().strip()
    return [boot_id, binary, os.stat(binary).st_mtime if binary else None, os.stat(DEVICE).st_ctime]


def _path():
    return os.path.join(CONF.state_path, 'kvm-probe.json')


def _remembered(identity):
    try:
        with open(_path(), encoding='utf-8') as stream:
            record = json.load(stream)
        return Result(record['works'], record['reason']) if record['identity'] == identity else None
    except (OSError, ValueError, KeyError):
        return None


def _remember(identity, result):
    try:
        os.makedirs(CONF.state_path, exist_ok=True)
        with open(_path() + '.part', 'w', encoding='utf-8') as stream:
            json.dump({'identity': identity, 'works': result.works, 'reason': result.reason}, stream)
        os.replace(_path() + '.part', _path())
    except OSError as error:
        LOG.warning('The result of the KVM test cannot be kept: %s', error)

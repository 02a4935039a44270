# SPDX-License-Identifier: Apache-2.0
"""The config drive: files for a guest, as a CD or a small FAT disk labelled config-2.  Runs in nova-compute.

The content comes from the manager (``virtapi.config_drive_files``); this module knows only files.
Nova: nova/virt/configdrive.py.
"""
import io
import os
import re
import tempfile

import pycdlib
from oslo_concurrency import processutils
from oslo_utils import units

import mininova.conf
from mininova import concurrency, exception
from mininova.virt import images

CONF = mininova.conf.CONF

LABEL = 'config-2'
MANDATORY = 'mandatory'
VFAT_SIZE = 64 * units.Mi
_NAME = re.compile(r'[A-Za-z0-9_.@+-]{1,64}\Z')


def required(instance):
    """Say whether an instance gets a config drive.

    Its user asked for one, its image wants one (img_config_drive), or `force_config_drive` was set when it was made.
    """
    return (bool(instance.config_drive) or instance.image_meta.properties.get('img_config_drive') == MANDATORY
            or CONF.force_config_drive and not instance.launched_at)


def update_instance(instance):
    """Note that an instance has a config drive, whoever wanted it: from now on it is the instance's own."""
    if not instance.config_drive and required(instance):
        instance.config_drive = 'True'


def build(files, path, drive_format=None):
    """Write a config drive; the file appears only when complete.

    :param files: dict of relative path to bytes
    :param drive_format: 'iso9660' or 'vfat'; None takes the configured one
    :raises Invalid: a path leads out of the drive or holds odd characters
    """
    for name in files:
        _check(name)
    make = _build_vfat if (drive_format or CONF.config_drive_format) == 'vfat' else _build_iso
    part = path + '.part'
    with images.removed_after(part), images.full_disk(path):
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        make(files, part)
        images.publish(part, path)


def _check(name):
    parts = name.split('/')
    if any(part in ('', '.', '..') or part.startswith('-') or not _NAME.match(part) for part in parts):
        raise exception.Invalid(f'{name!r} cannot be the path of a file on a config drive.')


def _directories(files):
    """Return every directory of the files, parents first."""
    found = {name[:match.start()] for name in files for match in re.finditer('/', name)}
    return sorted(found)


def _build_iso(files, path):
    concurrency.native(_write_iso, files, path)


def _write_iso(files, path):
    disc = pycdlib.PyCdlib()
    disc.new(interchange_level=1, vol_ident=LABEL, sys_ident='LINUX', app_ident_str='OpenStack Nova', joliet=3,
             rock_ridge='1.09')
    # The plain ISO tree needs 8.3 names and eight levels; guests see the Rock Ridge or Joliet names.
    short = {'': ''}
    for number, name in enumerate(_directories(files)):
        parent, _, last = name.rpartition('/')
        short[name] = f'{short[parent]}/D{number:07d}'
        disc.add_directory(short[name], rr_name=last, joliet_path='/' + name)
    for number, (name, content) in enumerate(sorted(files.items())):
        parent, _, last = name.rpartition('/')
        disc.add_fp(io.BytesIO(content), len(content), f'{short[parent]}/F{number:07d}.;1', rr_name=last,
                    joliet_path='/' + name)
    with open(path, 'wb') as stream:
        disc.write_fp(stream)
    disc.close()


def _build_vfat(files, path):
    os.truncate(path, VFAT_SIZE)
    environment = {'MTOOLS_SKIP_CHECK': '1', 'PATH': os.environ.get('PATH', '') + ':/usr/sbin:/sbin'}
    processutils.execute('mkfs.vfat', '-n', LABEL, path, env_variables=environment)
    for name in _directories(files):
        processutils.execute('mmd', '-i', path, '::/' + name, env_variables=environment)
    for name, content in files.items():
        with tempfile.NamedTemporaryFile(dir=os.path.dirname(path), prefix='.config-drive-') as source:
            source.write(content)
            source.flush()
            processutils.execute('mcopy', '-o', '-i', path, source.name, '::/' + name, env_variables=environment)

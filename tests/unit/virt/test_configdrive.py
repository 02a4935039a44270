# SPDX-License-Identifier: Apache-2.0
"""Config drives hold what the manager gave, and nothing leads out of them."""
import datetime
import io
import os
import subprocess

import pycdlib
import pytest

from mininova import exception
from mininova.virt import configdrive
from tests.contract import samples

FILES = {
    'openstack/latest/meta_data.json': b'{"uuid": "x"}',
    'openstack/latest/user_data': bytes(range(256)) * 300,
    'openstack/2012-08-10/meta_data.json': b'{}',
    'openstack/content/0000': b'',
    'ec2/latest/meta-data.json': b'{"a": "\xc3\xa9"}',
}
DEEP = {'/'.join('abcdefghij') + '/file-with-a-name-longer-than-eight.three': b'deep'}


def read_iso(path, how='rr_path'):
    disc = pycdlib.PyCdlib()
    disc.open(str(path))
    found = {}
    for root, _directories, names in disc.walk(**{how: '/'}):
        for name in names:
            content = io.BytesIO()
            disc.get_file_from_iso_fp(content, **{how: f'{root.rstrip("/")}/{name}'})
            found[f'{root}/{name}'.lstrip('/')] = content.getvalue()
    label = disc.pvd.volume_identifier.decode().strip()
    disc.close()
    return label, found


@pytest.mark.parametrize('how', ['rr_path', 'joliet_path'])
def test_a_cd_holds_the_files_under_their_names(conf, tmp_path, how):
    configdrive.build(FILES, str(tmp_path / 'disk.config'))
    assert read_iso(tmp_path / 'disk.config', how) == ('config-2', FILES)
    assert os.listdir(tmp_path) == ['disk.config']


def test_a_cd_holds_deep_directories(conf, tmp_path):
    configdrive.build(DEEP, str(tmp_path / 'disk.config'))
    assert read_iso(tmp_path / 'disk.config', 'joliet_path')[1] == DEEP


def test_a_disk_holds_the_files_under_their_names(conf, tmp_path):
    conf.config(config_drive_format='vfat')
    path = tmp_path / 'disk.config'
    configdrive.build(FILES, str(path))
    assert path.stat().st_size == configdrive.VFAT_SIZE
    for name, content in FILES.items():
        assert subprocess.run(['mtype', '-i', str(path), '::/' + name], capture_output=True).stdout == content
    assert b'CONFIG-2' in subprocess.run(['mlabel', '-s', '-i', str(path)], capture_output=True).stdout.upper()
    assert os.listdir(tmp_path) == ['disk.config']


def test_a_config_drive_is_private(conf, tmp_path):
    configdrive.build(FILES, str(tmp_path / 'disk.config'))
    assert (tmp_path / 'disk.config').stat().st_mode & 0o777 == 0o600


def test_an_empty_config_drive_is_one(conf, tmp_path):
    configdrive.build({}, str(tmp_path / 'disk.config'))
    assert read_iso(tmp_path / 'disk.config') == ('config-2', {})


@pytest.mark.parametrize('name', ['../x', '/etc/passwd', 'a/../../x', 'a//b', '', 'a/', './a', 'a/-rf', '-i', 'a\nb',
                                  'a b', 'ä', 'a\0b', 'x' * 65])
@pytest.mark.parametrize('kind', ['iso9660', 'vfat'])
def test_odd_paths_are_refused(conf, tmp_path, name, kind):
    with pytest.raises(exception.Invalid):
        configdrive.build({name: b'x'}, str(tmp_path / 'disk.config'), kind)
    assert os.listdir(tmp_path) == []


def test_a_failure_leaves_the_old_drive(conf, tmp_path, monkeypatch):
    configdrive.build(FILES, str(tmp_path / 'disk.config'))

    def fail(files, path):
        raise OSError(28, 'No space left on device')
    monkeypatch.setattr(configdrive, '_build_iso', fail)
    with pytest.raises(exception.DiskNotEnough):
        configdrive.build({}, str(tmp_path / 'disk.config'))
    assert os.listdir(tmp_path) == ['disk.config']
    assert read_iso(tmp_path / 'disk.config')[1] == FILES


@pytest.mark.parametrize('asked, image, forced, launched, expected', [
    ('', {}, False, None, False), (None, {}, False, None, False), ('True', {}, False, None, True),
    ('', {}, True, None, True), ('', {}, True, datetime.datetime(2026, 1, 1), False),
    ('True', {}, False, datetime.datetime(2026, 1, 1), True),
    ('', {'img_config_drive': 'optional'}, False, None, False),
    ('', {'img_config_drive': 'mandatory'}, False, None, True)])
def test_who_gets_one(conf, asked, image, forced, launched, expected):
    conf.config(force_config_drive=forced)
    instance = samples.instance(config_drive=asked, launched_at=launched)
    samples.remember_image(instance, samples.image_meta(**image))
    assert configdrive.required(instance) is expected
    configdrive.update_instance(instance)
    assert bool(instance.config_drive) is expected
    instance.launched_at = datetime.datetime(2026, 1, 1)
    assert configdrive.required(instance) is expected

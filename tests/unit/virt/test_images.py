# SPDX-License-Identifier: Apache-2.0
"""Which uploaded bytes become disks."""
import os
import subprocess

import pytest

from mininova import context, exception
from mininova.virt import images, qemu_img
from tests.contract import samples
from tests.unit.virt import hostile

CORPUS = hostile.corpus('/canary')
GIB = 1 << 30


@pytest.fixture
def fetch(image_service, instances_path, tmp_path):
    """Offer a file as an image and fetch it: ``fetch(path, disk_format, limit)`` gives (facts, path of the disk)."""
    def run(path, disk_format, limit=GIB, **values):
        meta = image_service.add('image', path, disk_format=disk_format, **values)
        target = str(instances_path / 'disk')
        return images.fetch(context.get_admin_context(), meta, target, limit), target
    return run


def left(instances_path):
    return sorted(os.listdir(instances_path))


def test_the_corpus_is_worth_its_name():
    assert len(CORPUS) >= 40


@pytest.mark.parametrize('name', CORPUS)
def test_hostile_images_are_refused_and_leave_nothing(name, canary, fetch, instances_path, tmp_path):
    declared, write = hostile.corpus(canary)[name]
    write(tmp_path / 'image')
    before = canary.stat()
    with pytest.raises(exception.ImageUnacceptable) as caught:
        fetch(tmp_path / 'image', declared)
    assert 'CANARY' not in str(caught.value)
    assert left(instances_path) == []
    assert canary.stat().st_mtime_ns == before.st_mtime_ns
    assert canary.read_bytes() == b'CANARY' * 1000


@pytest.mark.parametrize('name', [name for name in CORPUS if 'inside' not in name and 'encrypted' not in name])
def test_hostile_images_are_refused_before_any_qemu_img(name, canary, fetch, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError('qemu-img was asked about a hostile image')
    monkeypatch.setattr(qemu_img, '_run', refuse)
    declared, write = hostile.corpus(canary)[name]
    write(tmp_path / 'image')
    with pytest.raises(exception.ImageUnacceptable):
        fetch(tmp_path / 'image', declared)


def test_the_hostile_headers_are_real(canary, tmp_path):
    """qemu-img, left to guess, does read the canary through these; else the tests above prove nothing."""
    hostile.qcow2(tmp_path / 'a.qcow2', backing=f'{canary}')
    found = subprocess.run(['qemu-img', 'info', '-f', 'qcow2', str(tmp_path / 'a.qcow2')], capture_output=True,
                           text=True)
    assert str(canary) in found.stdout
    hostile.vmdk_text(tmp_path / 'a.vmdk', 'monolithicFlat', f'RW 8 FLAT "{canary}" 0')
    subprocess.run(['qemu-img', 'convert', '-f', 'vmdk', '-O', 'raw', str(tmp_path / 'a.vmdk'), str(tmp_path / 'out')],
                   check=True)
    assert (tmp_path / 'out').read_bytes().startswith(b'CANARY')


def test_a_huge_virtual_size_is_refused_and_nothing_is_written(fetch, instances_path, tmp_path):
    hostile.qcow2(tmp_path / 'image', size=10 << 40)
    free = os.statvfs(instances_path).f_bfree
    with pytest.raises(exception.FlavorDiskSmallerThanImage):
        fetch(tmp_path / 'image', 'qcow2')
    assert left(instances_path) == []
    assert abs(os.statvfs(instances_path).f_bfree - free) < 100000


def test_a_compressed_bomb_is_refused_by_its_size(fetch, instances_path, tmp_path):
    hostile.qcow2_bomb(tmp_path / 'image', size=32 * GIB)
    assert os.stat(tmp_path / 'image').st_blocks * 512 < 1 << 20
    with pytest.raises(exception.FlavorDiskSmallerThanImage):
        fetch(tmp_path / 'image', 'qcow2')
    assert left(instances_path) == []


def test_a_qcow2_image_becomes_raw(fetch, tmp_path):
    hostile.qcow2(tmp_path / 'image', size=3 << 20)
    facts, path = fetch(tmp_path / 'image', 'qcow2')
    assert facts == ('raw', 3 << 20)
    assert os.stat(path).st_size == 3 << 20


def test_a_qcow2_image_may_stay_what_it_is(conf, fetch, tmp_path):
    conf.config(force_raw_images=False)
    hostile.qcow2(tmp_path / 'image', size=3 << 20)
    facts, path = fetch(tmp_path / 'image', 'qcow2')
    assert facts == ('qcow2', 3 << 20)
    assert qemu_img.info(path, 'qcow2')['virtual-size'] == 3 << 20


@pytest.mark.parametrize('options', [['-f', 'vmdk', '-o', 'subformat=streamOptimized'],
                                     ['-f', 'vmdk', '-o', 'subformat=monolithicSparse'], ['-f', 'vdi'], ['-f', 'vpc'],
                                     ['-f', 'vhdx']], ids=' '.join)
def test_honest_images_of_other_formats_become_raw(fetch, tmp_path, options):
    source = samples.write_boot_image(tmp_path / 'source')
    kind = options[1]
    subprocess.run(['qemu-img', 'convert', '-f', 'raw', '-O', *options[1:], str(source), str(tmp_path / 'image')],
                   check=True)
    facts, path = fetch(tmp_path / 'image', {'vpc': 'vhd'}.get(kind, kind))
    assert facts.format == 'raw'
    with open(path, 'rb') as stream:
        assert stream.read(512) == samples.boot_sector()


def test_a_vmdk_type_must_be_allowed(conf, fetch, tmp_path):
    conf.config(group='compute', vmdk_allowed_types=['streamOptimized'])
    subprocess.run(['qemu-img', 'create', '-q', '-f', 'vmdk', str(tmp_path / 'image'), '1M'], check=True)
    with pytest.raises(exception.ImageUnacceptable, match='monolithicSparse'):
        fetch(tmp_path / 'image', 'vmdk')


@pytest.mark.parametrize('declared', ['raw', 'ami'])
def test_a_raw_disk_with_a_boot_sector_is_raw(fetch, tmp_path, declared):
    samples.write_boot_image(tmp_path / 'image')
    assert fetch(tmp_path / 'image', declared)[0] == ('raw', 1 << 20)


@pytest.mark.parametrize('hybrid', [False, True])
def test_a_cd_is_raw(fetch, tmp_path, hybrid):
    content = bytearray(1 << 20)
    content[0x8000:0x8006] = b'\x01CD001'
    content[0x8800:0x8806] = b'\xffCD001'
    content[0x8050:0x8054] = (512).to_bytes(4, 'little')
    content[0x8080:0x8082] = (2048).to_bytes(2, 'little')
    if hybrid:
        content[446:462] = b'\x80\0\2\0\x17\0\0\0' + (1).to_bytes(4, 'little') + (100).to_bytes(4, 'little')
        content[510:512] = b'\x55\xaa'
    (tmp_path / 'image').write_bytes(content)
    assert fetch(tmp_path / 'image', 'iso')[0].format == 'raw'


@pytest.mark.parametrize('container', ['ova', 'docker', 'compressed'])
def test_containers_of_images_are_refused(fetch, tmp_path, container):
    samples.write_boot_image(tmp_path / 'image')
    with pytest.raises(exception.ImageUnacceptable, match=container):
        fetch(tmp_path / 'image', 'raw', container_format=container)


def test_a_short_download_is_no_image(fetch, image_service, instances_path, tmp_path, monkeypatch):
    samples.write_boot_image(tmp_path / 'image')
    whole = image_service.download

    def cut(context_, image_id, path):
        whole(context_, image_id, path)
        os.truncate(path, 100)
    monkeypatch.setattr(image_service, 'download', cut)
    with pytest.raises(exception.ServiceUnavailable):
        fetch(tmp_path / 'image', 'raw')
    assert left(instances_path) == []


def test_a_failed_download_leaves_nothing(fetch, image_service, instances_path, tmp_path, monkeypatch):
    samples.write_boot_image(tmp_path / 'image')

    def fail(context_, image_id, path):
        with open(path, 'wb') as stream:
            stream.write(b'half')
        raise exception.ImageNotFound(image_id=image_id)
    monkeypatch.setattr(image_service, 'download', fail)
    with pytest.raises(exception.ImageNotFound):
        fetch(tmp_path / 'image', 'raw')
    assert left(instances_path) == []


def test_a_full_disk_has_its_own_error(fetch, image_service, tmp_path, monkeypatch):
    samples.write_boot_image(tmp_path / 'image')

    def fail(context_, image_id, path):
        raise OSError(28, 'No space left on device')
    monkeypatch.setattr(image_service, 'download', fail)
    with pytest.raises(exception.DiskNotEnough):
        fetch(tmp_path / 'image', 'raw')


def test_inspecting_costs_little_whatever_the_size(tmp_path):
    with open(tmp_path / 'big', 'wb') as stream:
        stream.truncate(1 << 40)
    assert images.inspect(tmp_path / 'big', 'id') == ('raw', 1 << 40)

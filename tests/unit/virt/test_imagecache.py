# SPDX-License-Identifier: Apache-2.0
"""One copy of each image per host, looked at again at every use."""
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from mininova import concurrency, context, crashpoint, exception
from mininova.virt import imagecache
from tests.contract import samples
from tests.unit.virt import hostile

ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture
def image(image_service, instances_path, tmp_path):
    return image_service.add('image', samples.write_boot_image(tmp_path / 'boot.img'))


def ensure(meta, limit=None):
    return imagecache.ensure(context.get_admin_context(), meta, limit)


def test_an_image_is_fetched_once(image, image_service):
    first, second = ensure(image), ensure(image)
    assert first == second == (imagecache.path_of('image'), 'raw', 1 << 20)
    assert image_service.downloads == ['image']


def test_an_image_is_fetched_once_even_by_many_at_once(image, image_service, monkeypatch):
    whole = image_service.download

    def slow(*args):
        concurrency.sleep(0.2)
        whole(*args)
    monkeypatch.setattr(image_service, 'download', slow)
    waiting = [concurrency.spawn(ensure, image) for _number in range(8)]
    assert len({found.wait() for found in waiting}) == 1
    assert image_service.downloads == ['image']


_PROCESS = """
import sys, time
import mininova.cmd
import mininova.conf
from mininova import context, objects
objects.register_all()
mininova.conf.CONF([], project='nova', default_config_files=[])
mininova.conf.CONF.set_override('instances_path', sys.argv[1])
from mininova.virt import imagecache, images
from tests.contract import samples
service = samples.Images()
images.image_api.API = service.API
meta = service.add('image', sys.argv[2])
whole = service.download
def slow(*args):
    time.sleep(0.5)
    whole(*args)
service.download = slow
imagecache.ensure(context.get_admin_context(), meta)
print(len(service.downloads))
"""


def test_an_image_is_fetched_once_even_by_several_processes(image, instances_path, tmp_path):
    command = [sys.executable, '-W', 'ignore', '-c', _PROCESS, str(instances_path), str(tmp_path / 'boot.img')]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _number in range(2)]
    answers = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert sorted(answers) == ['0', '1']


def test_a_cached_image_must_fit_each_flavor(image):
    ensure(image)
    with pytest.raises(exception.FlavorDiskSmallerThanImage):
        ensure(image, limit=1000)


@pytest.mark.parametrize('plant', [
    lambda path, canary: hostile.qcow2(path, backing=str(canary)),
    lambda path, canary: hostile.vmdk_text(path, 'monolithicFlat', f'RW 2048 FLAT "{canary}" 0'),
    lambda path, canary: hostile.bytes_of(path, b'other bytes', size=2 << 20),
    lambda path, canary: hostile.bytes_of(path, b'', size=0),
], ids=['qcow2', 'vmdk', 'larger', 'truncated'])
def test_a_file_planted_in_the_cache_is_refused(image, canary, plant):
    base = ensure(image)
    plant(base.path, canary)
    with pytest.raises(exception.ImageUnacceptable) as caught:
        ensure(image)
    assert 'CANARY' not in str(caught.value)


def test_a_file_without_a_record_is_no_cached_image(image, image_service, canary):
    os.makedirs(imagecache.directory())
    hostile.qcow2(imagecache.path_of('image'), backing=str(canary))
    assert ensure(image).format == 'raw'
    assert image_service.downloads == ['image']
    with open(imagecache.path_of('image'), 'rb') as stream:
        assert stream.read(512) == samples.boot_sector()


def test_a_fetch_that_died_is_repeated(image, image_service):
    class Killed(BaseException):
        pass

    def die(name):
        if name == 'create.C12.downloaded.after':
            raise Killed()
    crashpoint.observers.append(die)
    try:
        with pytest.raises(Killed):
            ensure(image)
    finally:
        crashpoint.observers.clear()
    assert not os.path.exists(imagecache.path_of('image'))
    assert ensure(image).format == 'raw'
    assert image_service.downloads == ['image', 'image']


def test_what_a_killed_fetch_left_is_seen_and_removed(image, conf):
    os.makedirs(imagecache.directory())
    leftover = imagecache.path_of('image') + '.download.part'
    with open(leftover, 'wb') as stream:
        stream.write(b'half')
    assert imagecache.unfinished() == [leftover]
    imagecache.age(set())
    assert imagecache.unfinished() == []


def test_unused_images_go_when_they_are_old(image, conf):
    base = ensure(image)
    name = imagecache.file_name('image')
    assert imagecache.age(set()) == []
    old = time.time() - 25 * 3600
    for path in (base.path, base.path + '.json'):
        os.utime(path, (old, old))
    assert imagecache.age({name}) == [], 'an image in use went'
    assert os.stat(base.path + '.json').st_mtime > old, 'use is not noted'
    assert os.stat(base.path).st_mtime == pytest.approx(old), "QEMU's user owns the image; it must not be touched"
    os.utime(base.path + '.json', (old, old))
    assert imagecache.age(set()) == [name]
    assert os.listdir(imagecache.directory()) == []


def test_each_use_is_noted_on_the_record_alone(image):
    """nova-compute may not touch the image itself once a guest ran from it: it belongs to QEMU's user."""
    old = time.time() - 3600
    for use in (lambda: ensure(image).path, lambda: imagecache.ensure_plain(context.get_admin_context(), 'image')):
        path = use()
        for name in (path, path + '.json'):
            os.utime(name, (old, old))
        use()
        assert os.stat(path + '.json').st_mtime > old + 1
        assert os.stat(path).st_mtime == pytest.approx(old)


def test_unused_images_stay_if_told_so(image, conf):
    conf.config(group='image_cache', remove_unused_base_images=False, remove_unused_original_minimum_age_seconds=0)
    ensure(image)
    assert imagecache.age(set()) == []


def test_ageing_an_absent_cache_is_fine(instances_path):
    assert imagecache.age(set()) == []


def test_a_kernel_is_cached_as_it_is(image_service, instances_path, tmp_path):
    (tmp_path / 'kernel').write_bytes(b'MZ' + b'\1' * 508 + b'\x55\xaa' + b'code')
    image_service.add('kernel', tmp_path / 'kernel')
    path = imagecache.ensure_plain(context.get_admin_context(), 'kernel')
    imagecache.ensure_plain(context.get_admin_context(), 'kernel')
    with open(path, 'rb') as stream:
        assert stream.read() == (tmp_path / 'kernel').read_bytes()
    assert image_service.downloads == ['kernel']


def test_a_disk_image_is_no_kernel(image_service, instances_path, tmp_path, canary):
    hostile.qcow2(tmp_path / 'kernel', backing=str(canary))
    image_service.add('kernel', tmp_path / 'kernel')
    with pytest.raises(exception.ImageUnacceptable):
        imagecache.ensure_plain(context.get_admin_context(), 'kernel')


def test_the_record_tells_the_image(image):
    base = ensure(image)
    with open(base.path + '.json') as stream:
        assert json.load(stream) == {'image_id': 'image', 'format': 'raw', 'virtual_size': 1 << 20}

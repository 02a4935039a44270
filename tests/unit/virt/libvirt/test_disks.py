# SPDX-License-Identifier: Apache-2.0
"""Disks are made of images once, in a recorded format, and nothing in them changes that."""
import os
import subprocess
import time

import pytest

from mininova import context, exception
from mininova.virt import imagecache, qemu_img
from mininova.virt.libvirt import blockinfo, disks, utils
from mininova.virt.libvirt.imagebackend import backends
from tests.contract import samples
from tests.unit.virt import hostile

GIB = 1 << 30
MIB = 1 << 20


@pytest.fixture
def image(image_service, instances_path, tmp_path):
    return image_service.add('image', samples.write_boot_image(tmp_path / 'boot.img'))


@pytest.fixture
def create(image):
    """Make the disks of an instance: ``create(instance, devices, **changes)`` gives {name: Disk}."""
    def run(instance, devices=None, meta=image, files=None, passing=False):
        if not passing:
            instance.image_ref = meta.id
        slots = blockinfo.get_disk_slots(instance, meta, 'pc', devices)
        disk_set = disks.DiskSet(instance)
        disk_set.create(context.get_admin_context(), meta, slots, devices, files)
        return {disk.name: disk for disk in disks.DiskSet(instance).disks()}
    return run


def read(path, count=512):
    with open(path, 'rb') as stream:
        return stream.read(count)


def detect(path, kind):
    return subprocess.run(['blkid', '-p', '-o', 'value', '-s', kind, path], capture_output=True, text=True,
                          env={'PATH': '/usr/sbin:/sbin:/usr/bin:/bin'}).stdout.strip()


def test_a_qcow2_disk_lies_over_the_cached_image(create):
    disk = create(samples.instance({'root_gb': 2}))['disk']
    assert (disk.format, disk.size, disk.image_id) == ('qcow2', 2 * GIB, 'image')
    report = qemu_img.info(disk.path, 'qcow2')
    assert report['virtual-size'] == 2 * GIB
    assert (report['backing-filename'], report['backing-filename-format']) == (imagecache.path_of('image'), 'raw')
    assert os.stat(disk.path).st_mode & 0o777 == 0o600


@pytest.mark.parametrize('option', ['use_cow_images', 'images_type'])
def test_a_raw_disk_is_a_sparse_copy(conf, create, option):
    if option == 'use_cow_images':
        conf.config(use_cow_images=False)
    else:
        conf.config(group='libvirt', images_type='flat')
    disk = create(samples.instance({'root_gb': 1}))['disk']
    assert (disk.format, os.stat(disk.path).st_size) == ('raw', GIB)
    assert os.stat(disk.path).st_blocks * 512 < 2 * MIB
    assert read(disk.path) == samples.boot_sector()


def test_a_raw_disk_is_made_of_a_qcow2_base_too(conf, create, image_service, tmp_path):
    conf.config(use_cow_images=False, force_raw_images=False)
    subprocess.run(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', str(tmp_path / 'boot.img'), str(tmp_path / 'q')],
                   check=True)
    meta = image_service.add('q', tmp_path / 'q', disk_format='qcow2')
    disk = create(samples.instance(), meta=meta)['disk']
    assert disk.format == 'raw'
    assert read(disk.path) == samples.boot_sector()


def test_a_qcow2_disk_over_a_qcow2_base_says_so(conf, create, image_service, tmp_path):
    conf.config(force_raw_images=False)
    subprocess.run(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', str(tmp_path / 'boot.img'), str(tmp_path / 'q')],
                   check=True)
    meta = image_service.add('q', tmp_path / 'q', disk_format='qcow2')
    disk = create(samples.instance(), meta=meta)['disk']
    assert qemu_img.info(disk.path, 'qcow2')['backing-filename-format'] == 'qcow2'


def test_space_can_be_reserved(conf, create):
    conf.config(preallocate_images='space', use_cow_images=False)
    disk = create(samples.instance({'root_gb': 1, 'swap': 8}))
    assert os.stat(disk['disk'].path).st_blocks * 512 >= GIB
    assert os.stat(disk['disk.swap'].path).st_blocks * 512 >= 8 * MIB


def test_a_flavor_without_a_size_takes_the_images(create):
    disk = create(samples.instance({'root_gb': 0}))['disk']
    assert disk.size == MIB


def test_a_flavor_without_a_size_ends_at_the_hosts_space(create, image, monkeypatch):
    monkeypatch.setattr(utils, 'space', lambda path: (1000, 1000))
    with pytest.raises(exception.FlavorDiskSmallerThanImage):
        create(samples.instance({'root_gb': 0}))


def test_empty_disks_have_what_was_asked_for(create):
    devices = {'ephemerals': [{'size': 1, 'guest_format': None}, {'size': 1, 'guest_format': 'vfat'}],
               'swap': {'swap_size': 16}}
    found = create(samples.instance(), devices)
    first, second, swap = (found[name].path for name in ('disk.eph0', 'disk.eph1', 'disk.swap'))
    assert (detect(first, 'TYPE'), detect(first, 'LABEL'), os.stat(first).st_size) == ('ext4', 'ephemeral0', GIB)
    assert (detect(second, 'TYPE'), detect(second, 'LABEL')) == ('vfat', 'ephemeral1')
    assert (detect(swap, 'TYPE'), os.stat(swap).st_size) == ('swap', 16 * MIB)
    assert {disk.format for name, disk in found.items() if name != 'disk'} == {'raw'}


def test_the_default_file_system_can_be_chosen(conf, create):
    conf.config(default_ephemeral_format='ext3')
    assert detect(create(samples.instance({'ephemeral_gb': 1}))['disk.eph0'].path, 'TYPE') == 'ext3'


def test_a_new_disk_holds_nothing_of_an_old_one(create):
    marked = samples.instance({'swap': 16})
    path = create(marked)['disk.swap'].path
    with open(path, 'r+b') as stream:
        stream.seek(8 * MIB)
        stream.write(b'SECRET' * 100000)
    utils.remove_instance_path(marked)
    with open(create(samples.instance({'swap': 16}))['disk.swap'].path, 'rb') as stream:
        stream.seek(4096)
        assert not stream.read().strip(b'\0')


def test_a_config_drive_is_a_raw_cd(create):
    disk = create(samples.instance(config_drive='True'), files={'a/b': b'c'})['disk.config']
    assert (disk.format, disk.type, detect(disk.path, 'LABEL')) == ('raw', 'cdrom', 'config-2')


def test_kernel_and_ramdisk_are_the_guests_own_copies(create, image_service, tmp_path):
    for name in ('kernel', 'ramdisk'):
        (tmp_path / name).write_bytes(name.encode() * 1000)
        image_service.add(name, tmp_path / name)
    instance = samples.instance(kernel_id='kernel', ramdisk_id='ramdisk')
    create(instance)
    kernel, ramdisk = disks.DiskSet(instance).direct_boot_files()
    assert (read(kernel, 6), read(ramdisk, 7)) == (b'kernel', b'ramdisk')
    os.unlink(imagecache.path_of('kernel'))
    assert read(kernel, 6) == b'kernel'


def test_making_disks_again_changes_nothing(create):
    instance = samples.instance({'swap': 1, 'ephemeral_gb': 1})
    first = create(instance)
    for disk in first.values():
        with open(disk.path, 'r+b') as stream:
            stream.seek(0, os.SEEK_END)
            stream.write(b'the guest was here')
    before = {disk.path: os.stat(disk.path).st_ino for disk in first.values()}
    assert create(instance) == first
    assert {path: os.stat(path).st_ino for path in before} == before


def test_disks_of_another_image_are_made_anew(create, image_service, tmp_path):
    instance = samples.instance()
    inode = os.stat(create(instance)['disk'].path).st_ino
    other = image_service.add('other', samples.write_boot_image(tmp_path / 'other', 2 * MIB))
    disk = create(instance, meta=other)['disk']
    assert disk.image_id == 'other' and os.stat(disk.path).st_ino != inode


def test_a_disk_that_was_not_recorded_is_made_anew(create, canary):
    """A crash between making and recording, or a file put there by someone else."""
    instance = samples.instance()
    utils.make_instance_path(instance)
    hostile.qcow2(utils.file_path(instance, 'disk'), backing=str(canary))
    disk = create(instance)['disk']
    assert qemu_img.info(disk.path, 'qcow2')['backing-filename'] == imagecache.path_of('image')


def test_options_that_change_do_not_change_disks_that_exist(conf, create):
    instance = samples.instance(config_drive='True')
    before = create(instance)
    conf.config(use_cow_images=False, config_drive_format='vfat')
    assert {disk.name: disk for disk in disks.DiskSet(instance).disks()} == before


@pytest.mark.parametrize('backend', ['raw', 'qcow2'])
def test_a_failed_disk_leaves_nothing_half(conf, create, monkeypatch, backend):
    conf.config(group='libvirt', images_type=backend)
    instance = samples.instance()

    def fail(*args, **kwargs):
        with open(args[1] if backend == 'raw' else args[0], 'wb') as stream:
            stream.write(b'half')
        raise exception.DiskNotEnough(path='/', reason='full')
    monkeypatch.setattr(utils if backend == 'raw' else qemu_img, 'copy_sparse' if backend == 'raw' else 'create', fail)
    with pytest.raises(exception.DiskNotEnough):
        create(instance)
    assert os.listdir(utils.instance_path(instance)) == []


@pytest.mark.parametrize('backend', ['raw', 'qcow2'])
def test_a_disk_grows_and_never_shrinks(conf, create, backend):
    conf.config(group='libvirt', images_type=backend)
    disk = create(samples.instance())['disk']
    image = backends.of_format(disk.format)(disk.path)
    image.grow(2 * GIB)
    assert image.virtual_size() == 2 * GIB
    image.grow(GIB)
    assert image.virtual_size() == 2 * GIB


def test_growing_a_raw_disk_with_a_foreign_header_touches_no_other_file(conf, create, canary, tmp_path):
    """The guest wrote a qcow2 header onto its raw disk (CVE-2026-24708)."""
    conf.config(use_cow_images=False)
    disk = create(samples.instance())['disk']
    hostile.qcow2_data_file(tmp_path / 'evil', str(canary))
    with open(disk.path, 'r+b') as stream:
        stream.write((tmp_path / 'evil').read_bytes())
    before = read(disk.path, MIB)
    backends.of_format('raw')(disk.path).grow(2 * GIB)
    assert os.stat(disk.path).st_size == 2 * GIB
    assert read(disk.path, MIB) == before
    assert canary.read_bytes() == b'CANARY' * 1000


def test_a_lost_cached_image_is_fetched_again(create, image, image_service):
    instance = samples.instance()
    create(instance)
    for path in (imagecache.path_of('image'), imagecache.path_of('image') + '.json'):
        os.unlink(path)
    disks.DiskSet(instance).restore_base(context.get_admin_context(), image)
    assert image_service.downloads == ['image', 'image']
    assert os.path.exists(imagecache.path_of('image'))


def test_what_is_missing_is_noticed(create):
    instance = samples.instance()
    with pytest.raises(exception.InstanceNotFound):
        disks.check_complete(disks.DiskSet(instance), instance)
    disk = create(instance)['disk']
    disks.check_complete(disks.DiskSet(instance), instance)
    os.unlink(disk.path)
    with pytest.raises(exception.InstancePowerOnFailure, match='missing'):
        disks.check_complete(disks.DiskSet(instance), instance)


def test_what_sparse_disks_may_still_take_is_known(conf, create):
    assert disks.over_committed() == 0
    create(samples.instance({'root_gb': 3, 'swap': 1024}))
    assert 4 * GIB - 4 * MIB < disks.over_committed() <= 4 * GIB


def test_images_under_disks_are_in_use(create):
    create(samples.instance())
    assert disks.image_ids_in_use() == {'image'}


def test_making_a_disk_is_quick(create):
    create(samples.instance())
    begin = time.monotonic()
    create(samples.instance())
    assert time.monotonic() - begin < 5


def test_a_disk_made_of_an_image_that_will_be_removed_lies_over_nothing(create, image_service, tmp_path):
    """A shelved server comes back: its own image goes once it runs."""
    meta = image_service.add('shelved', samples.write_boot_image(tmp_path / 'shelved.img'))
    instance = samples.instance({'root_gb': 2})
    disk = create(instance, meta=meta, passing=True)['disk']
    assert (disk.format, disk.size, disk.image_id) == ('raw', 2 * GIB, None)
    assert os.stat(disk.path).st_size == 2 * GIB and os.stat(disk.path).st_mode & 0o777 == 0o600
    assert read(disk.path) == samples.boot_sector()
    assert not os.path.exists(imagecache.path_of('shelved'))
    with open(disk.path, 'r+b') as stream:
        stream.write(b'the guest wrote')
    again = create(instance, meta=meta, passing=True)['disk']
    assert read(again.path, 15) == b'the guest wrote', 'a repeat keeps what is there'


def test_such_a_disk_keeps_the_form_of_its_image(conf, create, image_service, tmp_path):
    conf.config(force_raw_images=False)
    source = samples.write_boot_image(tmp_path / 'boot.raw')
    subprocess.run(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', str(source), str(tmp_path / 'q')], check=True)
    instance = samples.instance({'root_gb': 2})
    disk = create(instance, meta=image_service.add('q', tmp_path / 'q', disk_format='qcow2'), passing=True)['disk']
    report = qemu_img.info(disk.path, 'qcow2')
    assert (disk.format, report['virtual-size'], report.get('backing-filename')) == ('qcow2', 2 * GIB, None)

# SPDX-License-Identifier: Apache-2.0
"""What every driver owes a server that is shelved: its disk as an image, no trace, and the same disk again."""
import os
import subprocess

import pytest

from mininova.compute import power_state
from mininova.virt import imagecache
from mininova.virt.libvirt import disks
from tests.contract import samples

SHELVED = '22222222-2222-4222-8222-222222222222'


@pytest.fixture
def cards(subject):
    return samples.network_info(subject.bridge)


@pytest.fixture
def server(subject, cards):
    """A server that runs, with a mark on its disk."""
    instance = samples.instance({'root_gb': 1})
    samples.remember_image(instance, subject.image)
    subject.driver.spawn(subject.context, instance, subject.image, [], None, None, cards, None)
    subject.driver.power_off(instance)
    mark(subject, instance, 'P 0x5a 1M 4k', 'write')
    yield instance
    subject.driver.destroy(subject.context, instance, None)


def mark(subject, instance, pattern, command):
    """Write a pattern to the disk of a libvirt guest that is off, or compare with it."""
    if subject.name == 'fake':
        return
    disk = next(disk for disk in disks.DiskSet(instance).disks() if disk.name == 'disk')
    flag, byte, start, length = f'-{pattern}'.split()
    done = subprocess.run(['qemu-io', '-f', disk.format, '-c', f'{command} {flag} {byte} {start} {length}', disk.path],
                          capture_output=True, text=True, check=True)
    assert 'Pattern verification failed' not in done.stdout, done.stdout


def shelve(subject, instance, image_service, tmp_path):
    subject.driver.snapshot(subject.context, instance, SHELVED, lambda **states: None)
    described, data = image_service.uploads[SHELVED]
    path = tmp_path / 'shelved'
    path.write_bytes(data)
    subject.driver.destroy(subject.context, instance, None)
    return image_service.add(SHELVED, path, disk_format=described['disk_format'])


def test_a_shelved_disk_comes_back_and_needs_its_image_no_more(subject, server, cards, image_service, tmp_path):
    meta = shelve(subject, server, image_service, tmp_path)
    assert [item for item in subject.driver.inventory() if item['uuid'] == server.uuid] == []
    subject.driver.spawn(subject.context, server, meta, [], None, None, cards, None)
    assert subject.driver.get_info(server).state == power_state.RUNNING
    del image_service.files[SHELVED]
    assert not os.path.exists(imagecache.path_of(SHELVED))
    subject.driver.power_off(server)
    mark(subject, server, 'P 0x5a 1M 4k', 'read')
    subject.driver.power_on(subject.context, server, cards)
    assert subject.driver.get_info(server).state == power_state.RUNNING


@pytest.mark.parametrize('step', ['create.C12.downloaded.after', 'create.C13.disks_made.after',
                                  'create.C15.defined.after'])
def test_a_spawn_of_a_shelved_disk_that_died_is_done_again(subject, server, cards, image_service, tmp_path, die_at,
                                                           step):
    meta = shelve(subject, server, image_service, tmp_path)
    if subject.name == 'fake' and step.startswith('create.C12'):
        return
    die_at(step)
    with pytest.raises(die_at.error):
        subject.driver.spawn(subject.context, server, meta, [], None, None, cards, None)
    subject.driver.spawn(subject.context, server, meta, [], None, None, cards, None)
    assert subject.driver.get_info(server).state == power_state.RUNNING
    subject.driver.power_off(server)
    mark(subject, server, 'P 0x5a 1M 4k', 'read')


def test_what_was_half_spawned_is_removed_without_trace(subject, server, cards, image_service, tmp_path, die_at):
    meta = shelve(subject, server, image_service, tmp_path)
    die_at('create.C13.disks_made.after')
    with pytest.raises(die_at.error):
        subject.driver.spawn(subject.context, server, meta, [], None, None, cards, None)
    subject.driver.destroy(subject.context, server, None)
    subject.driver.cleanup(subject.context, server, None)
    assert [item for item in subject.driver.inventory() if item['uuid'] == server.uuid] == []

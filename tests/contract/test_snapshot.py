# SPDX-License-Identifier: Apache-2.0
"""What every driver owes a snapshot: the bytes arrive, the guest goes on, nothing is left, even after a death."""
import os

import pytest

from mininova import exception
from mininova.compute import power_state, task_states
from mininova.virt import qemu_img
from mininova.virt.libvirt import snapshot, utils
from tests.contract import samples

IMAGE_ID = '11111111-1111-4111-8111-111111111111'
STEPS = ['snapshot.S4.copied.after', 'snapshot.S5.uploaded.after']
LIVE_STEPS = ['snapshot.S3.target_made.after', 'snapshot.S3.copy_started.after', 'snapshot.S3.frozen.after']


class Phases(list):
    """Records the task states that a driver reports."""

    def __call__(self, task_state, expected_state=None):
        self.append((task_state, expected_state))


@pytest.fixture
def running(subject):
    instance = samples.instance()
    samples.remember_image(instance, subject.image)
    cards = samples.network_info(subject.bridge)
    subject.driver.spawn(subject.context, instance, subject.image, [], None, None, cards, None)
    yield instance
    subject.driver.destroy(subject.context, instance, None)


@pytest.fixture
def take(subject):
    def run(instance):
        phases = Phases()
        subject.driver.snapshot(subject.context, instance, IMAGE_ID, phases)
        return phases
    return run


def state(subject, instance):
    return subject.driver.get_info(instance).state


def is_clean(subject, instance):
    """Tell whether nothing of a snapshot is left, on disk or in QEMU."""
    if subject.name == 'fake':
        return not subject.driver.host.guests[instance.uuid].copying
    names = [name for name in os.listdir(utils.instance_path(instance)) if 'snapshot' in name]
    guest = subject.driver._host.get_guest(instance)
    return not names and not any(disk.copied for disk in guest.describe().disks)


@pytest.mark.parametrize('running_guest', [True, False])
def test_a_snapshot_is_uploaded_and_the_guest_stays_as_it_was(subject, running, take, image_service, running_guest):
    if not running_guest:
        subject.driver.power_off(running)
    before = subject.driver.get_info(running)
    assert take(running) == [(task_states.IMAGE_PENDING_UPLOAD, None),
                             (task_states.IMAGE_UPLOADING, task_states.IMAGE_PENDING_UPLOAD)]
    assert subject.driver.get_info(running) == before
    image, data = image_service.uploads[IMAGE_ID]
    assert image['container_format'] == 'bare' and image['disk_format'] in ('raw', 'qcow2') and data
    assert image['properties'] == {'image_location': 'snapshot', 'image_state': 'available', 'owner_id': 'project'}
    assert is_clean(subject, running)


def test_an_unknown_guest_has_no_snapshot(subject, take):
    with pytest.raises(exception.InstanceNotFound):
        take(samples.instance())
    subject.driver.discard_snapshot(subject.context, samples.instance())


def test_an_upload_that_fails_leaves_nothing_behind(subject, running, take, image_service):
    image_service.fails = exception.GlanceConnectionFailed(server='x', reason='y')
    with pytest.raises(exception.GlanceConnectionFailed):
        take(running)
    subject.driver.discard_snapshot(subject.context, running)
    assert is_clean(subject, running) and state(subject, running) == power_state.RUNNING


def test_a_snapshot_that_was_overtaken_stops(subject, running, image_service):
    def overtaken(task_state, expected_state=None):
        if task_state == task_states.IMAGE_UPLOADING:
            raise exception.UnexpectedTaskStateError(instance_uuid='x', expected='y', actual='deleting')
    with pytest.raises(exception.UnexpectedTaskStateError):
        subject.driver.snapshot(subject.context, running, IMAGE_ID, overtaken)
    subject.driver.discard_snapshot(subject.context, running)
    assert IMAGE_ID not in image_service.uploads and is_clean(subject, running)


def test_a_snapshot_does_not_keep_a_deletion_waiting(subject, running, take, image_service, monkeypatch):
    running.action_id = None
    monkeypatch.setattr(subject.manager, 'is_overtaken', lambda instance: True)
    with pytest.raises(exception.StaleAction):
        take(running)
    subject.driver.discard_snapshot(subject.context, running)
    assert IMAGE_ID not in image_service.uploads and is_clean(subject, running)


@pytest.mark.parametrize('step', STEPS)
def test_a_snapshot_that_died_is_cleared_away_or_begun_again(subject, running, take, die_at, step):
    die_and_recover(subject, running, take, die_at, step)


def die_and_recover(subject, running, take, die_at, step):
    die_at(step)
    with pytest.raises(die_at.error):
        take(running)
    assert state(subject, running) == power_state.RUNNING
    take(running)
    assert is_clean(subject, running)
    die_at(step)
    with pytest.raises(die_at.error):
        take(running)
    subject.driver.discard_snapshot(subject.context, running)
    subject.driver.discard_snapshot(subject.context, running)
    assert is_clean(subject, running) and state(subject, running) == power_state.RUNNING


@pytest.mark.parametrize('subject', [pytest.param('libvirt', marks=pytest.mark.needs('libvirt'))], indirect=True)
class TestLibvirt:
    """The bytes are those of the disk."""

    @pytest.mark.parametrize('step', LIVE_STEPS)
    def test_a_copy_that_died_is_cleared_away_or_begun_again(self, subject, running, take, die_at, step):
        die_and_recover(subject, running, take, die_at, step)

    @pytest.mark.parametrize('running_guest', [True, False])
    @pytest.mark.parametrize(('disk_format', 'wanted'), [('qcow2', None), ('raw', None), ('qcow2', 'raw'),
                                                         ('raw', 'qcow2'), ('qcow2', 'vmdk')])
    def test_the_image_is_the_disk(self, subject, conf, take, image_service, tmp_path, running_guest, disk_format,
                                   wanted):
        conf.config(group='libvirt', images_type=disk_format, snapshot_image_format=wanted)
        instance = samples.instance()
        samples.remember_image(instance, subject.image)
        subject.driver.spawn(subject.context, instance, subject.image, [], None, None,
                             samples.network_info(subject.bridge), None)
        try:
            if not running_guest:
                subject.driver.power_off(instance)
            take(instance)
        finally:
            subject.driver.destroy(subject.context, instance, None)
        image, data = image_service.uploads[IMAGE_ID]
        made = wanted or disk_format
        assert image['disk_format'] == made
        (tmp_path / 'image').write_bytes(data)
        assert qemu_img.info(str(tmp_path / 'image'), made)['virtual-size'] == 1 << 30
        assert 'backing-filename' not in qemu_img.info(str(tmp_path / 'image'), made)
        qemu_img.convert(str(tmp_path / 'image'), made, str(tmp_path / 'plain'), 'raw')
        with open(tmp_path / 'plain', 'rb') as stream:
            assert stream.read(512) == samples.boot_sector()

    def test_a_raw_disk_that_looks_like_qcow2_is_copied_as_it_is(self, subject, conf, take, image_service):
        conf.config(group='libvirt', images_type='raw')
        instance = samples.instance()
        samples.remember_image(instance, subject.image)
        subject.driver.spawn(subject.context, instance, subject.image, [], None, None,
                             samples.network_info(subject.bridge), None)
        try:
            subject.driver.power_off(instance)
            with open(utils.file_path(instance, 'disk'), 'r+b') as stream:
                stream.write(b'QFI\xfb\0\0\0\3' + b'/etc/passwd'.ljust(64, b'\0'))
            take(instance)
        finally:
            subject.driver.destroy(subject.context, instance, None)
        image, data = image_service.uploads[IMAGE_ID]
        assert image['disk_format'] == 'raw' and data.startswith(b'QFI\xfb') and b'root:' not in data

    def test_files_of_a_snapshot_are_private(self, subject, running, monkeypatch, take):
        modes = []
        real = snapshot.images.upload_snapshot

        def look(context, instance, image_id, disk_format, path, watch):
            modes.append(os.stat(path).st_mode & 0o777)
            real(context, instance, image_id, disk_format, path, watch)
        monkeypatch.setattr(snapshot.images, 'upload_snapshot', look)
        take(running)
        assert modes == [0o600]

    def test_frozen_file_systems_that_are_demanded_and_cannot_be_had(self, subject, running, take, image_service):
        running.system_metadata = {**running.system_metadata, 'image_os_require_quiesce': 'yes'}
        with pytest.raises(exception.InstanceQuiesceNotSupported, match='hw_qemu_guest_agent'):
            take(running)
        assert IMAGE_ID not in image_service.uploads and is_clean(subject, running)

    def test_an_agent_that_does_not_answer_is_done_without(self, subject, running, take, image_service):
        running.system_metadata = {**running.system_metadata, 'image_hw_qemu_guest_agent': 'yes'}
        take(running)
        assert IMAGE_ID in image_service.uploads

# SPDX-License-Identifier: Apache-2.0
"""What every driver owes a rebuild and a rescue; and what libvirt makes of disks, buses and names."""
import os

import pytest

from mininova import exception
from mininova.compute import power_state, vm_states
from mininova.virt import imagecache
from mininova.virt.libvirt import disks, rescue, utils
from tests.contract import samples

RESCUE_STEPS = ['rescue.U3.disks_made.after']


@pytest.fixture
def cards(subject):
    return samples.network_info(subject.bridge)


@pytest.fixture
def make(subject, cards):
    """Return a guest that was spawned: ``make(flavor_values=..., power_on=True, **fields)``."""
    made = []

    def new(flavor_values=None, power_on=True, **fields):
        instance = samples.instance(flavor_values, **fields)
        samples.remember_image(instance, subject.image)
        made.append(instance)
        subject.driver.spawn(subject.context, instance, subject.image, [], None, None, cards, None, power_on=power_on)
        return instance
    yield new
    for instance in made:
        subject.driver.destroy(subject.context, instance, None)


@pytest.fixture
def rescue_image(image_service, tmp_path):
    """Return another image that boots: ``rescue_image(**properties)``."""
    def new(**properties):
        return image_service.add('rescue', samples.write_boot_image(tmp_path / 'rescue.img'), **properties)
    return new


def state(subject, instance):
    return subject.driver.get_info(instance).state


def rescued(subject, instance, image, cards, password='secret'):
    subject.driver.rescue(subject.context, instance, cards, image, password, None)
    instance.vm_state = vm_states.RESCUED


# -- guests that are made and left off ------------------------------------------------------


def test_a_guest_is_made_and_left_off(subject, make, cards):
    instance = make(power_on=False, config_drive='True')
    assert state(subject, instance) == power_state.SHUTDOWN
    subject.driver.spawn(subject.context, instance, subject.image, [], None, None, cards, None, power_on=False)
    assert state(subject, instance) == power_state.SHUTDOWN
    subject.driver.power_on(subject.context, instance, cards)
    assert state(subject, instance) == power_state.RUNNING


# -- rebuild --------------------------------------------------------------------------------


def test_the_root_disk_is_made_anew_and_the_others_are_kept(subject, make, cards, rescue_image):
    instance = make({'ephemeral_gb': 1}, config_drive='True')
    new = rescue_image()
    subject.driver.prefetch_image(subject.context, instance, new)
    subject.driver.power_off(instance)
    subject.driver.destroy(subject.context, instance, cards, None, destroy_disks=False)
    for _twice in range(2):
        subject.driver.discard_root_disk(instance)
    samples.remember_image(instance, new)
    subject.driver.spawn(subject.context, instance, new, [], None, None, cards, None)
    assert state(subject, instance) == power_state.RUNNING


def test_an_image_that_does_not_fit_is_found_out_beforehand(subject, make, image_service, tmp_path):
    big = image_service.add('big', samples.write_boot_image(tmp_path / 'big.img', size=(1 << 30) + (1 << 20)))
    with pytest.raises(exception.FlavorDiskSmallerThanImage):
        subject.driver.prefetch_image(subject.context, make(), big)


# -- rescue ---------------------------------------------------------------------------------


@pytest.mark.parametrize('running', [True, False])
def test_a_guest_is_rescued_and_comes_back(subject, make, cards, rescue_image, running):
    instance = make(config_drive='True')
    if not running:
        subject.driver.power_off(instance)
    rescued(subject, instance, rescue_image(), cards)
    assert state(subject, instance) == power_state.RUNNING
    assert subject.manager.asked[-1] == (instance.uuid, 'secret', [])
    subject.driver.unrescue(subject.context, instance, cards)
    instance.vm_state = vm_states.ACTIVE
    assert state(subject, instance) == power_state.RUNNING
    subject.driver.unrescue(subject.context, instance, cards, power_on=False)
    assert state(subject, instance) == power_state.SHUTDOWN


def test_an_unknown_guest_is_not_rescued(subject, cards, rescue_image):
    with pytest.raises(exception.InstanceNotFound):
        subject.driver.rescue(subject.context, samples.instance(), cards, rescue_image(), None, None)
    with pytest.raises(exception.InstanceNotFound):
        subject.driver.unrescue(subject.context, samples.instance(), cards)


@pytest.mark.parametrize('step', RESCUE_STEPS)
def test_a_rescue_that_died_is_done_again_or_taken_back(subject, make, cards, rescue_image, die_at, step):
    instance, image = make(), rescue_image()
    die_at(step)
    with pytest.raises(die_at.error):
        rescued(subject, instance, image, cards)
    rescued(subject, instance, image, cards)
    assert state(subject, instance) == power_state.RUNNING
    subject.driver.unrescue(subject.context, instance, cards)
    instance.vm_state = vm_states.ACTIVE
    die_at(step)
    with pytest.raises(die_at.error):
        rescued(subject, instance, image, cards)
    instance.vm_state = vm_states.ACTIVE
    subject.driver.unrescue(subject.context, instance, cards)
    assert state(subject, instance) == power_state.RUNNING


def test_an_unrescue_that_died_is_done_again(subject, make, cards, rescue_image, die_at):
    instance = make()
    rescued(subject, instance, rescue_image(), cards)
    die_at('unrescue.U5.removed.after')
    with pytest.raises(die_at.error):
        subject.driver.unrescue(subject.context, instance, cards)
    subject.driver.unrescue(subject.context, instance, cards)
    assert state(subject, instance) == power_state.RUNNING


def test_a_rescued_guest_is_destroyed_without_a_trace(subject, make, cards, rescue_image):
    instance = make(config_drive='True')
    rescued(subject, instance, rescue_image(), cards)
    subject.driver.destroy(subject.context, instance, cards)
    assert [item for item in subject.driver.inventory() if item['uuid'] == instance.uuid] == []


@pytest.mark.parametrize('subject', [pytest.param('libvirt', marks=pytest.mark.needs('libvirt'))], indirect=True)
class TestLibvirt:
    """What is on which bus, and what is left in the directory."""

    @staticmethod
    def plugged(subject, instance):
        guest = subject.driver._host.get_guest(instance).describe()
        return [(disk.target_dev, os.path.basename(disk.source), disk.driver_format) for disk in guest.disks]

    @staticmethod
    def leftovers(instance):
        return sorted(name for name in os.listdir(utils.instance_path(instance)) if 'rescue' in name)

    def boots_from(self, subject, instance):
        document = subject.driver._host.get_guest(instance)._call('XMLDesc', 0)
        part = document[:document.index("<boot order='1'/>")]
        return part.rsplit("<target dev='", 1)[1].split("'")[0]

    def test_the_rescue_disk_comes_first_and_the_own_one_second(self, subject, make, cards, rescue_image):
        instance = make({'ephemeral_gb': 1, 'swap': 16}, config_drive='True')
        before = self.plugged(subject, instance)
        rescued(subject, instance, rescue_image(), cards)
        assert self.plugged(subject, instance) == [
            ('vda', 'disk.rescue', 'qcow2'), ('vdb', 'disk', 'qcow2'), ('hda', 'disk.config.rescue', 'raw')]
        assert self.boots_from(subject, instance) == 'vda'
        assert self.leftovers(instance) == ['disk.config.rescue', 'disk.rescue', 'rescue.info']
        subject.driver.unrescue(subject.context, instance, cards)
        assert self.plugged(subject, instance) == before and self.leftovers(instance) == []

    @pytest.mark.parametrize(('properties', 'dev'), [
        ({'hw_rescue_device': 'disk'}, 'vdd'), ({'hw_rescue_bus': 'scsi'}, 'sda'),
        ({'hw_rescue_device': 'cdrom', 'hw_rescue_bus': 'scsi'}, 'sda'),
        ({'hw_rescue_device': 'cdrom'}, 'hdb'), ({'hw_rescue_device': 'disk', 'hw_rescue_bus': 'usb'}, 'sda')])
    def test_a_stable_rescue_leaves_the_own_disks_where_they_are(self, subject, make, cards, rescue_image, properties,
                                                                 dev):
        instance = make({'ephemeral_gb': 1, 'swap': 16}, config_drive='True')
        before = self.plugged(subject, instance)
        rescued(subject, instance, rescue_image(**properties), cards)
        after = self.plugged(subject, instance)
        # The config drive is where it was, with the password of the rescue on it.
        made = next(disk for disk in after if disk[1] == 'disk.rescue')
        assert made[0] == dev
        assert set(after) - {made} == {*before[:-1], ('hda', 'disk.config.rescue', 'raw')}
        assert self.boots_from(subject, instance) == dev
        subject.driver.unrescue(subject.context, instance, cards)
        assert self.plugged(subject, instance) == before and self.leftovers(instance) == []

    @pytest.mark.parametrize('properties', [
        {'hw_rescue_device': 'floppy'}, {'hw_rescue_bus': 'nvme'},
        {'hw_rescue_device': 'cdrom', 'hw_rescue_bus': 'virtio'}])
    def test_a_device_that_does_not_exist_is_refused(self, subject, make, cards, rescue_image, properties):
        instance = make()
        with pytest.raises(exception.ImageUnacceptable, match='does not exist'):
            rescued(subject, instance, rescue_image(**properties), cards)
        subject.driver.unrescue(subject.context, instance, cards)
        assert state(subject, instance) == power_state.RUNNING

    def test_a_hard_reboot_keeps_to_the_state(self, subject, make, cards, rescue_image):
        instance = make()
        rescued(subject, instance, rescue_image(), cards)
        subject.driver.reboot(subject.context, instance, cards, 'HARD')
        assert self.plugged(subject, instance)[0][1] == 'disk.rescue'
        instance.vm_state = vm_states.ACTIVE
        subject.driver.reboot(subject.context, instance, cards, 'HARD')
        assert self.plugged(subject, instance)[0][1] == 'disk' and self.leftovers(instance) == []

    def test_the_rescue_image_stays_in_the_cache_while_it_is_used(self, subject, make, cards, rescue_image):
        instance = make()
        rescued(subject, instance, rescue_image(), cards)
        assert {'image', 'rescue'} <= disks.image_ids_in_use()
        subject.driver.unrescue(subject.context, instance, cards)
        assert 'rescue' not in disks.image_ids_in_use()
        assert os.path.exists(imagecache.path_of('rescue'))

    def test_a_raw_disk_that_looks_like_qcow2_stays_raw(self, subject, conf, make, cards, rescue_image):
        conf.config(group='libvirt', images_type='raw')
        instance = make()
        subject.driver.power_off(instance)
        with open(utils.file_path(instance, 'disk'), 'r+b') as stream:
            stream.write(b'QFI\xfb\0\0\0\3' + b'/etc/passwd'.ljust(64, b'\0'))
        rescued(subject, instance, rescue_image(), cards)
        assert self.plugged(subject, instance)[1][1:] == ('disk', 'raw')

    def test_ephemeral_disks_outlive_a_rebuild_with_what_is_on_them(self, subject, make, cards, rescue_image):
        instance = make({'ephemeral_gb': 1, 'swap': 16}, config_drive='True')
        subject.driver.power_off(instance)
        subject.driver.destroy(subject.context, instance, cards, None, destroy_disks=False)
        with open(utils.file_path(instance, 'disk.eph0'), 'r+b') as stream:
            stream.seek(1 << 20)
            stream.write(b'kept')
        subject.driver.discard_root_disk(instance)
        new = rescue_image(hw_disk_bus='scsi')
        samples.remember_image(instance, new)
        subject.driver.spawn(subject.context, instance, new, [], None, None, cards, None)
        assert [name for name, _file, _format in self.plugged(subject, instance)] == ['sda', 'sdb', 'sdc', 'hda']
        subject.driver.power_off(instance)
        with open(utils.file_path(instance, 'disk.eph0'), 'rb') as stream:
            stream.seek(1 << 20)
            assert stream.read(4) == b'kept'
        record = utils.read_record(utils.instance_path(instance))
        assert record['disk']['image_id'] == 'rescue'

    def test_nothing_is_rescued_that_has_no_record(self, subject, make):
        assert rescue.RescueSet(make()).disks() == []

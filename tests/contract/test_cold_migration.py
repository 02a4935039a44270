# SPDX-License-Identifier: Apache-2.0
"""What every hypervisor driver owes a guest that moves with its power off; each test runs on each driver.

The two hosts are two machines of the fake driver; of libvirt they are two directories for guests, which either see one
another's files or are reached by ssh.
"""
import json
import os
import subprocess
import uuid

import pytest

from mininova import exception, objects
from mininova.compute import power_state
from mininova.virt.libvirt import moving_disks, utils
from tests.contract import samples, ssh_server

OLD, NEW = 'contract', 'other'
def ways(*libvirt):
    """Run a test on each driver; the words say how libvirt's disks go."""
    found = [('fake', 'same'), ('fake', 'other'),
             *(pytest.param('libvirt', way, marks=pytest.mark.needs('libvirt')) for way in libvirt)]
    return pytest.mark.parametrize(('subject', 'pair'), found, indirect=True)


STEPS = ['resize.R4.powered_off.after', 'resize.R5.renamed.after']


@pytest.fixture(scope='session')
def sshd(tmp_path_factory):
    started = ssh_server.SshServer(str(tmp_path_factory.mktemp('ssh')))
    yield started
    started.stop()


class Pair:
    """Two hosts of one driver: ``pair.at(NEW)`` makes the driver that of the new host."""

    def __init__(self, subject, conf, ways):
        self.subject, self.conf, self.ways = subject, conf, ways
        self.at(OLD)

    def at(self, host):
        if self.subject.name == 'fake':
            self.subject.driver._host_name = host
        else:
            self.conf.config(instances_path=self.ways[host])
        return self.subject.driver


@pytest.fixture
def pair(request, subject, conf):
    """Two hosts; 'same' is a move that ends where it began, other words say how the disks go."""
    ways = None
    if subject.name == 'libvirt':
        first = request.getfixturevalue('libvirtd').instances_path
        ways = {OLD: first, NEW: os.path.join(first, 'second')}
        os.makedirs(ways[NEW], exist_ok=True)
        if request.param != 'same':
            conf.config(group='libvirt', remote_filesystem_transport=request.param,
                        migration_ssh_options=request.getfixturevalue('sshd').options)
    made = Pair(subject, conf, ways)
    made.new = OLD if request.param == 'same' else NEW
    return made


@pytest.fixture
def guest(subject, pair):
    """An instance that runs on the old host."""
    made = samples.instance({'root_gb': 1, 'swap': 16}, action_id=str(uuid.uuid4()))
    samples.remember_image(made, subject.image)
    subject.driver.spawn(subject.context, made, subject.image, [], None, None, cards(subject))
    yield made
    for host in (NEW, OLD):
        pair.at(host).destroy(subject.context, made, None)


def cards(subject):
    return samples.network_info(subject.bridge)


def bigger(**values):
    return samples.flavor(id=2, flavorid='2', **{'root_gb': 2, 'memory_mb': 48, **values})


def move_of(instance):
    return objects.Migration(action_id=instance.action_id, source_compute=OLD, dest_compute=NEW)


def send(subject, pair, instance, flavor):
    data = pair.at(pair.new).prepare_migration(instance, flavor)
    return pair.at(OLD).migrate_disk_and_power_off(subject.context, instance, '127.0.0.1', flavor, cards(subject),
                                                   dest_data=data)


def finish(subject, pair, instance, flavor, disk_info, power_on=True):
    instance.flavor = flavor
    pair.at(pair.new).finish_migration(subject.context, move_of(instance), instance, disk_info, cards(subject),
                                       subject.image, True, None, power_on=power_on)


def kinds(subject, instance):
    return sorted(item['kind'] for item in subject.driver.inventory() if item['uuid'] == instance.uuid)


def write_into(subject, instance, word):
    """Leave something on the guest's root disk, behind what the image has."""
    if subject.name == 'fake':
        subject.driver.host.guests[instance.uuid].content = word.decode()
    else:
        assert 'wrote' in qemu_io(instance, f'write -P {word[0]} 8M 64k')


def has(subject, instance, word):
    if subject.name == 'fake':
        return subject.driver.host.guests[instance.uuid].content == word.decode()
    answer = qemu_io(instance, f'read -P {word[0]} 8M 64k', '-r', '-U')
    return 'read 65536' in answer and 'failed' not in answer


def qemu_io(instance, command, *options):
    done = subprocess.run(['qemu-io', '-f', 'qcow2', *options, '-c', command, utils.file_path(instance, 'disk')],
                          capture_output=True, text=True)
    return done.stdout + done.stderr


def change_when_off(subject, pair, instance, word):
    pair.at(OLD).power_off(instance)
    write_into(subject, instance, word)


@ways('same', 'rsync', 'ssh')
def test_a_moved_guest_runs_in_its_new_size_from_its_own_disk(subject, pair, guest):
    change_when_off(subject, pair, guest, b'a')
    disk_info = send(subject, pair, guest, bigger())
    assert json.loads(disk_info)
    assert kinds(subject, guest).count('kept') == 1
    assert not subject.driver.instance_exists(guest)
    finish(subject, pair, guest, bigger(swap=32), disk_info)
    assert subject.driver.get_info(guest).state == power_state.RUNNING
    assert has(subject, guest, b'a')
    assert sorted(set(kinds(subject, guest)) - {'kept'}) == ['disks', 'domain']
    if subject.name == 'libvirt':
        record = utils.read_record(utils.instance_path(guest))
        assert (record['disk']['size'], record['disk.swap']['size']) == (2 << 30, 32 << 20)
    pair.at(OLD).confirm_migration(subject.context, move_of(guest), guest, cards(subject))
    assert 'kept' not in kinds(subject, guest)
    pair.at(pair.new)
    assert subject.driver.get_info(guest).state == power_state.RUNNING


@ways('same', 'rsync')
@pytest.mark.parametrize('power_on', [True, False])
def test_a_reverted_guest_has_the_disk_that_was_kept(subject, pair, guest, power_on):
    change_when_off(subject, pair, guest, b'a')
    old_flavor = guest.flavor
    finish(subject, pair, guest, bigger(), send(subject, pair, guest, bigger()), power_on=False)
    pair.at(pair.new)
    assert subject.driver.get_info(guest).state == power_state.SHUTDOWN
    write_into(subject, guest, b'b')
    subject.driver.destroy(subject.context, guest, cards(subject), destroy_disks=pair.new != OLD)
    guest.flavor = old_flavor
    move = move_of(guest)
    guest.action_id = str(uuid.uuid4())
    for _repeat in range(2):
        pair.at(OLD).finish_revert_migration(subject.context, guest, cards(subject), move, power_on=power_on)
    assert subject.driver.get_info(guest).state == (power_state.RUNNING if power_on else power_state.SHUTDOWN)
    if power_on:
        subject.driver.power_off(guest)
    assert has(subject, guest, b'a')
    assert kinds(subject, guest) == ['disks', 'domain']
    pair.at(NEW)
    assert subject.name == 'fake' or utils.list_instance_paths() == [] or pair.new == OLD


@ways('same')
@pytest.mark.parametrize('step', STEPS)
def test_a_move_that_died_goes_on(subject, pair, guest, die_at, step):
    die_at(step)
    with pytest.raises(die_at.error):
        send(subject, pair, guest, bigger())
    finish(subject, pair, guest, bigger(), send(subject, pair, guest, bigger()))
    assert subject.driver.get_info(guest).state == power_state.RUNNING


@ways('same', 'rsync')
def test_every_step_may_be_repeated(subject, pair, guest):
    for _repeat in range(2):
        disk_info = send(subject, pair, guest, bigger())
    for _repeat in range(2):
        finish(subject, pair, guest, bigger(), disk_info)
    assert subject.driver.get_info(guest).state == power_state.RUNNING
    for _repeat in range(2):
        pair.at(OLD).confirm_migration(subject.context, move_of(guest), guest, cards(subject))


@ways('rsync')
def test_a_move_that_broke_off_is_taken_back(subject, pair, guest, die_at):
    die_at('resize.R5.renamed.after')
    with pytest.raises(die_at.error):
        send(subject, pair, guest, bigger())
    assert not subject.driver.instance_exists(guest)
    for _repeat in range(2):
        subject.driver.finish_revert_migration(subject.context, guest, cards(subject), move_of(guest))
    assert subject.driver.get_info(guest).state == power_state.RUNNING
    assert kinds(subject, guest) == ['disks', 'domain']


@ways('same')
def test_a_disk_does_not_shrink(subject, pair, guest):
    guest.flavor = bigger()
    smaller = bigger(root_gb=1)
    if subject.name == 'fake':
        subject.driver.host.guests[guest.uuid].disk_gb = 2
    else:
        _pretend_size(guest, 2)
    with pytest.raises(exception.ResizeError):
        send(subject, pair, guest, smaller)
    assert subject.driver.get_info(guest).state == power_state.RUNNING


def _pretend_size(guest, size_gb):
    record = utils.read_record(utils.instance_path(guest))
    record['disk']['size'] = size_gb << 30
    utils.write_record(utils.instance_path(guest), record)


@ways('same')
def test_what_an_earlier_move_kept_is_not_this_ones(subject, pair, guest):
    """A move failed long ago and left its disks; the next one from the same host must not send those."""
    change_when_off(subject, pair, guest, b'a')
    finish(subject, pair, guest, bigger(), send(subject, pair, guest, bigger()), power_on=False)
    pair.at(pair.new)
    write_into(subject, guest, b'b')
    if pair.new != OLD:
        return
    guest.action_id = str(uuid.uuid4())
    finish(subject, pair, guest, bigger(root_gb=3), send(subject, pair, guest, bigger(root_gb=3)), power_on=False)
    assert has(subject, guest, b'b')


@ways('rsync')
def test_a_deleted_guest_leaves_nothing_of_a_move(subject, pair, guest):
    send(subject, pair, guest, bigger())
    for host in (OLD, pair.new):
        pair.at(host).destroy(subject.context, guest, cards(subject))
        assert kinds(subject, guest) == []
        assert subject.name == 'fake' or not os.path.exists(moving_disks.token_path(guest))


@ways('same')
def test_an_unknown_guest_cannot_be_moved(subject, pair):
    stranger = samples.instance(action_id=str(uuid.uuid4()))
    with pytest.raises(exception.InstanceNotFound):
        send(subject, pair, stranger, bigger())
    pair.at(OLD).confirm_migration(subject.context, move_of(stranger), stranger, cards(subject))
    with pytest.raises(exception.InstanceNotFound):
        pair.at(OLD).finish_revert_migration(subject.context, stranger, cards(subject), move_of(stranger))
    pair.at(OLD).destroy(subject.context, stranger, None)

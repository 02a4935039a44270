# SPDX-License-Identifier: Apache-2.0
"""What only real guests of a real libvirtd can show."""
import json
import os
import subprocess
import time

import pytest

from mininova import concurrency, context, exception
from mininova.compute import power_state
from mininova.network import model
from mininova.virt import driver as virt_driver
from mininova.virt import event, imagecache
from mininova.virt.libvirt import utils
from mininova.virt.libvirt.config import base
from tests.contract import libvirtd_process, samples
from tests.unit.virt import hostile, test_configdrive

pytestmark = pytest.mark.needs('libvirt')

# What a SPICE client says first: magic, version 2.2, length, session 0, main channel, no capabilities.
SPICE_LINK = 'REDQ' + r'\x02\0\0\0' * 2 + r'\x12\0\0\0' + r'\0' * 4 + r'\x01\0' + r'\0' * 8 + r'\x12\0\0\0'


@pytest.fixture
def manager():
    return samples.Manager()


@pytest.fixture
def start_driver(libvirt_conf, boot_image, manager):
    """Start a driver as a starting nova-compute does: ``start_driver()``."""
    started = []

    def start():
        made = virt_driver.load_compute_driver(manager)
        made.events = []
        made.register_event_listener(made.events.append)
        made.init_host('contract')
        started.append(made)
        return made
    yield start
    for made in started:
        made.cleanup_host('contract')


@pytest.fixture
def subject(start_driver):
    return start_driver()


@pytest.fixture
def spawn(subject, libvirtd, boot_image):
    """Spawn a new instance: ``spawn(flavor_values, properties, **fields)``; it is destroyed at the end."""
    made = []

    def run(flavor_values=None, properties=None, image=None, network_info=None, devices=None, **fields):
        meta = image or boot_image
        meta.properties = dict(properties or {})
        instance = samples.instance(flavor_values, **fields)
        samples.remember_image(instance, meta)
        made.append(instance)
        subject.spawn(context.get_admin_context(), instance, meta, [], None, None,
                      network_info or samples.network_info(libvirtd.bridge), devices)
        return instance
    yield run
    for instance in made:
        subject.destroy(context.get_admin_context(), instance, None)


@pytest.fixture
def private(libvirtd):
    """The libvirtd, if it is one that a test may stop."""
    if not isinstance(libvirtd, libvirtd_process.PrivateLibvirtd):
        pytest.fail('this test stops libvirtd, so it needs one of its own: run it as root')
    return libvirtd


def document(libvirtd, instance):
    return base.parse(libvirtd.virsh('dumpxml', instance.uuid))


def hard_reboot(subject, instance, libvirtd):
    cards = samples.network_info(libvirtd.bridge)
    subject.reboot(context.get_admin_context(), instance, cards, virt_driver.REBOOT_HARD)


def heard(subject, instance):
    return [one.transition for one in subject.events if one.uuid == instance.uuid]


# -- libvirtd goes and comes ------------------------------------------------------------------

def test_a_restart_of_libvirtd_is_survived(subject, spawn, private, manager, eventually):
    instance = spawn()
    before = subject.get_info(instance)
    eventually(lambda: manager.available == [True])
    private.kill()
    eventually(lambda: manager.available == [True, False])
    with pytest.raises(exception.HypervisorUnavailable):
        subject.get_info(instance)
    private.start()
    eventually(lambda: manager.available == [True, False, True], seconds=10)
    assert subject.get_info(instance) == before
    subject.events.clear()
    private.virsh('destroy', instance.uuid)
    eventually(lambda: event.EVENT_LIFECYCLE_STOPPED in heard(subject, instance))


def test_a_libvirtd_that_hangs_is_noticed_and_found_again(conf, start_driver, private, manager, eventually):
    conf.config(group='libvirt', keepalive_interval=1, keepalive_count=2)
    subject = start_driver()
    ticks = []
    clock = concurrency.periodic(0.1, lambda: ticks.append(time.monotonic()))
    private.signal('STOP')
    try:
        begin = time.monotonic()
        with pytest.raises(exception.HypervisorUnavailable):
            subject.list_instances()
        assert time.monotonic() - begin < 10
        eventually(lambda: manager.available == [True, False])
        assert len(ticks) > 10 and max(b - a for a, b in zip(ticks, ticks[1:], strict=False)) < 2
    finally:
        clock.stop()
        private.signal('CONT')
    eventually(lambda: manager.available == [True, False, True], seconds=10)
    assert subject.list_instances() == []


def test_broken_connections_leave_nothing_open(subject, private, eventually):
    def open_files():
        return len(os.listdir('/proc/self/fd'))

    def restart():
        private.kill()
        private.start()
        eventually(lambda: _answers(subject))
    restart()
    before = open_files()
    for _round in range(5):
        restart()
    eventually(lambda: open_files() <= before + 1)


def _answers(subject):
    try:
        return subject.list_instances() == []
    except exception.HypervisorUnavailable:
        return False


def test_an_absent_libvirtd_is_a_clear_error_at_start(libvirt_conf, manager):
    libvirt_conf.config(group='libvirt', connection_uri='qemu+unix:///system?socket=/nonexistent/socket')
    made = virt_driver.load_compute_driver(manager)
    try:
        with pytest.raises(virt_driver.DriverUnavailable, match='Is libvirtd running'):
            made.init_host('contract')
    finally:
        made.cleanup_host('contract')


def test_a_restarted_service_finds_its_guests(spawn, start_driver):
    instance = spawn()
    again = start_driver()
    assert again.get_info(instance).state == power_state.RUNNING
    assert instance.uuid in again.list_instance_uuids()


def test_starting_a_guest_does_not_stop_the_others(spawn):
    if not concurrency.is_eventlet():
        return
    spawn()
    ticks = []
    clock = concurrency.periodic(0.02, lambda: ticks.append(time.monotonic()))
    spawn()
    clock.stop()
    assert max(b - a for a, b in zip(ticks, ticks[1:], strict=False)) < 0.5


# -- guests that change behind our back ---------------------------------------------------------

def test_a_guest_that_goes_is_heard_of(subject, spawn, libvirtd, eventually):
    instance = spawn()
    libvirtd.virsh('suspend', instance.uuid)
    eventually(lambda: event.EVENT_LIFECYCLE_PAUSED in heard(subject, instance))
    assert subject.get_info(instance).state == power_state.PAUSED
    libvirtd.virsh('resume', instance.uuid)
    eventually(lambda: event.EVENT_LIFECYCLE_RESUMED in heard(subject, instance))
    libvirtd.virsh('destroy', instance.uuid)
    eventually(lambda: event.EVENT_LIFECYCLE_STOPPED in heard(subject, instance))
    assert subject.get_info(instance).state == power_state.SHUTDOWN


def test_a_guest_that_lost_its_definition_starts_from_its_disks(subject, spawn, libvirtd):
    instance = spawn()
    libvirtd.virsh('destroy', instance.uuid)
    libvirtd.virsh('undefine', instance.uuid)
    hard_reboot(subject, instance, libvirtd)
    assert subject.get_info(instance).state == power_state.RUNNING


def test_guests_of_others_are_no_leftovers(subject, libvirtd, tmp_path):
    (tmp_path / 'other.xml').write_text(
        "<domain type='qemu'><name>other</name><memory>16384</memory><os><type>hvm</type></os></domain>")
    libvirtd.virsh('define', str(tmp_path / 'other.xml'))
    try:
        assert 'other' in subject.list_instances()
        assert 'other' not in [item['name'] for item in subject.inventory()]
    finally:
        libvirtd.virsh('undefine', 'other')


# -- disks -----------------------------------------------------------------------------------------

@pytest.mark.parametrize('properties', [
    {}, {'hw_machine_type': 'q35'}, {'hw_disk_bus': 'scsi', 'hw_cdrom_bus': 'scsi'}, {'hw_disk_bus': 'ide'},
    {'hw_machine_type': 'q35', 'hw_disk_bus': 'sata', 'hw_vif_model': 'e1000', 'hw_video_model': 'vga'},
    {'hw_qemu_guest_agent': 'yes', 'hw_watchdog_action': 'reset', 'hw_vif_model': 'rtl8139', 'hw_video_model': 'bochs'},
    {'hw_video_model': 'none', 'hw_pointer_model': 'ps2mouse', 'hw_disk_bus': 'usb'},
], ids=str)
def test_guests_of_every_kind_boot_with_all_their_disks(subject, spawn, properties, eventually):
    instance = spawn({'swap': 8, 'ephemeral_gb': 1}, properties, config_drive='True')
    eventually(lambda: samples.BOOT_TEXT.strip() in subject.get_console_output(None, instance), seconds=20)


@pytest.mark.parametrize('properties, places', [
    ({}, {'vda': 'pci'}), ({'hw_disk_bus': 'scsi'}, {'sda': 'scsi'}),
    ({'hw_disk_bus': 'ide'}, {'hda': 'ide'})], ids=str)
def test_a_config_drive_tells_where_libvirt_put_devices(subject, spawn, manager, monkeypatch, libvirtd, properties,
                                                        places):
    def renew(files, instance, network_info):
        files['openstack/latest/meta_data.json'] = json.dumps(instance.device_metadata).encode()
        return True
    monkeypatch.setattr(manager, 'renew_config_drive_files', renew, raising=False)
    instance = spawn(properties=properties, config_drive='True')
    _label, files = test_configdrive.read_iso(utils.file_path(instance, 'disk.config'))
    told = json.loads(files['openstack/latest/meta_data.json'])
    assert {name: told['disks'][name][0] for name in places} == places
    (mac, (bus, address)), = told['nics'].items()
    found = document(libvirtd, instance).find('devices/interface/address')
    assert (mac, bus) == ('fa:16:3e:00:00:05', 'pci')
    assert address == '0000:{:02x}:{:02x}.0'.format(int(found.get('bus'), 0), int(found.get('slot'), 0))
    assert len(manager.asked) == 1


def test_many_guests_share_one_download(subject, spawn, image_service, libvirtd):
    cards = [samples.network_info(libvirtd.bridge, mac=f'fa:16:3e:00:02:{n:02x}') for n in range(4)]
    for start in [concurrency.spawn(spawn, network_info=info) for info in cards]:
        start.wait()
    assert image_service.downloads == ['image']


@pytest.mark.parametrize('kind', ['qcow2', 'data file'])
def test_a_guest_that_writes_a_foreign_header_reads_no_host_file(conf, subject, spawn, libvirtd, tmp_path, kind):
    """The disk is recorded as raw and stays raw, whatever its first bytes say (CVE-2014-0134 and its family)."""
    canary = tmp_path / 'canary'
    canary.write_bytes(b'CANARY' * 1000)
    conf.config(use_cow_images=False)
    instance = spawn()
    subject.power_off(instance)
    write = (lambda path: hostile.qcow2(path, backing=str(canary))) if kind == 'qcow2' else (
        lambda path: hostile.qcow2_data_file(path, str(canary)))
    write(tmp_path / 'header')
    with open(utils.file_path(instance, 'disk'), 'r+b') as stream:
        stream.write((tmp_path / 'header').read_bytes())
    before = os.stat(canary).st_atime_ns
    subject.power_on(context.get_admin_context(), instance, samples.network_info(libvirtd.bridge))
    assert subject.get_info(instance).state == power_state.RUNNING
    assert document(libvirtd, instance).find('devices/disk/driver').get('type') == 'raw'
    assert str(canary) not in libvirtd.virsh('dumpxml', instance.uuid)
    opened = libvirtd.run('sh', '-c', 'ls -l /proc/[0-9]*/fd')
    assert utils.file_path(instance, 'disk') in opened and str(canary) not in opened
    assert os.stat(canary).st_atime_ns == before


def test_a_changed_option_does_not_change_a_guest_that_exists(conf, subject, spawn, libvirtd):
    instance = spawn(config_drive='True')
    conf.config(use_cow_images=False, config_drive_format='vfat')
    hard_reboot(subject, instance, libvirtd)
    assert [disk.find('driver').get('type') for disk in document(libvirtd, instance).findall('devices/disk')] == [
        'qcow2', 'raw']


def test_a_cached_image_that_is_lost_comes_back_with_a_reboot(subject, spawn, libvirtd, image_service):
    instance = spawn()
    subject.power_off(instance)
    os.unlink(imagecache.path_of('image'))
    subject.power_on(context.get_admin_context(), instance, samples.network_info(libvirtd.bridge))
    assert subject.get_info(instance).state == power_state.RUNNING
    assert image_service.downloads == ['image', 'image']


@pytest.fixture
def small_disk(conf, tmp_path):
    """An instances directory with 8 MiB."""
    path = tmp_path / 'small'
    path.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=8m', 'small', str(path)], check=True)
    conf.config(instances_path=str(path))
    yield path
    subprocess.run(['umount', str(path)], check=True)


@pytest.mark.parametrize('flavor, options', [
    ({}, {'use_cow_images': False, 'preallocate_images': 'space'}),
    ({'swap': 64}, {'preallocate_images': 'space'}),
    ({'ephemeral_gb': 1}, {'preallocate_images': 'space'}),
], ids=['root', 'swap', 'ephemeral'])
def test_a_full_disk_is_said_so_and_leaves_nothing(conf, subject, spawn, small_disk, private, flavor, options):
    conf.config(**options)
    with open(small_disk / 'ballast', 'wb') as stream:
        stream.write(b'x' * (6 << 20))
    with pytest.raises(exception.DiskNotEnough):
        spawn(flavor, config_drive='True')
    (uuid,) = {item['uuid'] for item in subject.inventory()}
    subject.destroy(context.get_admin_context(), samples.instance(uuid=uuid), None)
    assert subject.inventory() == []
    assert not [name for name in os.listdir(small_disk / '_base') if name.endswith('.part')]


# -- guests that do not start ------------------------------------------------------------------------

def test_a_guest_without_its_bridge_is_not_left_defined(subject, spawn):
    with pytest.raises(exception.InstanceDeployFailure, match='br-none'):
        spawn(network_info=samples.network_info('br-none'))
    assert subject.list_instances() == []


def test_a_hostile_image_starts_nothing(subject, spawn, image_service, tmp_path):
    canary = tmp_path / 'canary'
    canary.write_bytes(b'CANARY')
    hostile.qcow2(tmp_path / 'evil', backing=str(canary))
    with pytest.raises(exception.ImageUnacceptable):
        spawn(image=image_service.add('evil', tmp_path / 'evil', disk_format='qcow2'))
    assert subject.list_instances() == []
    assert os.listdir(imagecache.directory()) == []


# -- consoles and cards --------------------------------------------------------------------------------

def test_the_console_tells_what_the_guest_said(subject, spawn, eventually):
    instance = spawn()
    eventually(lambda: samples.BOOT_TEXT.strip() in subject.get_console_output(None, instance), seconds=20)
    subject.power_off(instance)
    assert samples.BOOT_TEXT.strip() in subject.get_console_output(None, instance)


def test_the_screen_and_the_serial_port_answer(conf, subject, spawn, private, eventually):
    conf.config(group='serial_console', enabled=True)
    instance = spawn()
    screen = subject.get_vnc_console(None, instance)
    connect = 'exec 3<>/dev/tcp/127.0.0.1/%d; read -t 5 -n 12 -u 3 banner; echo "$banner"'
    assert private.run('bash', '-c', connect % screen.port).startswith('RFB 003.')
    port = subject.get_serial_console(None, instance)
    assert private.run('bash', '-c', f'exec 3<>/dev/tcp/127.0.0.1/{port.port}; echo open').strip() == 'open'
    eventually(lambda: samples.BOOT_TEXT.strip() in subject.get_console_output(None, instance), seconds=20)
    other = spawn(network_info=samples.network_info(private.bridge, mac='fa:16:3e:00:00:77'))
    assert subject.get_serial_console(None, other).port != port.port


@pytest.fixture
def routed(private):
    """An address besides the loopback's: without one SPICE's server resolves none, not 127.0.0.1 either."""
    private.run('ip', 'address', 'add', '192.0.2.1/32', 'dev', 'lo')
    yield
    private.run('ip', 'address', 'delete', '192.0.2.1/32', 'dev', 'lo')


def test_a_spice_screen_as_configured_answers(conf, subject, spawn, private, routed):
    conf.config(group='vnc', enabled=False)
    conf.config(group='spice', enabled=True, image_compression='off', jpeg_compression='never',
                zlib_compression='never', playback_compression=True, streaming_mode='off')
    screen = subject.get_spice_console(None, spawn())
    connect = (f"exec 3<>/dev/tcp/127.0.0.1/{screen.port}; printf '%b' '{SPICE_LINK}' >&3; "
               'read -t 5 -n 4 -u 3 magic; echo "$magic"')
    assert private.run('bash', '-c', connect).strip() == 'REDQ'


def test_a_card_can_use_its_own_addresses_only_while_its_guest_lives(conf, start_driver, spawn, subject, private):
    conf.config(group='libvirt', use_nwfilter=True)
    start_driver()
    start_driver()
    instance = spawn()
    rules = private.run('ebtables', '-t', 'nat', '-L')
    for rule in ('-s ! fa:16:3e:00:00:05 -j DROP', '--ip-src 10.66.0.5 -j ACCEPT', '--arp-ip-src 10.66.0.5',
                 '--ip-src 10.66.0.2 --ip-proto udp --ip-sport 67 --ip-dport 68 -j ACCEPT'):
        assert rule in rules, rule
    subject.destroy(context.get_admin_context(), instance, None)
    assert 'fa:16:3e' not in private.run('ebtables', '-t', 'nat', '-L')
    assert 'tap' not in private.run('ip', '-br', 'link')


def test_the_addresses_that_a_card_can_use_change_while_its_guest_runs(conf, start_driver, spawn, subject, libvirtd,
                                                                       private, boot_image):
    conf.config(group='libvirt', use_nwfilter=True)
    start_driver()
    cards = samples.network_info(libvirtd.bridge)
    instance = spawn(network_info=cards)
    cards[0]['network']['subnets'][0]['ips'] = [model.FixedIP('10.66.0.7'), model.FixedIP('10.66.0.8')]
    subject.update_interface(context.get_admin_context(), instance, boot_image, cards[0])
    rules = private.run('ebtables', '-t', 'nat', '-L')
    assert '--ip-src 10.66.0.7 -j ACCEPT' in rules and '--ip-src 10.66.0.8 -j ACCEPT' in rules
    assert '--arp-ip-src 10.66.0.7 ' in rules and '--arp-ip-src 10.66.0.8 ' in rules
    assert '10.66.0.5' not in rules
    for flags in ((), ('--inactive',)):
        known = libvirtd.virsh('dumpxml', *flags, instance.uuid)
        assert '10.66.0.8' in known and '10.66.0.5' not in known

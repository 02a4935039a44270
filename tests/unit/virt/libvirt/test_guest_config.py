# SPDX-License-Identifier: Apache-2.0
"""From image properties, flavors and options to the guest's document."""
import types

import pytest

from mininova import exception
from mininova.virt.libvirt import disks, guest_config
from mininova.virt.libvirt.config import base, caps
from tests.contract import samples


class Host:
    """Stands for libvirt/host.py's Host, an x86 host with both kinds of guests."""

    def __init__(self):
        self.caps = caps.HostCaps(arch='x86_64', guests={'x86_64': {'kvm', 'qemu'}, 'aarch64': {'qemu'}})
        self.offers = caps.DomainCaps(enums={'video.modelType': {'vga', 'virtio', 'none'}},
                                      cpu_models={'Nehalem', 'EPYC'})

    def capabilities(self):
        return self.caps

    def domain_capabilities(self, arch, machine, virt_type):
        return self.offers


@pytest.fixture
def host(instances_path):
    return Host()


@pytest.fixture
def build(host):
    """Return the guest's document as an element: ``build(properties, flavor_values, ...)``."""
    def run(properties=None, flavor_values=None, virt_type='qemu', network_info=None, boot=(None, None), listen=None,
            root=None, **fields):
        instance = samples.instance(flavor_values, **fields)
        builder = guest_config.GuestConfig(host, virt_type, instance, samples.image_meta(**(properties or {})))
        root = root or disks.Disk('disk', '/i/disk', 'qcow2', 1 << 30, 'virtio', 'vda', boot_order=1)
        made = builder.build([root], boot, network_info, listen)
        return types.SimpleNamespace(xml=base.parse(made.to_xml()), instance=instance)
    return run


def test_a_plain_guest(build):
    found = build(flavor_values={'memory_mb': 64, 'vcpus': 2})
    xml, instance = found.xml, found.instance
    assert xml.get('type') == 'qemu'
    assert (xml.findtext('uuid'), xml.findtext('name')) == (instance.uuid, instance.name)
    assert (xml.findtext('memory'), xml.find('memory').get('unit'), xml.findtext('vcpu')) == ('65536', 'KiB', '2')
    assert xml.find('os/type').attrib == {'arch': 'x86_64', 'machine': 'pc'}
    disk = xml.find('devices/disk')
    assert disk.find('driver').get('type') == 'qcow2' and disk.find('boot').get('order') == '1'
    assert disk.find('source').get('file') == '/i/disk'
    assert xml.find('devices/serial/log').get('file').endswith(f'{instance.uuid}/console.log')
    assert xml.find('devices/graphics').get('type') == 'vnc'
    assert xml.find('devices/rng/backend').text == '/dev/urandom'
    assert xml.find("devices/memballoon/stats").get('period') == '10'
    assert xml.find('devices/channel') is None and xml.find('devices/watchdog') is None
    assert xml.findtext("sysinfo/system/entry[@name='product']") == 'OpenStack Nova'
    assert xml.findtext("sysinfo/system/entry[@name='serial']") == instance.uuid


@pytest.mark.parametrize('mode, virt_type, expected', [
    (None, 'qemu', ('custom', 'Nehalem')), (None, 'kvm', ('host-model', None)), ('none', 'qemu', (None, None)),
    ('maximum', 'qemu', ('maximum', None)), ('custom', 'qemu', ('custom', 'EPYC'))])
def test_the_processor(build, conf, mode, virt_type, expected):
    conf.config(group='libvirt', cpu_mode=mode, cpu_models=['Unheard-Of', 'EPYC'])
    cpu = build(virt_type=virt_type).xml.find('cpu')
    assert (cpu.get('mode'), cpu.findtext('model')) == expected


def test_a_processor_that_no_host_has_is_an_error(build, conf):
    conf.config(group='libvirt', cpu_mode='custom', cpu_models=['Unheard-Of'])
    with pytest.raises(exception.InstanceDeployFailure, match='Unheard-Of'):
        build()


@pytest.mark.parametrize('properties, expected', [
    ({}, ('x86_64', 'pc')), ({'hw_machine_type': 'q35'}, ('x86_64', 'q35')),
    ({'architecture': 'AMD64'}, ('x86_64', 'pc')),
    ({'hw_architecture': 'aarch64'}, ('aarch64', 'virt')), ({'architecture': 'arm64'}, ('aarch64', 'virt'))])
def test_architecture_and_machine(build, properties, expected):
    kind = build(properties).xml.find('os/type')
    assert (kind.get('arch'), kind.get('machine')) == expected


def test_the_machine_of_images_that_name_none_can_be_configured(build, conf):
    conf.config(group='libvirt', hw_machine_type=['aarch64=virt', 'x86_64=q35'], num_pcie_ports=3)
    xml = build().xml
    assert xml.find('os/type').get('machine') == 'q35'
    assert len(xml.findall("devices/controller[@model='pcie-root-port']")) == 3


def test_a_foreign_architecture_is_emulated_on_a_kvm_host(build):
    assert build({'hw_architecture': 'aarch64'}, virt_type='kvm').xml.get('type') == 'qemu'
    assert build(virt_type='kvm').xml.get('type') == 'kvm'


def test_an_architecture_without_an_emulator_is_an_error(build):
    with pytest.raises(exception.InstanceDeployFailure, match='s390x'):
        build({'hw_architecture': 's390x'})


def test_a_kernel_boots_with_its_command_line(build):
    found = build({'os_command_line': 'root=LABEL=x quiet'}, boot=('/i/kernel', '/i/ramdisk')).xml
    assert (found.findtext('os/kernel'), found.findtext('os/initrd')) == ('/i/kernel', '/i/ramdisk')
    assert found.findtext('os/cmdline') == 'root=LABEL=x quiet'
    assert found.find('devices/disk/boot') is None


def test_a_kernel_without_a_command_line_finds_its_root(build):
    assert build(boot=('/i/kernel', None)).xml.findtext('os/cmdline').startswith('root=/dev/vda ')


def test_firmware(build, host):
    assert build({'hw_firmware_type': 'bios'}).xml.find('os').get('firmware') is None
    with pytest.raises(exception.InstanceDeployFailure, match='ovmf'):
        build({'hw_firmware_type': 'uefi'})
    host.offers.efi = True
    found = build({'hw_firmware_type': 'uefi'}).xml
    assert found.find('os').get('firmware') == 'efi'
    assert {feature.get('enabled') for feature in found.findall('os/firmware/feature')} == {'no'}


def test_a_scsi_disk_brings_its_controller(build):
    root = disks.Disk('disk', '/i/disk', 'raw', 1, 'scsi', 'sda')
    assert build(root=root).xml.find("devices/controller[@type='scsi']").get('model') == 'virtio-scsi'
    assert build({'hw_scsi_model': 'lsilogic'}, root=root).xml.find("devices/controller[@type='scsi']").get(
        'model') == 'lsilogic'


def test_a_cd_is_read_only(build):
    root = disks.Disk('disk', '/i/disk', 'raw', 1, 'ide', 'hda', 'cdrom')
    disk = build(root=root).xml.find('devices/disk')
    assert disk.get('device') == 'cdrom' and disk.find('readonly') is not None


def test_devices_that_properties_bring(build):
    xml = build({'hw_qemu_guest_agent': 'yes', 'hw_watchdog_action': 'reset', 'hw_boot_menu': 'true',
                 'hw_pointer_model': 'ps2mouse', 'hw_video_model': 'vga'}).xml
    assert xml.find('devices/channel/target').get('name') == 'org.qemu.guest_agent.0'
    assert xml.find('devices/watchdog').get('action') == 'reset'
    assert xml.find('os/bootmenu').get('enable') == 'yes'
    assert xml.find('devices/input') is None
    assert xml.find('devices/video/model').get('type') == 'vga'


def test_the_screen_can_be_left_out(build, conf):
    conf.config(group='vnc', enabled=False)
    xml = build().xml
    assert xml.find('devices/graphics') is None and xml.find('devices/input') is None


def test_a_screen_is_served_on_the_internal_address_only(build, conf):
    """Of each kind, and by default on the loopback (F6)."""
    conf.config(group='spice', enabled=True)
    listens = [screen.find('listen').attrib for screen in build().xml.findall('devices/graphics')]
    assert listens == [{'type': 'address', 'address': '127.0.0.1'}] * 2
    for group, address in (('vnc', '10.0.0.1'), ('spice', '10.0.0.2')):
        conf.config(group=group, server_listen=address)
    screens = build().xml.findall('devices/graphics')
    assert [screen.find('listen').get('address') for screen in screens] == ['10.0.0.1', '10.0.0.2']
    assert all(screen.get('listen') is None and screen.get('port') is None for screen in screens)


def test_spice_as_configured(build, conf):
    conf.config(group='vnc', enabled=False)
    conf.config(group='spice', enabled=True)
    screen, = build().xml.findall('devices/graphics')
    assert screen.get('type') == 'spice' and [child.tag for child in screen] == ['listen']
    assert screen.get('defaultMode') is None
    assert build().xml.find("devices/channel[@type='spicevmc']/target").get('name') == 'com.redhat.spice.0'
    conf.config(group='spice', image_compression='off', jpeg_compression='never', zlib_compression='auto',
                playback_compression=False, streaming_mode='filter', require_secure=True, agent_enabled=False)
    xml = build().xml
    screen = xml.find('devices/graphics')
    assert {child.tag: dict(child.attrib) for child in screen if child.tag != 'listen'} == {
        'image': {'compression': 'off'}, 'jpeg': {'compression': 'never'}, 'zlib': {'compression': 'auto'},
        'playback': {'compression': 'off'}, 'streaming': {'mode': 'filter'}}
    assert screen.get('defaultMode') == 'secure' and xml.find('devices/channel') is None


def test_the_graphics_card_is_one_that_the_host_has(build, host):
    assert build().xml.find('devices/video/model').get('type') == 'virtio'
    host.offers.enums['video.modelType'] = {'vga'}
    assert build().xml.find('devices/video/model').get('type') == 'vga'


@pytest.mark.parametrize('properties', [
    {'hw_video_model': 'cirrus'}, {'hw_video_model': 'voodoo'}, {'hw_rng_model': 'dice'},
    {'hw_firmware_type': 'coreboot'}, {'hw_watchdog_action': 'bite'}], ids=str)
def test_a_property_that_cannot_be_had_is_named(build, properties):
    with pytest.raises(exception.ImageUnacceptable, match='='.join(*properties.items())):
        build(properties)


def test_random_numbers_can_be_limited_or_refused(build):
    rate = build(flavor_values={'extra_specs': {'hw_rng:rate_bytes': '1024', 'hw_rng:rate_period': '500'}}).xml
    assert rate.find('devices/rng/rate').attrib == {'bytes': '1024', 'period': '500'}
    assert build(flavor_values={'extra_specs': {'hw_rng:allowed': 'False'}}).xml.find('devices/rng') is None


def test_windows_keeps_local_time(build):
    assert build(os_type='windows').xml.find('clock').get('offset') == 'localtime'
    assert build({'os_type': 'linux'}).xml.find('clock').get('offset') == 'utc'


def test_a_serial_console_over_tcp_is_logged_too(build):
    serial = build(listen=('127.0.0.1', 10000)).xml.find('devices/serial')
    assert serial.get('type') == 'tcp'
    assert serial.find('source').attrib == {'mode': 'bind', 'host': '127.0.0.1', 'service': '10000'}
    assert serial.find('log') is not None


@pytest.mark.parametrize('modes, expected', [
    (['file=writeback'], 'writeback'), (['block=none', 'file=unsafe'], 'unsafe')])
def test_the_cache_mode_can_be_configured(build, conf, modes, expected):
    conf.config(group='libvirt', disk_cachemodes=modes)
    assert build().xml.find('devices/disk/driver').get('cache') == expected


def test_cards_come_in_order(build):
    info = samples.network_info('br1')
    info.extend(samples.network_info('br2', mac='fa:16:3e:00:00:06'))
    cards = build(network_info=info).xml.findall('devices/interface')
    assert [card.find('source').get('bridge') for card in cards] == ['br1', 'br2']


def test_whose_guest_it_is_can_be_read(build):
    found = build(display_name='my server', flavor_values={'name': 'm1.x'}).xml
    namespace = '{http://openstack.org/xmlns/libvirt/nova/1.1}'
    instance = found.find(f'metadata/{namespace}instance')
    assert instance.findtext(f'{namespace}name') == 'my server'
    assert instance.find(f'{namespace}flavor').get('name') == 'm1.x'
    assert instance.find(f'{namespace}owner/{namespace}project').get('uuid') == 'project'

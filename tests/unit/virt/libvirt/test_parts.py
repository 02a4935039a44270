# SPDX-License-Identifier: Apache-2.0
"""Buses and names of disks, cards and their filters, ports and logs."""
import os
import socket

import pytest

from mininova import exception
from mininova.network import model
from mininova.virt import consoles
from mininova.virt.libvirt import blockinfo, console, firewall, utils, vif
from tests.contract import samples

# -- disks ------------------------------------------------------------------------------


def slots(instance=None, devices=None, machine='pc', disk_format='raw', **properties):
    meta = samples.image_meta(disk_format=disk_format, **properties)
    found = blockinfo.get_disk_slots(instance or samples.instance(), meta, machine, devices)
    return [(slot.name, slot.bus, slot.dev, slot.type) for slot in found]


def test_a_plain_guest_has_one_virtio_disk(conf):
    assert slots() == [('disk', 'virtio', 'vda', 'disk')]


def test_all_disks_have_places(conf):
    instance = samples.instance({'swap': 64, 'ephemeral_gb': 2}, config_drive='True')
    assert slots(instance) == [
        ('disk', 'virtio', 'vda', 'disk'), ('disk.eph0', 'virtio', 'vdb', 'disk'),
        ('disk.swap', 'virtio', 'vdc', 'disk'), ('disk.config', 'ide', 'hda', 'cdrom')]


def test_the_request_decides_over_the_flavor(conf):
    instance = samples.instance({'swap': 64, 'ephemeral_gb': 2})
    devices = {'ephemerals': [{'size': 1, 'guest_format': 'vfat'}, {'size': 1, 'guest_format': None}], 'swap': None}
    assert [slot[0] for slot in slots(instance, devices)] == ['disk', 'disk.eph0', 'disk.eph1']
    assert [slot[0] for slot in slots(instance, {'ephemerals': [], 'swap': None})] == ['disk']


@pytest.mark.parametrize('machine, bus, dev', [
    ('pc', 'ide', 'hda'), ('q35', 'sata', 'sda'), ('pc-q35-7.2', 'sata', 'sda'), ('virt', 'scsi', 'sda')])
def test_the_machine_decides_where_a_cd_goes(conf, machine, bus, dev):
    assert slots(samples.instance(config_drive='True'), machine=machine)[-1] == ('disk.config', bus, dev, 'cdrom')


def test_image_properties_choose_buses(conf):
    instance = samples.instance(config_drive='True')
    assert slots(instance, hw_disk_bus='scsi', hw_cdrom_bus='scsi') == [
        ('disk', 'scsi', 'sda', 'disk'), ('disk.config', 'scsi', 'sdb', 'cdrom')]


@pytest.mark.parametrize('properties, device', [
    ({}, '/dev/vda'), ({'hw_disk_bus': 'scsi'}, '/dev/sda'), ({'hw_disk_bus': 'ide'}, '/dev/hda'),
    ({'disk_format': 'iso'}, '/dev/hda')])
def test_the_root_disk_has_the_name_that_the_guest_sees(conf, properties, device):
    meta = samples.image_meta(**properties)
    assert blockinfo.root_device_name(samples.instance(), meta, 'pc') == device


def test_a_config_drive_may_be_a_disk(conf):
    conf.config(config_drive_format='vfat')
    assert slots(samples.instance(config_drive='True'))[-1] == ('disk.config', 'virtio', 'vdb', 'disk')


def test_an_iso_image_boots_as_a_cd(conf):
    assert slots(disk_format='iso') == [('disk', 'ide', 'hda', 'cdrom')]


@pytest.mark.parametrize('machine, properties', [('pc', {'hw_disk_bus': 'warp'}), ('q35', {'hw_disk_bus': 'ide'})])
def test_a_bus_that_does_not_exist_is_named(conf, machine, properties):
    with pytest.raises(exception.ImageUnacceptable, match='hw_disk_bus'):
        slots(machine=machine, **properties)


def test_a_full_bus_is_an_error(conf):
    devices = {'ephemerals': [{'size': 1}] * 4, 'swap': None}
    with pytest.raises(exception.InstanceDeployFailure, match='no room'):
        slots(devices=devices, hw_disk_bus='ide')


def test_the_root_disk_boots_first(conf):
    found = blockinfo.get_disk_slots(samples.instance({'swap': 1}), samples.image_meta(), 'pc', None)
    assert [slot.boot_order for slot in found] == [1, None]


# -- cards --------------------------------------------------------------------------------

def card(network_info, **properties):
    return vif.get_config(network_info[0], samples.image_meta(**properties))


def test_a_card_is_plugged_with_its_own_addresses_only(conf):
    made = card(samples.network_info('br100'))
    assert (made.bridge, made.model, made.mtu, made.mac) == ('br100', 'virtio', 1450, 'fa:16:3e:00:00:05')
    assert made.target_dev.startswith('tap') and len(made.target_dev) == 14
    assert made.filter_name == firewall.BASE
    assert made.filter_parameters == (('IP', '10.66.0.5'), ('IPV6', '::'), ('DHCPSERVER', '10.66.0.2'))


def test_every_address_of_a_card_is_allowed(conf):
    info = samples.network_info('br100')
    subnet = info[0]['network']['subnets'][0]
    subnet.add_ip(model.FixedIP('10.66.0.6'))
    info[0]['network'].add_subnet(model.Subnet(cidr='fd00::/64', ips=[model.FixedIP('fd00::5')]))
    assert card(info).filter_parameters == (('IP', '10.66.0.5'), ('IP', '10.66.0.6'), ('IPV6', 'fd00::5'),
                                            ('DHCPSERVER', '10.66.0.2'))


def test_the_gateway_is_the_dhcp_server_unless_another_is_named(conf):
    info = samples.network_info('br100')
    info[0]['network']['subnets'][0]['meta'] = {}
    assert ('DHCPSERVER', '10.66.0.1') in card(info).filter_parameters


def test_a_network_without_ranges_checks_the_mac_only(conf):
    made = card(samples.network_info('br100', subnets=False))
    assert (made.filter_name, made.filter_parameters) == (firewall.MAC_ONLY, ())


def test_filters_can_be_off(conf):
    conf.config(group='libvirt', use_nwfilter=False)
    assert card(samples.network_info('br100')).filter_name is None


def test_the_image_chooses_the_card(conf):
    assert card(samples.network_info('br100'), hw_vif_model='e1000').model == 'e1000'
    with pytest.raises(exception.ImageUnacceptable, match='hw_vif_model'):
        card(samples.network_info('br100'), hw_vif_model='warp9')


def test_a_card_that_cannot_be_plugged_is_an_error(conf):
    info = samples.network_info('br100')
    info[0]['type'] = 'binding_failed'
    with pytest.raises(exception.VirtualInterfaceCreateException, match='binding_failed'):
        card(info)
    with pytest.raises(exception.VirtualInterfaceCreateException, match='no bridge'):
        card(samples.network_info(None))


def test_a_card_on_open_vswitch_names_its_port(conf):
    info = samples.network_info('br-int')
    info[0]['type'] = 'ovs'
    made = card(info)
    assert made.openvswitch_id == info[0]['id'] and made.filter_name is None
    assert made.to_element().find('virtualport').get('type') == 'openvswitch'


# -- console -------------------------------------------------------------------------------

@pytest.fixture
def instance(instances_path):
    made = samples.instance()
    utils.make_instance_path(made)
    return made


def test_no_log_is_no_output(instance):
    assert console.read_log(instance) == b''


def test_a_log_of_any_size_gives_its_end(instance):
    with open(utils.console_path(instance), 'wb') as stream:
        stream.truncate(1 << 30)
        stream.seek(1 << 30)
        stream.write(b'the end')
    output = console.read_log(instance)
    assert len(output) == consoles.MAX_CONSOLE_BYTES and output.endswith(b'the end')


def test_a_log_that_was_turned_over_is_read_on(instance):
    path = utils.console_path(instance)
    with open(path + '.0', 'wb') as stream:
        stream.write(b'x' * consoles.MAX_CONSOLE_BYTES + b'older ')
    with open(path, 'wb') as stream:
        stream.write(b'newer')
    output = console.read_log(instance)
    assert len(output) == consoles.MAX_CONSOLE_BYTES and output.endswith(b'older newer')


def test_the_log_is_ours_and_kept_when_prepared_again(instance):
    console.prepare_log(instance)
    path = utils.console_path(instance)
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path, 'w') as stream:
        stream.write('text')
    console.prepare_log(instance)
    assert console.read_log(instance) == b'text'


@pytest.mark.parametrize('path', ['/etc/shadow', '../x/console.log', 'a/../../etc/console.log', 'short/console.log'])
def test_root_reads_console_logs_only(instances_path, path):
    assert not path.startswith('/') or os.path.exists(path)
    with pytest.raises(exception.Invalid):
        console._read_log_only(os.path.join(str(instances_path), path), str(instances_path), 10)


def test_serial_ports_are_given_out_once(conf):
    conf.config(group='serial_console', port_range='23456:23460')
    address, first = console.acquire_serial_port(set())
    _address, second = console.acquire_serial_port({23457})
    assert (address, first, second) == ('127.0.0.1', 23456, 23458)
    console.release_serial_port(first)
    console.release_serial_port(second)
    console.release_serial_port(None)
    assert console.acquire_serial_port(set())[1] == 23456
    console.release_serial_port(23456)


def test_a_port_in_use_by_others_is_passed_over(conf):
    with socket.socket() as other:
        other.bind(('127.0.0.1', 0))
        port = other.getsockname()[1]
        conf.config(group='serial_console', port_range=f'{port}:{port + 1}')
        with pytest.raises(exception.ConsoleTypeUnavailable):
            console.acquire_serial_port(set())


# -- files ------------------------------------------------------------------------------------

def test_a_directory_under_removal_is_no_guests(instances_path):
    instance = samples.instance()
    utils.make_instance_path(instance)
    assert utils.list_instance_paths() == [(instance.uuid, utils.instance_path(instance), False)]
    os.rename(utils.instance_path(instance), utils.instance_path(instance) + '_del')
    assert utils.list_instance_paths() == [(instance.uuid, utils.instance_path(instance) + '_del', True)]
    utils.make_instance_path(instance)
    utils.remove_instance_path(instance)
    assert os.listdir(instances_path) == []


def test_a_damaged_record_is_an_error_and_no_guess(instance):
    utils.write_record(utils.instance_path(instance), {'disk': {'format': 'raw'}})
    assert utils.read_record(utils.instance_path(instance)) == {'disk': {'format': 'raw'}}
    with open(utils.file_path(instance, utils.RECORD), 'w') as stream:
        stream.write('{"disk"')
    with pytest.raises(exception.NovaException, match='damaged'):
        utils.read_record(utils.instance_path(instance))


def test_an_unknown_file_system_is_refused(tmp_path):
    with pytest.raises(exception.Invalid):
        utils.make_filesystem(str(tmp_path / 'x'), 'zfs', 'label')


def test_direct_io_is_found_out(tmp_path):
    assert utils.supports_direct_io(str(tmp_path)) in (True, False)
    assert os.listdir(tmp_path) == []
    assert utils.supports_direct_io('/proc') is False


def test_root_reads_a_console_log(instance):
    path = utils.console_path(instance)
    with open(path, 'wb') as stream:
        stream.write(b'text')
    assert console._read_log_only(path, os.path.dirname(utils.instance_path(instance)), 3) == b'ext'


def test_root_does_not_follow_a_link_that_is_called_like_a_log(instance, canary):
    path = utils.console_path(instance)
    os.symlink(canary, path)
    with pytest.raises(exception.Invalid):
        console._read_log_only(path, os.path.dirname(utils.instance_path(instance)), 10)

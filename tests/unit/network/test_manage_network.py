# SPDX-License-Identifier: Apache-2.0
"""nova-manage network: what an administrator types and sees."""
import argparse
import subprocess
import sys

import pytest

from mininova import exception, objects
from mininova.cmd import manage_network

PROJECT = 'a' * 32


@pytest.fixture
def manage(database, capsys):
    """Function that runs an action and returns what it printed."""
    parser = argparse.ArgumentParser()
    manage_network.add_arguments(parser)

    def run(*words):
        arguments = parser.parse_args(words)
        arguments.function(arguments)
        return capsys.readouterr().out
    return run


def only(admin):
    network, = objects.NetworkList.get_all(admin)
    return network


def test_a_vni_leaves_room_for_the_headers_and_is_not_given_twice(manage, admin):
    manage('create', 'joined', '--fixed_range_v4', '10.100.0.0/24', '--vni', '100')
    network = only(admin)
    assert (network.vni, network.mtu) == (100, 1450)
    assert ' 100 ' in manage('list')
    for words, message in ((('--vni', '100'), 'VNI 100 belongs to network joined'), (('--vni', '0'), 'not between'),
                           (('--vni', '101', '--bridge-interface', 'eth1'), 'not both')):
        with pytest.raises(exception.InvalidInput, match=message):
            manage('create', 'other', '--fixed_range_v4', '10.101.0.0/24', *words)
    manage('create', 'two', '--fixed_range_v4', '10.102.0.0/23', '--num-networks', '2', '--vni', '200')
    assert {found.label: found.vni for found in objects.NetworkList.get_all(admin)} == {
        'joined': 100, 'two_0': 200, 'two_1': 201}


def test_a_network_is_made_with_three_words(manage, admin):
    out = manage('create', 'private', '--fixed_range_v4', '10.100.0.0/24')
    network = only(admin)
    assert network.uuid in out
    assert (network.label, network.cidr, network.bridge, network.gateway) == (
        'private', '10.100.0.0/24', 'br100', '10.100.0.1')
    assert objects.NetworkList.count_free(admin, [network.id]) == [253]


def test_all_options_reach_the_record(manage, admin):
    manage('create', '--label', 'x', '--cidr', '10.1.0.0/24', '--bridge', 'brx', '--bridge-interface', 'eth1',
           '--gateway', '10.1.0.254', '--dns1', '1.1.1.1', '--dns2', '8.8.8.8', '--mtu', '1450', '--project', 'p',
           '--priority', '3', '--allowed-start', '10.1.0.10', '--allowed-end', '10.1.0.20', '--no-dhcp',
           '--uuid', '11111111-1111-4111-8111-111111111111')
    network = only(admin)
    assert (network.bridge, network.bridge_interface, network.gateway, network.dns1, network.dns2, network.mtu,
            network.project_id, network.priority, network.enable_dhcp, network.uuid) == (
        'brx', 'eth1', '10.1.0.254', '1.1.1.1', '8.8.8.8', 1450, 'p', 3, False, '11111111-1111-4111-8111-111111111111')
    assert objects.NetworkList.count_free(admin, [network.id]) == [11]


def test_a_range_is_cut_into_networks_with_bridges_of_their_own(manage, admin):
    manage('create', 'net', '--fixed_range_v4', '10.0.0.0/22', '--num_networks', '3')
    assert [(network.label, network.cidr, network.bridge) for network in objects.NetworkList.get_all(admin)] == [
        ('net_0', '10.0.0.0/24', 'br100'), ('net_1', '10.0.1.0/24', 'br101'), ('net_2', '10.0.2.0/24', 'br102')]


def test_the_size_of_the_parts_can_be_given(manage, admin):
    manage('create', 'net', '--cidr', '10.0.0.0/22', '--num-networks', '2', '--network-size', '64')
    assert [network.cidr for network in objects.NetworkList.get_all(admin)] == ['10.0.0.0/26', '10.0.0.64/26']


@pytest.mark.parametrize('words', [
    ('--cidr', '10.0.0.0/24'), ('n', '--cidr', '10.0.0.0/31'), ('n', '--cidr', '10.0.0.1/24'),
    ('n', '--cidr', '10.0.0.0/24', '--bridge', 'far-too-long-for-a-device'),
    ('n', '--cidr', '10.0.0.0/24', '--bridge=-x'),
    ('n', '--cidr', '10.0.0.0/24', '--bridge', '../x'), ('n', '--cidr', '10.0.0.0/24', '--bridge-interface', 'a b'),
    ('n', '--cidr', '10.0.0.0/24', '--dns1', 'x'), ('n', '--cidr', '10.0.0.0/24', '--mtu', '10'),
    ('n', '--cidr', '10.0.0.0/24', '--dhcp-domain', 'a,b'),
    ('n', '--cidr', '10.0.0.0/24', '--num-networks', '100'), ('n', '--cidr', '10.0.0.0/24', '--network-size', '100'),
    ('n', '--cidr', '10.0.0.0/24', '--num-networks', '2', '--bridge', 'br1')])
def test_nonsense_is_refused_and_leaves_nothing(manage, admin, words):
    with pytest.raises(exception.InvalidInput):
        manage('create', *words)
    assert not len(objects.NetworkList.get_all(admin))


def test_the_list_shows_what_is_left(manage, admin):
    manage('create', 'private', '--cidr', '10.0.0.0/29')
    assert 'private' in manage('list') and '| 5 ' in manage('list')


def test_a_network_is_changed_and_removed_by_label_range_or_uuid(manage, admin):
    manage('create', 'private', '--cidr', '10.0.0.0/24', '--dns1', '1.1.1.1')
    manage('modify', 'private', '--dns1', '', '--mtu', '1400', '--project', 'p')
    network = only(admin)
    assert (network.dns1, network.mtu, network.project_id) == (None, 1400, 'p')
    manage('modify', '--fixed_range', '10.0.0.0/24', '--disassociate-project')
    assert only(admin).project_id is None
    with pytest.raises(exception.InvalidInput):
        manage('modify', 'private', '--mtu', '1')
    with pytest.raises(exception.NetworkNotFound):
        manage('delete', 'other')
    manage('delete', '--uuid', network.uuid)
    assert not len(objects.NetworkList.get_all(admin))


def test_addresses_are_shown_reserved_and_released(manage, admin, context, make_instance, change_instance):
    manage('create', 'private', '--cidr', '10.0.0.0/24')
    instance_uuid = make_instance(host='h1')
    objects.VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, 'h1', None)
    out = manage('addresses', '--host', 'h1')
    assert instance_uuid in out and '10.0.0.2' in out and '10.0.0.3' in out
    manage('reserve', '10.0.0.9')
    assert objects.FixedIP.get_by_address(admin, '10.0.0.9').reserved
    manage('unreserve', '10.0.0.9')
    assert not objects.FixedIP.get_by_address(admin, '10.0.0.9').reserved
    assert 'Freed 0' in manage('release', 'h1')
    change_instance(instance_uuid, deleted=1)
    assert 'Freed 2 addresses: 10.0.0.2, 10.0.0.3' in manage('release', 'h1')
    assert not len(objects.FixedIPList.get_allocated(admin))
    assert not len(objects.VirtualInterfaceList.get_by_instance_uuid(context, instance_uuid))


def test_dhcpbridge_prints_leases_and_ignores_what_is_no_lease(tmp_path):
    leases = tmp_path / 'networks' / 'nova-br100.leases'
    leases.parent.mkdir()
    leases.write_text('1893456000 fa:16:3e:00:00:01 10.0.0.3 vm1 01:fa:16:3e:00:00:01\nduid x\n')
    config = tmp_path / 'nova.conf'
    config.write_text(f'[DEFAULT]\nstate_path = {tmp_path}\n')

    def run(*words):
        return subprocess.run([sys.executable, '-m', 'mininova.cmd.dhcpbridge', *words], capture_output=True, text=True,
                              env={'CONFIG_FILE': str(config), 'DNSMASQ_INTERFACE': 'br100', 'PATH': '/usr/bin:/bin',
                                   'MININOVA_CONCURRENCY': 'threading'})
    assert run('init').stdout == '1893456000 fa:16:3e:00:00:01 10.0.0.3 vm1 *\n'
    assert run('tftp', '100', '10.0.0.3', 'file').returncode == 0


def test_vlans_count_up_and_are_not_given_twice(manage, admin):
    manage('create', 'net', '--cidr', '10.0.0.0/23', '--num-networks', '2', '--vlan', '100', '--bridge_interface', 'e')
    made = objects.NetworkList.get_all(admin)
    assert [(network.vlan, network.bridge, network.bridge_interface) for network in made] == [
        (100, 'br100', 'e'), (101, 'br101', 'e')]
    assert ' 101 ' in manage('list')
    with pytest.raises(exception.InvalidInput, match='VLAN 101 belongs to network net_1'):
        manage('create', 'other', '--cidr', '10.9.0.0/24', '--vlan', '101', '--bridge_interface', 'eth2')


def test_networks_get_a_part_of_the_ipv6_range_each(manage, admin):
    out = manage('create', 'net', '--cidr', '10.0.0.0/23', '--num-networks', '2', '--fixed_range_v6', 'fd00:1::/48')
    assert 'fd00:1:0:1::/64' in out and 'fd00:1::/64' in manage('list')
    assert [(network.cidr_v6, network.gateway_v6) for network in objects.NetworkList.get_all(admin)] == [
        ('fd00:1::/64', 'fd00:1::1'), ('fd00:1:0:1::/64', 'fd00:1:0:1::1')]
    for words, message in ((('--fixed_range_v6', 'fd00:2::/64'), 'room for 1 networks of a /64'),
                           (('--fixed_range_v6', 'fd00:2::/48', '--gateway_v6', 'fd00:2::9'), 'one network only')):
        with pytest.raises(exception.InvalidInput, match=message):
            manage('create', 'more', '--cidr', '10.2.0.0/23', '--num-networks', '2', *words)
    manage('create', 'one', '--cidr', '10.4.0.0/24', '--fixed_range_v6', 'fd00:3::/64', '--gateway_v6', 'fd00:3::9')
    assert list(objects.NetworkList.get_all(admin))[-1].gateway_v6 == 'fd00:3::9'


def test_guests_can_be_kept_to_a_part_of_the_range(manage, admin):
    manage('create', 'net', '--cidr', '10.0.0.0/24', '--fixed_cidr', '10.0.0.64/28')
    network = only(admin)
    assert (objects.NetworkList.count_free(admin, [network.id]), network.dhcp_start) == ([16], '10.0.0.64')
    manage('delete', 'net')
    manage('create', 'low', '--cidr', '10.0.0.0/24', '--fixed_cidr', '10.0.0.0/28')
    assert objects.NetworkList.count_free(admin, [only(admin).id]) == [14], 'all but network address and gateway'
    for words, message in ((('--fixed_cidr', '10.1.0.0/28'), 'no part of'),
                           (('--fixed_cidr', '10.2.0.0/28', '--allowed_start', '10.2.0.3'), 'the same as')):
        with pytest.raises(exception.InvalidInput, match=message):
            manage('create', 'more', '--cidr', '10.2.0.0/24', *words)


def test_a_host_and_a_project_come_and_go(manage, admin):
    manage('create', 'net', '--cidr', '10.0.0.0/24')
    manage('modify', '--fixed_range', '10.0.0.0/24', '--project', 'p', '--host', 'h1', '--dhcp_domain', 'example.org')
    assert (only(admin).project_id, only(admin).host, only(admin).dhcp_domain) == ('p', 'h1', 'example.org')
    manage('modify', '--fixed_range', '10.0.0.0/24', '--disassociate-project', '--disassociate-host')
    assert (only(admin).project_id, only(admin).host) == (None, None)
    with pytest.raises(exception.InvalidInput, match='dhcp_domain'):
        manage('modify', 'net', '--dhcp_domain', 'x y')

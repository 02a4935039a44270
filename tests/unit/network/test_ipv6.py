# SPDX-License-Identifier: Apache-2.0
"""What IPv6 means for addresses, devices and rules; integration/namespaces/test_ipv6.py shows that it works."""
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mininova import exception, objects
from mininova.compute.network_data import network_data
from mininova.network import dhcp, firewall, firewall_v6, ipam, ipv6, model, vxlan
from tests.unit.network import test_dhcp

RANGE = 'fd00:1::/64'
NETWORK = {'bridge': 'br100', 'cidr_v6': RANGE, 'gateway_v6': 'fd00:1::1'}


def test_a_card_makes_the_address_that_its_mac_means():
    assert model.slaac_address('2001:db8::/64', '00:0c:29:0c:47:d5') == '2001:db8::20c:29ff:fe0c:47d5'


@given(st.lists(st.integers(0, 255), min_size=6, max_size=6))
def test_no_two_cards_make_the_same_address_and_all_are_of_the_range(octets):
    mac = ':'.join(f'{octet:02x}' for octet in octets)
    address = ipaddress.ip_address(model.slaac_address(RANGE, mac))
    assert address in ipaddress.ip_network(RANGE)
    identifier = address.packed[8:]
    assert [identifier[0] ^ 2, *identifier[1:3], *identifier[5:]] == octets and identifier[3:5] == b'\xff\xfe'


@pytest.mark.parametrize('values, message', [
    ({'cidr_v6': 'fd00::/48'}, 'prefix length'), ({'cidr_v6': 'fd00::/80'}, 'prefix length'),
    ({'cidr_v6': 'fd00::1/64'}, 'host bits'), ({'cidr_v6': '10.0.0.0/24'}, 'cidr_v6'),
    ({'cidr_v6': 'fe80::/64'}, 'cannot have'), ({'cidr_v6': 'ff02::/64'}, 'cannot have'),
    ({'cidr_v6': RANGE, 'gateway_v6': 'fd00:2::1'}, 'no host address'),
    ({'cidr_v6': RANGE, 'gateway_v6': 'fd00:1::'}, 'no host address'),
    ({'cidr_v6': RANGE, 'gateway_v6': 'x'}, 'gateway_v6'), ({'gateway_v6': 'fd00:1::1'}, 'no IPv6 range'),
    ({'vlan': 0, 'bridge_interface': 'eth1'}, 'not between'),
    ({'vlan': 4095, 'bridge_interface': 'eth1'}, 'not between'),
    ({'vlan': 5}, 'bridge_interface'), ({'vlan': 5, 'bridge_interface': 'eth1', 'vni': 5}, 'not both')])
def test_what_cannot_be_is_refused(admin, database, values, message):
    with pytest.raises(exception.InvalidInput, match=message):
        ipam.create_network(admin, 'n', '10.0.0.0/24', **values)


def test_the_gateway_is_the_first_address_and_ranges_never_overlap(admin, database):
    network = ipam.create_network(admin, 'n', '10.0.0.0/24', cidr_v6='FD00:1::/64')
    assert (network.cidr_v6, network.gateway_v6) == (RANGE, 'fd00:1::1')
    with pytest.raises(exception.CidrConflict):
        ipam.create_network(admin, 'm', '10.1.0.0/24', cidr_v6=RANGE)


def test_a_bridge_gets_both_addresses_without_asking_whether_others_have_them():
    assert ipv6.plan(NETWORK, ['10.0.0.2/24'], True) == [
        'address add fd00:1::1/64 dev br100 nodad', 'address add fe80::1/64 dev br100 nodad']
    assert ipv6.plan(NETWORK, ['fd00:1::1/64', 'fe80::1/64', '10.0.0.2/24'], True) == []


def test_only_on_a_bridge_of_ours_other_addresses_of_the_link_go():
    present = ['fd00:1::1/64', 'fe80::1/64', 'fe80::ff:fe00:1/64', 'fd00:1::9/64', 'fd00:2::1/64']
    assert ipv6.plan(NETWORK, present, True) == [
        'address del fe80::ff:fe00:1/64 dev br100', 'address del fd00:1::9/64 dev br100']
    assert ipv6.plan(NETWORK, present, False) == ['address del fd00:1::9/64 dev br100']


def test_devices_that_listened_to_routers_go_on_when_the_host_becomes_one(monkeypatch, tmp_path):
    for device, value in (('all', '1'), ('default', '1'), ('lo', '1'), ('eth0', '1'), ('eth1', '0')):
        (tmp_path / device).mkdir()
        (tmp_path / device / 'accept_ra').write_text(f'{value}\n')
        (tmp_path / device / 'forwarding').write_text('0\n')
    written = []
    monkeypatch.setattr(ipv6, 'CONF_FILES', str(tmp_path))
    monkeypatch.setattr(ipv6.linux_net, 'set_sysctl', lambda *change: written.append(change))
    ipv6.forward()
    assert written == [('net/ipv6/conf/eth0/accept_ra', '2'), ('net/ipv6/conf/all/forwarding', '1')]
    (tmp_path / 'all' / 'forwarding').write_text('1\n')
    ipv6.forward()
    assert len(written) == 2


def test_the_dhcp_server_announces_the_range(conf):
    conf.config(dhcp_lease_time=600)
    network = {**test_dhcp.NETWORK, **NETWORK}
    assert {'--enable-ra', '--dhcp-range=fd00:1::,ra-stateless,64,600s'} < set(dhcp.command(network, '10.0.0.2'))
    assert not any('ra-' in word for word in dhcp.command({**network, 'cidr_v6': None}, '10.0.0.2'))


def test_rules_are_for_networks_with_ipv6_only():
    plain = firewall.GuestNetwork('br101', '10.1.0.0/24')
    assert firewall_v6.FirewallV6().text([plain]) == firewall_v6.remove_text()
    text = firewall_v6.render([firewall.GuestNetwork('br100', '10.0.0.0/24', cidr_v6=RANGE),
                               firewall.GuestNetwork('br102', '10.2.0.0/24', True, cidr_v6='fd00:2::/64')])
    assert 'iifname "br100" ip6 saddr != { ::, fe80::/10, fd00:1::/64 } drop' in text
    assert 'iifname "br102" ip6 saddr' not in text, 'others are on the same wire'
    assert 'iifname "br100" oifname { "br102" } drop' in text
    assert 'iifname "br100" ip6 daddr { fd00:2::/64 } drop' in text
    assert 'ip6 saddr fd00:1::/64 ip6 daddr != fd00:1::/64 oifname != "br100" masquerade' in text


def test_without_restriction_only_other_networks_are_closed():
    text = firewall_v6.render([firewall.GuestNetwork('br100', '10.0.0.0/24', cidr_v6=RANGE)], restrict_guests=False)
    assert 'chain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t}' in text


def test_a_wire_is_closed_to_what_tells_hosts_apart_and_a_tunnel_to_all():
    text = vxlan.render([vxlan.Segment('eth1', None, 'fd00:2::1'), vxlan.Segment('vx100', '10.0.0.1', 'fd00:1::1')])
    assert 'iifname { "vx100" } drop' in text and 'iifname { "eth1"' not in text
    assert 'oifname "eth1" ip6 saddr { fd00:2::1, fe80::1 } drop' in text
    assert 'arp daddr ip 10.0.0.1' in text and 'iifname "eth1" ether type arp' not in text


@pytest.fixture
def wire(context, make_network, make_instance):
    """Function that gives the wiring of a guest of a network with IPv6."""
    def do(**values):
        make_network(cidr_v6=RANGE, gateway_v6='fd00:1::1', **values)
        return objects.VirtualInterfaceList.allocate(context, make_instance(host='h1'), context.project_id, 'h1', None)
    return do


def test_the_guest_is_told_its_address_with_how_it_comes_by_it(wire):
    cards = wire()
    info = ipam.network_info(cards)
    address = model.slaac_address(RANGE, cards[0]['mac'])
    assert [ip['address'] for ip in info.fixed_ips()] == ['10.0.0.3', address]
    document = network_data(info)
    entry = document['networks'][1]
    assert (entry['type'], entry['ip_address'], entry['netmask']) == ('ipv6_slaac', address, 'ffff:ffff:ffff:ffff::')
    assert entry['routes'] == [{'network': '::', 'netmask': '::', 'gateway': 'fd00:1::1'}]
    assert {'type': 'dns', 'address': 'fd00:1::1'} in document['services']


def test_without_dhcp_the_address_is_to_be_set_as_it_is(wire):
    entry = network_data(ipam.network_info(wire(enable_dhcp=False)))['networks'][1]
    assert entry['type'] == 'ipv6' and entry['services'] == []

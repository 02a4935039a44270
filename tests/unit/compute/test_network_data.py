# SPDX-License-Identifier: Apache-2.0
"""network_data.json as guests know it from Nova."""
import pytest

from mininova import objects
from mininova.compute.network_data import network_data
from mininova.network import ipam, model

IP4 = {'id': 'network0', 'link': 'tap1', 'network_id': 'net', 'type': 'ipv4', 'ip_address': '10.9.0.3',
       'netmask': '255.255.255.0', 'routes': [{'network': '0.0.0.0', 'netmask': '0.0.0.0', 'gateway': '10.9.0.1'}],
       'services': [{'type': 'dns', 'address': '192.0.2.53'}]}
IP6 = {'id': 'network0', 'link': 'tap1', 'network_id': 'net', 'type': 'ipv6', 'ip_address': '2001:db8::3',
       'netmask': 'ffff:ffff:ffff:ffff::', 'routes': [{'network': '::', 'netmask': '::', 'gateway': '2001:db8::1'}],
       'services': []}


def subnet4(**more):
    return model.Subnet(**{'cidr': '10.9.0.0/24', 'gateway': model.IP('10.9.0.1'), 'dns': [model.IP('192.0.2.53')],
                           'ips': [model.FixedIP('10.9.0.3')], **more})


def subnet6(**more):
    return model.Subnet(**{'cidr': '2001:db8::/64', 'gateway': model.IP('2001:db8::1'),
                           'ips': [model.FixedIP('2001:db8::3')], **more})


def card(*subnets, **more):
    return model.VIF(**{'id': 'v1', 'address': 'fa:16:3e:00:00:01', 'devname': 'tap1', 'type': 'bridge',
                        'network': model.Network(id='net', subnets=list(subnets), mtu=1450), **more})


def told(*cards):
    return network_data(model.NetworkInfo(cards))


def test_a_guest_without_cards_has_nothing():
    assert told() == {}


@pytest.mark.parametrize('subnet, network', [(subnet4(), IP4), (subnet6(), IP6)])
def test_a_card_with_a_fixed_address(subnet, network):
    found = told(card(subnet))
    assert found['links'] == [{'id': 'tap1', 'vif_id': 'v1', 'type': 'bridge', 'mtu': 1450,
                               'ethernet_mac_address': 'fa:16:3e:00:00:01'}]
    assert found['networks'] == [network]
    assert found['services'] == network['services']


@pytest.mark.parametrize('subnet, kind', [
    (subnet4(dhcp_server='10.9.0.2'), 'ipv4_dhcp'), (subnet4(enable_dhcp=True), 'ipv4_dhcp'),
    (subnet6(dhcp_server='2001:db8::2'), 'ipv6_dhcp')])
def test_with_dhcp_the_address_is_not_told(subnet, kind):
    network, = told(card(subnet))['networks']
    assert network == {'id': 'network0', 'type': kind, 'link': 'tap1', 'network_id': 'net'}


@pytest.mark.parametrize('mode', ['slaac', 'dhcpv6-stateful', 'dhcpv6-stateless'])
def test_the_way_to_an_ipv6_address_is_told_with_the_address(mode):
    network, = told(card(subnet6(ipv6_address_mode=mode, dhcp_server='2001:db8::2')))['networks']
    assert network == {**IP6, 'type': f'ipv6_{mode}'}


def test_a_dhcp_server_tells_the_mtu_itself():
    assert told(card(subnet4(dhcp_server='10.9.0.2')))['links'][0]['mtu'] is None


def test_the_first_range_of_each_version_is_told_ipv4_first():
    found = told(card(subnet6(), subnet4(), subnet4(cidr='10.10.0.0/24')), card(subnet4(), id='v2', devname='tap2'))
    assert [(network['id'], network['type'], network['link']) for network in found['networks']] == [
        ('network0', 'ipv4', 'tap1'), ('network1', 'ipv6', 'tap1'), ('network2', 'ipv4', 'tap2')]
    assert found['services'] == [{'type': 'dns', 'address': '192.0.2.53'}]


def test_further_routes_follow_the_default_route():
    routes = [model.Route('172.16.0.0/12', model.IP('10.9.0.254'))]
    network, = told(card(subnet4(routes=routes)))['networks']
    assert network['routes'] == [*IP4['routes'],
                                 {'network': '172.16.0.0', 'netmask': '255.240.0.0', 'gateway': '10.9.0.254'}]


def test_without_gateway_there_is_no_default_route():
    assert told(card(subnet4(gateway=None)))['networks'][0]['routes'] == []


def test_a_card_without_addresses_is_a_link_only():
    found = told(card(subnet4(ips=[])))
    assert (len(found['links']), found['networks']) == (1, [])
    assert told(card())['links'] == []


def test_kinds_of_cards_that_guests_need_not_know_are_physical():
    assert told(card(subnet4(), type='macvtap'))['links'][0]['type'] == 'phy'


def test_a_card_of_the_built_in_network_without_dhcp(context, make_network, make_instance):
    make_network('10.9.0.0/24', 'static', 'br109', enable_dhcp=False)
    project = 'a' * 32
    cards = objects.VirtualInterfaceList.allocate(context, make_instance(host='h1'), project, 'h1', None)
    network, = network_data(ipam.network_info(cards))['networks']
    assert (network['type'], network['ip_address'], network['netmask']) == ('ipv4', '10.9.0.3', '255.255.255.0')
    assert network['routes'] == [{'network': '0.0.0.0', 'netmask': '0.0.0.0', 'gateway': '10.9.0.2'}]

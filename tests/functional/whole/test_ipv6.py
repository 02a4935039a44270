# SPDX-License-Identifier: Apache-2.0
"""A server in a network with an IPv6 range: what users and the guest are told of its second address."""
import pytest

from mininova import context
from mininova.compute.network_data import network_data
from mininova.network import ipam, model
from mininova.objects.instance import Instance

RANGE = 'fd00:1::/64'


@pytest.fixture
def networks(whole):
    """A network with IPv6, and one without."""
    admin = context.get_admin_context()
    return [ipam.create_network(admin, label, cidr, cidr_v6=cidr_v6).uuid
            for label, cidr, cidr_v6 in (('blue', '10.1.0.0/28', RANGE), ('green', '10.2.0.0/28', None))]


@pytest.fixture
def server(whole, networks):
    made = whole.boot('vm1', networks=[{'uuid': networks[0]}])
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


def shown(whole, server, label='blue'):
    return {entry['version']: entry for entry in whole.show(server)['addresses'][label]}


def test_a_server_shows_both_addresses_everywhere(whole, server, networks):
    entries = shown(whole, server)
    mac = entries[4]['OS-EXT-IPS-MAC:mac_addr']
    address = model.slaac_address(RANGE, mac)
    assert entries[6] == {'version': 6, 'addr': address, 'OS-EXT-IPS:type': 'fixed', 'OS-EXT-IPS-MAC:mac_addr': mac}
    assert {'version': 6, 'addr': address} in whole.api.get(f'/servers/{server}/ips/blue').json['blue']
    card, = whole.api.get(f'/servers/{server}/os-interface').json['interfaceAttachments']
    assert [one['ip_address'] for one in card['fixed_ips']] == [entries[4]['addr'], address]
    for query, found in ((f'ip6={address}', [server]), ('ip6=fd00:2', []), (f'ip={entries[4]["addr"]}', [server])):
        assert [one['id'] for one in whole.api.get(f'/servers?{query}').json['servers']] == found
    network = whole.api.get(f'/os-networks/{networks[0]}', version='2.35').json['network']
    assert (network['cidr_v6'], network['gateway_v6'], network['netmask_v6']) == (RANGE, 'fd00:1::1', '64')


def test_the_guest_is_told_how_it_comes_by_its_address(whole, server):
    instance = Instance.get_by_uuid(context.get_admin_context(), server)
    document = network_data(model.NetworkInfo.hydrate(instance.network_info))
    assert [(entry['type'], entry.get('ip_address')) for entry in document['networks']] == [
        ('ipv4_dhcp', None), ('ipv6_slaac', shown(whole, server)[6]['addr'])]


def test_further_addresses_come_and_go_beside_it(whole, server, networks):
    before = shown(whole, server)[6]['addr']
    whole.act(server, {'addFixedIp': {'networkId': networks[0]}}, version='2.43')
    whole.until(lambda: len(whole.show(server)['addresses']['blue']) == 3)
    first = whole.show(server)['addresses']['blue'][0]['addr']
    assert whole.act(server, {'removeFixedIp': {'address': before}}, version='2.43').status == 400
    whole.act(server, {'removeFixedIp': {'address': first}}, version='2.43')
    whole.until(lambda: first not in [entry['addr'] for entry in whole.show(server)['addresses']['blue']])
    assert shown(whole, server)[6]['addr'] == before
    card, = whole.api.get(f'/servers/{server}/os-interface').json['interfaceAttachments']
    assert before in [one['ip_address'] for one in card['fixed_ips']]


def test_a_card_that_comes_later_has_what_its_network_has(whole, server, networks):
    whole.api.post(f'/servers/{server}/os-interface', {'interfaceAttachment': {'net_id': networks[1]}})
    whole.until(lambda: 'green' in whole.show(server)['addresses'])
    assert set(shown(whole, server, 'green')) == {4} and set(shown(whole, server)) == {4, 6}

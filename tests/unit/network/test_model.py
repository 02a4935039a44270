# SPDX-License-Identifier: Apache-2.0
"""network_info: what goes through JSON comes back the same."""

import json

from hypothesis import given
from hypothesis import strategies as st

from mininova.network import model


def make_vif(number=1, **meta):
    """One card with one IPv4 range, as the built-in network makes it."""
    subnet = model.Subnet(
        cidr='10.0.0.0/24', gateway=model.IP('10.0.0.1', type='gateway'),
        dns=[model.IP('8.8.8.8', type='dns')], ips=[model.FixedIP(f'10.0.0.{number + 9}')],
        routes=[model.Route(cidr='10.1.0.0/16', gateway=model.IP('10.0.0.254', type='gateway'))],
        dhcp_server='10.0.0.2')
    network = model.Network(id='11111111-1111-4111-8111-111111111111', bridge='br100', label='private',
                            subnets=[subnet], mtu=1450, injected=False)
    return model.VIF(id=f'abcdef01-2345-4678-9abc-00000000000{number}', address=f'fa:16:3e:00:00:0{number}',
                     network=network, type=model.VIF_TYPE_BRIDGE, active=True, **meta)


def test_a_round_trip_through_json_changes_nothing():
    info = model.NetworkInfo([make_vif(1, tag='front'), make_vif(2)])
    again = model.NetworkInfo.hydrate(info.json())
    assert again == info
    assert again.json() == info.json()


def test_a_round_trip_gives_back_classes_not_plain_dicts():
    vif = model.NetworkInfo.hydrate(json.loads(model.NetworkInfo([make_vif()]).json()))[0]
    assert type(vif) is model.VIF
    assert type(vif['network']) is model.Network
    assert type(vif['network']['subnets'][0]) is model.Subnet
    assert type(vif['network']['subnets'][0]['gateway']) is model.IP
    assert type(vif['network']['subnets'][0]['routes'][0]['gateway']) is model.IP
    assert type(vif.fixed_ips()[0]) is model.FixedIP


def test_nothing_hydrates_to_no_cards():
    assert model.NetworkInfo.hydrate(None) == []
    assert model.NetworkInfo.hydrate('[]') == []


def test_the_device_name_is_tap_and_eleven_characters_of_the_id():
    vif = make_vif()
    assert vif['devname'] == 'tapabcdef01-23' == model.device_name(vif['id'])
    assert len(vif['devname']) == 14


def test_a_given_device_name_is_kept():
    assert model.VIF(id='abc', devname='vnet7')['devname'] == 'vnet7'
    assert model.VIF()['devname'] is None


def test_versions_follow_from_addresses():
    assert model.FixedIP('fe80::1')['version'] == 6
    assert model.FixedIP('10.0.0.1')['version'] == 4
    assert model.Subnet(cidr='fd00::/64')['version'] == 6


def test_meta_takes_what_is_not_a_field():
    vif = make_vif(1, tag='front')
    assert vif.get_tag() == 'front'
    assert vif.mtu == 1450
    assert vif['network']['subnets'][0].get_meta('dhcp_server') == '10.0.0.2'
    assert make_vif(1).get_tag() is None


def test_fixed_and_floating_addresses_are_listed_over_all_cards():
    info = model.NetworkInfo([make_vif(1), make_vif(2)])
    info[1].fixed_ips()[0].add_floating_ip(model.IP('192.0.2.7', type='floating'))
    assert [ip['address'] for ip in info.fixed_ips()] == ['10.0.0.10', '10.0.0.11']
    assert [ip['address'] for ip in info.floating_ips()] == ['192.0.2.7']
    assert info[0].labeled_ips()['network_label'] == 'private'


def test_a_card_without_network_has_no_addresses():
    vif = model.VIF(id='x')
    assert vif.fixed_ips() == [] and vif.labeled_ips() is None and vif.mtu is None


def test_subnets_know_their_mask():
    assert model.Subnet(cidr='10.0.0.0/20').netmask() == '255.255.240.0'
    assert model.IP('10.0.3.1').is_in_subnet(model.Subnet(cidr='10.0.0.0/20'))
    assert not model.IP('10.1.3.1').is_in_subnet(model.Subnet(cidr='10.0.0.0/20'))


@given(st.lists(st.tuples(st.ip_addresses(), st.text(max_size=5), st.booleans()), max_size=4))
def test_any_network_info_survives_json(cards):
    info = model.NetworkInfo()
    for number, (address, tag, active) in enumerate(cards):
        subnet = model.Subnet(cidr=f'{address}/{address.max_prefixlen}', ips=[model.FixedIP(str(address))])
        info.append(model.VIF(id=str(number), network=model.Network(subnets=[subnet], label=tag),
                              active=active, tag=tag))
    assert model.NetworkInfo.hydrate(info.json()) == info

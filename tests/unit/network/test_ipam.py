# SPDX-License-Identifier: Apache-2.0
"""Which addresses a network may give out and which networks a server gets."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mininova import exception, objects
from mininova.network import ipam


def requested(*requests):
    return objects.NetworkRequestList(objects=[objects.NetworkRequest(**request) for request in requests])


# -- pools ------------------------------------------------------------------------

def test_the_pool_has_neither_network_nor_broadcast_address():
    addresses = [address for address, _reserved in ipam.plan_pool('10.0.0.0/29')]
    assert addresses == ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']


def test_the_gateway_is_reserved():
    assert dict(ipam.plan_pool('10.0.0.0/29'))['10.0.0.1']
    assert dict(ipam.plan_pool('10.0.0.0/29', gateway='10.0.0.6'))['10.0.0.6']
    assert not dict(ipam.plan_pool('10.0.0.0/29', gateway='10.0.0.6'))['10.0.0.1']


def test_what_is_outside_of_start_and_end_is_reserved():
    free = [address for address, reserved in ipam.plan_pool('10.0.0.0/24', start='10.0.0.10', end='10.0.0.12')
            if not reserved]
    assert free == ['10.0.0.10', '10.0.0.11', '10.0.0.12']


@pytest.mark.parametrize('arguments', [
    ('10.0.0.0/30',), ('10.0.0.0/8',), ('10.0.0.5/24',), ('nonsense',), ('fd00::/64',), ('10.0.0.0/24', '10.0.1.1'),
    ('10.0.0.0/24', '10.0.0.255'), ('10.0.0.0/24', '10.0.0.0'), ('10.0.0.0/24', 'x'),
    ('10.0.0.0/24', None, '10.0.0.9', '10.0.0.9'), ('10.0.0.0/24', None, '10.0.0.9', '10.0.0.3'),
    ('10.0.0.0/24', None, '10.9.0.9')])
def test_an_impossible_range_is_refused_with_a_reason(arguments):
    with pytest.raises(exception.InvalidInput):
        ipam.plan_pool(*arguments)


@settings(deadline=None)
@given(st.integers(20, 29), st.integers(0, 2 ** 32 - 1), st.data())
def test_no_pool_ever_offers_gateway_network_or_broadcast(prefix, number, data):
    network = ipaddress.IPv4Network((number, prefix), strict=False)
    gateway = data.draw(st.none() | st.integers(1, network.num_addresses - 2).map(
        lambda offset: str(network[offset])))
    pool = ipam.plan_pool(str(network), gateway)
    free = {address for address, reserved in pool if not reserved}
    assert len(pool) == network.num_addresses - 2
    assert free.isdisjoint({str(network[0]), str(network[-1]), gateway or str(network[1])})


# -- choice of networks -----------------------------------------------------------

def test_who_says_nothing_gets_all_networks_of_the_project_in_order_of_priority(context, make_network):
    make_network('10.0.0.0/24', 'third', 'br100')
    make_network('10.0.1.0/24', 'second', 'br101', priority=2, project_id=context.project_id)
    make_network('10.0.2.0/24', 'first', 'br102', priority=1)
    make_network('10.0.3.0/24', 'foreign', 'br103', project_id='b' * 32)
    labels = [network.label for network, _request in objects.NetworkList.choose(context, None, context.project_id)]
    assert labels == ['first', 'second', 'third']


def test_none_means_none(context, make_network):
    make_network()
    assert objects.NetworkList.choose(context, requested({'network_id': 'none'}), context.project_id) == []


def test_auto_means_none_without_networks_and_the_only_one_otherwise(context, make_network):
    auto = requested({'network_id': 'auto'})
    assert objects.NetworkList.choose(context, auto, context.project_id) == []
    make_network(label='only')
    (network, _request), = objects.NetworkList.choose(context, auto, context.project_id)
    assert network.label == 'only'


def test_auto_with_several_networks_is_refused(context, make_network):
    make_network()
    make_network('10.0.1.0/24', 'other', 'br101')
    with pytest.raises(exception.NetworkAmbiguous) as caught:
        objects.NetworkList.choose(context, requested({'network_id': 'auto'}), context.project_id)
    assert caught.value.code == 409


def test_another_projects_network_is_not_found(context, make_network):
    foreign = make_network(project_id='b' * 32)
    with pytest.raises(exception.NetworkNotFound) as caught:
        objects.NetworkList.choose(context, requested({'network_id': foreign.uuid}), context.project_id)
    assert caught.value.code == 400


def test_ports_do_not_exist(context, make_network):
    with pytest.raises(exception.PortNotFound):
        objects.NetworkList.choose(context, requested({'port_id': 'x'}), context.project_id)


def test_the_count_that_fits_is_limited_by_the_smallest_pool(context, make_network):
    make_network('10.0.0.0/24')
    make_network('10.0.1.0/29', 'small', 'br101')
    chosen = objects.NetworkList.choose(context, None, context.project_id)
    assert ipam.count_fitting(context, chosen, 3) == 3
    assert ipam.count_fitting(context, chosen, 100) == 5


def test_a_network_asked_for_twice_needs_two_addresses_per_server(context, make_network):
    network = make_network('10.0.1.0/29')
    chosen = objects.NetworkList.choose(context, requested({'network_id': network.uuid}, {'network_id': network.uuid}),
                         context.project_id)
    assert ipam.count_fitting(context, chosen, 100) == 2


def test_an_exhausted_pool_is_told_by_name(context, make_network, make_instance):
    network = make_network('10.0.1.0/29')
    for _number in range(4):
        objects.VirtualInterfaceList.allocate(context, make_instance(host='h1'), context.project_id, 'h1', None)
    with pytest.raises(exception.NoMoreFixedIps) as caught:
        ipam.count_fitting(context, objects.NetworkList.choose(context, None, context.project_id), 1)
    assert network.uuid in str(caught.value)


# -- network_info -----------------------------------------------------------------

def test_network_info_tells_the_hosts_own_address_as_gateway_and_name_server(context, make_network, make_instance):
    network = make_network(mtu=1400)
    cards = objects.VirtualInterfaceList.allocate(context, make_instance(host='h1'), context.project_id, 'h1',
                          requested({'network_id': network.uuid, 'tag': 'front'}))
    vif = ipam.network_info(cards)[0]
    subnet = vif['network']['subnets'][0]
    assert vif.fixed_ips()[0]['address'] == '10.0.0.3'
    assert subnet['gateway']['address'] == subnet['dns'][0]['address'] == subnet.get_meta('dhcp_server') == '10.0.0.2'
    assert (vif['network']['bridge'], vif['network']['label'], vif.mtu) == ('br100', 'private', 1400)
    assert vif.get_tag() == 'front'
    assert vif['network']['id'] == network.uuid


def test_name_servers_of_the_network_replace_the_hosts(context, make_network, make_instance):
    make_network(dns1='192.0.2.1', dns2='192.0.2.2')
    cards = objects.VirtualInterfaceList.allocate(context, make_instance(host='h1'), context.project_id, 'h1', None)
    servers = [ip['address'] for ip in ipam.network_info(cards)[0]['network']['subnets'][0]['dns']]
    assert servers == ['192.0.2.1', '192.0.2.2']

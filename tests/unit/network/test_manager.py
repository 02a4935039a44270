# SPDX-License-Identifier: Apache-2.0
"""nova-network and the API in front of it, over a message bus in this process, on a host that is not managed."""
import types

import pytest

from mininova import exception, objects
from mininova import manager as base_manager
from mininova.db import models, session
from mininova.network import api as network_api
from mininova.network import builtin, host, manager, model, verify
from mininova.network import rpcapi as network_rpcapi

PROJECT = 'a' * 32


@pytest.fixture
def network(conf, database, rpc):
    """A running nova-network of host h1."""
    conf.config(group='network', manage_host=False)
    made = manager.NetworkManager('h1', 'nova-network')
    made.init_host(None)
    server = rpc.get_server(rpc.Target(topic='network', server='h1'), made.endpoints())
    server.start()
    yield made
    server.stop()
    server.wait()


@pytest.fixture
def api():
    return network_api.API()


@pytest.fixture
def instance(make_instance):
    """What callers hand over: uuid, host, project."""
    def make(host='h1', **values):
        return types.SimpleNamespace(uuid=make_instance(host=host, **values), host=host, project_id=PROJECT)
    return make


def requests(*values):
    return objects.NetworkRequestList(objects=[objects.NetworkRequest(**value) for value in values])


def test_the_backend_is_found_by_name(conf, api):
    assert isinstance(api._backend, builtin.BuiltinBackend)


def test_a_guest_gets_and_gives_back_its_network(context, network, api, instance, make_network):
    make_network()
    guest = instance()
    info = api.allocate_for_instance(context, guest, None)
    assert isinstance(info, model.NetworkInfo)
    assert [ip['address'] for ip in info.fixed_ips()] == ['10.0.0.3']
    assert api.allocate_for_instance(context, guest, None) == info
    assert api.get_instance_nw_info(context, guest) == info == api.setup_instance_on_host(context, guest)
    assert api.get_fixed_ip_by_address(context, '10.0.0.3').instance_uuid == guest.uuid
    api.deallocate_for_instance(context, guest)
    api.deallocate_for_instance(context, guest)
    assert api.get_instance_nw_info(context, guest) == []
    assert not len(objects.FixedIPList.get_allocated(context))


def test_requested_networks_travel_over_rpc(context, network, api, instance, make_network):
    make_network()
    wanted = make_network('10.1.0.0/24', 'other', 'br101')
    info = api.allocate_for_instance(context, instance(), requests(
        {'network_id': wanted.uuid, 'address': '10.1.0.9', 'tag': 'front'}))
    assert [(vif['network']['label'], vif.fixed_ips()[0]['address'], vif.get_tag()) for vif in info] == [
        ('other', '10.1.0.9', 'front')]


def test_none_asks_nobody(context, database, api, instance):
    assert api.allocate_for_instance(context, instance(), requests({'network_id': 'none'})) == []


def test_auto_without_networks_gives_none(context, network, api, instance):
    auto = requests({'network_id': 'auto'})
    assert api.validate_networks(context, auto, 3) == 3
    assert api.allocate_for_instance(context, instance(), auto) == []


def test_errors_come_back_as_themselves(context, network, api, instance, make_network):
    make_network('10.0.0.0/29')
    for _number in range(4):
        api.allocate_for_instance(context, instance(), None)
    with pytest.raises(exception.NoMoreFixedIps):
        api.allocate_for_instance(context, instance(), None)
    with pytest.raises(exception.InstanceNotFound):
        api.allocate_for_instance(context, instance(deleted=1), None)


def test_the_networks_a_user_sees(context, network, api, make_network):
    shared, foreign = make_network(), make_network('10.1.0.0/24', bridge='br101', project_id='b' * 32)
    assert [one.uuid for one in api.get_all(context)] == [shared.uuid]
    assert api.get(context, shared.uuid).label == 'private'
    with pytest.raises(exception.NetworkNotFound) as caught:
        api.get(context, foreign.uuid)
    assert caught.value.code == 404


@pytest.mark.parametrize('address, count, error', [
    ('10.0.0.9', 2, exception.InvalidFixedIpAndMaxCountRequest), ('10.9.9.9', 1, exception.FixedIpNotFoundForNetwork),
    ('10.0.0.1', 1, exception.FixedIpAlreadyInUse), ('10.0.0.2', 1, exception.FixedIpAlreadyInUse)])
def test_a_wanted_address_is_checked_before_the_request_is_accepted(
        context, network, api, instance, make_network, address, count, error):
    wanted = make_network()
    api.allocate_for_instance(context, instance(), None)
    with pytest.raises(error) as caught:
        api.validate_networks(context, requests({'network_id': wanted.uuid, 'address': address}), count)
    assert caught.value.code == 400
    assert api.validate_networks(context, requests({'network_id': wanted.uuid, 'address': '10.0.0.9'}), 1) == 1


def test_without_nova_network_a_delete_goes_on_and_the_address_waits(
        context, conf, database, rpc, api, instance, make_network, monkeypatch, change_instance):
    monkeypatch.setattr(network_rpcapi, 'DEALLOCATE_TIMEOUT', 0.2)
    make_network()
    guest = instance()
    objects.VirtualInterfaceList.allocate(context, guest.uuid, PROJECT, 'h1', None)
    api.deallocate_for_instance(context, guest)
    assert objects.FixedIP.get_by_address(context, '10.0.0.3').instance_uuid == guest.uuid
    change_instance(guest.uuid, deleted=1)
    conf.config(group='network', manage_host=False)
    manager.NetworkManager('h1', 'nova-network').init_host(None)
    assert not len(objects.FixedIPList.get_allocated(context))


def test_a_guest_without_host_is_freed_at_once(context, database, api, instance, make_network):
    make_network()
    guest = instance(host=None)
    objects.VirtualInterfaceList.allocate(context, guest.uuid, PROJECT, 'h1', None)
    api.deallocate_for_instance(context, guest)
    assert not objects.FixedIP.get_by_address(context, '10.0.0.3').allocated


def test_sync_completes_a_guest_whose_host_lost_its_gateway(context, network, api, instance, make_network):
    wanted = make_network()
    guest = instance()
    api.allocate_for_instance(context, guest, None)
    with session.writer() as connection:
        connection.execute(models.fixed_ips.update().where(models.fixed_ips.c.address == '10.0.0.2').values(
            allocated=False, host=None))
    network._sync()
    assert network.networks._served[wanted.uuid].gateway == '10.0.0.2'
    assert objects.FixedIP.get_by_address(context, '10.0.0.2').host == 'h1'


def test_a_change_during_sync_makes_it_look_again(context, network, api, instance, make_network, monkeypatch):
    make_network()
    late = instance()
    original = manager.VirtualInterfaceList.get_host_state
    states = []

    def slow(*args):
        state = original(*args)
        states.append(state)
        if len(states) == 1:
            network.allocate_for_instance(context, late.uuid, PROJECT, None)
        return state
    monkeypatch.setattr(manager.VirtualInterfaceList, 'get_host_state', slow)
    network._sync()
    assert [len(state['cards']) for state in states] == [0, 1]
    served, = network.networks._served.values()
    assert list(served.cards) == ['10.0.0.3']


def test_a_guest_that_takes_over_an_address_survives_the_late_end_of_the_former(
        context, network, api, instance, make_network):
    make_network()
    former, heir = instance(), instance()
    api.allocate_for_instance(context, former, None)
    manager.VirtualInterfaceList.deallocate(context, former.uuid)
    api.allocate_for_instance(context, heir, None)
    network.networks.remove(former.uuid)
    served, = network.networks._served.values()
    assert served.cards['10.0.0.3']['instance_uuid'] == heir.uuid


def test_one_network_that_fails_does_not_hinder_another(monkeypatch, conf):
    networks = host.HostNetworks('h1', manage=True)
    monkeypatch.setattr(networks, '_apply_rules', lambda check=False: None)
    monkeypatch.setattr(host.linux_net, 'bridges', dict)
    made = []

    def make(served, found=None):
        if served.bridge == 'br100':
            raise exception.NetworkSetupFailed(network='a', reason='no')
        made.append(served.bridge)
    monkeypatch.setattr(networks, '_make', make)
    for number in (0, 1):
        row = {'uuid': f'u{number}', 'bridge': f'br10{number}', 'label': 'x', 'cidr': f'10.{number}.0.0/24'}
        networks._put({'network': row, 'gateway': f'10.{number}.0.2', 'address': f'10.{number}.0.3'})
    assert networks.repair() == []
    assert made == ['br101']


def test_periodic_tasks_follow_the_configuration(conf, network):
    assert isinstance(network, base_manager.Manager)
    conf.config(group='network', reconcile_interval=3, sync_interval=7)
    assert [spacing() for spacing, _function, _delay in network.periodic_tasks()] == [3, 7]


def test_nova_dhcpbridge_is_heard(context, network, rpc, monkeypatch):
    heard = []
    monkeypatch.setattr(network, '_record_leases', heard.append)
    client = network_rpcapi.NetworkAPI()
    client.lease_fixed_ip(context, 'h1', '10.0.0.3', 'fa:16:3e:00:00:01')
    client.release_fixed_ip(context, 'h1', '10.0.0.3', 'fa:16:3e:00:00:01')
    client.get_host_facts(context, 'h1')
    for _number in range(50):
        if len(heard) == 2:
            break
        manager.network_host.concurrency.sleep(0.05)
    assert len(heard) == 2


# -- verify -----------------------------------------------------------------------------

NETWORK = {'uuid': 'u1', 'label': 'private', 'cidr': '10.0.0.0/24', 'bridge': 'br100'}


def state(**changes):
    card = {'mac': 'fa:16:3e:00:00:03', 'address': '10.0.0.3', 'gateway': '10.0.0.2', 'network': NETWORK,
            'instance_uuid': 'i1', 'deleted': False, 'arriving': False, 'floating_ips': []}
    return {'cards': [{**card, **changes}], 'gateways': [{'network': NETWORK, 'address': '10.0.0.2'}]}


def facts(**changes):
    found = {'bridge': 'br100', 'gateway': '10.0.0.2', 'dhcp': True, 'bridge_up': True, 'addresses': ['10.0.0.2/24'],
             'dnsmasq': 77, 'hosts': ['fa:16:3e:00:00:03,vm1,10.0.0.3'],
             'leases': [[1, 'fa:16:3e:00:00:03', '10.0.0.3', 'vm1']], 'tunnel': 'vx7', 'joined': True,
             'hosts_missed': []}
    whole = {'managed': True, 'rules_in_place': True, 'group_rules_in_place': True, 'groups_current': True,
             'owned_bridges': {'br100': 'u1'}, 'dhcp_files': ['br100'], 'floating_ips': {'bound': [], 'recorded': []},
             'networks': {'u1': {**found, **changes}}}
    return whole


def test_nothing_is_found_when_all_agrees():
    assert verify.compare(state(), facts()) == []
    assert verify.compare({'cards': [], 'gateways': []}, {'managed': False}) == []


@pytest.mark.parametrize('changes, words', [
    ({'bridge_up': False}, 'missing or down'), ({'addresses': []}, 'lacks the address 10.0.0.2/24'),
    ({'dnsmasq': None}, 'no DHCP server runs'), ({'hosts': []}, 'does not know fa:16:3e:00:00:03'),
    ({'hosts': ['fa:16:3e:00:00:03,vm1,10.0.0.3', 'fa:16:3e:00:00:04,x,10.0.0.4']}, 'the database does not'),
    ({'leases': [[1, 'fa:16:3e:00:00:99', '10.0.0.3', 'x']]}, 'still has a lease'),
    ({'joined': False}, 'lacks its port to other hosts, vx7'),
    ({'hosts_missed': ['192.0.2.2']}, 'vx7 does not lead to 192.0.2.2')])
def test_each_difference_on_the_host_is_found(changes, words):
    finding, = verify.compare(state(), facts(**changes))
    assert words in finding


def test_differences_of_the_whole_host_are_found():
    assert 'packet rules' in verify.compare(state(), {**facts(), 'rules_in_place': False})[0]
    assert 'as they were loaded' in verify.compare(state(), {**facts(), 'group_rules_in_place': False})[0]
    assert 'older than' in verify.compare(state(), {**facts(), 'groups_current': False})[0]
    assert 'not served' in verify.compare(state(), {**facts(), 'networks': {}})[0]
    assert 'br7' in verify.compare(state(), {**facts(), 'owned_bridges': {'br100': 'u1', 'br7': 'x'}})[0]
    assert 'br8' in verify.compare(state(), {**facts(), 'dhcp_files': ['br100', 'br8']})[0]
    assert 'deleted' in verify.compare(state(deleted=True), facts())[0]
    empty = {'cards': [], 'gateways': state()['gateways']}
    assert 'without a guest' in verify.compare(empty, {'managed': False})[0]


def test_floating_addresses_on_devices_are_compared_with_the_database():
    floating = [{'address': '192.0.2.1', 'interface': 'pub0'}]
    there = {**facts(), 'floating_ips': {'bound': [['192.0.2.1', 'pub0'], ['192.0.2.9', 'pub0']],
                                         'recorded': ['192.0.2.1']}}
    assert verify.compare(state(floating_ips=floating), there) == []
    assert verify.compare(state(floating_ips=floating), facts()) == ['floating address 192.0.2.1 is not on pub0']
    assert verify.compare(state(floating_ips=floating, arriving=True), facts()) == []
    assert verify.compare(state(), there) == ['floating address 192.0.2.1 is on pub0, but leads to no guest here']

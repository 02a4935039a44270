# SPDX-License-Identifier: Apache-2.0
"""Addresses are given out exactly: never twice, never a reserved one, again after their guest is gone."""

import collections
import datetime
import threading

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mininova import exception, objects
from mininova.db import addresses as db
from mininova.db import models, services, session
from mininova.objects.virtual_interface import VirtualInterfaceList

PROJECT = 'a' * 32


def address_of(cards):
    return cards[0]['address']


@pytest.fixture
def boot(context, make_instance):
    """Function that makes an instance with addresses and returns (uuid, cards)."""
    def do(host='h1', requests=None, **values):
        instance_uuid = make_instance(host=host, **values)
        return instance_uuid, VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, host, requests)
    return do


def want(network, *addresses):
    return objects.NetworkRequestList(objects=[
        objects.NetworkRequest(network_id=network.uuid, address=address) for address in addresses])


def rows(**where):
    statement = sa.select(models.fixed_ips)
    for name, value in where.items():
        statement = statement.where(models.fixed_ips.c[name] == value)
    with session.reader() as connection:
        return connection.execute(statement).mappings().all()


# -- giving out ---------------------------------------------------------------------

def test_the_host_gets_the_lowest_address_and_guests_the_next_ones(make_network, boot):
    make_network()
    first, second = boot()[1], boot()[1]
    assert first[0]['gateway'] == second[0]['gateway'] == '10.0.0.2'
    assert [address_of(first), address_of(second)] == ['10.0.0.3', '10.0.0.4']


def test_each_host_has_a_gateway_of_its_own(make_network, boot):
    make_network()
    assert boot('h1')[1][0]['gateway'] == '10.0.0.2'
    assert boot('h2')[1][0]['gateway'] == '10.0.0.4'
    assert boot('h2')[1][0]['gateway'] == '10.0.0.4'


def test_a_repeated_allocation_gives_the_same_cards(context, make_network, boot):
    make_network()
    make_network('10.0.1.0/24', 'other', 'br101')
    instance_uuid, cards = boot()
    again = VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, 'h1', None)
    assert again == cards and len(cards) == 2


def test_an_allocation_cut_in_the_middle_is_completed(context, make_network, boot):
    first, second = make_network(), make_network('10.0.1.0/24', 'other', 'br101')
    instance_uuid, cards = boot(requests=want(first, None))
    both = objects.NetworkRequestList(objects=[objects.NetworkRequest(network_id=first.uuid),
                                               objects.NetworkRequest(network_id=second.uuid)])
    completed = VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, 'h1', both)
    assert completed[0] == cards[0]
    assert [card['address'] for card in completed] == ['10.0.0.3', '10.0.1.3']


def test_a_wanted_address_is_given(make_network, boot):
    network = make_network()
    assert address_of(boot(requests=want(network, '10.0.0.77'))[1]) == '10.0.0.77'


@pytest.mark.parametrize('address, error', [
    ('10.0.0.77', exception.FixedIpAlreadyInUse), ('10.0.0.1', exception.FixedIpAlreadyInUse),
    ('10.0.0.2', exception.FixedIpAlreadyInUse), ('10.0.0.255', exception.FixedIpNotFoundForNetwork),
    ('10.0.0.0', exception.FixedIpNotFoundForNetwork), ('10.0.9.9', exception.FixedIpNotFoundForNetwork)])
def test_an_address_that_cannot_be_had_is_refused_without_trace(make_network, boot, make_instance, context, address,
                                                                 error):
    network = make_network()
    boot(requests=want(network, '10.0.0.77'))
    loser = make_instance(host='h1')
    with pytest.raises(error) as caught:
        VirtualInterfaceList.allocate(context, loser, PROJECT, 'h1', want(network, address))
    assert caught.value.code == 400
    assert VirtualInterfaceList.get_wiring(context, loser) == []


def test_a_refusal_does_not_name_the_other_guest(make_network, boot):
    network = make_network()
    owner, _cards = boot(requests=want(network, '10.0.0.77'))
    with pytest.raises(exception.FixedIpAlreadyInUse) as caught:
        boot(requests=want(network, '10.0.0.77'))
    assert owner not in str(caught.value)


def test_a_deleted_instance_gets_nothing(make_network, boot):
    make_network()
    with pytest.raises(exception.InstanceNotFound):
        boot(deleted=1)
    assert not rows(allocated=True)


def test_an_old_message_of_another_host_changes_nothing(context, make_network, boot):
    make_network()
    instance_uuid, cards = boot('h2')
    with pytest.raises(exception.NetworkSetupFailed):
        VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, 'h1', None)
    with pytest.raises(exception.NetworkSetupFailed):
        VirtualInterfaceList.move(context, instance_uuid, 'h1')
    assert VirtualInterfaceList.get_wiring(context, instance_uuid) == cards


def test_a_guest_that_moved_keeps_its_address_and_gets_the_new_hosts_gateway(context, make_network, boot,
                                                                             change_instance):
    make_network()
    instance_uuid, cards = boot('h1')
    change_instance(instance_uuid, host='h2')
    moved = VirtualInterfaceList.move(context, instance_uuid, 'h2')
    assert address_of(moved) == address_of(cards)
    assert (moved[0]['host'], moved[0]['gateway']) == ('h2', '10.0.0.4')


def test_a_full_network_says_so_and_takes_nothing(context, make_network, boot, make_instance):
    make_network('10.0.0.0/29')
    for _number in range(4):
        boot()
    loser = make_instance(host='h1')
    with pytest.raises(exception.NoMoreFixedIps):
        VirtualInterfaceList.allocate(context, loser, PROJECT, 'h1', None)
    assert not rows(instance_uuid=loser)


def test_mac_addresses_begin_with_the_configured_octets(make_network, boot):
    make_network()
    assert boot()[1][0]['mac'].startswith('fa:16:3e:')


def test_taken_mac_addresses_are_tried_only_so_often(make_network, make_instance, monkeypatch, conf, context):
    make_network()
    monkeypatch.setattr('mininova.objects.virtual_interface.new_mac', lambda: 'fa:16:3e:00:00:01')
    VirtualInterfaceList.allocate(context, make_instance(host='h1'), PROJECT, 'h1', None)
    with pytest.raises(exception.VirtualInterfaceCreateException):
        VirtualInterfaceList.allocate(context, make_instance(host='h1'), PROJECT, 'h1', None)


# -- taking back --------------------------------------------------------------------

def test_a_freed_address_is_given_out_again(context, make_network, boot):
    make_network()
    instance_uuid, cards = boot()
    assert VirtualInterfaceList.deallocate(context, instance_uuid)
    assert not VirtualInterfaceList.deallocate(context, instance_uuid)
    assert VirtualInterfaceList.get_wiring(context, instance_uuid) == []
    assert address_of(boot()[1]) == address_of(cards)


def test_an_address_with_an_open_lease_is_avoided_until_the_lease_ends(context, make_network, boot):
    network = make_network()
    instance_uuid, cards = boot()
    VirtualInterfaceList.set_leases(context, network.id, 'h1', [address_of(cards)])
    VirtualInterfaceList.deallocate(context, instance_uuid)
    assert address_of(boot()[1]) == '10.0.0.4'
    VirtualInterfaceList.set_leases(context, network.id, 'h1', [])
    assert address_of(boot()[1]) == address_of(cards)


def test_an_open_lease_holds_an_address_for_a_minute_at_most(context, make_network, boot):
    network = make_network('10.0.0.0/29')
    instance_uuid, cards = boot()
    VirtualInterfaceList.set_leases(context, network.id, 'h1', [address_of(cards)])
    VirtualInterfaceList.deallocate(context, instance_uuid)
    for _number in range(3):
        boot()
    with pytest.raises(exception.NoMoreFixedIps):
        boot()
    with session.writer() as connection:
        released = connection.execute(sa.select(models.fixed_ips.c.released_at).where(
            models.fixed_ips.c.leased.is_(True))).scalar()
        connection.execute(models.fixed_ips.update().where(models.fixed_ips.c.leased.is_(True)).values(
            released_at=released - datetime.timedelta(seconds=61)))
    assert address_of(boot()[1]) == address_of(cards)


def test_leases_of_other_hosts_are_left_alone(context, make_network, boot):
    network = make_network()
    first, second = boot('h1')[1], boot('h2')[1]
    VirtualInterfaceList.set_leases(context, network.id, 'h1', [address_of(first)])
    VirtualInterfaceList.set_leases(context, network.id, 'h2', [address_of(second)])
    assert {row['address'] for row in rows(leased=True)} == {address_of(first), address_of(second)}


def test_a_hosts_gateway_is_given_back_only_after_its_last_guest(context, make_network, boot):
    network = make_network()
    instance_uuid, _cards = boot('h1')
    assert not VirtualInterfaceList.release_gateway(context, network.id, 'h1')
    VirtualInterfaceList.deallocate(context, instance_uuid)
    assert VirtualInterfaceList.release_gateway(context, network.id, 'h1')
    assert not VirtualInterfaceList.release_gateway(context, network.id, 'h1')
    assert not rows(allocated=True)


def test_only_if_deleted_spares_a_living_guest(context, make_network, boot, change_instance):
    make_network()
    instance_uuid, cards = boot()
    assert not VirtualInterfaceList.deallocate(context, instance_uuid, only_if_deleted=True)
    change_instance(instance_uuid, deleted=1)
    assert VirtualInterfaceList.deallocate(context, instance_uuid, only_if_deleted=True)


def test_a_network_with_a_vni_has_one_gateway_that_every_host_is(context, make_network, boot):
    make_network(vni=7)
    (_first, (one,)), (second, (two,)) = boot('h1'), boot('h2')
    assert (one['gateway'], two['gateway'], one['address'], two['address']) == (
        '10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.3')
    assert [row['host'] for row in rows(allocated=True)] == ['h1', 'h2']
    card, = VirtualInterfaceList.get_host_state(context, 'h2')['cards']
    assert (card['instance_uuid'], card['gateway'], card['network']['vni']) == (second, '10.0.0.1', 7)


def test_the_other_hosts_are_those_with_nova_network(context, database):
    for host, binary, address in (('h1', 'nova-network', '192.0.2.1'), ('h2', 'nova-network', '192.0.2.2'),
                                  ('h3', 'nova-conductor', '192.0.2.3'), ('h4', 'nova-network', None)):
        services.register(host, binary, 'topic', 1)
        with session.writer() as connection:
            connection.execute(models.compute_nodes.insert().values(
                uuid=host, host=host, hypervisor_hostname=host, vcpus=1, memory_mb=1, local_gb=1, host_ip=address))
    assert VirtualInterfaceList.get_host_state(context, 'h1')['peers'] == ['192.0.2.2']
    assert VirtualInterfaceList.get_host_state(context, 'h9')['peers'] == ['192.0.2.1', '192.0.2.2']


@pytest.mark.parametrize('vni', [None, 7])
def test_a_host_that_was_prepared_for_a_guest_serves_it_until_it_is_there(context, make_network, boot, vni):
    make_network(vni=vni)
    instance_uuid, cards = boot('h1')
    def served(host):
        return [(card['address'], card['gateway'])
                for card in VirtualInterfaceList.get_host_state(context, host)['cards']]
    def move(status):
        with session.writer() as connection:
            connection.execute(models.migrations.update().values(status=status))
    with session.writer() as connection:
        connection.execute(models.migrations.insert().values(
            uuid='m1', instance_uuid=instance_uuid, source_compute='h1', dest_compute='h2', status='preparing',
            migration_type='live-migration'))
    if vni is None:
        assert served('h2') == []
    prepared, = VirtualInterfaceList.prepare(context, instance_uuid, 'h2')
    assert served('h2') == [(prepared['address'], prepared['gateway'])] == [(address_of(cards), prepared['gateway'])]
    assert len(served('h1')) == 1
    move('cancelled')
    assert served('h2') == []
    move('running')
    VirtualInterfaceList.move(context, instance_uuid, 'h2')
    assert len(served('h2')) == 1 and served('h1') == []


def test_host_state_names_guests_and_gateways_of_that_host_only(context, make_network, boot, change_instance):
    make_network()
    here, _cards = boot('h1', hostname='here')
    boot('h2')
    gone, _cards = boot('h1')
    change_instance(gone, deleted=1)
    state = VirtualInterfaceList.get_host_state(context, 'h1')
    assert {card['instance_uuid']: card['deleted'] for card in state['cards']} == {here: False, gone: True}
    assert [entry['address'] for entry in state['gateways']] == ['10.0.0.2']
    assert next(card['hostname'] for card in state['cards'] if card['instance_uuid'] == here) == 'here'


# -- networks -----------------------------------------------------------------------

def test_overlapping_networks_are_refused(make_network):
    make_network('10.0.0.0/20')
    with pytest.raises(exception.CidrConflict):
        make_network('10.0.3.0/24', bridge='br101')


def test_two_networks_do_not_share_a_bridge(make_network):
    make_network()
    with pytest.raises(exception.InvalidInput):
        make_network('10.0.3.0/24')


def test_a_network_with_guests_cannot_be_deleted(context, make_network, boot):
    network = make_network()
    instance_uuid, _cards = boot()
    with pytest.raises(exception.NetworkInUse):
        network.destroy()
    VirtualInterfaceList.deallocate(context, instance_uuid)
    network.destroy()
    assert not rows(network_id=network.id)
    with pytest.raises(exception.NetworkNotFound):
        network.destroy()


def test_reserved_addresses_are_not_given_out(admin, make_network, boot):
    make_network()
    objects.FixedIP.set_reserved(admin, '10.0.0.3', True)
    assert address_of(boot()[1]) == '10.0.0.4'
    with pytest.raises(exception.FixedIpAlreadyInUse):
        objects.FixedIP.set_reserved(admin, '10.0.0.4', True)
    objects.FixedIP.set_reserved(admin, '10.0.0.3', False)
    assert address_of(boot()[1]) == '10.0.0.3'


def test_others_do_not_see_a_projects_network(context, make_network):
    foreign, shared = make_network(project_id='b' * 32), make_network('10.1.0.0/24', bridge='br101')
    with pytest.raises(exception.NetworkNotFound):
        objects.Network.get_by_uuid(context, foreign.uuid)
    assert [network.uuid for network in objects.NetworkList.get_all(context)] == [shared.uuid]


# -- concurrency --------------------------------------------------------------------

def test_threads_never_get_the_same_address(context, make_network, make_instance):
    make_network('10.0.0.0/26')
    instances = [(make_instance(host=f'h{number % 3}'), f'h{number % 3}') for number in range(40)]
    results, errors = [], []

    def work(mine):
        for instance_uuid, host in mine:
            try:
                results.extend(VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, host, None))
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=work, args=(instances[start::8],)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    addresses = collections.Counter(card['address'] for card in results)
    addresses.update({card['gateway'] for card in results})
    assert len(results) == 40 and max(addresses.values()) == 1
    assert len({card['gateway'] for card in results}) == 3


def test_the_same_guest_allocated_by_many_threads_has_one_address(context, make_network, make_instance):
    make_network()
    instance_uuid = make_instance(host='h1')
    found = []

    def work():
        found.append(address_of(VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, 'h1', None)))

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [found[0]] * 8
    assert len(rows(instance_uuid=instance_uuid)) == 1


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(['boot', 'delete', 'lease', 'unlease', 'leave']), st.integers(0, 5),
                          st.sampled_from(['h1', 'h2'])), max_size=30))
def test_any_course_of_events_leaves_each_address_with_one_owner(context, make_network, make_instance, steps):
    for network in objects.NetworkList.get_all(context):
        for row in rows(network_id=network.id):
            if row['instance_uuid']:
                db.deallocate(row['instance_uuid'])
        network.destroy()
    network = make_network('10.0.0.0/28')
    guests = {}
    for action, number, host in steps:
        if action == 'boot' and number not in guests:
            instance_uuid = make_instance(host=host)
            try:
                cards = VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, host, None)
                guests[number] = instance_uuid, cards[0]
            except exception.NoMoreFixedIps:
                pass
        elif action == 'delete' and number in guests:
            VirtualInterfaceList.deallocate(context, guests.pop(number)[0])
        elif action in ('lease', 'unlease'):
            leased = [card['address'] for _uuid, card in guests.values() if card['host'] == host]
            VirtualInterfaceList.set_leases(context, network.id, host, leased if action == 'lease' else [])
        elif action == 'leave':
            VirtualInterfaceList.release_gateway(context, network.id, host)
        check_owners(context, guests)


def check_owners(context, guests):
    taken = list(rows(allocated=True))
    addresses = [row['address'] for row in taken]
    assert len(addresses) == len(set(addresses))
    assert not {'10.0.0.0', '10.0.0.1', '10.0.0.15'}.intersection(addresses)
    assert {row['instance_uuid']: row['address'] for row in taken if row['instance_uuid']} == {
        instance_uuid: card['address'] for instance_uuid, card in guests.values()}
    gateways = [row['host'] for row in taken if not row['instance_uuid']]
    assert len(gateways) == len(set(gateways))
    for instance_uuid, card in guests.values():
        now = VirtualInterfaceList.get_wiring(context, instance_uuid)[0]
        assert (now['address'], now['mac']) == (card['address'], card['mac'])
        assert now['gateway'] and now['host'] in gateways

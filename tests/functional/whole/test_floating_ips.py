# SPDX-License-Identifier: Apache-2.0
"""Floating addresses with all services: who serves them while servers come, move, rest and go."""
import pytest

from mininova import context, objects
from mininova.network import ipam

ADDRESS = '192.0.2.1'


@pytest.fixture
def network(whole):
    admin = context.get_admin_context()
    objects.FloatingIPList.create(admin, ['192.0.2.1', '192.0.2.2'], 'nova')
    return ipam.create_network(admin, 'blue', '10.1.0.0/28').uuid


@pytest.fixture
def server(whole, network):
    """A server of cmp1 with 192.0.2.1."""
    made = whole.boot('vm1', networks=[{'uuid': network}])
    assert whole.wait(made)['status'] == 'ACTIVE'
    assert whole.api.post('/os-floating-ips', {'pool': 'nova'}).json['floating_ip']['ip'] == ADDRESS
    assert act(whole, made, 'addFloatingIp') == 202
    whole.until(lambda: serving(whole) == ['cmp1'])
    return made


def act(whole, server, name, address=ADDRESS):
    return whole.act(server, {name: {'address': address}}, version='2.43').status


def networks_of(whole, host):
    managers = [started.manager for started in whole.services if started.binary == 'nova-network'
                and started.host == host]
    return managers[0]


def serving(whole, address=ADDRESS):
    """List the hosts whose nova-network serves an address."""
    return sorted(started.host for started in whole.services
                  if started.binary == 'nova-network' and address in started.manager.networks.floating_ips())


def is_shown(whole, server, address=ADDRESS):
    listed = whole.show(server)['addresses'].get('blue', ())
    return [entry['OS-EXT-IPS:type'] for entry in listed if entry['addr'] == address] == ['floating']


def quiet(whole, seconds=40):
    whole.until(lambda: not whole.findings(), seconds)


def test_a_server_gets_an_address_and_loses_it(whole, server):
    assert is_shown(whole, server)
    assert networks_of(whole, 'cmp1').networks.floating_ips()[ADDRESS].fixed_address == '10.1.0.3'
    quiet(whole)
    assert act(whole, server, 'removeFloatingIp') == 202
    whole.until(lambda: serving(whole) == [])
    assert not is_shown(whole, server)
    quiet(whole)


def test_a_deleted_server_gives_it_back_to_its_project(whole, server):
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server)
    whole.until(lambda: serving(whole) == [])
    entry, = whole.api.get('/os-floating-ips').json['floating_ips']
    assert (entry['ip'], entry['instance_id'], entry['fixed_ip']) == (ADDRESS, None, None)
    quiet(whole)


@pytest.mark.parametrize('decision, end', [('confirmResize', 'cmp2'), ('revertResize', 'cmp1')])
def test_it_follows_a_cold_migration_and_its_decision(whole, server, decision, end):
    whole.add_host('cmp2')
    whole.act(server, {'migrate': None})
    whole.wait(server, 'VERIFY_RESIZE')
    whole.until(lambda: serving(whole) == ['cmp2'])
    assert is_shown(whole, server)
    whole.act(server, {decision: None})
    whole.wait(server, 'ACTIVE')
    whole.until(lambda: serving(whole) == [end])
    assert is_shown(whole, server)
    quiet(whole)


def test_it_follows_a_live_migration(whole, server):
    whole.add_host('cmp2')
    assert whole.act(server, {'os-migrateLive': {'host': 'cmp2', 'block_migration': 'auto'}}).status == 202
    whole.until(lambda: whole.show(server)['OS-EXT-SRV-ATTR:host'] == 'cmp2')
    whole.wait(server, 'ACTIVE')
    whole.until(lambda: serving(whole) == ['cmp2'])
    assert is_shown(whole, server)
    quiet(whole)


def test_what_is_associated_during_a_live_migration_arrives_with_the_guest(whole, server):
    whole.add_host('cmp2')
    whole.cloud.conf(group='fake', live_migration_seconds=1.5)
    second = whole.api.post('/os-floating-ips').json['floating_ip']['ip']
    whole.act(server, {'os-migrateLive': {'host': 'cmp2', 'block_migration': 'auto'}})
    whole.until(lambda: whole.show(server)['OS-EXT-STS:task_state'] == 'migrating')
    assert act(whole, server, 'addFloatingIp', second) == 202
    whole.until(lambda: whole.show(server)['OS-EXT-SRV-ATTR:host'] == 'cmp2')
    whole.wait(server, 'ACTIVE')
    for address in (ADDRESS, second):
        whole.until(lambda address=address: serving(whole, address) == ['cmp2'])
        assert is_shown(whole, server, address)
    quiet(whole)


def test_a_shelved_server_has_it_again_when_it_is_back(whole, server):
    whole.cloud.conf(shelved_offload_time=0)
    whole.act(server, {'shelve': None})
    whole.wait(server, 'SHELVED_OFFLOADED')
    whole.until(lambda: serving(whole) == [])
    assert is_shown(whole, server), 'it is still its own'
    whole.act(server, {'unshelve': None})
    whole.wait(server, 'ACTIVE')
    whole.until(lambda: serving(whole) == ['cmp1'])
    quiet(whole)


def test_a_shelved_server_may_get_one(whole, server):
    whole.cloud.conf(shelved_offload_time=0)
    whole.act(server, {'shelve': None})
    whole.wait(server, 'SHELVED_OFFLOADED')
    second = whole.api.post('/os-floating-ips').json['floating_ip']['ip']
    assert act(whole, server, 'addFloatingIp', second) == 202
    assert is_shown(whole, server, second) and serving(whole, second) == []
    whole.act(server, {'unshelve': None})
    whole.wait(server, 'ACTIVE')
    whole.until(lambda: serving(whole, second) == ['cmp1'])


def test_it_follows_an_evacuation(whole, server):
    whole.add_host('cmp2')
    whole.hosts['cmp1'].stop()
    record = next(entry for entry in whole.api.get('/os-services', '2.53').json['services']
                  if entry['host'] == 'cmp1' and entry['binary'] == 'nova-compute')
    assert whole.api.put(f'/os-services/{record["id"]}', {'forced_down': True}, '2.53').status == 200
    assert whole.act(server, {'evacuate': {}}).status == 200
    whole.until(lambda: whole.show(server)['OS-EXT-SRV-ATTR:host'] == 'cmp2')
    whole.wait(server, 'SHUTOFF')  # so from 2.95 on
    assert ADDRESS in networks_of(whole, 'cmp2').networks.floating_ips()
    assert is_shown(whole, server)
    # Nobody could tell the old host; it compares itself with the database.
    networks_of(whole, 'cmp1')._sync()
    assert serving(whole) == ['cmp2']


def test_a_detached_card_takes_none_with_it(whole, server):
    port, = whole.api.get(f'/servers/{server}/os-interface').json['interfaceAttachments']
    assert whole.api.delete(f'/servers/{server}/os-interface/{port["port_id"]}').status == 202
    whole.until(lambda: not whole.show(server)['addresses'])
    whole.until(lambda: serving(whole) == [])
    assert whole.api.get('/os-floating-ips').json['floating_ips'][0]['instance_id'] is None
    quiet(whole)


def test_an_address_that_is_taken_from_a_card_takes_none_with_it(whole, server, network):
    whole.act(server, {'addFixedIp': {'networkId': network}}, version='2.43')
    whole.until(lambda: len(whole.show(server)['addresses']['blue']) == 3)
    assert whole.act(server, {'removeFixedIp': {'address': '10.1.0.3'}}, version='2.43').status == 202
    whole.until(lambda: len(whole.show(server)['addresses']['blue']) == 1)
    whole.until(lambda: serving(whole) == [])
    assert whole.api.get('/os-floating-ips').json['floating_ips'][0]['instance_id'] is None
    quiet(whole)


def test_each_server_may_come_with_one(whole, network):
    whole.cloud.conf(auto_assign_floating_ip=True)
    made = [whole.boot(name, networks=[{'uuid': network}]) for name in ('vm1', 'vm2')]
    for one in made:
        assert whole.wait(one)['status'] == 'ACTIVE'
    shown = sorted(address for address in ('192.0.2.1', '192.0.2.2') for one in made if is_shown(whole, one, address))
    assert shown == ['192.0.2.1', '192.0.2.2']
    third = whole.boot('vm3', networks=[{'uuid': network}])
    found = whole.wait(third)
    assert (found['status'], found['addresses']) == ('ERROR', {})
    assert 'No more floating IPs in pool nova' in str(found['fault'])
    whole.api.delete(f'/servers/{made[0]}')
    whole.wait_gone(made[0])
    assert whole.api.post('/os-floating-ips').status == 200, 'its address is free'


def test_a_lost_message_is_made_up_for(whole, server, monkeypatch):
    manager = networks_of(whole, 'cmp1')
    monkeypatch.setattr(type(manager), 'refresh_floating_ips', lambda *args, **kwargs: None)
    assert act(whole, server, 'removeFloatingIp') == 202
    assert serving(whole) == ['cmp1']
    manager._sync()
    assert serving(whole) == []

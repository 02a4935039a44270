# SPDX-License-Identifier: Apache-2.0
"""Evacuation: a server of a host that is down is built on another one, and the host that comes back runs no second
copy."""
import datetime
import time

import pytest

from mininova import exception, objects
from mininova.compute import power_state, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.compute.operations import evacuate
from mininova.conductor import api as conductor_api
from mininova.network import ipam
from mininova.virt import fake_host

NEW = {'evacuate': {}}


@pytest.fixture
def hosts(whole):
    ipam.create_network(whole.admin, 'private', '10.0.0.0/24')
    whole.add_host('cmp2')
    return whole


@pytest.fixture
def server(hosts):
    """A server on a host that is down now."""
    made = hosts.boot('vm1', availability_zone='nova:cmp1', networks='auto')
    assert hosts.wait(made)['status'] == 'ACTIVE'
    return made


@pytest.fixture
def dead(hosts, server):
    """The same, and its host is down."""
    stop(hosts, 'cmp1')
    return server


def stop(whole, host):
    """End a host's nova-compute; its guests run on."""
    whole.hosts[host].stop()
    silence(whole.hosts[host])
    assert state(whole, host) == 'down'


def silence(host):
    """Make a host look dead: no heartbeat since 2020."""
    host._heartbeats.stop()
    time.sleep(0.1)                                                 # one may be on its way
    host.service_ref.last_seen_up = datetime.datetime(2020, 1, 1)
    host.service_ref.save()


def state(whole, host):
    return next(service['state'] for service in whole.api.get('/os-services?binary=nova-compute').json['services']
                if service['host'] == host)


def come_back(whole, host='cmp1'):
    """Start a host's nova-compute again."""
    manager = type(whole.hosts[host].manager)
    whole.cloud.conf(state_path=str(whole.cloud.directory / host))
    whole.hosts[host] = whole.start('nova-compute', manager, 'compute', host)


def record(whole, server):
    return objects.MigrationList.get_by_filters(whole.admin, {'instance_uuid': server}).objects[0]


def place(whole, server):
    return whole.show(server)['OS-EXT-SRV-ATTR:host']


def guests(host):
    return {uuid: guest for uuid, guest in fake_host.get(host).guests.items() if guest.domain}


def tidy(whole):
    """Wait until everything agrees; what does not is the failure."""
    try:
        whole.until(lambda: whole.findings() == [], 15)
    except AssertionError:
        assert whole.findings() == []


@pytest.mark.parametrize('body, version, status, password', [
    ({'evacuate': {'onSharedStorage': False}}, '2.1', 'ACTIVE', 'made'),
    ({'evacuate': {'onSharedStorage': False, 'adminPass': 'geheim', 'host': 'cmp2'}}, '2.13', 'ACTIVE', 'geheim'),
    (NEW, '2.14', 'ACTIVE', None), ({'evacuate': {'host': 'cmp2', 'force': True}}, '2.29', 'ACTIVE', None),
    ({'evacuate': {'host': 'cmp2', 'adminPass': 'x'}}, '2.68', 'ACTIVE', None), (NEW, '2.95', 'SHUTOFF', None)])
def test_a_server_is_built_elsewhere(hosts, dead, body, version, status, password):
    address = hosts.show(dead)['addresses']
    answer = hosts.act(dead, body, version)
    assert answer.status == 200
    if password is None:
        assert answer.body == b''
    else:
        assert answer.json['adminPass'] == password or password == 'made' and len(answer.json['adminPass']) == 12
    hosts.until(lambda: place(hosts, dead) == 'cmp2')
    shown = hosts.wait(dead, status)
    assert shown['addresses'] == address and shown['OS-EXT-SRV-ATTR:hypervisor_hostname'] == 'cmp2'
    found = record(hosts, dead)
    assert (found.status, found.source_compute, found.dest_compute, found.migration_type) == (
        'done', 'cmp1', 'cmp2', 'evacuation')
    assert fake_host.get('cmp2').guests[dead].running is (status == 'ACTIVE')
    # Both hosts' rooms are held until the dead one has cleaned up.
    assert hosts.used() == {'cmp1': 512, 'cmp2': 512}
    action = hosts.actions(dead)['evacuate']
    assert [(event['event'], event['result']) for event in action['events']] == [
        ('compute_rebuild_instance', 'Success')]
    come_back(hosts)
    hosts.until(lambda: record(hosts, dead).status == 'completed')
    assert dead not in fake_host.get('cmp1').guests and dead in guests('cmp2')
    assert hosts.used() == {'cmp1': 0, 'cmp2': 512}
    tidy(hosts)
    assert {card.host for card in objects.FixedIPList.get_allocated(hosts.admin) if card.instance_uuid == dead} == {
        'cmp2'}


@pytest.mark.parametrize('before, after', [('SHUTOFF', 'SHUTOFF'), ('ERROR', 'ACTIVE')])
def test_a_server_ends_as_it_was(hosts, server, before, after):
    if before == 'SHUTOFF':
        hosts.act(server, {'os-stop': None})
    else:
        hosts.act(server, {'os-resetState': {'state': 'error'}})
    hosts.wait(server, before)
    stop(hosts, 'cmp1')
    assert hosts.act(server, NEW, '2.68').status == 200
    hosts.until(lambda: place(hosts, server) == 'cmp2')
    assert hosts.wait(server, after)['OS-EXT-STS:power_state'] == (
        power_state.RUNNING if after == 'ACTIVE' else power_state.SHUTDOWN)


def test_a_task_that_hangs_is_no_hindrance(hosts, dead):
    hosts.act(dead, {'os-stop': None})
    assert hosts.show(dead)['OS-EXT-STS:task_state'] == 'powering-off'
    assert hosts.act(dead, NEW, '2.68').status == 200
    hosts.until(lambda: place(hosts, dead) == 'cmp2')
    assert hosts.wait(dead)['status'] == 'ACTIVE'


def test_what_is_refused(hosts, server):
    assert hosts.act(server, NEW, '2.14').fault == ('badRequest', 'Compute service of cmp1 is still in use.')
    assert hosts.act(server, {'evacuate': {'host': 'nowhere'}}, '2.14').fault == (
        'itemNotFound', 'Compute host nowhere not found.')
    assert hosts.act(server, {'evacuate': {'host': 'cmp1'}}, '2.14').fault == (
        'badRequest', "The target host can't be the same one.")
    assert hosts.act(server, {'evacuate': {'force': True}}, '2.29').fault == (
        'badRequest', "Can't force to a non-provided destination")
    assert hosts.act(server, {'evacuate': {'onSharedStorage': True, 'adminPass': 'x'}}, '2.13').fault == (
        'badRequest', "admin password can't be changed on existing disk")
    assert hosts.act(server, {'evacuate': {'force': True, 'host': 'cmp2'}}, '2.68').status == 400
    assert hosts.act(server, {'evacuate': {'onSharedStorage': False}}, '2.14').status == 400
    assert hosts.act(server, NEW, '2.13').status == 400
    hosts.act(server, {'pause': None})
    hosts.wait(server, 'PAUSED')
    stop(hosts, 'cmp1')
    assert hosts.act(server, NEW, '2.14').fault == (
        'conflictingRequest', f"Cannot 'evacuate' instance {server} while it is in vm_state {vm_states.PAUSED}")


def test_a_host_forced_down_may_be_evacuated_and_not_forced_up_before_it_is_tidy(hosts, server):
    hosts.hosts['cmp1'].stop()
    change = {'host': 'cmp1', 'binary': 'nova-compute', 'forced_down': True}
    assert hosts.api.put('/os-services/force-down', change, version='2.11').status == 200
    assert hosts.act(server, NEW, '2.68').status == 200
    hosts.until(lambda: record(hosts, server).status == 'done')
    change['forced_down'] = False
    assert hosts.api.put('/os-services/force-down', change, version='2.11').status == 400
    come_back(hosts)
    hosts.until(lambda: record(hosts, server).status == 'completed')
    assert hosts.api.put('/os-services/force-down', change, version='2.11').status == 200


def test_a_second_evacuation_beside_the_first(hosts, dead):
    hosts.faults('cmp2').add('spawn', 'delay', value='1')
    assert hosts.act(dead, NEW, '2.68').status == 200
    hosts.until(lambda: hosts.show(dead)['OS-EXT-STS:task_state'] == 'rebuild_spawning')
    assert hosts.show(dead)['status'] == 'REBUILD'
    assert hosts.act(dead, NEW, '2.68').fault == (
        'conflictingRequest', f"Cannot 'evacuate' instance {dead} while it is in task_state rebuild_spawning")
    hosts.until(lambda: place(hosts, dead) == 'cmp2')
    hosts.wait(dead)


# -- it does not work --------------------------------------------------------------------------------


def test_no_host_has_room(hosts, dead):
    hosts.api.put('/os-services/disable', {'host': 'cmp2', 'binary': 'nova-compute'}, version='2.1')
    assert hosts.act(dead, NEW, '2.68').status == 200
    shown = hosts.wait(dead, 'ERROR')
    assert shown['OS-EXT-SRV-ATTR:host'] == 'cmp1' and 'No valid host was found.' in shown['fault']['message']
    assert record(hosts, dead).status == 'error' and hosts.used() == {'cmp1': 512, 'cmp2': 0}
    hosts.api.put('/os-services/enable', {'host': 'cmp2', 'binary': 'nova-compute'}, version='2.1')
    assert hosts.act(dead, NEW, '2.68').status == 200
    hosts.until(lambda: place(hosts, dead) == 'cmp2')
    assert hosts.wait(dead)['status'] == 'ACTIVE'


def test_the_next_host_builds_when_one_cannot(hosts, dead):
    hosts.add_host('cmp3')
    tried = []
    for name in ('cmp2', 'cmp3'):
        spawn = hosts.hosts[name].manager.driver.spawn

        def spawning(*args, name=name, spawn=spawn, **kwargs):
            tried.append(name)
            if len(tried) == 1:
                raise exception.DiskNotEnough(path='/x', reason='full')
            return spawn(*args, **kwargs)
        hosts.hosts[name].manager.driver.spawn = spawning
    assert hosts.act(dead, NEW, '2.68').status == 200
    hosts.until(lambda: len(tried) == 2 and place(hosts, dead) == tried[1])
    assert hosts.wait(dead)['status'] == 'ACTIVE'
    assert dead not in fake_host.get(tried[0]).guests
    assert hosts.used() == {'cmp1': 512, tried[0]: 0, tried[1]: 512}


def test_a_named_host_that_cannot_leaves_an_error_and_nothing_else(hosts, dead):
    hosts.faults('cmp2').add('spawn.define', 'fail', value='no')
    assert hosts.act(dead, {'evacuate': {'host': 'cmp2'}}, '2.68').status == 200
    shown = hosts.wait(dead, 'ERROR')
    assert 'cmp2 (Failed to deploy instance: no)' in shown['fault']['message']
    assert dead not in fake_host.get('cmp2').guests and hosts.used() == {'cmp1': 512, 'cmp2': 0}
    come_back(hosts)
    tidy(hosts)
    assert {card.host for card in objects.FixedIPList.get_allocated(hosts.admin) if card.instance_uuid == dead} == {
        'cmp1'}


@pytest.mark.parametrize('expected', [True, False])
def test_disks_that_both_hosts_see(hosts, dead, expected):
    fake_host.get('cmp2').keep(fake_host.Guest(dead, 'shared', disks=True, content='what the guest wrote'))
    assert hosts.act(dead, {'evacuate': {'onSharedStorage': expected, 'host': 'cmp2'}}, '2.13').status == 200
    if not expected:
        assert 'Invalid state of instance files on shared storage' in hosts.wait(dead, 'ERROR')['fault']['message']
        assert fake_host.get('cmp2').guests[dead].disks
        return
    hosts.until(lambda: place(hosts, dead) == 'cmp2')
    assert hosts.wait(dead)['status'] == 'ACTIVE' and record(hosts, dead).data['disks_found'] == {'cmp2': True}
    come_back(hosts)
    hosts.until(lambda: record(hosts, dead).status == 'completed')
    left = fake_host.get('cmp1').guests[dead]
    assert (left.domain, left.disks) == (False, True)


# -- killed services, lost messages, deletions ---------------------------------------------------------


def test_a_lost_message_to_conductor(hosts, dead, monkeypatch):
    monkeypatch.setattr(conductor_api.ComputeTaskAPI, 'evacuate_instance', lambda *args, **kwargs: None)
    assert hosts.act(dead, NEW, '2.68').status == 200
    hosts.until(lambda: place(hosts, dead) == 'cmp2', 20)
    assert hosts.wait(dead)['status'] == 'ACTIVE'


def test_a_lost_message_to_the_host(hosts, dead, monkeypatch):
    sent, original = [], compute_rpcapi.ComputeAPI.evacuate_instance

    def cast(self, *args, **kwargs):
        sent.append(args)
        return original(self, *args, **kwargs) if len(sent) > 1 else None
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, 'evacuate_instance', cast)
    assert hosts.act(dead, {'evacuate': {'adminPass': 'geheim'}}, '2.68').status == 200
    hosts.until(lambda: place(hosts, dead) == 'cmp2', 20)
    assert hosts.wait(dead)['status'] == 'ACTIVE'
    assert sent[1][4] == 'geheim'
    action = objects.InstanceActionList.get_by_instance_uuid(hosts.admin, dead).objects[0]
    assert 'geheim' not in str(action.arguments)


def test_a_message_that_comes_thrice(hosts, dead, monkeypatch):
    original = compute_rpcapi.ComputeAPI.evacuate_instance
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, 'evacuate_instance',
                        lambda *args: [original(*args) for _time in range(3)])
    hosts.faults('cmp2').add('spawn', 'delay', value='0.5')
    assert hosts.act(dead, NEW, '2.68').status == 200
    hosts.until(lambda: place(hosts, dead) == 'cmp2')
    assert hosts.wait(dead)['status'] == 'ACTIVE' and len(guests('cmp2')) == 1
    assert len(hosts.actions(dead)['evacuate']['events']) == 1


def test_a_new_host_that_was_killed_goes_on(hosts, dead, monkeypatch):
    """The record says pre-migrating, the guest is half made, and nobody works on it."""
    calls, original = [], evacuate.EvacuateOperations._settle

    def killed(self, *args):
        calls.append(args)
        if len(calls) == 1:
            raise KeyboardInterrupt('killed')
        return original(self, *args)
    monkeypatch.setattr(evacuate.EvacuateOperations, '_settle', killed)
    monkeypatch.setattr(evacuate.EvacuateOperations, '_clean_up', lambda *args: None)
    assert hosts.act(dead, NEW, '2.68').status == 200
    hosts.until(lambda: place(hosts, dead) == 'cmp2', 20)
    assert hosts.wait(dead)['status'] == 'ACTIVE' and len(guests('cmp2')) == 1


def test_a_new_host_that_goes_down_is_replaced(hosts, dead):
    hosts.add_host('cmp3')
    for name in ('cmp2', 'cmp3'):
        hosts.faults(name).add('spawn', 'delay', value='15')
    assert hosts.act(dead, NEW, '2.68').status == 200
    hosts.until(lambda: hosts.show(dead)['OS-EXT-STS:task_state'] == 'rebuild_spawning')
    first = record(hosts, dead).dest_compute
    other = 'cmp3' if first == 'cmp2' else 'cmp2'
    hosts.faults(other).clear()
    silence(hosts.hosts[first])
    hosts.until(lambda: place(hosts, dead) == other, 30)
    assert hosts.wait(dead)['status'] == 'ACTIVE'
    # The first one, which was only slow, takes back what it made.
    hosts.until(lambda: dead not in fake_host.get(first).guests, 40)
    assert dead in guests(other)


def test_it_is_deleted_meanwhile(hosts, dead):
    hosts.faults('cmp2').add('spawn', 'delay', value='1')
    assert hosts.act(dead, NEW, '2.68').status == 200
    hosts.until(lambda: hosts.show(dead)['OS-EXT-STS:task_state'] == 'rebuild_spawning')
    hosts.api.delete(f'/servers/{dead}')
    hosts.wait_gone(dead)
    hosts.until(lambda: dead not in fake_host.get('cmp2').guests)
    come_back(hosts)
    hosts.until(lambda: dead not in fake_host.get('cmp1').guests)
    for one in hosts.services:
        if one.binary == 'nova-network':
            one.manager._sync()
    tidy(hosts)


def test_the_old_host_comes_back_in_the_middle(hosts, dead):
    hosts.faults('cmp2').add('spawn', 'delay', value='2')
    assert hosts.act(dead, NEW, '2.68').status == 200
    hosts.until(lambda: hosts.show(dead)['OS-EXT-STS:task_state'] == 'rebuild_spawning')
    assert fake_host.get('cmp1').guests[dead].running
    come_back(hosts)
    assert not fake_host.get('cmp1').guests[dead].running
    assert fake_host.get('cmp1').guests[dead].disks
    hosts.until(lambda: place(hosts, dead) == 'cmp2')
    hosts.until(lambda: record(hosts, dead).status == 'completed')
    assert dead not in fake_host.get('cmp1').guests and hosts.wait(dead)['status'] == 'ACTIVE'
    tidy(hosts)


def test_it_fails_when_the_old_host_is_back(hosts, dead):
    """The disks are still there: the server can be started again where it was."""
    hosts.faults('cmp2').add('spawn.define', 'fail', 0, 'no')
    hosts.faults('cmp2').add('spawn', 'delay', value='2')
    assert hosts.act(dead, NEW, '2.68').status == 200
    hosts.until(lambda: hosts.show(dead)['OS-EXT-STS:task_state'] == 'rebuild_spawning')
    come_back(hosts)
    hosts.wait(dead, 'ERROR')
    assert hosts.act(dead, {'reboot': {'type': 'HARD'}}).status == 202
    assert hosts.wait(dead, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'cmp1'
    assert fake_host.get('cmp1').guests[dead].running
    tidy(hosts)

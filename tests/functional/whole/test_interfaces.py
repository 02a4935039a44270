# SPDX-License-Identifier: Apache-2.0
"""Cards that a server gets and loses while it exists, with all services: running, stopped, failing, broken off."""
import concurrent.futures

import pytest

from mininova import context, crashpoint, objects, rpc
from mininova.compute import rpcapi, vm_states
from mininova.network import ipam


@pytest.fixture
def networks(whole):
    admin = context.get_admin_context()
    return [ipam.create_network(admin, label, cidr).uuid
            for label, cidr in (('blue', '10.1.0.0/28'), ('green', '10.2.0.0/29'))]


@pytest.fixture
def server(whole, networks):
    made = whole.boot('vm1', networks=[{'uuid': networks[0]}])
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


def attach(whole, server, version='2.96', **body):
    return whole.api.post(f'/servers/{server}/os-interface', {'interfaceAttachment': body}, version=version)


def cards(whole, server):
    return whole.api.get(f'/servers/{server}/os-interface', version='2.96').json['interfaceAttachments']


def detach(whole, server, port):
    return whole.api.delete(f'/servers/{server}/os-interface/{port}')


def guest(whole, server, host='cmp1'):
    return whole.hosts[host].manager.driver.host.guests[server]


def addresses(whole, server):
    return {label: [entry['addr'] for entry in entries] for label, entries in whole.show(server)['addresses'].items()}


def wait_gone(whole, server, port):
    whole.until(lambda: port not in [card['port_id'] for card in cards(whole, server)])


def allocated(server):
    return sorted(row.address for row in objects.FixedIPList.get_by_instance_uuid(context.get_admin_context(), server))


def quiet(whole, seconds=40):
    """Wait until nothing is found to be wrong."""
    whole.until(lambda: not whole.findings(), seconds)


def test_a_running_server_gets_a_card_and_loses_it(whole, server, networks):
    answer = attach(whole, server, net_id=networks[1], tag='nic2')
    assert answer.status == 200, answer.body
    card = answer.json['interfaceAttachment']
    assert (card['net_id'], card['port_state'], card['tag']) == (networks[1], 'ACTIVE', 'nic2')
    assert guest(whole, server).macs[1] == card['mac_addr']
    address, = card['fixed_ips']
    assert addresses(whole, server)['green'] == [address['ip_address']]
    assert [one['port_id'] for one in cards(whole, server)][1] == card['port_id']
    assert detach(whole, server, card['port_id']).status == 202
    wait_gone(whole, server, card['port_id'])
    assert guest(whole, server).macs == [cards(whole, server)[0]['mac_addr']]
    assert 'green' not in addresses(whole, server)
    whole.until(lambda: whole.actions(server)['detach_interface']['events'][0]['finish_time'])
    for name in ('attach_interface', 'detach_interface'):
        event, = whole.actions(server)[name]['events']
        assert (event['event'], event['result'], event['host']) == (f'compute_{name}', 'Success', 'cmp1')
    quiet(whole)


def test_a_stopped_server_starts_with_the_card_it_got(whole, server, networks):
    whole.act(server, {'os-stop': None})
    whole.wait(server, 'SHUTOFF')
    card = attach(whole, server, net_id=networks[1]).json['interfaceAttachment']
    assert card['port_state'] == 'DOWN'
    whole.act(server, {'os-start': None})
    whole.wait(server, 'ACTIVE')
    assert card['mac_addr'] in guest(whole, server).macs
    assert {one['port_state'] for one in cards(whole, server)} == {'ACTIVE'}


def test_the_last_card_may_go_and_another_come(whole, server, networks):
    port = cards(whole, server)[0]['port_id']
    assert detach(whole, server, port).status == 202
    wait_gone(whole, server, port)
    assert whole.show(server)['addresses'] == {} and guest(whole, server).macs == []
    assert attach(whole, server, net_id=networks[0]).status == 200
    assert len(guest(whole, server).macs) == 1


def test_a_network_may_be_given_twice_and_a_wanted_address_is_had(whole, server, networks):
    card = attach(whole, server, net_id=networks[0], fixed_ips=[{'ip_address': '10.1.0.9'}]).json['interfaceAttachment']
    assert card['fixed_ips'] == [{'subnet_id': networks[0], 'ip_address': '10.1.0.9'}]
    assert len(addresses(whole, server)['blue']) == 2


def test_a_pool_that_is_empty_is_a_bad_request(whole, server, networks):
    answers = [attach(whole, server, net_id=networks[1]) for _number in range(6)]
    assert [answer.status for answer in answers] == [200] * 4 + [400] * 2
    assert 'No fixed IP addresses available' in answers[-1].fault[1]
    assert len(cards(whole, server)) == 5


def test_many_at_once_each_get_an_address_of_their_own(whole, server, networks):
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _number: attach(whole, server, net_id=networks[1]), range(6)))
    assert sorted(answer.status for answer in answers) == [200] * 4 + [400] * 2
    found = [card['fixed_ips'][0]['ip_address'] for card in cards(whole, server)]
    assert len(set(found)) == 5 == len(guest(whole, server).macs)
    assert sorted(found) == allocated(server)


def test_a_host_that_cannot_leaves_nothing(whole, server, networks):
    before = allocated(server)
    whole.faults('cmp1').add('attach_interface', 'fail', value='no slot is free')
    answer = attach(whole, server, net_id=networks[1])
    assert (answer.status, answer.fault) == (
        500, ('computeFault', f'Failed to attach network adapter device to {server}'))
    assert (allocated(server), len(cards(whole, server))) == (before, 1)
    record = whole.actions(server)['attach_interface']
    assert (record['message'], record['events'][0]['result']) == ('Error', 'Error')
    assert whole.show(server)['status'] == 'ACTIVE'
    quiet(whole)


def test_a_guest_that_has_the_card_already_loses_it_when_the_rest_fails(whole, server, networks):
    whole.faults('cmp1').add('attach_interface.plugged', 'fail')
    assert attach(whole, server, net_id=networks[1]).status == 500
    assert len(guest(whole, server).macs) == 1 == len(cards(whole, server))


def test_a_guest_that_keeps_a_card_keeps_it_in_the_record(whole, server, networks):
    port = cards(whole, server)[0]['port_id']
    whole.faults('cmp1').add('detach_interface', 'fail')
    assert detach(whole, server, port).status == 202
    whole.until(lambda: whole.actions(server)['detach_interface']['message'] == 'Error')
    assert [card['port_id'] for card in cards(whole, server)] == [port]
    assert detach(whole, server, port).status == 202
    wait_gone(whole, server, port)


def test_a_lost_attachment_is_taken_back(whole, server, networks, monkeypatch):
    def lose(*args, **kwargs):
        raise rpc.MessagingTimeout('nobody heard it')
    monkeypatch.setattr(rpcapi.ComputeAPI, 'attach_interface', lose)
    assert attach(whole, server, net_id=networks[1]).status == 503
    assert len(allocated(server)) == 2
    whole.until(lambda: whole.actions(server)['attach_interface']['message'] == 'Error', seconds=20)
    assert len(cards(whole, server)) == 1 == len(allocated(server))


def test_a_lost_detachment_is_made_up_for(whole, server, networks, monkeypatch):
    monkeypatch.setattr(rpcapi.ComputeAPI, 'detach_interface', lambda *args, **kwargs: None)
    port = cards(whole, server)[0]['port_id']
    assert detach(whole, server, port).status == 202
    assert detach(whole, server, port).status == 404, 'it is on its way'
    wait_gone(whole, server, port)
    assert guest(whole, server).macs == []


class Killed(BaseException):
    """Ends a step as SIGKILL does: nobody writes anything any more."""


@pytest.fixture
def die_at(monkeypatch):
    """Let whoever comes to a crash point first do nothing more: ``die_at(name)``."""
    def plan(name):
        passed = []

        def observe(reached):
            if reached == name and not passed:
                passed.append(reached)
                raise Killed(reached)
        monkeypatch.setattr(crashpoint, 'observers', [observe])
    return plan


@pytest.mark.parametrize(('step', 'left'), [
    ('interface.I2.begun.after', 1), ('interface.I3.served.after', 1), ('interface.I4.guest_has_it.after', 1),
    ('interface.I4.plugged.after', 1), ('interface.I5.written.after', 2)])
def test_an_attachment_that_a_dying_service_left_is_all_or_nothing(whole, server, networks, die_at, step, left):
    die_at(step)
    whole.cloud.conf(rpc_response_timeout=2)
    assert attach(whole, server, net_id=networks[1]).status in (500, 503)
    whole.until(lambda: whole.actions(server)['attach_interface']['events']
                and len(cards(whole, server)) == left == len(guest(whole, server).macs)
                and all(card['port_state'] == 'ACTIVE' for card in cards(whole, server)), seconds=20)
    assert len(allocated(server)) == left
    quiet(whole)


@pytest.mark.parametrize('step', ['interface.D2.unplugged.after', 'interface.D3.removed.after'])
def test_a_detachment_that_a_dying_service_left_is_finished(whole, server, die_at, step):
    port = cards(whole, server)[0]['port_id']
    die_at(step)
    assert detach(whole, server, port).status == 202
    whole.until(lambda: not cards(whole, server) and whole.actions(server)['detach_interface']['events']
                and whole.actions(server)['detach_interface']['events'][0]['result'] == 'Success', seconds=20)
    assert (guest(whole, server).macs, allocated(server)) == ([], [])
    quiet(whole)


def test_what_is_accepted_meanwhile_knows_the_new_card(whole, server, networks):
    """A reboot whose message was on its way when the card came defines the guest with it."""
    stale = objects.Instance.get_by_uuid(whole.admin, server)
    card = attach(whole, server, net_id=networks[1]).json['interfaceAttachment']
    whole.act(server, {'reboot': {'type': 'HARD'}})
    whole.until(lambda: whole.actions(server)['reboot']['events']
                and whole.actions(server)['reboot']['events'][0]['result'] == 'Success')
    fresh = objects.Instance.get_by_uuid(whole.admin, server)
    stale.action_id, stale.task_state = fresh.action_id, None
    stale.begin_operation('compute_test', 'cmp1', {'host': 'cmp1'})
    assert card['mac_addr'] in [vif['address'] for vif in stale.get_network_info()]


def test_a_server_that_is_deleted_meanwhile_takes_all_with_it(whole, server, networks, monkeypatch):
    monkeypatch.setattr(rpcapi.ComputeAPI, 'attach_interface', lambda *args, **kwargs: None)
    attach(whole, server, net_id=networks[1])
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server)
    whole.until(lambda: allocated(server) == [])
    quiet(whole)


def test_a_rebooted_server_keeps_the_card(whole, server, networks):
    card = attach(whole, server, net_id=networks[1]).json['interfaceAttachment']
    whole.act(server, {'reboot': {'type': 'HARD'}})
    whole.wait(server, 'ACTIVE')
    assert card['mac_addr'] in guest(whole, server).macs


# -- further addresses of a card -------------------------------------------------------------


def test_a_card_gets_a_further_address_and_loses_it(whole, server, networks):
    first, = addresses(whole, server)['blue']
    answer = whole.act(server, {'addFixedIp': {'networkId': networks[0]}}, version='2.43')
    assert (answer.status, answer.body) == (202, b'')
    whole.until(lambda: len(addresses(whole, server)['blue']) == 2)
    assert addresses(whole, server)['blue'][0] == first, 'the first address, which DHCP gives out, stays the first'
    assert len(cards(whole, server)) == 1 and len(cards(whole, server)[0]['fixed_ips']) == 2
    assert len(guest(whole, server).macs) == 1
    answer = whole.act(server, {'removeFixedIp': {'address': first}}, version='2.43')
    assert answer.status == 202
    whole.until(lambda: len(addresses(whole, server)['blue']) == 1 and len(allocated(server)) == 1)
    assert first not in addresses(whole, server)['blue']
    left, = allocated(server)
    answer = whole.act(server, {'removeFixedIp': {'address': left}}, version='2.43')
    assert answer.status == 400 and 'only one' in answer.fault[1]
    quiet(whole)


def test_a_lost_change_of_addresses_is_made_up_for(whole, server, networks, monkeypatch):
    monkeypatch.setattr(rpcapi.ComputeAPI, 'refresh_interface', lambda *args, **kwargs: None)
    whole.act(server, {'addFixedIp': {'networkId': networks[0]}}, version='2.43')
    assert len(addresses(whole, server)['blue']) == 1
    whole.until(lambda: len(addresses(whole, server)['blue']) == 2, seconds=20)


@pytest.mark.parametrize(('body', 'status'), [
    ({'addFixedIp': {'networkId': 'ffffffff-ffff-4fff-8fff-ffffffffffff'}}, 404),
    ({'removeFixedIp': {'address': '10.1.0.200'}}, 400)])
def test_addresses_that_cannot_be_changed(whole, server, body, status):
    assert whole.act(server, body, version='2.43').status == status


def test_a_network_without_a_card_and_one_without_room(whole, server, networks):
    assert whole.act(server, {'addFixedIp': {'networkId': networks[1]}}, version='2.43').status == 404
    for _number in range(11):
        whole.act(server, {'addFixedIp': {'networkId': networks[0]}}, version='2.43')
    answer = whole.act(server, {'addFixedIp': {'networkId': networks[0]}}, version='2.43')
    assert answer.status == 400 and 'No fixed IP addresses' in answer.fault[1]


def test_a_lock_keeps_cards_as_they_are(whole, server, networks):
    instance = objects.Instance.get_by_uuid(whole.admin, server)
    instance.locked = True
    instance.save()
    member = whole.api.user('demo', 'admin')
    for answer in (member.post(f'/servers/{server}/os-interface', {'interfaceAttachment': {'net_id': networks[1]}}),
                   member.delete(f'/servers/{server}/os-interface/{cards(whole, server)[0]["port_id"]}'),
                   member.post(f'/servers/{server}/action', {'addFixedIp': {'networkId': networks[0]}})):
        assert answer.fault == ('conflictingRequest', f'Instance {server} is locked')
    assert instance.vm_state == vm_states.ACTIVE


def test_a_record_that_says_something_else_than_the_network_is_healed(whole, server):
    periodic = whole.hosts['cmp1'].manager.periodic
    right = objects.Instance.get_by_uuid(whole.admin, server)
    before, right.network_info = right.network_info, []
    right.save()
    plain = whole.boot('vm2')
    whole.wait(plain)
    for _each in range(2):
        periodic.heal_network_info()
    assert [objects.Instance.get_by_uuid(whole.admin, each).network_info for each in (server, plain)] == [before, []]
    written = objects.Instance.get_by_uuid(whole.admin, server).updated_at
    for _each in range(2):
        periodic.heal_network_info()
    assert objects.Instance.get_by_uuid(whole.admin, server).updated_at == written

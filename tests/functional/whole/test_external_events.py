# SPDX-License-Identifier: Apache-2.0
"""What other services did for servers reaches their hosts, and is done: at once, later, or after a lost message."""
import json

import pytest
import sqlalchemy as sa

from mininova import concurrency, exception, objects, rpc
from mininova.compute import rpcapi
from mininova.db import models, session
from mininova.network import ipam
from mininova.volume import api as volume_api

VOLUME = '77777777-7777-4777-8777-777777777777'
PORT = '88888888-8888-4888-8888-888888888888'


@pytest.fixture
def server(whole):
    for label, cidr in (('blue', '10.1.0.0/28'), ('green', '10.2.0.0/28')):
        ipam.create_network(whole.admin, label, cidr)
    networks = [{'uuid': network.uuid} for network in objects.NetworkList.get_all(whole.admin)]
    made = whole.boot('vm1', networks=networks)
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


def tell(whole, server, name, tag=None, **more):
    event = {'name': name, 'server_uuid': server, **({'tag': tag} if tag else {}), **more}
    answer = whole.api.post('/os-server-external-events', {'events': [event]}, version='2.104')
    assert answer.status == 200, answer.body


def cards(whole, server):
    return whole.api.get(f'/servers/{server}/os-interface').json['interfaceAttachments']


def manager(whole):
    return whole.hosts['cmp1'].manager


def guest(whole, server):
    return manager(whole).driver.host.guests[server]


def action(whole, server, name):
    """Return the newest record of a name when it is over."""
    def over():
        found = whole.actions(server).get(name)
        return found and found['events'] and found['events'][0]['finish_time'] and found
    return whole.until(over, 20)


def forget_cards(server):
    """Write a record of a server's cards that is out of date."""
    with session.writer() as connection:
        connection.execute(sa.update(models.instances).where(models.instances.c.uuid == server).values(network_info=[]))


def give_volume(whole, server):
    whole.cloud.insert('block_device_mapping', instance_uuid=server, volume_id=VOLUME, source_type='volume',
                       destination_type='volume', volume_size=1, connection_info=json.dumps({'data': {}}))


def test_a_changed_network_refreshes_the_record_of_the_cards(whole, server):
    before = whole.show(server)['addresses']
    forget_cards(server)
    assert whole.show(server)['addresses'] == {}
    tell(whole, server, 'network-changed')
    whole.until(lambda: whole.show(server)['addresses'] == before)


def test_a_deleted_card_leaves_the_guest(whole, server):
    gone, stays = cards(whole, server)
    tell(whole, server, 'network-vif-deleted', gone['port_id'])
    whole.until(lambda: [card['port_id'] for card in cards(whole, server)] == [stays['port_id']])
    assert guest(whole, server).macs == [stays['mac_addr']]
    assert list(whole.show(server)['addresses']) == ['green']
    assert 'detach_interface' not in whole.actions(server)
    whole.until(lambda: not whole.findings(), 30)


def test_a_deleted_card_that_the_server_does_not_have_any_more_goes_too(whole, server):
    gone, _stays = cards(whole, server)
    forget_cards(server)
    tell(whole, server, 'network-vif-deleted', gone['port_id'])
    whole.until(lambda: objects.VirtualInterface.get_by_uuid(whole.admin, gone['port_id']) is None)


def test_a_deleted_card_that_the_guest_keeps_stays_on_record(whole, server):
    gone, _stays = cards(whole, server)
    whole.faults('cmp1').add('detach_interface', 'fail')
    tell(whole, server, 'network-vif-deleted', gone['port_id'])
    whole.until(lambda: objects.VirtualInterface.get_by_uuid(whole.admin, gone['port_id']).task is None
                and not manager(whole).parts.is_busy_with(server))
    assert len(cards(whole, server)) == 2 == len(guest(whole, server).macs)
    assert len(whole.show(server)['addresses']) == 2


def test_a_card_whose_message_was_lost_goes_all_the_same(whole, server, monkeypatch):
    monkeypatch.setattr(rpcapi.ComputeAPI, 'external_instance_event', _no_bus)
    gone, stays = cards(whole, server)
    tell(whole, server, 'network-vif-deleted', gone['port_id'])
    whole.until(lambda: guest(whole, server).macs == [stays['mac_addr']], 30)
    whole.until(lambda: [card['port_id'] for card in cards(whole, server)] == [stays['port_id']])


def _no_bus(client, context, **kwargs):
    raise rpc.MessagingException('no bus')


def test_what_comes_while_something_else_is_done_is_done_later(whole, server):
    gone, stays = cards(whole, server)
    before = whole.show(server)['addresses']
    forget_cards(server)
    with manager(whole).parts.busy_with(server):
        tell(whole, server, 'network-changed')
        whole.until(lambda: manager(whole).external_events.put_off)
        assert whole.show(server)['addresses'] == {}
    whole.until(lambda: whole.show(server)['addresses'] == before, 30)
    with manager(whole).parts.busy_with(server):
        tell(whole, server, 'network-vif-deleted', gone['port_id'])
        whole.until(lambda: manager(whole).external_events.put_off)
        assert len(guest(whole, server).macs) == 2
    whole.until(lambda: guest(whole, server).macs == [stays['mac_addr']], 30)


def test_an_extended_volume_that_the_server_does_not_have_is_an_action_that_did_nothing(whole, server):
    tell(whole, server, 'volume-extended', VOLUME)
    record = action(whole, server, 'extend_volume')
    assert (record['message'], record['events'][0]['event'], record['events'][0]['result']) == (
        None, 'compute_extend_volume', 'Success')


def test_an_extended_volume_is_told_to_the_guest(whole, server, monkeypatch):
    told = []
    give_volume(whole, server)
    monkeypatch.setattr(volume_api.API, 'get', lambda api, context, volume_id: {'size': 5})
    monkeypatch.setattr(manager(whole).driver, 'extend_volume',
                        lambda context, info, instance, size: told.append((info, instance.uuid, size)))
    tell(whole, server, 'volume-extended', VOLUME)
    assert action(whole, server, 'extend_volume')['events'][0]['result'] == 'Success'
    assert told == [({'data': {}}, server, 5 * 1024 ** 3)]
    device, = [one for one in objects.BlockDeviceMappingList.get_by_instance_uuid(whole.admin, server) if one.volume_id]
    assert device.volume_size == 5


def test_a_hypervisor_that_cannot_extend_makes_the_action_fail(whole, server, monkeypatch):
    give_volume(whole, server)
    monkeypatch.setattr(volume_api.API, 'get', lambda api, context, volume_id: {'size': 5})
    tell(whole, server, 'volume-extended', VOLUME)
    record = action(whole, server, 'extend_volume')
    assert (record['message'], record['events'][0]['result']) == ('Error', 'Error')
    assert 'extend_volume' in record['events'][0]['traceback']
    assert whole.show(server)['status'] == 'ACTIVE'


def test_a_lost_message_about_a_volume_is_made_up_for(whole, server, monkeypatch):
    monkeypatch.setattr(rpcapi.ComputeAPI, 'external_instance_event', _no_bus)
    tell(whole, server, 'volume-extended', VOLUME)
    assert action(whole, server, 'extend_volume')['events'][0]['result'] == 'Success'


def test_a_service_that_died_in_it_does_it_again(whole, server):
    with manager(whole).parts.busy_with(server):
        tell(whole, server, 'volume-extended', VOLUME)
        record, = objects.InstanceActionList.get_open_by_host(whole.admin, 'cmp1', ['extend_volume'], 0)
        assert objects.InstanceActionEvent.open_first(whole.admin, server, record.action_id, 'compute_extend_volume',
                                                      'cmp1')
    assert action(whole, server, 'extend_volume')['events'][0]['result'] == 'Success'
    assert len(whole.actions(server)['extend_volume']['events']) == 1


@pytest.mark.parametrize(('tag', 'name', 'result'), [('POWER_ON', 'start', 'Success'), ('POWER_OFF', 'stop', 'Error')])
def test_power_is_the_business_of_bare_metal(whole, server, tag, name, result):
    tell(whole, server, 'power-update', tag)
    record = action(whole, server, name)
    assert (record['events'][0]['event'], record['events'][0]['result']) == ('compute_power_update', result)
    shown = whole.show(server)
    assert (shown['status'], shown['OS-EXT-STS:task_state']) == ('ACTIVE', None)


def test_a_start_that_a_user_asked_for_is_no_event(whole, server):
    whole.act(server, {'os-stop': None})
    whole.wait(server, 'SHUTOFF')
    whole.faults('cmp1').add('power_on', 'delay', value=3)
    whole.act(server, {'os-start': None})
    whole.wait(server, 'ACTIVE')
    assert [event['event'] for event in whole.actions(server)['start']['events']] == ['compute_start_instance']


# -- waiting for events ------------------------------------------------------------------------


class Plugging:
    """Somebody on the host who waits for cards to be plugged."""

    def __init__(self, whole, server, *tags, **arguments):
        self.instance = objects.Instance.get_by_uuid(whole.admin, server)
        self.virtapi, self.arguments = manager(whole).virtapi, arguments
        self.names = [('network-vif-plugged', tag) for tag in tags]
        self.outcome, self.ready = [], concurrency.event()
        self.thread = concurrency.spawn(self._wait)
        assert self.ready.wait(5)

    def _wait(self):
        try:
            with self.virtapi.wait_for_instance_event(self.instance, self.names, **self.arguments):
                self.ready.set()
        except Exception as error:
            self.outcome.append(error)
        else:
            self.outcome.append('plugged')


def test_who_waits_for_events_goes_on_when_all_came(whole, server):
    waiting = Plugging(whole, server, PORT, VOLUME)
    with manager(whole).parts.busy_with(server):     # as whoever waits has the server in hand
        tell(whole, server, 'network-vif-plugged', VOLUME)
        concurrency.sleep(0.3)
        assert waiting.outcome == []
        tell(whole, server, 'network-vif-plugged', PORT)
        whole.until(lambda: waiting.outcome == ['plugged'], 5)
    assert manager(whole).instance_events._waiters == {}


def test_an_event_that_reports_failure_fails_the_waiting(whole, server):
    waiting = Plugging(whole, server, PORT)
    tell(whole, server, 'network-vif-plugged', PORT, status='failed')
    whole.until(lambda: waiting.outcome, 5)
    assert isinstance(waiting.outcome[0], exception.NovaException)


@pytest.mark.parametrize(('decision', 'outcome'), [(False, True), (True, False)])
def test_the_waiter_may_decide_about_a_failure(whole, server, decision, outcome):
    asked = []

    def decide(name, instance):
        asked.append((name, instance.uuid))
        return decision
    waiting = Plugging(whole, server, PORT, VOLUME, error_callback=decide)
    tell(whole, server, 'network-vif-plugged', PORT, status='failed')
    whole.until(lambda: asked == [(f'network-vif-plugged-{PORT}', server)], 5)
    concurrency.sleep(0.2)
    assert bool(waiting.outcome) is outcome
    tell(whole, server, 'network-vif-plugged', VOLUME)
    whole.until(lambda: waiting.outcome == ['plugged'], 5)


def test_what_does_not_come_in_time_is_named(whole, server):
    waiting = Plugging(whole, server, PORT, deadline=0.2)
    whole.until(lambda: waiting.outcome, 5)
    assert isinstance(waiting.outcome[0], exception.InstanceEventTimeout)
    assert f'network-vif-plugged-{PORT}' in str(waiting.outcome[0])
    assert manager(whole).instance_events._waiters == {}


def test_a_deletion_ends_the_waiting(whole, server, monkeypatch):
    waiting = Plugging(whole, server, PORT)
    with manager(whole).parts.busy_with(server):
        whole.api.delete(f'/servers/{server}')
        whole.until(lambda: waiting.outcome, 8)
    assert isinstance(waiting.outcome[0], exception.StaleAction)
    whole.wait_gone(server)

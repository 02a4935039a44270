# SPDX-License-Identifier: Apache-2.0
"""A build whose host had no answer is no failed build: it is begun again there, and only then given to another host."""
import pytest

from mininova import context, objects, rpc
from mininova.compute.operations import base
from mininova.network import ipam, manager


@pytest.fixture
def networks(whole):
    return [{'uuid': ipam.create_network(context.get_admin_context(), 'blue', '10.1.0.0/28').uuid}]


def silence(monkeypatch, times, host='cmp1'):
    """Let nova-network of a host get no answer itself, so many times; return the list of the hosts that were asked."""
    asked, original = [], manager.NetworkManager.allocate_for_instance

    def allocate(self, *args, **kwargs):
        asked.append(self.host)
        if self.host == host and asked.count(host) <= times:
            raise rpc.MessagingTimeout('no answer from conductor')
        return original(self, *args, **kwargs)
    monkeypatch.setattr(manager.NetworkManager, 'allocate_for_instance', allocate)
    return asked


def tried(whole, server):
    """Return the hosts that gave a server back."""
    return [attempt['host']
            for attempt in objects.RequestSpec.get_by_instance_uuid(whole.admin, server).attempts or ()]


def test_a_call_that_was_lost_does_not_count_as_a_failed_build(whole, networks, monkeypatch):
    asked = silence(monkeypatch, times=1)
    server = whole.boot(networks=networks)
    shown = whole.wait(server)
    assert (shown['status'], shown['OS-EXT-SRV-ATTR:host']) == ('ACTIVE', 'cmp1')
    assert (asked, tried(whole, server)) == (['cmp1', 'cmp1'], [])
    assert whole.findings() == []


def test_a_host_whose_network_never_answers_gives_the_server_to_another(whole, networks, monkeypatch):
    asked = silence(monkeypatch, times=99)
    server = whole.boot(networks=networks)
    whole.until(lambda: asked)
    whole.add_host('cmp2')
    shown = whole.wait(server, seconds=30)
    assert (shown['status'], shown['OS-EXT-SRV-ATTR:host']) == ('ACTIVE', 'cmp2')
    assert (asked, tried(whole, server)) == (['cmp1', 'cmp1', 'cmp2'], ['cmp1'])
    assert whole.used() == {'cmp1': 0, 'cmp2': 512}
    assert whole.findings() == []


def test_where_no_network_answers_the_fault_says_so(whole, networks, monkeypatch):
    silence(monkeypatch, times=99)
    shown = whole.wait(whole.boot(networks=networks))
    assert shown['status'] == 'ERROR'
    assert 'cmp1 (MessagingTimeout)' in shown['fault']['message']
    assert whole.used() == {'cmp1': 0}
    assert whole.findings() == []


@pytest.mark.parametrize('written', [False, True])
def test_the_guest_of_a_build_that_could_not_be_recorded_is_left_running(whole, monkeypatch, written):
    """Conductor dies with the last call in its hands, which it has carried out or not."""
    original, calls = base.Host.record_built, []

    def record(self, instance, event):
        calls.append(instance.uuid)
        if len(calls) > 3 or written:
            original(self, instance, event)
        if len(calls) <= 3:
            raise rpc.MessagingTimeout('conductor was killed')
    monkeypatch.setattr(base.Host, 'record_built', record)
    server = whole.boot()
    assert whole.wait(server)['status'] == 'ACTIVE'
    assert server in whole.hosts['cmp1'].manager.driver.host.guests
    assert len(calls) == (1 if written else 4)
    assert whole.findings() == []

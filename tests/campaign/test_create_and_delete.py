# SPDX-License-Identifier: Apache-2.0
"""Every service is killed at every crash point of create and delete; nothing is lost, stuck or left behind."""
import signal

import pytest

from tests.campaign.crash_lab import MARKS, SETTLED, chosen, crash_points, points
from tests.fixtures import processes

pytestmark = MARKS

# Passed when a build moves to another host (its own test below).
ELSEWHERE = ('create.C19.cleaned.after', 'create.C20.claimed_elsewhere.after')
CREATE = points('create.', 'network.allocate', without=ELSEWHERE)
DELETE = points('delete.', 'network.deallocate')
BEING_SCHEDULED = [point for point in DELETE if point[1] == 'nova-conductor']


def test_the_points_are_those_of_the_book():
    """Steps C1 to C20 and D1 to D11 of doc/source/reliability.rst have at least one point each."""
    steps = {name.split('.')[1] for name, _binary in crash_points() if name.startswith(('create.', 'delete.'))}
    assert {f'C{number}' for number in range(1, 21)} <= steps
    # The tap goes with the guest (D5): libvirt makes and removes it.
    assert {f'D{number}' for number in range(1, 12)} - {'D6'} <= steps


@pytest.mark.parametrize('name, service', chosen(CREATE, 6))
def test_a_create_survives_a_kill_at(campaign, name, service):
    label = f'vm-{name}'
    campaign.arm(name, service)
    server = campaign.ask(campaign.boot, label)
    campaign.revive(service)
    if server is None:
        assert service == 'nova-api'
        found = campaign.find(label)
        committed = not name.startswith('create.C1.')
        assert len(found) == committed, 'what was committed stands, what was not does not'
        if not committed:
            campaign.assert_clean()
            return
        server = found[0]
    campaign.nova.wait_status(server, 'ACTIVE', seconds=SETTLED)
    campaign.assert_clean()
    campaign.remove(server)


@pytest.mark.parametrize('name, service', chosen([point for point in DELETE if point not in BEING_SCHEDULED], 6))
def test_a_delete_survives_a_kill_at(campaign, name, service):
    server = campaign.boot(f'vm-{name}')
    campaign.nova.wait_status(server, 'ACTIVE', seconds=SETTLED)
    campaign.arm(name, service)
    campaign.ask(campaign.nova.delete, f'/servers/{server}')
    campaign.revive(service)
    if name == 'delete.D1.committed.before':
        assert campaign.nova.server(server)['status'] == 'ACTIVE', 'nothing was accepted, nothing happens'
        campaign.nova.delete(f'/servers/{server}')
    campaign.nova.wait_gone(server, SETTLED)
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', BEING_SCHEDULED)
def test_the_delete_of_a_server_being_scheduled_survives_a_kill_at(campaign, name, service):
    """The scheduler is frozen, so conductor has the server in hand and no host has it."""
    campaign.arm(name, service)
    campaign.lab.service('nova-scheduler').signal(signal.SIGSTOP)
    try:
        server = campaign.boot(f'vm-{name}')
        processes.wait_for(lambda: campaign.record(server).owner, 'conductor that takes the server')
        campaign.nova.delete(f'/servers/{server}')
        campaign.revive(service)
    finally:
        campaign.lab.service('nova-scheduler').signal(signal.SIGCONT)
    campaign.nova.wait_gone(server, SETTLED)
    campaign.assert_clean()


@pytest.fixture
def broken(campaign):
    """The best host of all, which cannot start a guest, for the time of a test."""
    if 'nova-compute@broken' not in campaign.lab.services:
        campaign.lab.start('nova-network', 'nova-compute', host='broken')
    service = {'host': 'broken', 'binary': 'nova-compute'}
    campaign.nova.request('PUT', '/os-services/enable', service, version='2.1')
    yield
    campaign.nova.request('PUT', '/os-services/disable', service, version='2.1')


@pytest.mark.parametrize('name, service', [
    ('create.C19.cleaned.after', 'nova-compute@broken'), ('create.C20.claimed_elsewhere.after', 'nova-conductor')])
def test_a_build_that_moves_to_another_host_survives_a_kill_at(campaign, broken, name, service):
    campaign.arm(name, service)
    server = campaign.ask(campaign.boot, f'vm-{name}')
    campaign.revive(service)
    settled = campaign.nova.wait_status(server, 'ACTIVE', seconds=SETTLED)
    assert settled['OS-EXT-SRV-ATTR:host'] == 'h1'
    campaign.assert_clean()
    campaign.remove(server)

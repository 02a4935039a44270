# SPDX-License-Identifier: Apache-2.0
"""Every service is killed at every crash point of an evacuation, that of the host which comes back among them.

The server must run on h2 only, whoever dies.
"""
import signal

import pytest

from tests.campaign.crash_lab import MARKS, SETTLED, chosen, on_hosts, points
from tests.fixtures import processes

pytestmark = MARKS

ON_NEW_HOST = ('evacuate.E3.', 'evacuate.E4.', 'evacuate.E5.')
BACK = ('evacuate.E6.', 'evacuate.E7.', 'evacuate.E8.')
AWAY = on_hosts(points('evacuate.', without=BACK), *ON_NEW_HOST)


def test_the_points_are_those_of_the_book():
    assert {f'E{number}' for number in range(1, 9)} == {name.split('.')[1] for name, _service in points('evacuate.')}


def declare(campaign, down):
    """Say that h1 is down, or that it is not."""
    service, = campaign.nova.get('/os-services?binary=nova-compute&host=h1')['services']
    campaign.nova.call('PUT', f'/os-services/{service["id"]}', {'forced_down': down})


@pytest.fixture
def dead(campaign, server):
    """A server whose host has lost its nova-compute; its guest runs on there."""
    campaign.lab.service('nova-compute').kill()
    declare(campaign, True)
    yield server
    if not campaign.lab.service('nova-compute').is_running():
        campaign.lab.replace('nova-compute')
    declare(campaign, False)


def evacuate(campaign, server):
    """Ask as before microversion 2.95, so that the guest runs at its new place."""
    campaign.ask(campaign.nova.action, server, 'evacuate', {}, version='2.94')


def assert_on_h2_only(campaign, server):
    assert campaign.rest(server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'h2'
    campaign.assert_clean(SETTLED)
    assert campaign.guest(server, 'h1') is None and campaign.guest(server, 'h2')['domain']


@pytest.mark.parametrize('name, service', chosen(AWAY))
def test_an_evacuation_survives_a_kill_at(campaign, dead, name, service):
    campaign.arm(name, service)
    evacuate(campaign, dead)
    campaign.revive(service)
    assert campaign.rest(dead, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'h2'
    campaign.lab.replace('nova-compute')
    assert_on_h2_only(campaign, dead)


@pytest.mark.parametrize('name, service', chosen(points('evacuate.E7.', 'evacuate.E8.')))
def test_a_host_that_comes_back_survives_a_kill_at(campaign, dead, name, service):
    evacuate(campaign, dead)
    assert campaign.rest(dead, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'h2'
    campaign.start_armed(name, service)
    campaign.revive(service)
    assert_on_h2_only(campaign, dead)


def test_a_host_that_comes_back_too_early_survives_a_kill(campaign, dead):
    """It turns its guest off before the other host, which is held here, has built it."""
    held = campaign.lab.service('nova-compute@h2')
    held.signal(signal.SIGSTOP)
    try:
        evacuate(campaign, dead)
        processes.wait_for(lambda: [entry for entry in campaign.nova.get('/os-migrations', version='2.59')['migrations']
                                    if entry['instance_uuid'] == dead], 'record', 30)
        campaign.start_armed('evacuate.E6.turned_off.after', 'nova-compute')
        processes.wait_for(campaign.once.exists, 'death of the returning host', 30)
    finally:
        held.signal(signal.SIGCONT)
    campaign.revive('nova-compute')
    assert_on_h2_only(campaign, dead)

# SPDX-License-Identifier: Apache-2.0
"""nova-api, nova-conductor and nova-compute of both hosts are killed at every crash point of a resize, its confirmation
and its revert.

The server must rest again, moved or as it was.
"""
import pytest

from tests.campaign.crash_lab import MARKS, chosen, on_hosts, points
from tests.fixtures import processes

pytestmark = MARKS

DECISION = ('resize.R12.', 'resize.R14.')
# Steps of the host that the server comes to; others of nova-compute are its old host's.
ON_NEW_HOST = ('resize.R3.', 'resize.R8.', 'resize.R9.', 'resize.R10.', 'resize.R11.', 'revert.V2.', 'revert.V3.')
RESIZE = on_hosts(points('resize.', without=DECISION), *ON_NEW_HOST)
CONFIRM = on_hosts(points(*DECISION), *ON_NEW_HOST)
REVERT = on_hosts(points('revert.'), *ON_NEW_HOST)


def test_the_points_are_those_of_the_book():
    steps = {name.split('.')[1] for name, _service in (*RESIZE, *CONFIRM, *REVERT)}
    # R6 is copying (real hypervisors only), R13 the claim, which goes with R14 in one transaction; V1 is nova-api's.
    assert {f'R{number}' for number in range(1, 15)} - {'R6', 'R13'} <= steps
    assert {f'V{number}' for number in range(1, 7)} <= steps


def resize(campaign, server):
    campaign.act(server, 'resize', {'flavorRef': 'big'})
    assert campaign.rest(server, 'VERIFY_RESIZE')['OS-EXT-SRV-ATTR:host'] == 'h2'


@pytest.mark.parametrize('name, service', chosen(RESIZE))
def test_a_resize_survives_a_kill_at(campaign, server, name, service):
    campaign.arm(name, service)
    campaign.act(server, 'resize', {'flavorRef': 'big'})
    campaign.revive(service)
    accepted = name != 'resize.R1.accepted.before'
    shown = campaign.rest(server, *(['VERIFY_RESIZE'] if accepted else ['ACTIVE', 'VERIFY_RESIZE']))
    assert shown['OS-EXT-SRV-ATTR:host'] == ('h2' if shown['status'] == 'VERIFY_RESIZE' else 'h1')
    assert shown['OS-EXT-STS:power_state'] == 1
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', chosen(CONFIRM))
def test_a_confirmation_survives_a_kill_at(campaign, server, name, service):
    resize(campaign, server)
    campaign.arm(name, service)
    campaign.act(server, 'confirmResize')
    campaign.revive(service)
    assert campaign.rest(server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'h2'
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', chosen(REVERT))
def test_a_revert_survives_a_kill_at(campaign, server, name, service):
    resize(campaign, server)
    campaign.arm(name, service)
    campaign.act(server, 'revertResize')
    campaign.revive(service)
    assert campaign.rest(server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'h1'
    campaign.assert_clean()


@pytest.mark.parametrize('service', ['nova-compute', 'nova-compute@h2', 'nova-conductor'])
def test_a_server_is_deleted_while_its_move_is_interrupted(campaign, server, service):
    """The fixture deletes it and looks what is left."""
    name = {'nova-compute': 'resize.R5.renamed.after', 'nova-compute@h2': 'resize.R9.grown.after',
            'nova-conductor': 'resize.R2.claimed.after'}[service]
    campaign.arm(name, service)
    campaign.act(server, 'resize', {'flavorRef': 'big'})
    processes.wait_for(campaign.once.exists, f'passing of {name}', 30)
    campaign.nova.delete(f'/servers/{server}')
    campaign.revive(service)

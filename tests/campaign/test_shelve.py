# SPDX-License-Identifier: Apache-2.0
"""Every service is killed at every crash point of shelve, offload and unshelve.

The server must be SHELVED_OFFLOADED, then ACTIVE; its image is there in between and gone afterwards.
"""
import pytest

from tests.campaign.crash_lab import MARKS, SETTLED, chosen, points
from tests.fixtures import processes

pytestmark = MARKS

# Passed by servers that are started where they are, or whose new host fails (tests/functional/whole/test_shelve.py).
ELSEWHERE = ('unshelve.U3.starting.after', 'unshelve.U9.cleaned.after')
BACK = points('unshelve.', without=ELSEWHERE)


@pytest.mark.parametrize('name, service', chosen(points('shelve.', 'offload.')))
def test_shelving_survives_a_kill_at(campaign, server, name, service):
    campaign.arm(name, service)
    campaign.act(server, 'shelve')
    campaign.revive(service)
    campaign.rest(server, 'SHELVED_OFFLOADED')
    assert [image['status'] for image in campaign.images(server).values()] == ['ACTIVE']
    campaign.assert_clean()
    campaign.act(server, 'unshelve')
    campaign.rest(server, 'ACTIVE')
    processes.wait_for(lambda: not campaign.images(server), 'the end of the image', 20)


@pytest.mark.parametrize('name, service', chosen(BACK))
def test_unshelving_survives_a_kill_at(campaign, server, name, service):
    campaign.act(server, 'shelve')
    campaign.rest(server, 'SHELVED_OFFLOADED')
    campaign.arm(name, service)
    campaign.act(server, 'unshelve')
    campaign.revive(service)
    campaign.rest(server, 'ACTIVE')
    processes.wait_for(lambda: not campaign.images(server), 'the end of the image', 20)
    campaign.assert_clean()


def test_a_server_that_is_deleted_when_conductor_brought_it_half_back_is_gone(campaign):
    server = campaign.boot_active('half')
    campaign.act(server, 'shelve')
    campaign.rest(server, 'SHELVED_OFFLOADED')
    campaign.arm('unshelve.U3.claimed.after', 'nova-conductor')
    campaign.act(server, 'unshelve')
    processes.wait_for(campaign.once.exists, 'the death of conductor', 30)
    campaign.nova.delete(f'/servers/{server}')
    campaign.revive('nova-conductor')
    campaign.nova.wait_gone(server, SETTLED)
    campaign.assert_clean()

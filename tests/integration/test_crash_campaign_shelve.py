# SPDX-License-Identifier: Apache-2.0
"""Every service is killed at every crash point of shelve, offload and unshelve.

The server must be SHELVED_OFFLOADED, then ACTIVE, within 60 s; its image is there in between and gone afterwards, and
``nova-manage verify`` finds nothing.
"""
import pytest

from tests.fixtures import processes
from tests.integration.test_crash_campaign import SETTLED, campaign, points, shared_lab  # noqa: F401
from tests.integration.test_crash_campaign_disks import act, images, rest, server  # noqa: F401

pytestmark = [pytest.mark.needs('rabbit', 'mariadb'), pytest.mark.timeout(180)]

# Passed by servers that are started where they are, or whose new host fails (tests/functional/whole/test_shelve.py).
ELSEWHERE = ('unshelve.U3.starting.after', 'unshelve.U9.cleaned.after')
BACK = [point for point in points('unshelve.') if point[0] not in ELSEWHERE]


@pytest.mark.parametrize('name, service', points('shelve.', 'offload.'))
def test_shelving_survives_a_kill_at(campaign, server, name, service):  # noqa: F811
    campaign.arm(name, service)
    act(campaign, server, {'shelve': None})
    campaign.revive(service)
    rest(campaign, server, 'SHELVED_OFFLOADED')
    assert [image['status'] for image in images(campaign, server).values()] == ['ACTIVE']
    campaign.assert_clean()
    act(campaign, server, {'unshelve': None})
    rest(campaign, server, 'ACTIVE')
    processes.wait_for(lambda: not images(campaign, server), 'the end of the image', 20)


@pytest.mark.parametrize('name, service', BACK)
def test_unshelving_survives_a_kill_at(campaign, server, name, service):  # noqa: F811
    act(campaign, server, {'shelve': None})
    rest(campaign, server, 'SHELVED_OFFLOADED')
    campaign.arm(name, service)
    act(campaign, server, {'unshelve': None})
    campaign.revive(service)
    rest(campaign, server, 'ACTIVE')
    processes.wait_for(lambda: not images(campaign, server), 'the end of the image', 20)
    campaign.assert_clean()


def test_a_server_that_is_deleted_when_conductor_brought_it_half_back_is_gone(campaign):  # noqa: F811
    server = campaign.boot('half')  # noqa: F811
    campaign.nova.wait_status(server, 'ACTIVE', seconds=SETTLED)
    act(campaign, server, {'shelve': None})
    rest(campaign, server, 'SHELVED_OFFLOADED')
    campaign.arm('unshelve.U3.claimed.after', 'nova-conductor')
    act(campaign, server, {'unshelve': None})
    processes.wait_for(campaign.once.exists, 'the death of conductor', 30)
    campaign.nova.delete(f'/servers/{server}')
    campaign.revive('nova-conductor')
    campaign.nova.wait_gone(server, SETTLED)
    campaign.assert_clean()

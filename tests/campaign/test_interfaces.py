# SPDX-License-Identifier: Apache-2.0
"""nova-api and nova-compute are killed at every crash point of attaching, changing and detaching a card.

Whoever asked for a card and got no answer finds it whole, or not at all; what was accepted is done.
"""
import pytest

from tests.campaign.crash_lab import MARKS, SETTLED, chosen, points
from tests.fixtures import processes

pytestmark = MARKS


def cards(campaign, server):
    return campaign.nova.get(f'/servers/{server}/os-interface')['interfaceAttachments']


def attach(campaign, server):
    """Ask for a card; the answer, or None if there was none."""
    return campaign.ask(campaign.nova.request, 'POST', f'/servers/{server}/os-interface', {'interfaceAttachment': {}})


def assert_agree(campaign, server, *numbers):
    """Wait until the guest has the cards that are listed, one of these numbers of them."""
    def agree():
        macs = [card['mac_addr'] for card in cards(campaign, server)]
        return len(macs) in numbers and sorted(macs) == sorted(campaign.guest(server)['macs'])
    processes.wait_for(agree, f'{numbers} cards', SETTLED, interval=0.3)
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', chosen(points('interface.I')))
def test_an_attachment_survives_a_kill_at(campaign, server, name, service):
    campaign.arm(name, service)
    attach(campaign, server)
    campaign.revive(service)
    assert_agree(campaign, server, 1, 2)


@pytest.mark.parametrize('name, service', chosen(points('interface.D')))
def test_a_detachment_survives_a_kill_at(campaign, server, name, service):
    attach(campaign, server)
    port = cards(campaign, server)[1]['port_id']
    campaign.arm(name, service)
    campaign.ask(campaign.nova.delete, f'/servers/{server}/os-interface/{port}')
    campaign.revive(service)
    assert_agree(campaign, server, 1)


@pytest.mark.parametrize('name, service', points('interface.C'))
def test_another_address_survives_a_kill_at(campaign, server, name, service):
    card, = cards(campaign, server)
    campaign.arm(name, service)
    campaign.ask(campaign.nova.action, server, 'addFixedIp', {'networkId': card['net_id']}, version='2.43')
    campaign.revive(service)
    processes.wait_for(lambda: len(cards(campaign, server)[0]['fixed_ips']) == 2, 'two addresses', SETTLED)
    assert_agree(campaign, server, 1)

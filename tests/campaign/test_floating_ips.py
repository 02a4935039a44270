# SPDX-License-Identifier: Apache-2.0
"""nova-api and nova-network are killed while a floating address is associated, taken away and released.

What that leaves on devices and in packet rules is killed in tests/integration/namespaces/test_floating_ips.py.
"""
import pytest

from mininova import context, objects
from tests.campaign.crash_lab import MARKS, SETTLED, points
from tests.fixtures import processes

pytestmark = MARKS

POINTS = points('floating.F')


@pytest.fixture
def address(campaign):
    """An address of the project."""
    if not objects.FloatingIPList.get_pool_names(context.get_admin_context()):
        campaign.lab.manage('floating', 'create', '--ip_range', '192.0.2.0/29')
    made = campaign.nova.post('/os-floating-ips', {'pool': 'nova'}, version='2.35')['floating_ip']
    yield made
    campaign.nova.delete(f'/os-floating-ips/{made["id"]}', version='2.35')


def owner(campaign):
    """Return (server that the address leads to, whether that shows it)."""
    entry, = campaign.nova.get('/os-floating-ips', version='2.35')['floating_ips']
    shown = entry['instance_id'] and [
        address['addr'] for address in campaign.nova.server(entry['instance_id'])['addresses']['private']]
    return entry['instance_id'], bool(shown) and entry['ip'] in shown


def test_every_step_is_killed():
    assert {name.split('.')[1] for name, _service in POINTS} == {'F1', 'F2', 'F3'}


@pytest.mark.parametrize('name, service', POINTS)
def test_an_association_and_its_end_survive_a_kill_at(campaign, server, address, name, service):
    for action, expected in (('addFloatingIp', (server, True)), ('removeFloatingIp', (None, False))):
        campaign.arm(name, service)
        campaign.ask(campaign.nova.action, server, action, {'address': address['ip']}, version='2.43')
        campaign.revive(service)
        processes.wait_for(lambda expected=expected: owner(campaign) == expected, action, SETTLED)
        campaign.assert_clean()

# SPDX-License-Identifier: Apache-2.0
"""nova-compute and nova-api are killed at every crash point of the actions on a guest that stays where it is.

Start, stop, reboot, pause, suspend, password, crash dump, soft delete and restore: what was accepted is done.
"""
import pytest

from tests.campaign.crash_lab import MARKS, SETTLED, chosen, points

pytestmark = MARKS

# Family of points: what brings the server where it begins, what is asked, and where it must rest.
ACTIONS = {
    'stop.': ((), ('os-stop', None), 'SHUTOFF'),
    'start.': ((('os-stop', None, 'SHUTOFF'),), ('os-start', None), 'ACTIVE'),
    'reboot.': ((), ('reboot', {'type': 'HARD'}), 'ACTIVE'),
    'pause.': ((), ('pause', None), 'PAUSED'),
    'unpause.': ((('pause', None, 'PAUSED'),), ('unpause', None), 'ACTIVE'),
    'suspend.': ((), ('suspend', None), 'SUSPENDED'),
    'resume.': ((('suspend', None, 'SUSPENDED'),), ('resume', None), 'ACTIVE'),
    'password.': ((), ('changePassword', {'adminPass': 'secret-0'}), 'ACTIVE'),
    'crash_dump.': ((), ('trigger_crash_dump', None), 'ACTIVE'),
}
FAMILIES = [(family, name, service) for family in ACTIONS for name, service in points(family)]
DEFERRED = points('softdelete.', 'restore.')


@pytest.mark.parametrize('family, name, service', chosen(FAMILIES))
def test_an_action_survives_a_kill_at(campaign, server, family, name, service):
    before, (action, arguments), status = ACTIONS[family]
    for word, body, reached in before:
        campaign.act(server, word, body)
        campaign.rest(server, reached)
    campaign.arm(name, service)
    campaign.act(server, action, arguments)
    campaign.revive(service)
    running = {'ACTIVE': 1, 'PAUSED': 3}.get(status, 4)
    assert campaign.rest(server, status)['OS-EXT-STS:power_state'] == running
    campaign.assert_clean()


@pytest.fixture
def deferred(campaign):
    """The lab, keeping deleted servers for an hour."""
    def keep_for(seconds):
        campaign.lab.configure(reclaim_instance_interval=seconds)
        campaign.lab.conf_file()
        for name in ('nova-api', 'nova-compute'):
            campaign.lab.replace(name)
    keep_for(3600)
    yield campaign
    keep_for(0)


@pytest.mark.parametrize('name, service', chosen(DEFERRED))
def test_a_server_that_is_deleted_for_a_while_survives_a_kill_at(deferred, name, service):
    campaign, server = deferred, deferred.boot_active('kept')
    if name.startswith('softdelete.'):
        campaign.arm(name, service)
    campaign.ask(campaign.nova.delete, f'/servers/{server}')
    if name.startswith('softdelete.'):
        campaign.revive(service)
    campaign.rest(server, 'SOFT_DELETED')
    if name.startswith('restore.'):
        campaign.arm(name, service)
    campaign.act(server, 'restore')
    if name.startswith('restore.'):
        campaign.revive(service)
    assert campaign.rest(server, 'ACTIVE')['OS-EXT-STS:power_state'] == 1
    campaign.assert_clean()
    campaign.act(server, 'forceDelete')
    campaign.nova.wait_gone(server, SETTLED)
    campaign.assert_clean()

# SPDX-License-Identifier: Apache-2.0
"""nova-api, nova-conductor and nova-compute of both hosts are killed at every crash point of a live migration.

The server must run on one of the hosts, with its record over; on the new one from the moment the guest is there.
"""
import pytest

from tests.campaign.crash_lab import MARKS, chosen, on_hosts, points
from tests.fixtures import processes

pytestmark = MARKS

ON_NEW_HOST = ('live_migrate.L4.network.', 'live_migrate.L4.ready.', 'live_migrate.L8.arrived.',
               'live_migrate.L8.network.', 'live_migrate.L8.written.')
BY_REQUEST = ('live_migrate.L5.asked.', 'live_migrate.L4.rolled_back.')
MOVE = on_hosts(points('live_migrate.', without=BY_REQUEST), *ON_NEW_HOST)
# From here on the guest is at its new host.
ARRIVED = ('live_migrate.L6.', 'live_migrate.L7.', 'live_migrate.L8.', 'live_migrate.L9.')
AUTO = {'host': None, 'block_migration': 'auto'}


def test_the_points_are_those_of_the_book():
    assert {f'L{number}' for number in range(1, 10)} == {
        name.split('.')[1] for name, _service in points('live_migrate.')}


def records(campaign, server):
    return [entry for entry in campaign.nova.get('/os-migrations', version='2.59')['migrations']
            if entry['instance_uuid'] == server]


def assert_rests(campaign, server, *hosts):
    shown = campaign.rest(server, 'ACTIVE')
    assert shown['OS-EXT-SRV-ATTR:host'] in hosts and shown['OS-EXT-STS:power_state'] == 1
    processes.wait_for(lambda: records(campaign, server)[0]['status'] in ('completed', 'error', 'failed', 'cancelled'),
                       'end of the record', 30)
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', chosen(MOVE))
def test_a_live_migration_survives_a_kill_at(campaign, server, name, service):
    campaign.arm(name, service)
    campaign.act(server, 'os-migrateLive', AUTO)
    campaign.revive(service)
    assert_rests(campaign, server, 'h2', *(() if name.startswith(ARRIVED) else ('h1',)))


@pytest.fixture
def slow(campaign):
    """Let guests leave h1 so slowly that there is time for everything."""
    def leave_within(seconds):
        campaign.lab.configure_host('h1', 'fake', live_migration_seconds=seconds)
        campaign.lab.conf_file('h1')
        campaign.lab.replace('nova-compute')
    leave_within(60)
    yield
    leave_within(0)


@pytest.mark.parametrize('name, service', on_hosts(points(*BY_REQUEST), *ON_NEW_HOST))
def test_a_live_migration_that_is_called_off_survives_a_kill_at(campaign, server, slow, name, service):
    if service != 'nova-api':
        campaign.arm(name, service)
    campaign.act(server, 'os-migrateLive', AUTO)
    processes.wait_for(lambda: records(campaign, server) and records(campaign, server)[0]['status'] == 'running',
                       'running', 30)
    if service == 'nova-api':
        campaign.arm(name, service)
    campaign.ask(campaign.nova.delete, f'/servers/{server}/migrations/{records(campaign, server)[0]["id"]}')
    campaign.revive(service)
    assert_rests(campaign, server, 'h1')
    assert records(campaign, server)[0]['status'] == 'cancelled'


@pytest.mark.parametrize('service', ['nova-compute', 'nova-compute@h2', 'nova-conductor'])
def test_a_server_is_deleted_while_its_move_is_interrupted(campaign, server, service):
    """The fixture deletes it and looks what is left."""
    name = {'nova-compute': 'live_migrate.L6.switched.after', 'nova-compute@h2': 'live_migrate.L4.network.after',
            'nova-conductor': 'live_migrate.L3.claimed.after'}[service]
    campaign.arm(name, service)
    campaign.act(server, 'os-migrateLive', AUTO)
    processes.wait_for(campaign.once.exists, f'passing of {name}', 30)
    campaign.nova.delete(f'/servers/{server}')
    campaign.revive(service)

# SPDX-License-Identifier: Apache-2.0
"""nova-api, nova-conductor and nova-compute of both hosts are killed at every crash point of a resize, its confirmation
and its revert.

The server must rest again within 60 s, moved or as it was, and ``nova-manage verify`` finds nothing.
"""
import pytest

from tests.fixtures import processes
from tests.integration.test_crash_campaign import SETTLED, campaign, points, shared_lab  # noqa: F401

pytestmark = [pytest.mark.needs('rabbit', 'mariadb'), pytest.mark.timeout(180)]

# Passed by the real hypervisor driver only (tests/contract/test_cold_migration.py).
REAL_ONLY = ('resize.R6.copying.before',)
DECISION = ('resize.R12.', 'resize.R14.')
# Steps of the host that the server comes to; others of nova-compute are its old host's.
ON_NEW_HOST = ('resize.R3.', 'resize.R8.', 'resize.R9.', 'resize.R10.', 'resize.R11.', 'revert.V2.', 'revert.V3.')


def placed(chosen):
    """Return the points with the service that passes them: each host has its own nova-compute."""
    return [(name, f'{service}@h2' if service == 'nova-compute' and name.startswith(ON_NEW_HOST) else service)
            for name, service in chosen if name not in REAL_ONLY]


RESIZE = placed(point for point in points('resize.') if not point[0].startswith(DECISION))
CONFIRM = placed(point for point in points('resize.') if point[0].startswith(DECISION))
REVERT = placed(points('revert.'))


def test_the_points_are_those_of_the_book():
    steps = {name.split('.')[1] for name, _service in (*RESIZE, *CONFIRM, *REVERT)}
    # R6 is copying (REAL_ONLY), R13 the claim, which goes with R14 in one transaction; V1 is nova-api's.
    assert {f'R{number}' for number in range(1, 15)} - {'R6', 'R13'} <= steps
    assert {f'V{number}' for number in range(1, 7)} <= steps


@pytest.fixture
def server(campaign):  # noqa: F811
    nova = campaign.nova
    if not any(flavor['id'] == 'big' for flavor in nova.get('/flavors')['flavors']):
        campaign.lab.make_flavor('big', ram=1024, vcpus=2, disk=2, flavor_id='big')
    made = campaign.boot('mover')
    assert nova.wait_status(made, 'ACTIVE', seconds=SETTLED)['OS-EXT-SRV-ATTR:host'] == 'h1'
    yield made
    campaign.remove(made)


def act(campaign, server, name, arguments=None):  # noqa: F811
    return campaign.ask(campaign.nova.action, server, name, arguments, wanted=(202, 204))


def rest(campaign, server, *statuses):  # noqa: F811
    """Wait until nothing is under way and return the server."""
    def rested():
        shown = campaign.nova.server(server)
        return shown if shown['OS-EXT-STS:task_state'] is None and shown['status'] in statuses else None
    return processes.wait_for(rested, f'{statuses}', SETTLED, interval=0.3)


def resize(campaign, server):  # noqa: F811
    act(campaign, server, 'resize', {'flavorRef': 'big'})
    assert rest(campaign, server, 'VERIFY_RESIZE')['OS-EXT-SRV-ATTR:host'] == 'h2'


@pytest.mark.parametrize('name, service', RESIZE)
def test_a_resize_survives_a_kill_at(campaign, server, name, service):  # noqa: F811
    campaign.arm(name, service)
    act(campaign, server, 'resize', {'flavorRef': 'big'})
    campaign.revive(service)
    accepted = name != 'resize.R1.accepted.before'
    shown = rest(campaign, server, *(['VERIFY_RESIZE'] if accepted else ['ACTIVE', 'VERIFY_RESIZE']))
    assert shown['OS-EXT-SRV-ATTR:host'] == ('h2' if shown['status'] == 'VERIFY_RESIZE' else 'h1')
    assert shown['OS-EXT-STS:power_state'] == 1
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', CONFIRM)
def test_a_confirmation_survives_a_kill_at(campaign, server, name, service):  # noqa: F811
    resize(campaign, server)
    campaign.arm(name, service)
    act(campaign, server, 'confirmResize')
    campaign.revive(service)
    assert rest(campaign, server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'h2'
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', REVERT)
def test_a_revert_survives_a_kill_at(campaign, server, name, service):  # noqa: F811
    resize(campaign, server)
    campaign.arm(name, service)
    act(campaign, server, 'revertResize')
    campaign.revive(service)
    assert rest(campaign, server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'h1'
    campaign.assert_clean()


@pytest.mark.parametrize('service', ['nova-compute', 'nova-compute@h2', 'nova-conductor'])
def test_a_server_is_deleted_while_its_move_is_interrupted(campaign, server, service):  # noqa: F811
    """The fixture deletes it and looks what is left."""
    name = {'nova-compute': 'resize.R5.renamed.after', 'nova-compute@h2': 'resize.R9.grown.after',
            'nova-conductor': 'resize.R2.claimed.after'}[service]
    campaign.arm(name, service)
    act(campaign, server, 'resize', {'flavorRef': 'big'})
    processes.wait_for(campaign.once.exists, f'passing of {name}', 30)
    campaign.nova.delete(f'/servers/{server}')
    campaign.revive(service)

# SPDX-License-Identifier: Apache-2.0
"""nova-api and nova-compute are killed at every crash point of createImage, createBackup, rebuild, rescue, unrescue.

The server must rest again within 60 s and be usable: an image is complete or gone, a rebuild and a rescue are done or
were never accepted, and ``nova-manage verify`` finds nothing.
"""
import pytest

from tests.fixtures import processes
from tests.integration.test_crash_campaign import SETTLED, campaign, points, shared_lab  # noqa: F401

pytestmark = [pytest.mark.needs('rabbit', 'mariadb'), pytest.mark.timeout(180)]

# Passed by the real hypervisor driver only (tests/contract/test_snapshot.py).
REAL_ONLY = ('snapshot.S3.target_made.after', 'snapshot.S3.copy_started.after', 'snapshot.S3.frozen.after')
IMAGE_POINTS = [point for point in points('snapshot.') if point[0] not in REAL_ONLY]


@pytest.fixture
def server(campaign):  # noqa: F811
    made = campaign.boot('disk')
    campaign.nova.wait_status(made, 'ACTIVE', seconds=SETTLED)
    yield made
    campaign.remove(made)


def rest(campaign, server, *statuses):  # noqa: F811
    """Wait until nothing is under way and return the server."""
    def rested():
        shown = campaign.nova.server(server)
        return shown if shown['OS-EXT-STS:task_state'] is None and shown['status'] in statuses else None
    return processes.wait_for(rested, f'{statuses}', SETTLED, interval=0.3)


def images(campaign, server):  # noqa: F811
    """Return the images of a server, by name."""
    found = campaign.nova.get('/images/detail', version='2.35')['images']
    return {image['name']: image for image in found if image['metadata'].get('instance_uuid') == server}


def act(campaign, server, body):  # noqa: F811
    (name, arguments), = body.items()
    return campaign.ask(campaign.nova.action, server, name, arguments)


@pytest.mark.parametrize('name, service', IMAGE_POINTS)
def test_an_image_of_a_server_survives_a_kill_at(campaign, server, name, service):  # noqa: F811
    campaign.arm(name, service)
    act(campaign, server, {'createImage': {'name': name}})
    campaign.revive(service)
    rest(campaign, server, 'ACTIVE')
    left = images(campaign, server)
    assert all(image['status'] == 'ACTIVE' for image in left.values()), left
    campaign.assert_clean()
    act(campaign, server, {'createImage': {'name': 'after'}})
    rest(campaign, server, 'ACTIVE')
    assert images(campaign, server)['after']['status'] == 'ACTIVE'


@pytest.mark.parametrize('name, service', points('backup.'))
def test_a_backup_survives_a_kill_at(campaign, server, name, service):  # noqa: F811
    body = {'createBackup': {'name': 'old', 'backup_type': 'daily', 'rotation': 1}}
    act(campaign, server, body)
    rest(campaign, server, 'ACTIVE')
    campaign.arm(name, service)
    body['createBackup']['name'] = 'new'
    act(campaign, server, body)
    campaign.revive(service)
    rest(campaign, server, 'ACTIVE')
    assert set(images(campaign, server)) == {'new'}


@pytest.mark.parametrize('name, service', points('rebuild.'))
def test_a_rebuild_survives_a_kill_at(campaign, server, name, service):  # noqa: F811
    image = campaign.nova.server(server)['image']['id']
    campaign.arm(name, service)
    act(campaign, server, {'rebuild': {'imageRef': image, 'name': 'rebuilt'}})
    campaign.revive(service)
    assert rest(campaign, server, 'ACTIVE')['name'] == 'rebuilt'
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', points('rescue.', 'unrescue.'))
def test_a_rescue_and_its_end_survive_a_kill_at(campaign, server, name, service):  # noqa: F811
    if name.startswith('rescue.'):
        campaign.arm(name, service)
    act(campaign, server, {'rescue': None})
    if name.startswith('rescue.'):
        campaign.revive(service)
    rest(campaign, server, 'RESCUE')
    if name.startswith('unrescue.'):
        campaign.arm(name, service)
    act(campaign, server, {'unrescue': None})
    if name.startswith('unrescue.'):
        campaign.revive(service)
    rest(campaign, server, 'ACTIVE')
    campaign.assert_clean()

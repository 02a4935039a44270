# SPDX-License-Identifier: Apache-2.0
"""nova-api and nova-compute are killed at every crash point of createImage, createBackup, rebuild, rescue, unrescue.

The server must rest again and be usable: an image is complete or gone, a rebuild and a rescue are done or were never
accepted.
"""
import pytest

from tests.campaign.crash_lab import MARKS, chosen, points

pytestmark = MARKS


@pytest.mark.parametrize('name, service', chosen(points('snapshot.')))
def test_an_image_of_a_server_survives_a_kill_at(campaign, server, name, service):
    campaign.arm(name, service)
    campaign.act(server, 'createImage', {'name': name})
    campaign.revive(service)
    campaign.rest(server, 'ACTIVE')
    left = campaign.images(server)
    assert all(image['status'] == 'ACTIVE' for image in left.values()), left
    campaign.assert_clean()
    campaign.act(server, 'createImage', {'name': 'after'})
    campaign.rest(server, 'ACTIVE')
    assert campaign.images(server)['after']['status'] == 'ACTIVE'


@pytest.mark.parametrize('name, service', chosen(points('backup.')))
def test_a_backup_survives_a_kill_at(campaign, server, name, service):
    backup = {'name': 'old', 'backup_type': 'daily', 'rotation': 1}
    campaign.act(server, 'createBackup', backup)
    campaign.rest(server, 'ACTIVE')
    campaign.arm(name, service)
    campaign.act(server, 'createBackup', {**backup, 'name': 'new'})
    campaign.revive(service)
    campaign.rest(server, 'ACTIVE')
    assert set(campaign.images(server)) == {'new'}


@pytest.mark.parametrize('name, service', chosen(points('rebuild.')))
def test_a_rebuild_survives_a_kill_at(campaign, server, name, service):
    image = campaign.nova.server(server)['image']['id']
    campaign.arm(name, service)
    campaign.act(server, 'rebuild', {'imageRef': image, 'name': 'rebuilt'})
    campaign.revive(service)
    assert campaign.rest(server, 'ACTIVE')['name'] == 'rebuilt'
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', chosen(points('rescue.', 'unrescue.')))
def test_a_rescue_and_its_end_survive_a_kill_at(campaign, server, name, service):
    if name.startswith('rescue.'):
        campaign.arm(name, service)
    campaign.act(server, 'rescue')
    if name.startswith('rescue.'):
        campaign.revive(service)
    campaign.rest(server, 'RESCUE')
    if name.startswith('unrescue.'):
        campaign.arm(name, service)
    campaign.act(server, 'unrescue')
    if name.startswith('unrescue.'):
        campaign.revive(service)
    campaign.rest(server, 'ACTIVE')
    campaign.assert_clean()

# SPDX-License-Identifier: Apache-2.0
"""Resize and cold migration of a real guest between hosts with disks of their own, over ssh."""
import subprocess

import pytest

from tests.fixtures import processes
from tests.fixtures.cluster_rules import follows

pytestmark = [pytest.mark.needs('libvirt', 'rabbit', 'mariadb', 'network'), pytest.mark.timeout(600)]

MARK = 'echo {word} > /root/mark; sync'


@pytest.fixture(scope='module')
def flavor(cluster):
    cluster.make_flavor('small', ram=160, disk=2, flavor_id='2')
    return '2'


@pytest.fixture
def guest(cluster):
    made = cluster.guest('mover', 'h1')
    yield made.wait_ready()
    made.delete()
    made.wait_gone()
    cluster.wait_clean()
    for host in cluster.machines.values():
        assert made.id not in host.run('ls', cluster.directory / 'nova' / 'instances')


def wait_for_shell(guest):
    """Wait until the guest that was started again runs commands."""
    def answers():
        try:
            return guest.run('echo yes') == 'yes'
        except (AssertionError, subprocess.TimeoutExpired):
            return False
    processes.wait_for(answers, f'a shell in {guest.name}', 90, interval=1)


def confirm(guest):
    guest.cluster.client.action(guest.id, 'confirmResize', wanted=(204,))
    guest.wait_status('ACTIVE')


def disk_mb(guest):
    """Return the size of the root disk as the guest sees it, MiB."""
    return int(guest.run('cat /sys/block/vda/size')) // 2048


def test_a_guest_is_resized_reverted_and_resized_for_good(cluster, guest, flavor):
    address = guest.address
    guest.run(MARK.format(word='before'))
    assert disk_mb(guest) == 1024
    guest.action('resize', {'flavorRef': flavor})
    guest.wait_status('VERIFY_RESIZE', seconds=120)
    assert guest.host.name != 'h1'
    wait_for_shell(guest)
    follows(cluster, guest)
    assert (disk_mb(guest), guest.run('cat /root/mark'), guest.address) == (2048, 'before', address)
    cluster.wait_clean()
    guest.run(MARK.format(word='after'))

    guest.action('revertResize')
    guest.wait_status('ACTIVE', seconds=120)
    assert guest.host.name == 'h1'
    wait_for_shell(guest)
    assert (disk_mb(guest), guest.run('cat /root/mark')) == (1024, 'before')
    cluster.wait_clean()

    guest.action('resize', {'flavorRef': flavor})
    guest.wait_status('VERIFY_RESIZE', seconds=120)
    confirm(guest)
    wait_for_shell(guest)
    assert (disk_mb(guest), guest.run('cat /root/mark')) == (2048, 'before')
    cluster.wait_clean()


@pytest.mark.thorough
def test_a_guest_is_migrated_while_services_are_killed(cluster, guest):
    guest.run(MARK.format(word='here'))
    guest.action('migrate')
    processes.wait_for(lambda: guest.show()['OS-EXT-STS:task_state'] in ('resize_migrating', 'resize_migrated'),
                       'a move under way', 30, interval=0.05)
    for host in ('h1', 'h2', 'h3'):
        cluster.services[f'nova-compute@{host}'].kill()
        cluster.services[f'nova-compute@{host}'].start()
    guest.wait_status('VERIFY_RESIZE', seconds=120)
    wait_for_shell(guest)
    assert guest.host.name != 'h1' and guest.run('cat /root/mark') == 'here'
    confirm(guest)

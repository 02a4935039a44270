# SPDX-License-Identifier: Apache-2.0
"""Live migration of real guests between real libvirtds, and evacuation of a host that loses its power."""
import pytest

from tests.fixtures import processes
from tests.fixtures.cluster import cluster  # noqa: F401

pytestmark = pytest.mark.needs('libvirt', 'rabbit', 'mariadb', 'network')

UPTIME = 'cut -d. -f1 /proc/uptime'


@pytest.fixture(scope='module')
def guest(cluster):  # noqa: F811
    return cluster.guest('vm1', 'h1').wait_ready()


def settle(cluster, guest, host, status='ACTIVE'):  # noqa: F811
    """Wait until a server rests on a host and everything agrees."""
    processes.wait_for(lambda: guest.show()['OS-EXT-SRV-ATTR:host'] == host, f'{guest.name} on {host}', 60)
    guest.wait_status(status)
    cluster.wait_clean(30)


def migrations(cluster, guest):  # noqa: F811
    return [entry for entry in cluster.client.get('/os-migrations', version='2.59')['migrations']
            if entry['instance_uuid'] == guest.id]


def move(cluster, guest, host=None):  # noqa: F811
    cluster.client.post(f'/servers/{guest.id}/action', {'os-migrateLive': {'host': host, 'block_migration': 'auto'}},
                        version='2.68')


def test_a_guest_moves_with_its_disks_and_goes_on(cluster, guest):  # noqa: F811
    guest.run('echo written before > /root/file; sync')
    before = int(guest.run(UPTIME))
    for host in ('h2', 'h1'):
        move(cluster, guest, host)
        settle(cluster, guest, host)
        assert guest.run('cat /root/file') == 'written before'
        guest.run('echo 3 > /proc/sys/vm/drop_caches; cat /root/file')
        assert int(guest.run(UPTIME)) >= before
    assert [entry['status'] for entry in migrations(cluster, guest)] == ['completed', 'completed']

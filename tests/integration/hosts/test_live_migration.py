# SPDX-License-Identifier: Apache-2.0
"""Live migration of a real guest that takes long, is called off, or loses the service that looks after it."""
import pytest

from tests.fixtures import processes

pytestmark = pytest.mark.needs('libvirt', 'rabbit', 'mariadb', 'network')

UPTIME = 'cut -d. -f1 /proc/uptime'


@pytest.fixture(scope='module')
def guest(cluster):
    made = cluster.guest('vm1', 'h1')
    yield made.wait_ready()
    made.delete().wait_gone()


def settle(cluster, guest, host, status='ACTIVE'):
    """Wait until a server rests on a host and everything agrees."""
    processes.wait_for(lambda: guest.show()['OS-EXT-SRV-ATTR:host'] == host, f'{guest.name} on {host}', 240)
    guest.wait_status(status, seconds=240)
    cluster.wait_clean(60)


def migrations(cluster, guest):
    return [entry for entry in cluster.client.get('/os-migrations', version='2.59')['migrations']
            if entry['instance_uuid'] == guest.id]


def move(cluster, guest, host=None):
    cluster.client.post(f'/servers/{guest.id}/action', {'os-migrateLive': {'host': host, 'block_migration': 'auto'}},
                        version='2.68')


def test_a_guest_moves_with_its_disks_and_goes_on(cluster, guest):
    guest.run('echo written before > /root/file; sync')
    before = int(guest.run(UPTIME))
    for host in ('h2', 'h1'):
        move(cluster, guest, host)
        settle(cluster, guest, host)
        assert guest.run('cat /root/file') == 'written before'
        guest.run('echo 3 > /proc/sys/vm/drop_caches; cat /root/file')
        assert int(guest.run(UPTIME)) >= before
    assert [entry['status'] for entry in migrations(cluster, guest)] == ['completed', 'completed']


@pytest.fixture
def slow(cluster):
    """Let guests leave h1 so slowly that there is time for everything."""
    cluster.configure_host('h1', 'libvirt', live_migration_bandwidth=2)
    cluster.conf_file('h1')
    cluster.replace('nova-compute@h1')
    yield
    cluster.configure_host('h1', 'libvirt', live_migration_bandwidth=0)
    cluster.conf_file('h1')
    cluster.replace('nova-compute@h1')


def running(cluster, guest):
    """Begin to move a guest from h1, and return the record when it is on its way."""
    move(cluster, guest, 'h2')

    def found():
        listed = cluster.client.get(f'/servers/{guest.id}/migrations', version='2.80')['migrations']
        return listed and listed[0]['status'] == 'running' and listed[0]
    processes.wait_for(found, 'running', 40)
    processes.wait_for(lambda: 'Outgoing migration' in cluster.host('h1').virsh('domjobinfo', guest.id), 'job', 20)
    return found()


def test_a_guest_on_its_way_is_called_off(cluster, guest, slow):
    record = running(cluster, guest)
    processes.wait_for(lambda: cluster.client.get(f'/servers/{guest.id}/migrations', version='2.80')['migrations'][0][
        'memory_total_bytes'], 'progress', 20)
    cluster.client.delete(f'/servers/{guest.id}/migrations/{record["id"]}', version='2.24')
    settle(cluster, guest, 'h1')
    assert migrations(cluster, guest)[0]['status'] == 'cancelled'
    assert guest.run('cat /root/file') == 'written before'
    assert guest.id not in cluster.host('h2').virsh('list', '--all', '--uuid')


def test_a_killed_service_goes_along_with_a_guest_on_its_way(cluster, guest, slow):
    record = running(cluster, guest)
    cluster.service('nova-compute@h1').kill()
    cluster.restart('nova-compute@h1')
    processes.wait_for(lambda: 'going along' in cluster.service('nova-compute@h1').output(), 'take-up', 60)
    cluster.client.post(f'/servers/{guest.id}/migrations/{record["id"]}/action', {'force_complete': None},
                        version='2.22')
    settle(cluster, guest, 'h2')
    assert guest.run('cat /root/file') == 'written before'
    assert migrations(cluster, guest)[0]['status'] == 'completed'
    assert cluster.host('h2').virsh('domstate', guest.id).strip() == 'running'


def test_a_guest_whose_definition_is_permanent_at_its_new_place(cluster, guest):
    """libvirt's definition, not only the running domain, must be of the new host (CVE-2020-17376)."""
    host = guest.show()['OS-EXT-SRV-ATTR:host']
    lines = cluster.host(host).virsh('dumpxml', '--inactive', guest.id)
    assert guest.id in cluster.host(host).virsh('list', '--all', '--uuid', '--persistent')
    assert guest.id in lines and '/disk' in lines
    guest.action('reboot', {'type': 'HARD'})
    guest.wait_ready(boots=1)
    assert guest.run('cat /root/file') == 'written before'

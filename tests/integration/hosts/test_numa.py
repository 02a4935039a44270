# SPDX-License-Identifier: Apache-2.0
"""A real guest with a CPU of its own that moves between hosts whose CPUs for that are others (with --thorough)."""
import pytest

from tests.fixtures import processes

pytestmark = [pytest.mark.needs('libvirt', 'rabbit', 'mariadb', 'network'), pytest.mark.timeout(900)]

# Each of these hosts has the two CPUs of the machine that runs the tests; which of them is for single servers differs.
DEDICATED = {'h1': '0', 'h2': '1'}


@pytest.fixture(scope='module')
def pinned(cluster):
    """Let two hosts take servers with CPUs of their own; returns the id of a flavor for such."""
    for host, cpu in DEDICATED.items():
        configure(cluster, host, cpu, str(1 - int(cpu)))
    cluster.make_flavor('pinned', ram=128, flavor_id='pinned')
    cluster.client.post('/flavors/pinned/os-extra_specs', {'extra_specs': {
        'hw:cpu_policy': 'dedicated', 'hw:numa_nodes': '1'}})
    yield 'pinned'
    for host in DEDICATED:
        configure(cluster, host, '', '')


def configure(cluster, host, dedicated, shared):
    cluster.configure_host(host, 'compute', cpu_dedicated_set=dedicated, cpu_shared_set=shared)
    cluster.conf_file(host)
    cluster.replace(f'nova-compute@{host}')


def pin(cluster, guest):
    """Return the CPU that the virtual CPU of a guest runs on, after comparing what everybody says of it."""
    host = guest.show()['OS-EXT-SRV-ATTR:host']
    node, = cluster.client.get(f'/servers/{guest.id}/topology', version='2.78')['nodes']
    live = cluster.host(host).virsh('vcpupin', guest.id).split()[-1]
    permanent = cluster.host(host).virsh('vcpupin', '--config', guest.id).split()[-1]
    assert node['cpu_pinning'] == {'0': int(live)} and live == permanent == DEDICATED[host]
    return live


def settle(cluster, guest, host, status='ACTIVE'):
    processes.wait_for(lambda: guest.show()['OS-EXT-SRV-ATTR:host'] == host, f'{guest.name} on {host}', 240)
    guest.wait_status(status, seconds=240)


@pytest.mark.thorough
def test_a_guest_has_the_cpu_that_each_host_has_for_it(cluster, pinned):
    guest = cluster.guest('pinned', 'h1', flavor=pinned).wait_ready()
    assert pin(cluster, guest) == '0'
    guest.run('echo written before > /root/file; sync')
    cluster.client.post(f'/servers/{guest.id}/action', {'os-migrateLive': {'host': 'h2', 'block_migration': 'auto'}},
                        version='2.68')
    settle(cluster, guest, 'h2')
    assert pin(cluster, guest) == '1' and guest.run('cat /root/file') == 'written before'
    cluster.client.post(f'/servers/{guest.id}/action', {'migrate': {'host': 'h1'}}, version='2.56')
    settle(cluster, guest, 'h1', 'VERIFY_RESIZE')
    assert pin(cluster, guest) == '0'
    guest.action('revertResize')
    settle(cluster, guest, 'h2')
    assert pin(cluster, guest) == '1'
    guest.action('reboot', {'type': 'HARD'})
    guest.wait_status('ACTIVE')
    assert pin(cluster, guest) == '1'
    # Both CPUs that are for single servers, the other host's too, are known to be taken or free.
    second = cluster.guest('second', 'h2', flavor=pinned)
    second.wait_status('ERROR')
    assert 'needs 1 dedicated CPUs in one NUMA cell, most free 0' in second.show()['fault']['message']
    for made in (second, guest):
        made.delete().wait_gone()
    cluster.wait_clean(60)

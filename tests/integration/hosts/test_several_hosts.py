# SPDX-License-Identifier: Apache-2.0
"""Several hosts with real guests: one network that spans them, servers that move, hosts that die and come back.

The tests go through the cluster in the order of this file.
"""
import pytest

from tests.fixtures import processes
from tests.fixtures.cluster import USER_DATA
from tests.fixtures.cluster_rules import follows

pytestmark = [pytest.mark.needs('libvirt', 'rabbit', 'mariadb', 'network'), pytest.mark.timeout(600)]

# Ten lines a second, each on the disk before the next one.
WRITER = """
(number=0
while [ ! -e /var/enough ]; do
    number=$((number + 1)); echo $number >> /var/numbers; sync; usleep 100000
done) < /dev/null > /dev/null 2>&1 &
"""
# How many lines, and how many of them are not the next number, as the disk has them.
NUMBERS = ("echo 3 > /proc/sys/vm/drop_caches; awk '$1 != NR { wrong++ } END { print NR, wrong + 0 }' /var/numbers")
RESTART_LIBVIRTD = ('kill $(cat /run/libvirtd.pid); while [ -e /run/libvirtd.pid ]; do sleep 0.1; done; '
                    'libvirtd -d --listen')
# An nft command after which a host does not answer ARP.
SILENCE = ('table bridge silence { chain output { type filter hook output priority 0; '
           'ether type arp arp operation reply drop; }; }')


@pytest.fixture(scope='module')
def guests(cluster):
    """A guest on each of h1 and h2; the first one writes numbers to its disk."""
    made = [cluster.guest('vm1', 'h1', user_data=USER_DATA + WRITER), cluster.guest('vm2', 'h2')]
    return [guest.wait_ready() for guest in made]


# -- one network ----------------------------------------------------------------------

def test_guests_of_each_host_have_lease_and_metadata(cluster, guests):
    for guest in guests:
        console = guest.console()
        assert f'mini-guest: dhcp eth0 {guest.address}/24 router=10.100.0.1 server=10.100.0.1 mtu=1450' in console
        assert f'metadata hostname={guest.name}.novalocal' in console
        assert guest.run('hostname') == guest.name
    assert cluster.verify() == []


def test_guests_on_different_hosts_reach_each_other(cluster, guests):
    one, two = guests
    assert one.pings(two) and two.pings(one)
    # What fills a packet passes in one piece.
    assert ' 0% packet loss' in one.run(f'ping -c 1 -s 1422 {two.address}')


@pytest.mark.parametrize('event', ['boot', 'reboot', 'restart of nova-compute', 'restart of libvirtd',
                                   'restart of nova-network'])
def test_a_change_of_rules_reaches_a_guest_after(cluster, guests, event):
    """As it does after each kind of move, see below and test_cold_moves.py."""
    guest = guests[1]
    if event == 'reboot':
        guest.action('reboot', {'type': 'HARD'})
        guest.wait_status('ACTIVE')
    elif event == 'restart of libvirtd':
        guest.host.run('sh', '-c', RESTART_LIBVIRTD)
    elif event != 'boot':
        cluster.replace(f'{event.split()[-1]}@{guest.host.name}')
    follows(cluster, guest)
    if event == 'reboot':
        guest.wait_ready(boots=1)


def test_each_host_is_the_gateway_of_its_own_guests(cluster, guests):
    one, two = guests
    macs = {guest.run("arp -n | sed -n 's/.*(10.100.0.1) at \\([0-9a-f:]*\\).*/\\1/p'") for guest in guests}
    assert len(macs) == 1
    # A host that does not answer: the others, who have the address too, do not answer for it.
    ask = 'arping -c 3 -w 3 -I eth0 10.100.0.1'
    assert 'Received 0 ' not in two.run(ask)
    two.host.run('nft', SILENCE)
    try:
        assert 'Received 0 ' in two.run(ask)
        assert 'Received 0 ' not in one.run(ask)
    finally:
        two.host.run('nft', 'delete', 'table', 'bridge', 'silence')


# -- servers that move --------------------------------------------------------------------

def migrate(guest, host):
    """Migrate cold."""
    guest.action('migrate', {'host': host})
    assert guest.wait_status('VERIFY_RESIZE', seconds=120)['OS-EXT-SRV-ATTR:host'] == host


def migrate_live(guest, host):
    """Migrate live; disks are copied unless the hosts share them."""
    guest.action('os-migrateLive', {'host': host, 'block_migration': 'auto'})
    processes.wait_for(lambda: guest.host.name == host, f'{guest.name} on {host}', 120, 0.2)
    guest.wait_status('ACTIVE')


def numbers(guest):
    """Return how many numbers are on a guest's disk; none is missing."""
    lines, wrong = map(int, guest.run(NUMBERS).split())
    assert wrong == 0
    return lines


def stays_on(cluster, guest, name):
    """Wait until nothing is left of a guest on any host but this one."""
    def remains():
        return [host.name for host in cluster.machines.values() if guest.id in host.run(
            'sh', '-c', f'ls {cluster.directory}/nova/instances; virsh -q list --all --uuid')]
    processes.wait_for(lambda: remains() == [name], f'end of {guest.name} but on {name}', 30, 0.5)
    cluster.wait_clean()


def test_a_running_guest_moves_with_its_disk_and_hardly_stops(cluster, guests, record_property):
    one, two = guests
    written = numbers(one)
    two.run(f'(ping -i 0.1 {one.address} > /tmp/pings) > /dev/null 2>&1 &')
    migrate_live(one, 'h2')
    processes.wait_for(lambda: numbers(one) > written + 10, 'further number', 30, 0.5)
    answered = two.run("killall -INT ping; sed -n 's/.*seq=\\([0-9]*\\) .*/\\1/p' /tmp/pings").split()
    pause = max(int(later) - int(earlier) for earlier, later in zip(answered, answered[1:], strict=False)) / 10
    print(f'the longest gap in ten pings a second was {pause} s')
    record_property('pause_seconds', pause)
    assert pause <= 5
    follows(cluster, one)
    assert one.run('cat /var/boots') == '1'
    assert 'mini-guest: metadata' in one.run('httpget /openstack/latest/meta_data.json | grep -q uuid && '
                                             'echo mini-guest: metadata')
    stays_on(cluster, one, 'h2')


def test_a_guest_is_migrated_cold_over_ssh(cluster, guests):
    one, two = guests
    one.run('touch /var/enough; sync')
    written = numbers(one)
    migrate(one, 'h1')
    one.wait_ready()
    one.action('confirmResize')
    one.wait_status('ACTIVE')
    follows(cluster, one)
    assert numbers(one) >= written and one.run('cat /var/boots') == '2'
    assert one.pings(two)
    stays_on(cluster, one, 'h1')


# -- a host that dies -----------------------------------------------------------------------

def wait_up(cluster, *hosts):
    """Wait until nova-compute and nova-network of just these hosts are up."""
    processes.wait_for(lambda: cluster.up() == cluster.up('nova-network') == set(hosts), f'{hosts} that are up', 30,
                       interval=0.5)


def evacuate(guest):
    """Evacuate a server, and start it: since microversion 2.95 it is left off."""
    before = guest.host.name
    guest.action('evacuate', {})
    processes.wait_for(lambda: guest.host.name != before, f'{guest.name} elsewhere', 60, 0.5)
    guest.wait_status('SHUTOFF')
    guest.action('os-start')
    return guest.wait_ready()


def test_a_host_dies_and_comes_back(cluster, guests):
    """One of its servers is evacuated, which means a new disk, the other one waits."""
    one, two = guests
    gone, stays = cluster.guest('vm3', 'h3'), cluster.guest('vm4', 'h3')
    stays.wait_ready().run('echo kept > /var/kept; sync')
    cluster.switch_off('h3')
    wait_up(cluster, 'h1', 'h2')
    evacuate(gone)
    follows(cluster, gone)
    assert gone.run('cat /var/boots') == '1' and gone.pings(two)
    host = cluster.host('h3')
    host.start().wait()
    assert gone.id in host.virsh('list', '--all', '--uuid')         # nobody has told this host yet
    cluster.start_on('h3')
    wait_up(cluster, 'h1', 'h2', 'h3')
    stays_on(cluster, gone, gone.host.name)
    record, = cluster.client.get(f'/os-migrations?instance_uuid={gone.id}')['migrations']
    assert record['status'] == 'completed'
    processes.wait_for(lambda: 'running' in cluster.host('h3').virsh('domstate', stays.id), 'start of vm4', 60)
    stays.wait_ready()
    assert stays.run('cat /var/kept /var/boots').split() == ['kept', '2']
    assert stays.pings(gone) and stays.pings(one)


# -- hosts that share the disks of their guests -----------------------------------------------

@pytest.fixture(scope='module')
def shared(cluster):
    """A guest on h1, whose disks h2 sees too; all other guests are gone."""
    servers = [server['id'] for server in cluster.client.get('/servers')['servers']]
    for server in servers:
        cluster.client.delete(f'/servers/{server}')
    for server in servers:
        cluster.client.wait_gone(server)
    cluster.share_instances('h1', 'h2')
    return cluster.guest('vm5', 'h1').wait_ready()


def test_a_guest_whose_disk_is_shared_moves_without_it(cluster, shared):
    shared.run('echo kept > /var/kept; sync')
    migrate_live(shared, 'h2')
    assert shared.run('cat /var/kept /var/boots').split() == ['kept', '1']
    record, = cluster.client.get(f'/os-migrations?instance_uuid={shared.id}')['migrations']
    assert record['status'] == 'completed'


def test_an_evacuated_guest_finds_its_shared_disk(cluster, shared):
    cluster.client.request('PUT', '/os-services/disable', {'host': 'h3', 'binary': 'nova-compute'}, version='2.1')
    cluster.switch_off('h2')
    wait_up(cluster, 'h1', 'h3')
    evacuate(shared)
    assert shared.host.name == 'h1' and shared.run('cat /var/kept /var/boots').split() == ['kept', '2']
    cluster.switch_on('h2')
    wait_up(cluster, 'h1', 'h2', 'h3')
    processes.wait_for(lambda: shared.id not in cluster.host('h2').virsh('list', '--all', '--uuid'), 'end on h2', 30)
    assert shared.run('cat /var/kept') == 'kept'
    cluster.wait_clean()
    cluster.client.request('PUT', '/os-services/enable', {'host': 'h3', 'binary': 'nova-compute'}, version='2.1')

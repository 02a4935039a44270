# SPDX-License-Identifier: Apache-2.0
"""Several hosts with real guests: one network that spans them, servers that move, hosts that die and come back."""
import pytest

from tests.fixtures import processes
from tests.fixtures.cluster import cluster  # noqa: F401

pytestmark = pytest.mark.needs('libvirt', 'rabbit', 'mariadb', 'network')

# An nft command after which a host does not answer ARP.
SILENCE = ('table bridge silence { chain output { type filter hook output priority 0; '
           'ether type arp arp operation reply drop; }; }')


@pytest.fixture(scope='module')
def guests(cluster):  # noqa: F811
    """A guest on each of h1 and h2."""
    made = [cluster.guest(f'vm{number}', f'h{number}') for number in (1, 2)]
    return [guest.wait_ready() for guest in made]


# -- one network ----------------------------------------------------------------------

def test_guests_of_each_host_have_lease_and_metadata(cluster, guests):  # noqa: F811
    for guest in guests:
        console = guest.console()
        assert f'mini-guest: dhcp eth0 {guest.address}/24 router=10.100.0.1 server=10.100.0.1 mtu=1450' in console
        assert f'metadata hostname={guest.name}.novalocal' in console
        assert guest.run('hostname') == f'{guest.name}.novalocal'
    assert cluster.verify() == []


def test_guests_on_different_hosts_reach_each_other(cluster, guests):  # noqa: F811
    one, two = guests
    assert one.pings(two) and two.pings(one)
    # What fills a packet passes in one piece.
    assert ' 0% packet loss' in one.run(f'ping -c 1 -s 1422 {two.address}')


def test_each_host_is_the_gateway_of_its_own_guests(cluster, guests):  # noqa: F811
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


# -- a host that dies -------------------------------------------------------------------

def wait_up(cluster, *hosts):  # noqa: F811
    """Wait until nova-compute and nova-network of just these hosts are up."""
    processes.wait_for(lambda: cluster.up() == cluster.up('nova-network') == set(hosts), f'{hosts} that are up', 30,
                       interval=0.5)


def test_a_dead_host_is_noticed_and_comes_back(cluster):  # noqa: F811
    wait_up(cluster, 'h1', 'h2', 'h3')
    cluster.switch_off('h3')
    wait_up(cluster, 'h1', 'h2')
    cluster.switch_on('h3')
    wait_up(cluster, 'h1', 'h2', 'h3')

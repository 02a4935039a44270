# SPDX-License-Identifier: Apache-2.0
"""Two projects with a network each, on three hosts: who reaches whom, from where, and what a move changes."""
import base64
import re
import socket

import pytest

from tests.fixtures import client as clients
from tests.fixtures import cluster_rules, processes
from tests.fixtures.cluster import SHELL_PORT, USER_DATA, Guest

pytestmark = [pytest.mark.needs('libvirt', 'rabbit', 'mariadb', 'network'), pytest.mark.timeout(600)]

# What libvirt's nwfilter lets out of a guest's device, before our own rules: packets in its own name, and others.
PASSED = """table bridge seen {{
    chain passed {{ type filter hook prerouting priority -280;
        iifname "{tap}" ether saddr != {mac} counter comment "mac"
        iifname "{tap}" ip saddr != {{ 0.0.0.0, {address} }} counter comment "ip"
        iifname "{tap}" arp saddr ip != {{ 0.0.0.0, {address} }} counter comment "arp"
        iifname "{tap}" udp sport 67 counter comment "dhcp"
        iifname "{tap}" ip6 saddr fd00:66::/64 counter comment "ip6"
        iifname "{tap}" ether saddr {mac} ip saddr {address} counter comment "own"
    }}
}}
"""
# In its neighbour's name, in that of its address, as a DHCP server, with another MAC; in the end it is itself again.
SPOOF = """
ip address add {victim}/32 dev eth0; ping -c 1 -W 1 -I {victim} {gateway}
arping -c 1 -w 1 -I eth0 -s {victim} {gateway}; arping -U -c 1 -w 1 -I eth0 -s {victim} {victim}
ip address del {victim}/32 dev eth0
echo offer | nc -u -p 67 -w 1 {victim} 68
ip -6 address add fd00:66::1/128 dev eth0; ping6 -c 1 -W 1 -I fd00:66::1 {gateway_v6}
ip -6 address del fd00:66::1/128 dev eth0
ip link set eth0 address fa:16:3e:66:66:66; ping -c 2 -W 1 {gateway}; arping -c 1 -w 1 -I eth0 {gateway}
ip link set eth0 address {mac}
"""


class Project:
    """A project with a network of its own, 10.<number>.0.0/24 and fd00:<number>::/64."""

    def __init__(self, cluster, name, number):
        self.cluster, self.name = cluster, name
        self.gateway, self.gateway_v6 = f'10.{number}.0.1', f'fd00:{number}::1'
        out = cluster.manage('network', 'create', name, '--project', name, '--fixed_range_v4', f'10.{number}.0.0/24',
                             '--fixed_range_v6', f'fd00:{number}::/64', '--vni', str(number))
        self.network = re.search(r'\(([0-9a-f-]{36})\)', out)[1]
        self.client = clients.Client(cluster.client.url, f'admin:{name}', image=cluster.client.image)
        self.rules = cluster_rules.Rules(self.client)
        # The host, whose address in the network is the gateway's, reaches the shell; members reach each other.
        self.rules.allow('tcp', SHELL_PORT, SHELL_PORT, f'{self.gateway}/32')

    def boot(self, name, host):
        server_id = self.client.boot(name, networks=[{'uuid': self.network}], availability_zone=f'nova:{host}',
                                     user_data=base64.b64encode(USER_DATA.encode()).decode())
        return Guest(self.cluster, server_id, name)


def learn(guest):
    """Wait until a guest is ready, and note its addresses."""
    guest.wait_ready()
    found = {card['version']: card for cards in guest.show()['addresses'].values() for card in cards
             if card['OS-EXT-IPS:type'] == 'fixed'}
    guest._address, guest.address_v6, guest.mac = (
        found[4]['addr'], found[6]['addr'], found[4]['OS-EXT-IPS-MAC:mac_addr'])
    return guest


@pytest.fixture(scope='module')
def projects(cluster):
    """Projects red and blue, with guests: two of red on h1 and h2, one of blue on h2."""
    red, blue = Project(cluster, 'red', 101), Project(cluster, 'blue', 102)
    guests = [red.boot('red1', 'h1'), red.boot('red2', 'h2'), blue.boot('blue1', 'h2')]
    yield red, blue, *(learn(guest) for guest in guests)
    for guest in guests:
        guest.delete()
    for guest in guests:
        guest.wait_gone()
    for project in (red, blue):
        cluster.manage('network', 'delete', project.name)
    cluster.manage('floating', 'delete', '--ip_range', floating(cluster))


def floating(cluster):
    return str(cluster.fabric.network[100])


def answers(address, seconds=2):
    """Connect from outside to a guest's shell; returns the connection, None if nobody answers."""
    try:
        return socket.create_connection((address, SHELL_PORT), timeout=seconds)
    except TimeoutError:
        return None


def say(connection, word):
    connection.settimeout(20)
    connection.sendall(f'echo {word}\n'.encode())
    return connection.recv(99).decode().strip()


def test_guests_of_a_project_reach_each_other_across_hosts_and_no_others(projects):
    red, blue, red1, red2, blue1 = projects
    assert red1.pings(red2)
    for guest in (red1, red2, blue1):
        processes.wait_for(lambda guest=guest: guest.address_v6 in guest.run('ip -6 address'), 'IPv6 address', 10)
        assert 'default via fe80::1 ' in guest.run('ip -6 route')
    assert ' 0% packet loss' in red1.run(f'ping6 -c 2 -W 2 {red2.address_v6}')
    processes.wait_for(lambda: red2.address_v6 in red1.run(f'nslookup red2.novalocal {red.gateway}; true'), 'name', 10)
    assert 'Name:' not in blue1.run(f'nslookup red2.novalocal {blue.gateway}; true').partition('red2')[2]
    for address, ping in ((red2.address, 'ping'), (red2.address_v6, 'ping6'), (red1.address, 'ping')):
        assert '100% packet loss' in blue1.run(f'{ping} -c 1 -W 1 {address}; true')


def test_a_floating_address_leads_in_as_long_as_a_rule_says_so_and_all_outlives_a_move(cluster, projects):
    red, _blue, red1, red2, _blue1 = projects
    public = floating(cluster)
    cluster.manage('floating', 'create', '--ip_range', public, '--pool', 'public')
    red.client.post('/os-floating-ips', {'pool': 'public'}, version='2.1')
    red.client.action(red1.id, 'addFloatingIp', {'address': public}, version='2.1')
    assert answers(public) is None
    rule = red.rules.allow('tcp', SHELL_PORT, SHELL_PORT, f'{cluster.fabric.network[254]}/32')
    connection = processes.wait_for(lambda: answers(public), 'answer of the floating address', 10)
    assert say(connection, 'before') == 'before'
    red2.run(f'(while sleep 0.2; do echo echo yes; done | nc {red1.address} {SHELL_PORT} > /tmp/talk) '
             '> /dev/null 2>&1 < /dev/null &')
    red1.action('os-migrateLive', {'host': 'h3', 'block_migration': 'auto'})
    processes.wait_for(lambda: red1.host.name == 'h3', 'red1 on h3', 120, 0.2)
    red1.wait_status('ACTIVE')
    # Connections that were open are; addresses are the same; a change of rules is heard by the new host.
    said = int(red2.run('wc -l < /tmp/talk'))
    processes.wait_for(lambda: int(red2.run('wc -l < /tmp/talk')) > said, 'the connection inside goes on', 20)
    assert say(connection, 'after') == 'after'
    assert red1.address_v6 in red1.run('ip -6 address') and ' 0% packet loss' in red2.run(
        f'ping6 -c 2 -W 2 {red1.address_v6}')
    red.rules.forbid(rule)
    processes.wait_for(lambda: answers(public, 1) is None, 'end of the rule', 10)
    red.rules.allow('tcp', SHELL_PORT, SHELL_PORT, f'{cluster.fabric.network[254]}/32')
    processes.wait_for(lambda: answers(public), 'answer at the new host', 10)
    connection.close()
    cluster.wait_clean()


def test_nothing_that_a_guest_says_in_anothers_name_passes(projects):
    red, _blue, red1, red2, _blue1 = projects
    host = red2.host
    tap, = re.findall(r"<target dev='(tap[^']*)'", host.virsh('dumpxml', red2.id))
    host.run('nft', PASSED.format(tap=tap, mac=red2.mac, address=red2.address))
    red2.run(f"cat > /tmp/spoof <<'E'\n{SPOOF}\nE\n(sh /tmp/spoof; touch /tmp/spoofed) > /tmp/said 2>&1 < /dev/null &"
             .format(victim=red1.address, gateway=red.gateway, gateway_v6=red.gateway_v6, mac=red2.mac))
    processes.wait_for(lambda: shell_is_back(red2), 'red2 is itself again', 40, 1)
    listed = host.run('nft', 'list', 'table', 'bridge', 'seen')
    counts = {name: int(packets) for packets, name in re.findall(r'packets (\d+) bytes \d+ comment "(\w+)"', listed)}
    own = counts.pop('own')
    assert own > 0 and counts == dict.fromkeys(('mac', 'ip', 'arp', 'dhcp', 'ip6'), 0), red2.run(
        'cat /tmp/said')
    assert red1.pings(red2)
    host.run('nft', 'delete', 'table', 'bridge', 'seen')


def shell_is_back(guest):
    try:
        return guest.run('ls /tmp/spoofed; true', seconds=5).strip() == '/tmp/spoofed'
    except Exception:
        return False

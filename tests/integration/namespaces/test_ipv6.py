# SPDX-License-Identifier: Apache-2.0
"""IPv6 of the built-in network for real: guests in namespaces make their addresses of what dnsmasq announces."""
import sys
import uuid

import pytest

from mininova.db import models, session
from mininova.network import model
from tests.integration.groups import PROJECT
from tests.integration.network_lab import wait_for

pytestmark = pytest.mark.needs('network')

RANGE, OTHER = 'fd00:6e6f:7661:100::/64', 'fd00:6e6f:7661:200::/64'
GATEWAY, FOREIGN = 'fd00:6e6f:7661:100::1', 'fd00:6e6f:7661:100::bad'
# Say that an address is at a card (neighbour advertisement), or that the card is a router; as a source the given one.
SPEAK = """
import socket, struct, sys
what, source, target, mac = sys.argv[1:5]
address = lambda text: socket.inet_pton(socket.AF_INET6, text)
hardware = bytes.fromhex(mac.replace(':', ''))
if what == 'router':
    body = struct.pack('!BBHBBHII', 134, 0, 0, 64, 0, 1800, 0, 0) + b'\\x01\\x01' + hardware
else:
    body = struct.pack('!BBHI', 136, 0, 0, 0x20000000) + address(target) + b'\\x02\\x01' + hardware
everybody = address('ff02::1')
padded = body + bytes(len(body) % 2)
pseudo = address(source) + everybody + struct.pack('!IHBB', len(body), 0, 0, 58) + padded
total = sum(struct.unpack(f'!{len(pseudo) // 2}H', pseudo))
while total >> 16:
    total = (total & 0xffff) + (total >> 16)
body = body[:2] + struct.pack('!H', ~total & 0xffff) + body[4:]
frame = bytes.fromhex('333300000001') + hardware + b'\\x86\\xdd' + struct.pack('!IHBB', 6 << 28, len(body), 58, 255)
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as card:
    card.bind(('eth0', 0))
    card.send(frame + address(source) + everybody + body)
"""



@pytest.fixture
def boot(plug_in):
    """Function that plugs in a guest and waits until it has its IPv6 address; returns (uuid, guest)."""
    def do(host, name, *names):
        instance_uuid, guest = plug_in(host, name, *names or ('default',))
        wait_for(lambda: has_address(guest), 10, f'{guest.name} has {address(guest)}')
        return instance_uuid, guest
    return do


def address(guest):
    """Give the IPv6 address that network_info says the guest has."""
    return guest.vif['network']['subnets'][1]['ips'][0]['address']


def has_address(guest):
    shown = guest.ip('-6', 'address', 'show', 'dev', 'eth0')
    return address(guest) in shown and 'tentative' not in shown


def ping(guest, target, *options):
    return ' 0% packet loss' in guest.run('busybox', 'ping6', '-c', '1', '-W', '1', *options, target, check=False)


def speak(guest, what, source, target='::'):
    guest.run(sys.executable, '-c', SPEAK, what, source, target, guest.vif['address'])


def count(guest, match):
    """Begin to count the packets that reach a guest; returns a function that says how many."""
    guest.run('nft', 'add table netdev seen; delete table netdev seen; add table netdev seen; '
              'add chain netdev seen in { type filter hook ingress device eth0 priority 0; }; '
              f'add rule netdev seen in {match} counter')
    return lambda: int(guest.run('nft', 'list', 'table', 'netdev', 'seen').split('packets ')[1].split()[0])


def routers(guest):
    return [line.partition(' expires')[0] for line in guest.ip('-6', 'route', 'show', 'default').splitlines()]


def router_mac(guest):
    assert ping(guest, 'fe80::1%eth0')
    return guest.ip('-6', 'neighbour', 'show', 'fe80::1', 'dev', 'eth0').split()[2]


def resolve(guest, name, server):
    return guest.run('busybox', 'nslookup', name, server, check=False)


def test_guests_have_ipv6_and_speak_in_their_own_name_only(lab, make_network, boot, groups):
    network = make_network(mtu=1400, cidr_v6=RANGE, gateway_v6=GATEWAY)
    lab.networks['br100'] = network.uuid
    host, world = lab.host('h1', 'reconcile_interval = 3600'), lab.namespace('world')
    lab.link(host, 'up0', world, 'eth0')
    host.ip('address', 'add', '2001:db8::2/64', 'dev', 'up0', 'nodad')
    world.ip('address', 'add', '2001:db8::1/64', 'dev', 'eth0', 'nodad')
    host.run('sysctl', '-qw', 'net.ipv6.conf.up0.accept_ra=1')
    first, one = boot(host, 'vm1')
    groups.make('other')
    _uuid, two = boot(host, 'vm2', 'other')
    assert address(one) == model.slaac_address(RANGE, one.vif['address'])
    # The host is the router, with the MTU of the network; its own devices go on listening to theirs.
    route, = routers(one)
    assert 'via fe80::1 ' in route and ping(one, 'fe80::1%eth0') and ping(one, GATEWAY)
    assert one.run('cat', '/proc/sys/net/ipv6/conf/eth0/mtu') == '1400\n'
    assert host.run('cat', '/proc/sys/net/ipv6/conf/up0/accept_ra') == '2\n'
    assert host.call('facts')['findings'] == []
    # The world sees the host.
    seen = count(world, 'ip6 saddr 2001:db8::2 icmpv6 type echo-request')
    assert ping(one, '2001:db8::1') and seen() == 1
    # Names of the network's guests.
    assert address(two) in resolve(one, 'vm2.novalocal', GATEWAY)
    # Security groups: nothing without a rule, the rule is true at once; members of a group by their addresses.
    assert not ping(two, address(one)) and ping(one, '2001:db8::1')
    rule = groups.allow('default', 'icmp', 128, -1, RANGE)
    host.call('refresh')
    assert ping(two, address(one))
    rule.destroy()
    groups.allow('default', source='other')
    host.call('refresh')
    assert ping(two, address(one))
    # What a guest says of itself and others.
    heard = count(one, f'ether saddr {two.vif["address"]} icmpv6 type {{ nd-router-advert, nd-neighbor-advert }}')
    speak(two, 'router', 'fe80::2')
    for source, target in ((address(two), GATEWAY), (address(two), 'fe80::1'), ('fe80::1', address(two)),
                           (address(two), address(one)), (GATEWAY, address(two))):
        speak(two, 'neighbour', source, target)
    assert heard() == 0 and routers(one) == [route]
    speak(two, 'neighbour', address(two), address(two))
    assert heard() == 1
    two.ip('address', 'add', FOREIGN, 'dev', 'eth0', 'nodad')
    assert ping(two, GATEWAY, '-I', address(two)) and not ping(two, GATEWAY, '-I', FOREIGN)
    host.run('nft', 'flush', 'chain', 'bridge', 'nova_groups', 'prerouting')
    assert ping(two, GATEWAY, '-I', FOREIGN), 'it is these rules that keep it off'
    before = heard()        # with what the guest's own kernel says now
    speak(two, 'neighbour', GATEWAY, address(two))
    assert heard() > before
    # All of it goes with the last guest.
    for guest in (one, two):
        guest.unplug()
    host.call('deallocate', first)
    host.call('deallocate', _uuid)
    assert (host.bridges(), host.run('nft', 'list', 'tables')) == ([], '')


@pytest.fixture
def joined(lab, make_network):
    """Two hosts that VXLAN joins in one network and a wire in another one."""
    for number in (1, 2):
        with session.writer() as connection:
            connection.execute(models.services.insert().values(
                host=f'h{number}', binary='nova-network', topic='network', uuid=str(uuid.uuid4())))
            connection.execute(models.compute_nodes.insert().values(
                uuid=str(uuid.uuid4()), host=f'h{number}', hypervisor_hostname='h', host_ip=f'192.0.2.{number}',
                vcpus=1, memory_mb=1, local_gb=1))
    lab.networks['br100'] = make_network(vni=100, mtu=1400, cidr_v6=RANGE, gateway_v6=GATEWAY).uuid
    lab.networks['br101'] = make_network('10.1.0.0/24', 'wired', 'br101', bridge_interface='wire', cidr_v6=OTHER,
                                         gateway_v6=OTHER.replace('/64', '1')).uuid
    hosts = [lab.host(f'h{number}', '[DEFAULT]', f'my_ip = 192.0.2.{number}') for number in (1, 2)]
    for device in ('under', 'wire'):
        lab.link(*(argument for host in hosts for argument in (host, device)))
    for number, host in enumerate(hosts, 1):
        host.ip('address', 'add', f'192.0.2.{number}/24', 'dev', 'under')
    return hosts


def test_hosts_share_networks_and_each_is_the_router_of_its_guests(lab, joined, make_instance, groups):
    """Of each server the first card is in the network over VXLAN, the second one in that of the wire."""
    one, two = joined
    servers, cards = [], []
    for number, host in enumerate(joined, 1):
        servers.append(make_instance(host=host.host_name, hostname=f'vm{number}'))
        groups.join(servers[-1], 'default')
        info = host.call('allocate', servers[-1], PROJECT)
        cards.append([lab.guest(host, f'vm{number}n{place}', vif) for place, vif in enumerate(info)])
    for guest in (guest for guests in cards for guest in guests):
        wait_for(lambda guest=guest: has_address(guest), 10, f'{guest.name} has {address(guest)}')
        assert guest.dhcp()
    for place in (0, 1):
        here, there = cards[0][place], cards[1][place]
        gateway = here.vif['network']['subnets'][1]['gateway']['address']
        wait_for(lambda here=here, there=there: ping(here, address(there)), 5, 'the hosts know of each other')
        assert ping(there, address(here)) and ping(here, gateway) and ping(there, gateway)
        assert not ping(here, address(cards[1][1 - place])), 'networks do not reach each other'
        # Each knows only its own host: of two that announce themselves alike none could be told from the other.
        own_v4 = here.vif['network']['subnets'][0]['gateway']['address']
        wait_for(lambda here=here, there=there, own=own_v4: address(there) in resolve(here, 'vm2.novalocal', own), 5,
                 'names of guests on other hosts')
        assert len(routers(here)) == len(routers(there)) == 1
        for host, guest in ((one, here), (two, there)):
            silence = f'table bridge silence {{ chain in {{ type filter hook input priority -300; ' \
                      f'iifname "{guest.vif["devname"]}" drop; }}; }}'
            host.run('nft', silence)
            guest.ip('-6', 'neighbour', 'flush', 'dev', 'eth0')
            assert not ping(guest, gateway) and not ping(guest, 'fe80::1%eth0'), 'no other host answers for its own'
            host.run('nft', 'delete', 'table', 'bridge', 'silence')
    # A guest moves, and keeps address and router without noticing.
    guest = cards[0][0]
    assert one.call('facts')['findings'] == two.call('facts')['findings'] == []
    with session.writer() as connection:
        connection.execute(models.migrations.insert().values(
            uuid=str(uuid.uuid4()), instance_uuid=servers[0], source_compute='h1', dest_compute='h2',
            migration_type='live-migration', status='running'))
    two.call('prepare', servers[0])
    before = routers(guest), router_mac(guest)
    one.ip('link', 'set', guest.vif['devname'], 'netns', two.name)
    two.ip('link', 'set', guest.vif['devname'], 'master', 'br100', 'up')
    wait_for(lambda: ping(guest, GATEWAY), 3, 'the router is there')
    assert ping(guest, address(cards[1][0])) and ping(cards[1][0], address(guest))
    assert (routers(guest), router_mac(guest)) == before

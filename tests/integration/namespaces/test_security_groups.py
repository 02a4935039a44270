# SPDX-License-Identifier: Apache-2.0
"""Security groups for real: packets between namespaces on bridges of simulated hosts pass or do not."""
import subprocess
import sys
import time
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mininova import objects
from mininova.db import models, session
from mininova.network import guest_firewall, model
from tests.integration.groups import PROJECT
from tests.integration.network_lab import wait_for
from tests.unit.network.test_guest_firewall import models as group_models

pytestmark = pytest.mark.needs('network')

TABLES = ('bridge nova_groups', 'inet nova_groups')


@pytest.fixture
def kernel(lab):
    """A namespace to load rules into."""
    return lab.namespace('kernel')


def address(guest):
    return guest.vif['network']['subnets'][0]['ips'][0]['address']


SERVE = """
import select, socket, sys
sockets = [socket.create_server(('', int(port))) for port in sys.argv[2].split(',') if port]
for port in sys.argv[3].split(','):
    if port:
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sockets[-1].bind(('', int(port)))
print('open', flush=True)
while True:
    for ready in select.select(sockets, [], [])[0]:
        if ready.type == socket.SOCK_DGRAM:
            ready.sendto(sys.argv[1].encode(), ready.recvfrom(99)[1])
        else:
            with ready.accept()[0] as connection:
                connection.sendall(sys.argv[1].encode())
"""
ASK = """
import socket, sys
kind = socket.SOCK_DGRAM if sys.argv[3] == 'udp' else socket.SOCK_STREAM
with socket.socket(socket.AF_INET, kind) as connection:
    connection.settimeout(1)
    try:
        connection.connect((sys.argv[1], int(sys.argv[2])))
        connection.sendall(b'x')
        print(connection.recv(99).decode())
    except OSError as error:
        print(type(error).__name__)
"""


@pytest.fixture
def listen():
    """Function that lets a guest answer with its name on TCP and UDP ports."""
    running = []

    def do(guest, tcp=(), udp=()):
        ports = [','.join(map(str, numbers)) for numbers in (tcp, udp)]
        running.append(guest.spawn(sys.executable, '-c', SERVE, guest.name, *ports, stdout=subprocess.PIPE))
        assert running[-1].stdout.readline() == b'open\n'
    yield do
    for process in running:
        process.kill()
        process.communicate()


def reaches(client, guest, port, kind='tcp'):
    answer = client.run(sys.executable, '-c', ASK, address(guest), port, kind).strip()
    assert answer in (guest.name, 'TimeoutError'), answer
    return answer == guest.name


def expected(lab, host, instance_uuids, networks):
    """Return what nft says of the model's own rules, loaded into a namespace of its own."""
    answer = objects.SecurityGroupList.get_model(None, sorted(instance_uuids))
    text = guest_firewall.render(networks(dict(answer['model']['instances'])), guest_firewall.Model.read(answer))
    scratch = lab.namespace(f'nft{len(lab.members)}')
    scratch.run('nft', '-f', '-', input=text)
    return ''.join(scratch.run('nft', 'list', 'table', *table.split()) for table in TABLES)


def dump(host):
    return ''.join(host.run('nft', 'list', 'table', *table.split()) for table in TABLES)


def networks_of(host, *guests):
    """Return a function from {instance uuid: groups} to what a host serves, written out here once more."""
    def do(groups_of):
        ports = tuple(sorted(guest_firewall.Port(model.device_name(guest.vif['id']), tuple(groups_of[uuid]))
                             for uuid, guest in guests))
        return [guest_firewall.Network('br100', '10.0.0.0/24', '10.0.0.2', ports)]
    return do


# -- one host ---------------------------------------------------------------------------


def test_members_of_default_reach_each_other_and_nobody_else_reaches_them(lab, private, plug_in, groups):
    host = lab.host('h1')
    groups.make('web')
    _uuid, one = plug_in(host, 'vm1', 'default')
    _uuid, two = plug_in(host, 'vm2', 'default')
    _uuid, stranger = plug_in(host, 'vm3', 'web')
    _uuid, loner = plug_in(host, 'vm4')
    assert one.ping(address(two)) and two.ping(address(one))
    assert not stranger.ping(address(one)) and not loner.ping(address(one))
    assert not one.ping(address(stranger)) and not one.ping(address(loner))
    assert host.run('busybox', 'ping', '-c', '1', '-W', '1', address(one), check=False).count('100% packet loss')
    for guest in (one, stranger, loner):
        assert guest.ping('10.0.0.2'), 'what a guest asks for is answered'
        assert guest.get('/openstack')[0] == 200, 'metadata'
        assert 'vm2.novalocal' in guest.run('busybox', 'nslookup', 'vm2.novalocal', '10.0.0.2', check=False)
        assert guest.dhcp()


def test_rules_let_in_what_they_say(lab, private, plug_in, groups, listen):
    host = lab.host('h1')
    groups.make('web')
    groups.allow('web', 'tcp', 80, 81, '0.0.0.0/0')
    groups.allow('web', 'udp', 53, 53, '10.0.0.4/32')
    groups.allow('web', 'icmp', 8, -1, '10.0.0.5/32')
    _uuid, server = plug_in(host, 'web', 'web')
    _uuid, near = plug_in(host, 'near', 'default')
    _uuid, far = plug_in(host, 'far', 'default')
    assert (address(near), address(far)) == ('10.0.0.4', '10.0.0.5')
    listen(server, (80, 81, 82), (53,))
    assert [reaches(far, server, port) for port in (80, 81, 82)] == [True, True, False]
    assert reaches(near, server, 53, 'udp') and not reaches(far, server, 53, 'udp')
    assert far.ping(address(server)) and not near.ping(address(server))


def test_every_change_is_true_at_once_and_the_kernel_has_the_model(lab, private, plug_in, groups, listen):
    host = lab.host('h1', 'reconcile_interval = 3600')
    groups.make('web')
    first, server = plug_in(host, 'web', 'web')
    second, client = plug_in(host, 'client', 'default')
    listen(server, (80,))

    def agree():
        host.call('refresh')
        found = networks_of(host, (first, server), (second, client))
        assert dump(host) == expected(lab, host, (first, second), found)
        return reaches(client, server, 80)
    assert not agree()
    rule = groups.allow('web', 'tcp', 80, 80, '10.0.0.0/8')
    assert agree()
    rule.destroy()
    assert not agree()
    groups.allow('web', source='default')
    assert agree() and client.ping(address(server))
    groups.leave(second, 'default')
    assert not agree()
    groups.join(second, 'default')
    assert agree()
    groups.leave(first, 'web')
    assert not agree()


TALK = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
    connection.settimeout(1)
    connection.connect((sys.argv[1], int(sys.argv[2])))
    for line in sys.stdin:
        try:
            connection.sendall(b'x')
            print(connection.recv(99).decode(), flush=True)
        except OSError as error:
            print(type(error).__name__, flush=True)
"""


def test_a_connection_outlives_the_rule_that_let_it_in(lab, private, plug_in, groups, listen):
    host = lab.host('h1', 'reconcile_interval = 3600')
    groups.make('web')
    rule = groups.allow('web', 'udp', 53, 53, '0.0.0.0/0')
    _uuid, server = plug_in(host, 'web', 'web')
    _uuid, client = plug_in(host, 'client', 'default')
    listen(server, (), (53,))
    talk = client.spawn(sys.executable, '-c', TALK, address(server), 53, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                        text=True)

    def say():
        talk.stdin.write('\n')
        talk.stdin.flush()
        return talk.stdout.readline().strip()
    try:
        assert say() == server.name
        rule.destroy()
        host.call('refresh')
        assert say() == server.name and not reaches(client, server, 53, 'udp')
    finally:
        talk.kill()
        talk.communicate()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(group_models(), st.lists(st.sets(st.sampled_from([1, 2, 3])), max_size=4))
def test_the_kernel_takes_every_model(kernel, model_, groups_of_ports):
    ports = [guest_firewall.Port(f'tap{number:08x}-0{number}', tuple(numbers))
             for number, numbers in enumerate(groups_of_ports)]
    kernel.run('nft', '-f', '-', input=guest_firewall.render(
        [guest_firewall.Network('br100', '10.0.0.0/24', '10.0.0.2', tuple(ports))], model_))
    listing = kernel.run('nft', 'list', 'table', 'bridge', 'nova_groups')
    assert listing.count('jump port_tap') == len(ports)


def test_a_change_that_nobody_told_of_is_found(lab, private, plug_in, groups):
    host = lab.host('h1')
    _uuid, one = plug_in(host, 'vm1', 'default')
    groups.make('other')
    _uuid, two = plug_in(host, 'vm2', 'other')
    assert not two.ping(address(one))
    groups.allow('default', 'icmp', -1, -1, '0.0.0.0/0')
    assert wait_for(lambda: two.ping(address(one)), 5, 'the rule is there') < 5


def test_ipv6_between_guests_needs_a_rule_and_neighbours_are_found(lab, private, plug_in, groups):
    host = lab.host('h1')
    _uuid, one = plug_in(host, 'vm1', 'default')
    groups.make('other')
    _uuid, two = plug_in(host, 'vm2', 'other')

    for guest, own in ((one, 'fe80::1'), (two, 'fe80::2')):
        guest.ip('address', 'add', f'{own}/64', 'dev', 'eth0', 'nodad')

    def ping6():
        return ' 0% packet loss' in two.run('busybox', 'ping6', '-c', '1', '-W', '1', 'fe80::1%eth0', check=False)
    assert not ping6()
    assert one.vif['address'] in two.ip('-6', 'neighbour', 'show', 'dev', 'eth0')
    groups.allow('default', 'icmp', 128, -1, '::/0')
    host.call('refresh')
    assert ping6()


def test_broadcasts_of_strangers_reach_nobody(lab, private, plug_in, groups):
    host = lab.host('h1')
    _uuid, one = plug_in(host, 'vm1', 'default')
    groups.make('other')
    _uuid, two = plug_in(host, 'vm2', 'other')
    one.run('nft', 'add table netdev seen; '
            'add chain netdev seen in { type filter hook ingress device eth0 priority 0; }; '
            'add rule netdev seen in udp dport 5555 counter')

    def shout():
        two.run(sys.executable, '-c', 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); '
                's.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1); s.sendto(b"x", ("10.0.0.255", 5555))')
        time.sleep(0.3)
        return 'packets 0 ' not in one.run('nft', 'list', 'table', 'netdev', 'seen')
    assert not shout()
    groups.allow('default', 'udp', 5555, 5555, f'{address(two)}/32')
    host.call('refresh')
    assert shout()


def test_rules_are_there_before_the_guest(lab, private, groups, make_instance):
    host = lab.host('h1')
    instance_uuid = make_instance(host='h1')
    groups.join(instance_uuid, 'default')
    info = host.call('allocate', instance_uuid, PROJECT)
    assert f'"{info[0]["devname"]}" : jump' in dump(host)


def test_a_source_group_believes_in_addresses_and_nobody_outside_can_borrow_one(lab, private, plug_in, groups):
    host, world = lab.host('h1'), lab.namespace('world')
    lab.link(host, 'up0', world, 'eth0')
    host.ip('address', 'add', '192.0.2.2/24', 'dev', 'up0')
    host.run('sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.up0.rp_filter=0')
    world.ip('address', 'add', '192.0.2.1/24', 'dev', 'eth0')
    world.ip('address', 'add', '10.0.0.77/32', 'dev', 'lo')
    world.ip('route', 'add', '10.0.0.0/24', 'via', '192.0.2.2')
    groups.allow('default', 'icmp', -1, -1, '192.0.2.0/24')
    _uuid, one = plug_in(host, 'vm1', 'default')
    groups.allow('default', 'icmp', -1, -1, '10.0.0.77/32')
    host.call('refresh')

    def requests(source):
        one.run('nft', 'add table netdev seen; delete table netdev seen; add table netdev seen; '
                'add chain netdev seen in { type filter hook ingress device eth0 priority 0; }; '
                'add rule netdev seen in icmp type echo-request counter')
        world.run('busybox', 'ping', '-c', '1', '-W', '1', '-I', source, address(one), check=False)
        return 'packets 1 ' in one.run('nft', 'list', 'table', 'netdev', 'seen')
    assert requests('192.0.2.1') and not requests('10.0.0.77')
    host.run('nft', 'flush', 'chain', 'inet', 'nova_groups', 'prerouting')
    assert requests('10.0.0.77'), 'it is this rule that keeps it off'


def test_a_device_that_is_not_known_gets_nothing(lab, private, plug_in, groups, make_instance):
    host = lab.host('h1')
    _uuid, one = plug_in(host, 'vm1', 'default')
    _uuid, two = plug_in(host, 'vm2', 'default')
    host.ip('link', 'set', two.vif['devname'], 'down')
    host.ip('link', 'set', two.vif['devname'], 'name', 'tapdeadbeef-00', 'up')
    two.vif['devname'] = 'tapdeadbeef-00'
    assert not one.ping(address(two))


def test_what_somebody_removes_or_switches_off_is_made_again(lab, private, plug_in, groups):
    host = lab.host('h1')
    _uuid, one = plug_in(host, 'vm1', 'default')
    groups.make('other')
    _uuid, two = plug_in(host, 'vm2', 'other')
    host.run('nft', 'flush', 'ruleset')
    wait_for(lambda: 'nova_groups' in host.run('nft', 'list', 'tables'), 10, 'rules are back')
    assert not two.ping(address(one))
    host.ip('link', 'set', 'br100', 'type', 'bridge', 'nf_call_iptables', '0')
    host.run('sysctl', '-w', 'net.bridge.bridge-nf-call-iptables=0')
    assert not one.ping(address(two)), 'without help answers are not known, and fail closed'
    groups.allow('other', 'icmp', -1, -1, '10.0.0.0/24')
    wait_for(lambda: one.ping(address(two)), 10, 'answers are known again')


def test_a_restart_leaves_the_rules_and_a_dead_host_gets_them_before_it_answers(lab, private, plug_in, groups):
    host = lab.host('h1')
    first, one = plug_in(host, 'vm1', 'default')
    groups.make('other')
    second, two = plug_in(host, 'vm2', 'other')
    before = dump(host)
    host.kill()
    assert dump(host) == before and not two.ping(address(one))
    host.run('nft', 'flush', 'ruleset')
    groups.allow('default', 'tcp', 22, 22, '0.0.0.0/0')
    host.start()
    assert dump(host) == expected(lab, host, (first, second), networks_of(host, (first, one), (second, two)))
    assert host.call('facts')['findings'] == []


def test_without_the_database_rules_stay(lab, private, plug_in, groups, monkeypatch):
    host = lab.host('h1')
    _uuid, one = plug_in(host, 'vm1', 'default')
    groups.make('other')
    _uuid, two = plug_in(host, 'vm2', 'other')
    with session.writer() as connection:
        connection.exec_driver_sql('ALTER TABLE security_group_rules RENAME TO away')
    time.sleep(2.5)
    assert not two.ping(address(one))
    with session.writer() as connection:
        connection.exec_driver_sql('ALTER TABLE away RENAME TO security_group_rules')


def test_the_last_guest_takes_the_tables_with_it(lab, private, plug_in, groups):
    host = lab.host('h1')
    instance_uuid, guest = plug_in(host, 'vm1', 'default')
    guest.unplug()
    host.call('deallocate', instance_uuid)
    assert 'nova' not in host.run('nft', 'list', 'tables')


# -- several hosts ------------------------------------------------------------------------


@pytest.fixture
def wired(lab, make_network):
    """Two hosts that share a network over a wire."""
    network = make_network(bridge_interface='wire')
    lab.networks['br100'] = network.uuid
    one, two = (lab.host(name, 'reconcile_interval = 3600') for name in ('h1', 'h2'))
    lab.link(one, 'wire', two, 'wire')
    return one, two


def test_members_that_come_and_go_elsewhere_are_known_at_once(lab, wired, plug_in, groups):
    one, two = wired
    groups.make('clients')
    groups.allow('default', 'icmp', -1, -1, source='clients')
    _uuid, server = plug_in(one, 'server', 'default')
    client_uuid, client = plug_in(two, 'client', 'clients')
    wait_for(lambda: client.ping(address(server)), 5, 'the other host was told of the new member')
    groups.make('others')
    _uuid, other = plug_in(two, 'other', 'others')
    assert not other.ping(address(server))
    client.unplug()
    two.call('deallocate', client_uuid)
    wait_for(lambda: address(client) not in dump(one), 5, 'and that it is gone')


def test_a_guest_that_is_under_way_finds_its_rules_there(lab, wired, plug_in, groups):
    one, two = wired
    groups.make('others')
    instance_uuid, guest = plug_in(one, 'vm1', 'default')
    _uuid, other = plug_in(one, 'vm2', 'others')
    with session.writer() as connection:
        connection.execute(models.migrations.insert().values(
            uuid=str(uuid.uuid4()), instance_uuid=instance_uuid, source_compute='h1', dest_compute='h2',
            migration_type='live-migration', status='running'))
    two.call('prepare', instance_uuid)
    assert f'"{guest.vif["devname"]}" : jump' in dump(two)
    guest.unplug()
    moved = lab.guest(two, 'vm1b', guest.vif)
    moved.ip('address', 'add', f'{address(guest)}/24', 'dev', 'eth0')
    assert not other.ping(address(guest))
    groups.allow('default', 'icmp', -1, -1, '0.0.0.0/0')
    two.call('refresh')
    assert other.ping(address(guest))

# SPDX-License-Identifier: Apache-2.0
"""Floating addresses for real: a world outside, compute hosts with public devices, packets that arrive or do not."""
import contextlib
import json
import subprocess
import sys

import pytest

from mininova import objects
from mininova.db import models, session
from tests.integration.groups import PROJECT, Groups
from tests.integration.network_lab import Lab, helper_options, wait_for

pytestmark = pytest.mark.needs('network')

WORLD = '203.0.113.1'
FLAVOR = {'id': 1, 'flavorid': '1', 'name': 'm1.tiny', 'memory_mb': 128, 'vcpus': 1, 'root_gb': 1, 'ephemeral_gb': 0,
          'swap': 0}
PORT = 7777
# Says its own name and who asks, line by line.
SERVER = f"""
import socket, sys, threading
def talk(connection, peer):
    stream = connection.makefile('rw')
    for line in stream:
        stream.write(f'{{sys.argv[1]}} {{peer[0]}}\\n')
        stream.flush()
listener = socket.create_server(('', {PORT}))
print('ready', flush=True)
while True:
    threading.Thread(target=talk, args=listener.accept(), daemon=True).start()
"""
CLIENT = f"""
import socket, sys
connection = socket.create_connection((sys.argv[1], {PORT}), timeout=2)
stream = connection.makefile('rw')
for line in sys.stdin:
    stream.write(line)
    stream.flush()
    print(stream.readline().strip(), flush=True)
"""


class FloatingLab(Lab):
    """A lab with a world that hosts reach by their device pub0: 203.0.113.0/24."""

    def __init__(self, database_url):
        super().__init__(database_url)
        self.world = self.namespace('world')
        self.world.ip('link', 'add', 'wire', 'type', 'bridge')
        self.world.ip('address', 'add', f'{WORLD}/24', 'dev', 'wire')
        self.world.ip('link', 'set', 'wire', 'up')
        self.servers = []

    def public_host(self, name, *options, wired=True):
        """Start a host; its own public address is 203.0.113.10 and up."""
        number = 10 + len(self.members)
        host = self.host(name, '[DEFAULT]', 'public_interface = pub0', *options)
        host.public_address = f'203.0.113.{number}'
        if wired:
            self.wire(host)
        return host

    def wire(self, host):
        """Give a host its public device."""
        host.ip('link', 'add', 'pub0', 'type', 'veth', 'peer', 'name', f'to-{host.host_name}', 'netns', self.world.name)
        self.world.ip('link', 'set', f'to-{host.host_name}', 'master', 'wire', 'up')
        host.ip('address', 'add', f'{host.public_address}/24', 'dev', 'pub0')
        host.ip('link', 'set', 'pub0', 'up')
        host.ip('route', 'add', 'default', 'via', WORLD)

    def serve(self, namespace, name):
        """Let something answer in a namespace."""
        server = namespace.spawn(sys.executable, '-c', SERVER, name, stdout=subprocess.PIPE, text=True)
        assert server.stdout.readline() == 'ready\n'
        self.servers.append(server)

    def close(self):
        for server in self.servers:
            server.kill()
            server.wait()
            server.stdout.close()
        super().close()


class Conversation:
    """A connection that stays open."""

    def __init__(self, namespace, address):
        self.process = namespace.spawn(sys.executable, '-c', CLIENT, address, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def ask(self):
        """Send a line and return the answer; '' if none came in two seconds."""
        self.process.stdin.write('hello\n')
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.kill()
        self.process.communicate()


def ask(namespace, address):
    """Connect, send a line, return the answer or None."""
    done = namespace.run(sys.executable, '-c', CLIENT, address, input='hello\n', check=False)
    return done.strip() or None


@pytest.fixture
def lab(database, database_url):
    with contextlib.closing(FloatingLab(database_url)) as made:
        yield made


@pytest.fixture
def boot(lab, private, context, make_instance, change_instance):
    """Function that boots a guest with a server that says its name; returns (instance uuid, guest)."""
    groups = Groups(context)
    groups.allow('default', 'tcp', PORT, cidr='0.0.0.0/0')

    def do(host, name):
        instance_uuid = make_instance(host=host.host_name, hostname=name, flavor=FLAVOR, system_metadata={})
        groups.join(instance_uuid, 'default')
        info = host.call('allocate', instance_uuid, PROJECT)
        change_instance(instance_uuid, network_info=info)
        guest = lab.guest(host, name, info[0])
        assert guest.dhcp()
        lab.serve(guest, name)
        return instance_uuid, guest
    return do


@pytest.fixture
def floating(context, database):
    """Function that allocates an address of the pool, which is 203.0.113.64/26, and lets it lead to a guest."""
    objects.FloatingIPList.create(context, [f'203.0.113.{number}' for number in range(65, 80)], 'nova')

    def do(instance_uuid, host=None):
        address = objects.FloatingIP.allocate(context, 'nova', -1).address
        associate(context, address, instance_uuid, host)
        return address
    return do


def associate(context, address, instance_uuid, *hosts):
    card = objects.VirtualInterfaceList.get_wiring(context, instance_uuid)[0]
    objects.FloatingIP.associate(context, address, card['address'], instance_uuid)
    tell(instance_uuid, *hosts)


def disassociate(context, address, instance_uuid, *hosts):
    objects.FloatingIP.disassociate(context, address, instance_uuid)
    tell(instance_uuid, *hosts)


def tell(instance_uuid, *hosts):
    for host in filter(None, hosts):
        host.call('refresh_floating_ips', instance_uuid)


def bound(host, device='pub0'):
    """List the floating addresses on a host's device."""
    listed = json.loads(host.ip('-json', '-4', 'address', 'show', 'dev', device))
    return sorted(address['local'] for link in listed for address in link['addr_info'] if address['prefixlen'] == 32)


def translations(host):
    """Return what the kernel's rules say: (address -> guest of what comes, guest -> address of what leaves)."""
    table = json.loads(host.run('nft', '-j', 'list', 'table', 'ip', 'nova'))['nftables']
    found = {}
    for rule in (entry['rule'] for entry in table if 'rule' in entry):
        for expression in rule['expr']:
            for kind in ('dnat', 'snat'):
                pairs = expression.get(kind, {}).get('addr', {})
                if isinstance(pairs, dict) and 'map' in pairs:
                    found.setdefault(rule['chain'], {}).update(pairs['map']['data']['set'])
    assert found.get('floating_in') == found.get('floating_from_host')
    return found.get('floating_in', {}), found.get('floating_out', {})


def findings(host):
    return host.call('facts')['findings']


# -- from outside and back ------------------------------------------------------------


def test_the_world_reaches_a_guest_by_its_address_until_it_is_taken(lab, boot, floating, context):
    host = lab.public_host('h1')
    instance_uuid, guest = boot(host, 'vm1')
    lab.serve(lab.world, 'world')
    assert ask(guest, WORLD) == f'world {host.public_address}', 'without one the guest has the address of its host'
    address = floating(instance_uuid, host)
    assert address == '203.0.113.65' and bound(host) == [address]
    assert translations(host) == ({address: '10.0.0.3'}, {'10.0.0.3': address})
    assert ask(lab.world, address) == f'vm1 {WORLD}', 'the guest sees who asks'
    assert ask(guest, WORLD) == f'world {address}'
    assert findings(host) == []
    conversation = Conversation(lab.world, address)
    assert conversation.ask() == f'vm1 {WORLD}'
    disassociate(context, address, instance_uuid, host)
    assert conversation.ask() == '', 'what was open ends'
    conversation.close()
    assert bound(host) == [] and translations(host) == ({}, {}) and 'floating' not in host.run(
        'nft', 'list', 'table', 'ip', 'nova')
    assert ask(lab.world, address) is None
    assert ask(guest, WORLD) == f'world {host.public_address}'
    assert findings(host) == []


def test_rules_and_devices_are_what_the_database_says(lab, boot, floating, context):
    host = lab.public_host('h1')
    servers = [boot(host, f'vm{number}')[0] for number in range(3)]
    first, second, third = (floating(server, host) for server in servers)
    further = floating(servers[0], host)
    expected = {first: '10.0.0.3', second: '10.0.0.4', third: '10.0.0.5', further: '10.0.0.3'}
    assert translations(host) == (expected, {'10.0.0.3': first, '10.0.0.4': second, '10.0.0.5': third})
    rows = objects.FloatingIPList.get_all(context, host='h1')
    assert {row.address: row.fixed_address for row in rows} == expected and bound(host) == sorted(expected)
    assert {ask(lab.world, address) for address in (first, further)} == {f'vm0 {WORLD}'}
    disassociate(context, first, servers[0], host)
    assert translations(host)[1]['10.0.0.3'] == further and bound(host) == sorted([second, third, further])
    assert findings(host) == []


def test_an_address_moves_between_guests_of_a_host(lab, boot, floating, context):
    host = lab.public_host('h1')
    (one, _guest), (two, _other) = boot(host, 'vm1'), boot(host, 'vm2')
    address = floating(one, host)
    conversation = Conversation(lab.world, address)
    assert conversation.ask() == f'vm1 {WORLD}'
    objects.FloatingIP.associate(context, address, '10.0.0.4', two)
    tell(two, host)
    assert ask(lab.world, address) == f'vm2 {WORLD}', 'although the host did not hear of the other one yet'
    assert conversation.ask() == ''
    conversation.close()
    tell(one, host)
    assert translations(host)[0] == {address: '10.0.0.4'} and bound(host) == [address]


def test_the_helper_behind_rootwrap_can_do_all_of_it(lab, boot, floating, context):
    host = lab.public_host('h1', *helper_options(lab.directory))
    instance_uuid, _guest = boot(host, 'vm1')
    address = floating(instance_uuid, host)
    conversation = Conversation(lab.world, address)
    assert conversation.ask() == f'vm1 {WORLD}'
    disassociate(context, address, instance_uuid, host)
    assert conversation.ask() == '' and bound(host) == []
    conversation.close()
    with open(f'{host.state}/agent.log') as file:
        log = file.read()
    assert 'Spawned new privsep daemon via rootwrap' in log and 'could not be' not in log


# -- from inside ----------------------------------------------------------------------


def test_guests_reach_floating_addresses_of_their_cloud(lab, boot, floating, make_network, private):
    host, far_host = lab.public_host('h1'), lab.public_host('h2')
    one, first = boot(host, 'vm1')
    two, second = boot(host, 'vm2')
    three, third = boot(far_host, 'vm3')
    private.project_id = 'b' * 32
    private.save()
    make_network('10.1.0.0/24', 'other', 'br101')
    four, fourth = boot(host, 'vm4')
    target, distant = floating(two, host), floating(three, far_host)
    assert ask(first, target) == 'vm2 10.0.0.2', 'a neighbour appears as the gateway'
    assert ask(second, target).startswith('vm2 '), 'a guest reaches itself'
    assert ask(fourth, target).startswith('vm2 '), 'networks meet at floating addresses'
    assert ask(fourth, '10.0.0.4') is None, 'and nowhere else'
    assert ask(first, distant) == f'vm3 {host.public_address}'
    assert ask(second, distant) == f'vm3 {target}'
    assert ask(third, target) == f'vm2 {distant}'
    own = floating(one, host)
    assert ask(first, target) == f'vm2 {own}'
    assert ask(host, target).startswith('vm2 '), 'the host itself too'
    assert ask(far_host, target) == f'vm2 {far_host.public_address}'


def test_metadata_still_knows_a_guest_with_a_floating_address(lab, boot, floating):
    host = lab.public_host('h1')
    instance_uuid, guest = boot(host, 'vm1')
    address = floating(instance_uuid, host)
    assert json.loads(guest.get('/openstack/latest/meta_data.json')[1])['uuid'] == instance_uuid
    assert guest.get('/latest/meta-data/public-ipv4') == (200, address)


# -- guests that move -----------------------------------------------------------------


def test_an_address_follows_its_guest_and_the_world_notices(lab, boot, floating, context, change_instance):
    old, new = lab.public_host('h1'), lab.public_host('h2')
    instance_uuid, guest = boot(old, 'vm1')
    address = floating(instance_uuid, old)
    assert ask(lab.world, address) == f'vm1 {WORLD}'
    neighbours = lab.world.ip('neighbour', 'show', address)
    change_instance(instance_uuid, host='h2')
    guest.unplug()
    new.call('setup', instance_uuid)
    assert bound(new) == [address]
    wait_for(lambda: lab.world.ip('neighbour', 'show', address) != neighbours, 5, 'the world heard of it')
    old.call('cleanup', instance_uuid)
    assert bound(old) == [] and findings(new) == []
    assert objects.FloatingIPList.get_all(context, host='h2')[0].address == address
    vif = objects.Instance.get_by_uuid(context, instance_uuid).get_network_info()[0]
    arrived = lab.guest(new, 'vm1-there', vif)
    assert arrived.dhcp()
    lab.serve(arrived, 'arrived')
    assert ask(lab.world, address) == f'arrived {WORLD}'


def test_a_prepared_host_leaves_the_address_where_the_guest_is(lab, boot, floating):
    old, new = lab.public_host('h1'), lab.public_host('h2')
    instance_uuid, _guest = boot(old, 'vm1')
    address = floating(instance_uuid, old)
    # As while a live migration is under way: its record lets the other host prepare.
    with session.writer() as connection:
        connection.execute(models.migrations.insert().values(
            uuid=instance_uuid, instance_uuid=instance_uuid, source_compute='h1', dest_compute='h2',
            migration_type='live-migration', status='running'))
    info = new.call('prepare', instance_uuid)
    assert info[0]['network']['subnets'][0]['ips'][0]['floating_ips'][0]['address'] == address
    new.call('sync'), old.call('sync')
    assert (bound(old), bound(new)) == ([address], [])
    assert findings(new) == [] == findings(old)
    new.call('setup', instance_uuid)
    assert bound(new) == [address]
    old.call('sync')
    assert bound(old) == [], 'the host that nobody told finds out'


def test_a_host_that_is_told_nothing_finds_out(lab, boot, floating, context, change_instance):
    host, heir = lab.public_host('h1', '[network]', 'sync_interval = 1'), lab.public_host('h2')
    instance_uuid, _guest = boot(host, 'vm1')
    address = floating(instance_uuid)
    wait_for(lambda: bound(host) == [address], 10, 'the address is served')
    assert ask(lab.world, address) == f'vm1 {WORLD}'
    change_instance(instance_uuid, host='h2')
    heir.call('setup', instance_uuid)
    wait_for(lambda: bound(host) == [], 10, 'the old host lets go')
    assert bound(heir) == [address]


def test_a_server_that_is_on_no_host_keeps_its_address_for_later(lab, boot, floating, context, change_instance):
    host = lab.public_host('h1')
    instance_uuid, guest = boot(host, 'vm1')
    address = floating(instance_uuid, host)
    guest.unplug()
    host.call('cleanup', instance_uuid)
    change_instance(instance_uuid, host=None)
    assert bound(host) == [] and not host.has_table()
    assert objects.FloatingIP.get_by_address(context, address).instance_uuid == instance_uuid
    change_instance(instance_uuid, host='h1')
    host.call('setup', instance_uuid)
    assert bound(host) == [address]


def test_a_deleted_server_leaves_nothing_and_its_address_is_free_to_lead_elsewhere(lab, boot, floating, context):
    host = lab.public_host('h1')
    (one, guest), (two, _other) = boot(host, 'vm1'), boot(host, 'vm2')
    address = floating(one, host)
    guest.unplug()
    host.call('deallocate', one)
    assert bound(host) == [] and ask(lab.world, address) is None
    found = objects.FloatingIP.get_by_address(context, address)
    assert (found.project_id, found.fixed_ip_id) == (PROJECT, None)
    associate(context, address, two, host)
    assert ask(lab.world, address) == f'vm2 {WORLD}'


def test_each_server_may_come_with_an_address(lab, boot, floating, context, admin):
    host = lab.public_host('h1', 'auto_assign_floating_ip = true')
    instance_uuid, guest = boot(host, 'vm1')
    found, = objects.FloatingIPList.get_all(admin, host='h1')
    assert bound(host) == [found.address] and ask(lab.world, found.address) == f'vm1 {WORLD}'
    assert objects.Instance.get_by_uuid(context, instance_uuid).get_network_info().floating_ips()[0]['address'] == (
        found.address)
    guest.unplug()
    host.call('deallocate', instance_uuid)
    assert bound(host) == []
    assert objects.FloatingIP.get_by_address(admin, found.address).project_id is None


# -- faults ---------------------------------------------------------------------------


def test_what_somebody_takes_off_comes_back(lab, boot, floating):
    host = lab.public_host('h1')
    instance_uuid, _guest = boot(host, 'vm1')
    address = floating(instance_uuid, host)
    host.ip('address', 'del', f'{address}/32', 'dev', 'pub0')
    wait_for(lambda: bound(host) == [address], 10, 'the address is back')
    host.run('nft', 'flush', 'ruleset')
    wait_for(host.has_table, 10, 'the rules are back')
    assert ask(lab.world, address) == f'vm1 {WORLD}'


def test_a_device_that_comes_late_gets_its_addresses(lab, boot, floating):
    host = lab.public_host('h1', wired=False)
    instance_uuid, _guest = boot(host, 'vm1')
    address = floating(instance_uuid, host)
    assert findings(host) == [f'floating address {address} is not on pub0']
    assert 'there is no such device' in host.log()
    lab.wire(host)
    wait_for(lambda: bound(host) == [address], 10, 'the address is served')
    assert ask(lab.world, address) == f'vm1 {WORLD}' and findings(host) == []


def test_addresses_of_others_on_the_device_are_left_alone(lab, boot, floating, context):
    host = lab.public_host('h1')
    host.ip('address', 'add', '203.0.113.200/32', 'dev', 'pub0')
    instance_uuid, _guest = boot(host, 'vm1')
    address = floating(instance_uuid, host)
    disassociate(context, address, instance_uuid, host)
    host.call('sync')
    assert bound(host) == ['203.0.113.200']


def test_packets_pass_while_nova_network_is_away_and_changes_are_made_up_for(lab, boot, floating, context):
    host = lab.public_host('h1')
    (one, _guest), (two, _other) = boot(host, 'vm1'), boot(host, 'vm2')
    stays, goes = floating(one, host), floating(two, host)
    host.kill()
    assert ask(lab.world, stays) == f'vm1 {WORLD}'
    disassociate(context, goes, two)
    comes = floating(two)
    host.start()
    assert bound(host) == sorted([stays, comes]) and findings(host) == []
    assert ask(lab.world, goes) is None and ask(lab.world, comes) == f'vm2 {WORLD}'


POINTS = ['floating.F3.heard.before', 'floating.F4.unbound.after', 'floating.F4.flows_ended.after',
          'floating.F4.recorded.after', 'floating.F4.bound.after', 'floating.F3.served.after']


@pytest.mark.parametrize('point', POINTS)
def test_a_nova_network_that_dies_on_the_way_ends_it_when_it_is_back(lab, boot, floating, context, point):
    host = lab.public_host('h1')
    (one, _guest), (two, _other) = boot(host, 'vm1'), boot(host, 'vm2')
    address = floating(one, host)
    host.kill()
    # One address goes and another comes; the service dies as it finds that at its start, or when it is told.
    disassociate(context, address, one)
    other = floating(two)
    with contextlib.suppress(AssertionError, OSError, ValueError):
        host.start(MININOVA_CRASHPOINT=f'{point}@{lab.directory}/died')
        tell(two, host)
    assert host.process.wait(10) == -9
    host.kill()
    host.start()
    assert bound(host) == [other] and translations(host) == ({other: '10.0.0.4'}, {'10.0.0.4': other})
    assert findings(host) == []
    assert ask(lab.world, address) is None and ask(lab.world, other) == f'vm2 {WORLD}'

# SPDX-License-Identifier: Apache-2.0
"""A compute host's network for real: bridge, dnsmasq, nftables, DHCP clients in namespaces, metadata over HTTP."""
import json
import os
import signal

import pytest

from mininova import objects
from mininova.db import models, session
from tests.integration import network_lab
from tests.integration.network_lab import wait_for

pytestmark = pytest.mark.needs('network')

PROJECT = 'a' * 32
FLAVOR = {'id': 1, 'flavorid': '1', 'name': 'm1.tiny', 'memory_mb': 128, 'vcpus': 1, 'root_gb': 1, 'ephemeral_gb': 0,
          'swap': 0}


@pytest.fixture
def boot(lab, context, make_instance, change_instance):
    """Function that gives an instance addresses and plugs a guest in; returns (instance uuid, guest).

    All are in the group default, so they reach each other.
    """
    objects.SecurityGroup.ensure_default(context, PROJECT)
    (_number, default), = objects.SecurityGroupList.find(context, PROJECT, ['default'])

    def do(host, name, **values):
        instance_uuid = make_instance(**{'host': host.host_name, 'hostname': name, 'flavor': FLAVOR,
                                         'system_metadata': {}, **values})
        objects.SecurityGroup.add_to_instance(context, default, instance_uuid)
        info = host.call('allocate', instance_uuid, PROJECT)
        change_instance(instance_uuid, network_info=info)
        return instance_uuid, lab.guest(host, name, info[0])
    return do


def allocated():
    with session.reader() as connection:
        rows = connection.execute(models.fixed_ips.select().where(models.fixed_ips.c.allocated.is_(True))).mappings()
        return {row['address']: row['instance_uuid'] for row in rows}


def leased():
    with session.reader() as connection:
        return {row.address for row in connection.execute(
            models.fixed_ips.select().where(models.fixed_ips.c.leased.is_(True)))}


def command_line(pid):
    """The command of a process; empty if it is gone (or a zombie that nobody has buried yet)."""
    try:
        with open(f'/proc/{pid}/cmdline') as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ''


def findings(host):
    return host.call('facts')['findings']


def uuid_by_metadata(guest):
    status, text = guest.get('/openstack/latest/meta_data.json')
    return json.loads(text)['uuid'] if status == 200 else status


# -- the whole way --------------------------------------------------------------------

@pytest.mark.parametrize('concurrency', ['eventlet', 'threading'])
def test_a_guest_gets_its_lease_and_its_documents_and_leaves_nothing(lab, private, boot, concurrency):
    host = lab.host('h1', concurrency=concurrency)
    first, one = boot(host, 'vm1', key_name='k', key_data='ssh-rsa AAAA', user_data='IyEvYmluL3NoCg==')
    second, two = boot(host, 'vm2')
    lease = one.dhcp()
    assert (lease['ip'], lease['router'], lease['serverid'], lease['hostname'], lease['mtu'], lease['mask']) == (
        '10.0.0.3', '10.0.0.2', '10.0.0.2', 'vm1', '1400', '24')
    assert two.dhcp()['ip'] == '10.0.0.4'
    assert host.file('hosts') == f'{one.vif["address"]},vm1,10.0.0.3\n{two.vif["address"]},vm2,10.0.0.4\n'
    assert uuid_by_metadata(one) == first and uuid_by_metadata(two) == second
    assert one.get('/latest/meta-data/public-keys/0/openssh-key') == (200, 'ssh-rsa AAAA')
    assert one.get('/latest/user-data') == (200, '#!/bin/sh\n')
    assert one.ping('10.0.0.2') and one.ping('10.0.0.4')
    assert 'Address: 10.0.0.4' in one.run('busybox', 'nslookup', 'vm2.novalocal', '10.0.0.2', check=False)
    wait_for(lambda: leased() == {'10.0.0.3', '10.0.0.4'}, 5, 'leases are recorded')
    assert findings(host) == []
    for instance_uuid, guest in ((first, one), (second, two)):
        guest.unplug()
        host.call('deallocate', instance_uuid)
        host.call('deallocate', instance_uuid)
    assert (host.bridges(), host.has_table(), os.listdir(f'{host.state}/networks')) == ([], False, [])
    assert not [pid for pid in host.pids() if 'dnsmasq' in command_line(pid)]
    assert allocated() == {} and leased() == set()
    assert findings(host) == []


def test_the_bridge_learns_addresses_and_the_host_hides_from_ipv6(lab, private, boot):
    host = lab.host('h1')
    boot(host, 'vm1')
    bridge = json.loads(host.ip('-json', '-details', 'link', 'show', 'br100'))[0]
    assert bridge['linkinfo']['info_data']['ageing_time'] == 30000 and bridge['linkinfo']['info_data']['stp_state'] == 0
    port = json.loads(host.ip('-json', '-details', 'link', 'show', 'master', 'br100'))[0]
    assert port['linkinfo']['info_slave_data']['learning'] is True
    assert 'inet6' not in host.ip('address', 'show', 'br100')


def test_the_helper_behind_rootwrap_can_do_all_of_it(lab, private, boot):
    host = lab.host('h1', *network_lab.helper_options(lab.directory))
    instance_uuid, guest = boot(host, 'vm1')
    assert 'Spawned new privsep daemon via rootwrap' in host.log()
    assert guest.dhcp()['ip'] == '10.0.0.3' and uuid_by_metadata(guest) == instance_uuid
    pid = host.dnsmasq()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: host.dnsmasq() not in (None, pid), 10, 'dnsmasq is back')
    guest.unplug()
    host.call('deallocate', instance_uuid)
    assert (host.bridges(), host.has_table(), allocated()) == ([], False, {})


# -- what a guest may -----------------------------------------------------------------

def test_a_guest_reaches_the_world_through_its_hosts_address(lab, private, boot):
    host, world = lab.host('h1'), lab.namespace('world')
    lab.link(host, 'up0', world, 'eth0')
    host.ip('address', 'add', '192.0.2.2/24', 'dev', 'up0')
    world.ip('address', 'add', '192.0.2.1/24', 'dev', 'eth0')
    server = world.spawn('busybox', 'nc', '-ll', '-p', '7777', '-e', '/bin/sh', '-c', 'echo $NCAT_REMOTE_ADDR')
    _uuid, guest = boot(host, 'vm1')
    guest.dhcp()
    assert guest.ping('192.0.2.1')
    flows = world.run('busybox', 'netstat', '-tn', check=False)
    assert '10.0.0.' not in flows
    server.kill()
    server.wait()


def test_a_guest_reaches_nothing_else_on_its_host(lab, private, boot):
    host = lab.host('h1')
    _uuid, guest = boot(host, 'vm1')
    guest.dhcp()
    secret = host.spawn('busybox', 'nc', '-ll', '-p', '5672', '-e', '/bin/echo', 'secret')
    try:
        knock = ['busybox', 'nc', '127.0.0.1', '5672']
        wait_for(lambda: 'secret' in host.run(*knock, check=False), 5, 'the service answers')
        reach = ['busybox', 'nc', '-w', '2', '10.0.0.2', '5672']
        assert 'secret' not in guest.run(*reach, check=False)
        assert guest.get('/', address='10.0.0.2:8775')[0] == 0
        host.run('nft', 'delete', 'table', 'ip', 'nova')
        assert 'secret' in guest.run(*reach, check=False)
    finally:
        secret.kill()
        secret.wait()


def test_networks_do_not_reach_each_other_nor_speak_for_each_other(lab, private, boot, make_network, make_instance,
                                                                   change_instance):
    host = lab.host('h1')
    victim, one = boot(host, 'vm1')
    other = make_network('10.1.0.0/24', 'other', 'br101')
    private.project_id = 'b' * 32
    private.save()
    _uuid, two = boot(host, 'vm2')
    one.dhcp()
    assert two.dhcp()['ip'] == '10.1.0.3'
    assert two.ping('10.1.0.2') and not two.ping('10.0.0.3')
    # An address of the other network on the wrong bridge is dropped: it would read the victim's documents.
    two.ip('address', 'add', '10.0.0.3/32', 'dev', 'eth0')
    assert two.get('/openstack/latest/meta_data.json', '--interface', '10.0.0.3')[0] == 0
    assert victim not in two.get('/openstack/latest/meta_data.json')[1]
    assert host.call('facts')['networks'][other.uuid]['gateway'] == '10.1.0.2'


def test_headers_do_not_make_a_guest_another(lab, private, boot):
    host = lab.host('h1')
    first, one = boot(host, 'vm1')
    second, two = boot(host, 'vm2')
    one.dhcp(), two.dhcp()
    status, text = two.get('/openstack/latest/meta_data.json', '-H', 'X-Forwarded-For: 10.0.0.3', '-H',
                           'X-Real-IP: 10.0.0.3', '-H', 'Forwarded: for=10.0.0.3')
    assert (status, json.loads(text)['uuid']) == (200, second)
    assert two.get('/openstack/latest/meta_data.json', '-H', f'X-Instance-ID: {first}')[0] == 400
    assert two.get('/latest/', '-H', 'X-Tenant-ID: a', '-H', 'X-Tenant-ID: b')[0] == 400


def test_strangers_get_no_address(lab, private, boot):
    host = lab.host('h1')
    _uuid, guest = boot(host, 'vm1')
    guest.ip('link', 'set', 'eth0', 'address', 'fa:16:3e:99:99:99')
    assert guest.dhcp(expect=False) is None


NASTY_NAMES = ['x\n66:66:66:66:66:66,evil,10.0.0.9', '-rf', 'a,b,c', 'Ünïcödé', '.', 'x' * 300, '# comment',
               'id:*,set:x', 'vm1', 'vm1', 'vm1-10-0-0-13', '']


def test_no_host_name_breaks_the_host_list(lab, private, boot):
    host = lab.host('h1')
    _uuid, first = boot(host, 'vm1')
    for number, name in enumerate(NASTY_NAMES):
        _uuid, last = boot(host, f'guest{number}', hostname=name)
    lines = host.file('hosts').splitlines()
    assert len(lines) == len({line.split(',')[1] for line in lines}) == len(NASTY_NAMES) + 1
    assert [line.split(',')[2] for line in lines] == [f'10.0.0.{number}' for number in range(3, len(lines) + 3)]
    assert first.dhcp()['ip'] == '10.0.0.3' and last.dhcp()['ip'] == f'10.0.0.{len(lines) + 2}'


# -- faults ---------------------------------------------------------------------------

def test_a_killed_dhcp_server_is_back_with_the_same_leases(lab, private, boot):
    host = lab.host('h1')
    _uuid, guest = boot(host, 'vm1')
    guest.dhcp()
    pid, leases = host.dnsmasq(), host.file('leases')
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: host.dnsmasq() not in (None, pid), 10, 'dnsmasq is back')
    assert host.file('leases').split()[1:4] == leases.split()[1:4]
    assert guest.dhcp()['ip'] == '10.0.0.3'


def test_a_lying_pid_file_kills_nobody(lab, private, boot):
    host = lab.host('h1')
    instance_uuid, guest = boot(host, 'vm1')
    innocent = host.spawn('sleep', '600')
    try:
        pid = host.dnsmasq()
        with open(f'{host.state}/networks/nova-br100.pid', 'w') as file:
            file.write(str(innocent.pid))
        assert host.dnsmasq() == pid
        guest.unplug()
        host.call('deallocate', instance_uuid)
        assert innocent.poll() is None
        assert not command_line(pid)
    finally:
        innocent.kill()
        innocent.wait()


def test_what_somebody_removes_is_made_again(lab, private, boot):
    host = lab.host('h1')
    _uuid, guest = boot(host, 'vm1')
    host.run('nft', 'flush', 'ruleset')
    wait_for(host.has_table, 10, 'rules are back')
    host.ip('link', 'delete', 'br100')
    wait_for(lambda: '10.0.0.2/24' in host.ip('address', 'show'), 10, 'bridge is back')
    host.ip('link', 'set', guest.vif['devname'], 'master', 'br100')
    wait_for(lambda: guest.dhcp() is not None, 10, 'DHCP works again')
    host.ip('link', 'set', 'br100', 'type', 'bridge', 'ageing_time', '0')
    wait_for(lambda: 'ageing_time 30000' in host.ip('-details', 'link', 'show', 'br100'), 10, 'the bridge learns again')


def test_a_killed_nova_network_comes_back_without_disturbing_guests(lab, private, boot, make_instance, change_instance):
    host = lab.host('h1')
    stays, one = boot(host, 'vm1')
    goes, two = boot(host, 'vm2')
    one.dhcp(), two.dhcp()
    pid = host.dnsmasq()
    host.kill()
    assert one.dhcp()['ip'] == '10.0.0.3', 'DHCP goes on'
    two.unplug()
    change_instance(goes, deleted=1)
    host.start()
    assert host.dnsmasq() == pid
    assert host.file('hosts') == f'{one.vif["address"]},vm1,10.0.0.3\n'
    assert allocated() == {'10.0.0.2': None, '10.0.0.3': stays}
    wait_for(lambda: findings(host) == [], 10, 'everything agrees')


def test_a_restarted_host_has_everything_before_it_answers(lab, private, boot):
    host = lab.host('h1')
    _uuid, guest = boot(host, 'vm1')
    pid = host.dnsmasq()
    host.kill()
    os.kill(pid, signal.SIGKILL)
    host.run('nft', 'flush', 'ruleset')
    host.ip('link', 'delete', 'br100')
    os.unlink(f'{host.state}/networks/nova-br100.leases')
    host.start()
    assert findings(host) == []
    host.ip('link', 'set', guest.vif['devname'], 'master', 'br100')
    assert guest.dhcp()['ip'] == '10.0.0.3'


def test_a_deleted_guest_that_still_runs_keeps_its_address(lab, private, boot, change_instance):
    host = lab.host('h1')
    instance_uuid, guest = boot(host, 'vm1')
    change_instance(instance_uuid, deleted=1)
    host.call('sync')
    assert allocated()['10.0.0.3'] == instance_uuid
    assert any('deleted' in finding for finding in findings(host))
    guest.unplug()
    host.call('sync')
    assert allocated() == {} and host.bridges() == []


def test_a_bridge_with_a_foreign_port_is_left_until_the_port_is_gone(lab, private, boot):
    host = lab.host('h1')
    instance_uuid, guest = boot(host, 'vm1')
    host.call('deallocate', instance_uuid)
    assert host.bridges() == ['br100'] and allocated() == {'10.0.0.2': None}
    guest.unplug()
    wait_for(lambda: host.bridges() == [] and allocated() == {}, 10, 'the bridge goes with its last port')


def test_a_bridge_that_is_not_ours_is_used_and_left(lab, private, boot):
    host = lab.host('h1')
    host.ip('link', 'add', 'br100', 'type', 'bridge')
    host.ip('address', 'add', '198.51.100.1/24', 'dev', 'br100')
    instance_uuid, guest = boot(host, 'vm1')
    assert guest.dhcp()['ip'] == '10.0.0.3'
    guest.unplug()
    host.call('deallocate', instance_uuid)
    assert host.bridges() == ['br100']
    addresses = host.ip('address', 'show', 'br100')
    assert '198.51.100.1/24' in addresses and '10.0.0.2' not in addresses


def test_an_address_is_ready_for_its_next_guest_at_once(lab, private, boot):
    host = lab.host('h1')
    boot(host, 'stays')
    instance_uuid, guest = boot(host, 'vm1')
    assert guest.dhcp()['ip'] == '10.0.0.4'
    wait_for(lambda: '10.0.0.4' in leased(), 5, 'the lease is recorded')
    guest.unplug()
    host.call('deallocate', instance_uuid)
    wait_for(lambda: '10.0.0.4' not in leased(), 5, 'the lease is over')
    _uuid, heir = boot(host, 'vm2')
    assert heir.dhcp()['ip'] == '10.0.0.4'


def test_a_lease_that_does_not_end_is_taken_away(lab, private, boot, admin):
    host = lab.host('h1')
    instance_uuid, _guest = boot(host, 'stays')
    _uuid, guest = boot(host, 'vm1')
    guest.dhcp()
    # As if the release had been lost: the lease file gets a line that no guest has.
    host.kill()
    pid = int(host.file('pid'))
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not command_line(pid), 5, 'dnsmasq ended')
    with open(f'{host.state}/networks/nova-br100.leases', 'a') as file:
        file.write('1999999999 fa:16:3e:66:66:66 10.0.0.5 ghost 01:fa:16:3e:66:66:66\n')
    host.start()
    wait_for(lambda: '10.0.0.5' not in host.file('leases'), 10, 'the ghost is gone')
    assert '10.0.0.4' in host.file('leases')
    _uuid, heir = boot(host, 'vm2')
    assert heir.dhcp()['ip'] == '10.0.0.5'


def test_changed_name_servers_reach_the_guests(lab, private, boot):
    host = lab.host('h1')
    _uuid, guest = boot(host, 'vm1')
    assert guest.dhcp()['dns'] == '10.0.0.2'
    private.dns1 = '192.0.2.7'
    private.save()
    host.call('sync')
    assert guest.dhcp()['dns'] == '192.0.2.7'


# -- several hosts --------------------------------------------------------------------

def test_hosts_share_a_network_over_a_wire_and_each_serves_its_own_guests(lab, boot, make_network):
    network = make_network(bridge_interface='wire')
    lab.networks['br100'] = network.uuid
    one, two = lab.host('h1'), lab.host('h2')
    lab.link(one, 'wire', two, 'wire')
    first, here = boot(one, 'vm1')
    second, there = boot(two, 'vm2')
    lease_here, lease_there = here.dhcp(), there.dhcp()
    assert (lease_here['ip'], lease_here['serverid']) == ('10.0.0.3', '10.0.0.2')
    assert (lease_there['ip'], lease_there['serverid']) == ('10.0.0.5', '10.0.0.4')
    assert here.ping('10.0.0.5')
    assert uuid_by_metadata(here) == first and uuid_by_metadata(there) == second
    here.unplug()
    one.call('deallocate', first)
    assert one.bridges() == [] and 'wire' in one.ip('link', 'show')
    assert there.dhcp()['ip'] == '10.0.0.5'
    assert allocated() == {'10.0.0.4': None, '10.0.0.5': second}


def test_an_interface_with_addresses_is_not_put_into_a_bridge(lab, make_network, make_instance):
    network = make_network(bridge_interface='wire')
    lab.networks['br100'] = network.uuid
    host, world = lab.host('h1'), lab.namespace('world')
    lab.link(host, 'wire', world, 'eth0')
    host.ip('address', 'add', '192.0.2.2/24', 'dev', 'wire')
    instance_uuid = make_instance(host='h1')
    with pytest.raises(AssertionError, match='NetworkSetupFailed.*192.0.2.2'):
        host.call('allocate', instance_uuid, PROJECT)
    assert '192.0.2.2/24' in host.ip('address', 'show', 'wire')
    host.call('deallocate', instance_uuid)
    assert allocated() == {}

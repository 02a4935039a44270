# SPDX-License-Identifier: Apache-2.0
"""A network on a VLAN: packets of two hosts where the kernel has VLANs, a clear word where it has none."""
import subprocess

import pytest

from tests.integration.groups import PROJECT, Groups

pytestmark = pytest.mark.needs('network')


@pytest.fixture
def network(lab, make_network):
    made = make_network(vlan=7, bridge_interface='trunk')
    lab.networks['br100'] = made.uuid
    return made


def test_hosts_are_joined_by_a_vlan_that_comes_and_goes_with_the_bridge(lab, network, context, make_instance):
    one, other = lab.host('h1'), lab.namespace('other')
    groups, servers = Groups(context), [make_instance(host='h1', hostname='h1')]
    groups.join(servers[0], 'default')
    if not has_vlans(one):
        lab.link(one, 'trunk', other, 'trunk')
        with pytest.raises(AssertionError, match='NetworkSetupFailed.*the kernel of this host has no VLANs'):
            one.call('allocate', servers[0], PROJECT)
        one.call('deallocate', servers[0])
        assert one.bridges() == [] and one.call('facts')['findings'] == []
        return
    two = lab.host('h2')
    servers.append(make_instance(host='h2', hostname='h2'))
    groups.join(servers[1], 'default')
    lab.link(one, 'trunk', two, 'trunk')
    guests = [lab.guest(host, f'vm{host.host_name}', host.call('allocate', server, PROJECT)[0])
              for host, server in zip((one, two), servers, strict=True)]
    leases = [guest.dhcp()['ip'] for guest in guests]
    assert guests[0].ping(leases[1]) and guests[1].ping(leases[0])
    shown = one.ip('-details', 'link', 'show', 'vlan7')
    assert 'vlan protocol 802.1Q id 7' in shown and 'master br100' in shown
    assert one.call('facts')['findings'] == []
    for host, server, guest in zip((one, two), servers, guests, strict=True):
        guest.unplug()
        host.call('deallocate', server)
        assert 'vlan7' not in host.ip('link') and 'trunk' in host.ip('link')


def has_vlans(host):
    made = subprocess.run(['ip', '-n', host.name, *'link add link lo name probe type vlan id 9'.split()],
                          capture_output=True, check=False)
    if made.returncode == 0:
        host.ip('link', 'delete', 'probe')
    return made.returncode == 0

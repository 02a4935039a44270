# SPDX-License-Identifier: Apache-2.0
"""Which commands a port to other hosts needs, from what is there; integration/hosts shows that it works."""
import pytest

from mininova import exception
from mininova.network import firewall, vxlan

NETWORK = {'uuid': 'u1', 'label': 'private', 'bridge': 'br100', 'mtu': 1450, 'vni': 100}
RIGHT = {'vni': 100, 'local': '192.0.2.1', 'port': 4789, 'mtu': 1450, 'up': True, 'bridge': 'br100', 'alias': 'nova:u1'}
MAKE = ['link add name vx100 mtu 1450 type vxlan id 100 local 192.0.2.1 dstport 4789',
        'link set dev vx100 alias nova:u1 addrgenmode none', 'link set dev vx100 master br100', 'link set dev vx100 up']


def plan(**differences):
    return vxlan.plan(NETWORK, '192.0.2.1', {**RIGHT, **differences})


def test_only_a_network_with_a_vni_has_a_port():
    assert vxlan.device_name(NETWORK) == 'vx100'
    assert vxlan.device_name({**NETWORK, 'vni': None}) is None
    assert len(vxlan.device_name({'vni': 2 ** 24 - 1})) < 16


def test_a_missing_port_is_made_in_the_bridge():
    assert vxlan.plan(NETWORK, '192.0.2.1', None) == MAKE
    assert plan() == []


@pytest.mark.parametrize('difference, commands', [
    ({'mtu': 1500}, ['link set dev vx100 mtu 1450']), ({'up': False}, ['link set dev vx100 up']),
    ({'bridge': None}, ['link set dev vx100 master br100']),
    ({'local': '192.0.2.9'}, ['link delete dev vx100', *MAKE]), ({'vni': 9}, ['link delete dev vx100', *MAKE])])
def test_each_difference_has_its_command(difference, commands):
    assert plan(**difference) == commands


def test_only_hosts_that_a_tunnel_can_reach_are_asked():
    assert vxlan.usable('192.0.2.1', ['192.0.2.1', '192.0.2.2', '2001:db8::2', '127.0.0.1']) == ['192.0.2.2']


@pytest.fixture
def kernel(monkeypatch):
    """A kernel that has the port and leads to 192.0.2.8; what is changed is kept."""
    changed = []
    monkeypatch.setattr(vxlan, 'devices', lambda: {'vx100': RIGHT})
    monkeypatch.setattr(vxlan, 'flooded', lambda _name: {'192.0.2.8'})
    monkeypatch.setattr(vxlan, '_bridge_batch', changed.extend)
    return changed


def test_the_list_of_hosts_is_changed_only_where_it_differs(kernel):
    vxlan.ensure(NETWORK, '192.0.2.1', ['192.0.2.8'])
    assert kernel == []
    vxlan.ensure(NETWORK, '192.0.2.1', ['192.0.2.1', '192.0.2.2'])
    assert kernel == ['fdb append 00:00:00:00:00:00 dev vx100 dst 192.0.2.2 self permanent',
                      'fdb del 00:00:00:00:00:00 dev vx100 dst 192.0.2.8 self permanent']


def test_a_device_of_another_kind_is_left_alone(monkeypatch):
    monkeypatch.setattr(vxlan, 'devices', dict)
    monkeypatch.setattr(vxlan.linux_net, 'exists', lambda _name: True)
    with pytest.raises(exception.NetworkSetupFailed, match='not of VXLAN'):
        vxlan.ensure(NETWORK, '192.0.2.1', [])


def test_what_tells_hosts_apart_does_not_pass():
    text = vxlan.render([vxlan.Segment('vx100', '10.0.0.1')])
    for way in ('iifname', 'oifname'):
        for what in ('arp daddr ip 10.0.0.1', 'arp saddr ip 10.0.0.1'):
            assert f'{way} "vx100" ether type arp {what} drop' in text
        assert f'{way} "vx100" ether type ip udp dport {{ 67, 68 }} drop' in text
    assert 'iifname { "vx100" } drop' in text and 'oifname { "vx100" } drop' in text
    assert vxlan.render([]) == 'table bridge nova { }\ndelete table bridge nova\n'


def test_a_kernel_without_bridge_tables_is_not_asked_for_them(monkeypatch):
    loads = []
    monkeypatch.setattr(firewall, '_load', loads.append)
    monkeypatch.setattr(firewall, '_list_table', lambda table: '')
    table = firewall.PortFirewall()
    table.apply([])
    table.apply([], check=True)
    assert loads == [] and table.is_in_place()
    table.apply([vxlan.Segment('vx100', '10.0.0.1')])
    table.apply([])
    assert len(loads) == 2


def test_rules_that_an_earlier_process_left_are_removed(monkeypatch):
    loads = []
    monkeypatch.setattr(firewall, '_load', loads.append)
    monkeypatch.setattr(firewall, '_list_table', lambda table: 'table bridge nova {...}')
    firewall.PortFirewall().apply([])
    assert loads == [vxlan.render([])]

# SPDX-License-Identifier: Apache-2.0
"""Which ip commands a bridge needs, from what is there."""
import pytest

from mininova import exception
from mininova.network import linux_net

NETWORK = {'uuid': 'u1', 'label': 'private', 'cidr': '10.0.0.0/24', 'bridge': 'br100', 'mtu': 1400,
           'bridge_interface': None}
MAC = '02:00:00:00:00:01'
RIGHT = {'mtu': 1400, 'mac': MAC, 'up': True, 'alias': 'nova:u1', 'addresses': ['10.0.0.2/24'],
         'options': {'stp_state': 0, 'forward_delay': 0, 'ageing_time': 30000, 'nf_call_iptables': 1,
                     'nf_call_ip6tables': 1}}


def plan(**differences):
    return linux_net.plan_bridge(NETWORK, '10.0.0.2', MAC, {**RIGHT, **differences})


def test_a_missing_bridge_is_made_learning_and_without_spanning_tree():
    assert linux_net.plan_bridge(NETWORK, '10.0.0.2', MAC, None) == [
        f'link add name br100 address {MAC} mtu 1400 type bridge stp_state 0 forward_delay 0 ageing_time 30000'
        ' nf_call_iptables 1 nf_call_ip6tables 1',
        'link set dev br100 alias nova:u1 addrgenmode none', 'address add 10.0.0.2/24 brd + dev br100',
        'link set dev br100 up']


def test_nothing_is_done_to_a_bridge_that_is_right():
    assert plan() == []


@pytest.mark.parametrize('difference, commands', [
    ({'mtu': 1500}, ['link set dev br100 mtu 1400']),
    ({'up': False}, ['link set dev br100 up']),
    ({'mac': '02:00:00:00:00:99'}, [f'link set dev br100 address {MAC}']),
    ({'mac': '02:00:00:00:00:99', 'alias': ''}, []),
    ({'addresses': []}, ['address add 10.0.0.2/24 brd + dev br100']),
    ({'addresses': ['192.0.2.1/24', '10.0.0.9/24']},
     ['address del 10.0.0.9/24 dev br100', 'address add 10.0.0.2/24 brd + dev br100']),
    ({'options': {**RIGHT['options'], 'ageing_time': 0}},
     ['link set dev br100 type bridge stp_state 0 forward_delay 0 ageing_time 30000 nf_call_iptables 1'
      ' nf_call_ip6tables 1'])])
def test_each_difference_has_its_command(difference, commands):
    assert plan(**difference) == commands


def test_the_mac_of_a_bridge_is_stable_local_and_differs_between_hosts():
    mac = linux_net.bridge_mac('u1', 'h1')
    assert mac == linux_net.bridge_mac('u1', 'h1') and mac.startswith('02:') and len(mac) == 17
    assert len({mac, linux_net.bridge_mac('u1', 'h2'), linux_net.bridge_mac('u2', 'h1')}) == 3


def test_only_bridges_with_our_alias_are_ours():
    assert linux_net.owned_bridges({'br100': RIGHT, 'virbr0': {**RIGHT, 'alias': ''},
                                    'x': {**RIGHT, 'alias': 'novax'}}) == {'br100': 'u1'}


def test_a_command_is_one_line(monkeypatch):
    monkeypatch.setattr(linux_net.privsep.sys_admin_pctxt, 'client_mode', False)
    with pytest.raises(ValueError):
        linux_net.run_batch(['link show\nlink delete eth0'])


@pytest.mark.parametrize('name', ['kernel/core_pattern', 'net/../kernel/core_pattern', '../etc/passwd'])
def test_only_network_settings_can_be_written(name):
    with pytest.raises(ValueError):
        linux_net.set_sysctl(name, 'x')


def test_a_device_that_is_no_bridge_is_refused(monkeypatch):
    monkeypatch.setattr(linux_net, 'bridges', lambda: {})
    with pytest.raises(exception.NetworkSetupFailed, match='lo is a device, but not a bridge'):
        linux_net.ensure_bridge({**NETWORK, 'bridge': 'lo'}, '10.0.0.2', 'h1')

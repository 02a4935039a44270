# SPDX-License-Identifier: Apache-2.0
"""Which commands the device of a VLAN needs, from what is there."""
import pytest

from mininova import exception
from mininova.network import linux_net, vlan

NETWORK = {'uuid': 'u1', 'label': 'private', 'bridge': 'br100', 'mtu': None, 'vlan': 100, 'bridge_interface': 'eth1'}
RIGHT = {'vlan': 100, 'interface': 'eth1', 'mtu': 1500, 'up': True, 'bridge': 'br100', 'alias': 'nova:u1'}
MAKE = ['link set dev eth1 up', 'link add link eth1 name vlan100 mtu 1500 type vlan id 100',
        'link set dev vlan100 alias nova:u1 addrgenmode none', 'link set dev vlan100 master br100',
        'link set dev vlan100 up']


def plan(**differences):
    return vlan.plan(NETWORK, {**RIGHT, **differences})


def test_the_port_of_a_bridge_is_the_vlan_or_the_interface_itself():
    assert (vlan.device_name(NETWORK), vlan.port_name(NETWORK)) == ('vlan100', 'vlan100')
    flat = {**NETWORK, 'vlan': None}
    assert (vlan.device_name(flat), vlan.port_name(flat)) == (None, 'eth1')
    assert vlan.port_name({**flat, 'bridge_interface': None}) is None


def test_a_missing_device_is_made_in_the_bridge():
    assert vlan.plan(NETWORK, None) == MAKE
    assert plan() == []


@pytest.mark.parametrize('difference, commands', [
    ({'mtu': 1400}, ['link set dev vlan100 mtu 1500']), ({'up': False}, ['link set dev vlan100 up']),
    ({'bridge': None}, ['link set dev vlan100 master br100']),
    ({'interface': 'eth9'}, ['link delete dev vlan100', *MAKE]), ({'vlan': 9}, ['link delete dev vlan100', *MAKE])])
def test_each_difference_has_its_command(difference, commands):
    assert plan(**difference) == commands


def test_a_device_that_the_operator_made_is_used_but_not_made_anew():
    assert plan(alias='', bridge=None) == ['link set dev vlan100 master br100']
    with pytest.raises(exception.NetworkSetupFailed, match='VLAN 9 on eth1, and not ours'):
        plan(alias='', vlan=9)


@pytest.fixture
def host(monkeypatch):
    """A host with eth1 and no VLAN; what is run is kept, and fails with a text if there is one."""
    class Host:
        devices, commands, text = {'eth1'}, [], None

        def run(self, commands):
            self.commands.extend(commands)
            if self.text:
                raise exception.NetworkSetupFailed(network='x', reason=self.text)
    made = Host()
    made.commands = []
    monkeypatch.setattr(vlan, 'devices', dict)
    monkeypatch.setattr(linux_net, 'exists', lambda name: name in made.devices)
    monkeypatch.setattr(linux_net, 'run_batch', made.run)
    return made


def test_the_device_is_made_once_and_removed(host):
    vlan.ensure(NETWORK)
    assert host.commands == MAKE
    vlan.remove('vlan100')
    assert host.commands == MAKE
    host.devices = {'eth1', 'vlan100'}
    vlan.remove('vlan100')
    assert host.commands[-1] == 'link delete dev vlan100'


@pytest.mark.parametrize('devices, text, message', [
    (set(), None, 'bridge_interface eth1 does not exist'), ({'eth1', 'vlan100'}, None, 'not of a VLAN'),
    ({'eth1'}, 'Error: Unknown device type.', 'has no VLANs'), ({'eth1'}, 'Error: File exists', 'File exists')])
def test_why_it_cannot_be_made_is_said(host, devices, text, message):
    host.devices, host.text = devices, text
    with pytest.raises(exception.NetworkSetupFailed, match=message):
        vlan.ensure(NETWORK)

# SPDX-License-Identifier: Apache-2.0
"""The device of a VLAN (IEEE 802.1Q) that joins a network's bridges on all hosts, for networks that have a number.

Used by nova-network only. ``vlan<number>`` on the network's `bridge_interface` is made and removed with the bridge; the
interface itself is shared by many such networks, may have addresses, and is never touched but to be switched on. A
device that we made carries the alias ``nova:<network>``; one that the operator made is used and left.
Nova: nova/network/linux_net.py (ensure_vlan, Newton)
"""
import json

from oslo_concurrency import processutils

from mininova import exception
from mininova.network import linux_net


def device_name(network):
    """Name a network's device; None without a VLAN."""
    return f'vlan{network["vlan"]}' if network.get('vlan') is not None else None


def port_name(network):
    """Name the device of this host that is put into a network's bridge; None if there is none."""
    return device_name(network) or network['bridge_interface']


def devices():
    """Describe all VLAN devices of this host: {name: {vlan, interface, mtu, up, bridge, alias}}."""
    output, _errors = processutils.execute('ip', '-json', '-details', 'link', 'show', 'type', 'vlan')
    return {link['ifname']: _describe(link) for link in json.loads(output or '[]') if link.get('ifname')}


def _describe(link):
    return {'vlan': link.get('linkinfo', {}).get('info_data', {}).get('id'), 'interface': link.get('link'),
            'mtu': link['mtu'], 'up': 'UP' in link['flags'], 'bridge': link.get('master'),
            'alias': link.get('ifalias', '')}


def plan(network, found):
    """List the ip commands that turn what is there into a network's port.

    :param found: the device as in :func:`devices`, None if it is not there
    """
    name, interface, mtu = device_name(network), network['bridge_interface'], linux_net.network_mtu(network)
    commands = []
    if found and (found['vlan'], found['interface']) != (network['vlan'], interface):
        if not found['alias'].startswith(linux_net.ALIAS):
            raise exception.NetworkSetupFailed(network=network['label'], reason=(
                f'{name} is VLAN {found["vlan"]} on {found["interface"]}, and not ours to change'))
        commands.append(f'link delete dev {name}')
        found = None
    if found is None:
        commands += [f'link set dev {interface} up',
                     f'link add link {interface} name {name} mtu {mtu} type vlan id {network["vlan"]}',
                     f'link set dev {name} alias {linux_net.ALIAS}{network["uuid"]} addrgenmode none']
    return commands + linux_net.plan_port(network, name, found)


def ensure(network):
    """Make a network's VLAN device what it should be, in the bridge; does nothing if it is.

    :raises NetworkSetupFailed: the interface is missing, or the kernel has no VLANs
    """
    name, interface = device_name(network), network['bridge_interface']
    if not linux_net.exists(interface):
        raise exception.NetworkSetupFailed(
            network=network['label'], reason=f'bridge_interface {interface} does not exist on this host')
    found = devices().get(name)
    if found is None and linux_net.exists(name):
        raise exception.NetworkSetupFailed(network=network['label'], reason=f'{name} is a device, but not of a VLAN')
    commands = plan(network, found)
    try:
        linux_net.run_batch(commands)
    except exception.NetworkSetupFailed as error:
        if found is None and 'Unknown device type' in str(error):
            raise exception.NetworkSetupFailed(network=network['label'], reason=(
                'the kernel of this host has no VLANs (module 8021q): make the network with --vni instead')) from None
        raise


def owned():
    """List the devices that we made."""
    return {name for name, facts in devices().items() if facts['alias'].startswith(linux_net.ALIAS)}


def remove(name):
    """Remove a device of ours; one that is not there is no matter."""
    if linux_net.exists(name):
        linux_net.run_batch([f'link delete dev {name}'])

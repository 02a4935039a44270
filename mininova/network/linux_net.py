# SPDX-License-Identifier: Apache-2.0
"""Bridges of a compute host: one for each network that has a guest here.

Used by nova-network only. What is there is read with one ``ip -json``, what is missing is done by one ``ip -batch``:
that costs 8 ms where the pyroute2 library costs 24 MB for good, and an operator can type the same commands.
A bridge that we made carries the alias ``nova:<network>``; only such bridges are ever removed.
Nova: nova/network/linux_net.py (Newton)
"""
import hashlib
import ipaddress
import json
import os

from oslo_concurrency import processutils
from oslo_log import log

from mininova import exception, privsep

LOG = log.getLogger(__name__)

ALIAS = 'nova:'
AGEING = 30000  # hundredths of a second; 0 would make the bridge flood every frame (OSSA-2019-004)
SYS_NET = '/sys/class/net'
# The IP layer sees what is bridged, whatever the host's net.bridge.* say: guest_firewall.py needs that.
BRIDGE_OPTIONS = {'stp_state': 0, 'forward_delay': 0, 'ageing_time': AGEING, 'nf_call_iptables': 1,
                  'nf_call_ip6tables': 1}


@privsep.sys_admin_pctxt.entrypoint
def _ip_batch(commands):
    if any('\n' in command for command in commands):
        raise ValueError('a command is one line')
    privsep.run('ip', '-batch', '-', process_input='\n'.join(commands) + '\n')


@privsep.sys_admin_pctxt.entrypoint
def _write_sysctl(name, value):
    with open(_sysctl_path(name), 'w') as file:
        file.write(value)


def _sysctl_path(name):
    parts = name.split('/')
    if parts[0] != 'net' or '..' in parts:
        raise ValueError(f'{name} is no network setting')
    return os.path.join('/proc/sys', *parts)


def run_batch(commands):
    """Run ip commands as root, in order, until one fails.

    :raises NetworkSetupFailed: with the text that ip printed
    """
    if not commands:
        return
    LOG.debug('ip: %s', '; '.join(commands))
    try:
        _ip_batch(commands)
    except processutils.ProcessExecutionError as error:
        raise exception.NetworkSetupFailed(network=commands[0], reason=(error.stderr or str(error)).strip()) from None


def set_sysctl(name, value):
    """Give a kernel setting a value unless it has it; a setting the kernel lacks is skipped."""
    path = _sysctl_path(name)
    try:
        with open(path) as file:
            if file.read().strip() == value:
                return
    except FileNotFoundError:
        return
    try:
        _write_sysctl(name, value)
    except OSError as error:
        raise exception.NetworkSetupFailed(network=name, reason=f'{path} cannot be set to {value}: {error}') from None


def bridges():
    """Describe all bridges of this host.

    :returns: {name: {mtu, mac, up, alias, options, addresses: ['10.0.0.1/24']}}
    """
    output, _errors = processutils.execute('ip', '-json', '-details', 'address', 'show', 'type', 'bridge')
    return {link['ifname']: _describe(link) for link in json.loads(output or '[]') if link.get('ifname')}


def _describe(link):
    data = link.get('linkinfo', {}).get('info_data', {})
    return {'mtu': link['mtu'], 'mac': link['address'], 'up': 'UP' in link['flags'], 'alias': link.get('ifalias', ''),
            'options': {name: data.get(name) for name in BRIDGE_OPTIONS},
            'addresses': [f'{address["local"]}/{address["prefixlen"]}' for address in link.get('addr_info', ())]}


def owned_bridges(found=None):
    """Tell which bridges we made: {name: network uuid}."""
    found = bridges() if found is None else found
    return {name: facts['alias'][len(ALIAS):] for name, facts in found.items() if facts['alias'].startswith(ALIAS)}


def ports(bridge):
    """List the devices in a bridge."""
    try:
        return os.listdir(os.path.join(SYS_NET, bridge, 'brif'))
    except FileNotFoundError:
        return []


def exists(device):
    """Tell whether a network device is there."""
    return os.path.exists(os.path.join(SYS_NET, device))


def bridge_mac(network_uuid, host):
    """Give the MAC of a network's bridge on a host: always the same, so that guests' ARP entries stay true.

    :param host: '' where all hosts are one gateway (networks with a VNI)
    """
    digest = hashlib.sha256(f'{network_uuid} {host}'.encode()).digest()
    return '02:' + ':'.join(f'{octet:02x}' for octet in digest[:5])


def plan_port(network, name, found):
    """List the ip commands that make a device a network's port: its MTU, in its bridge, switched on.

    :param found: {mtu, bridge, up} of the device; None for one just made, with the network's MTU
    """
    mtu, commands = network_mtu(network), []
    found = found or {'mtu': mtu, 'up': False, 'bridge': None}
    if found['mtu'] != mtu:
        commands.append(f'link set dev {name} mtu {mtu}')
    if found['bridge'] != network['bridge']:
        commands.append(f'link set dev {name} master {network["bridge"]}')
    if not found['up']:
        commands.append(f'link set dev {name} up')
    return commands


def network_mtu(network):
    """Return the longest packet of a network, bytes; that of Ethernet where none was given."""
    return network['mtu'] or 1500


def plan_bridge(network, gateway, mac, found):
    """List the ip commands that turn what is there into what a network needs.

    :param gateway: this host's address in the network
    :param found: the bridge as in :func:`bridges`, None if it is not there
    """
    name = network['bridge']
    cidr = ipaddress.ip_network(network['cidr'])
    address = f'{gateway}/{cidr.prefixlen}'
    mtu = network_mtu(network)
    options = ' '.join(f'{option} {value}' for option, value in BRIDGE_OPTIONS.items())
    commands = []
    if found is None:
        commands += [f'link add name {name} address {mac} mtu {mtu} type bridge {options}',
                     f'link set dev {name} alias {ALIAS}{network["uuid"]} addrgenmode none']
        found = {'mtu': mtu, 'mac': mac, 'up': False, 'addresses': [], 'options': BRIDGE_OPTIONS, 'alias': ALIAS}
    if found['options'] != BRIDGE_OPTIONS:
        commands.append(f'link set dev {name} type bridge {options}')
    if found['mtu'] != mtu:
        commands.append(f'link set dev {name} mtu {mtu}')
    if found['mac'] != mac and found['alias'].startswith(ALIAS):
        commands.append(f'link set dev {name} address {mac}')
    commands += [f'address del {old} dev {name}' for old in found['addresses']
                 if old != address and ipaddress.ip_interface(old).ip in cidr]
    if address not in found['addresses']:
        commands.append(f'address add {address} brd + dev {name}')
    if not found['up']:
        commands.append(f'link set dev {name} up')
    return commands


def ensure_bridge(network, gateway, host, found=None):
    """Make a network's bridge on this host what it should be; does nothing if it is.

    :param network: the network of a guest's wiring
    :param gateway: this host's address in it
    :param found: what :func:`bridges` said, to ask only once for many networks
    :raises NetworkSetupFailed:
    """
    name = network['bridge']
    found = bridges() if found is None else found
    if name not in found and exists(name):
        raise exception.NetworkSetupFailed(network=network['label'], reason=f'{name} is a device, but not a bridge')
    mac = bridge_mac(network['uuid'], '' if network.get('vni') else host)
    commands = plan_bridge(network, gateway, mac, found.get(name))
    interface = network['bridge_interface'] if network.get('vlan') is None else None
    if interface and interface not in ports(name):
        commands += _plan_interface(network, interface)
    run_batch(commands)
    set_sysctl('net/ipv4/ip_forward', '1')
    return bool(commands)


def _plan_interface(network, interface):
    if not exists(interface):
        raise exception.NetworkSetupFailed(
            network=network['label'], reason=f'bridge_interface {interface} does not exist on this host')
    output, _errors = processutils.execute('ip', '-json', '-4', 'address', 'show', 'dev', interface)
    addresses = [address['local'] for link in json.loads(output or '[]') for address in link.get('addr_info', ())]
    if addresses:
        raise exception.NetworkSetupFailed(
            network=network['label'],
            reason=f'bridge_interface {interface} has addresses ({", ".join(addresses)}), which would no longer work '
                   'in a bridge; give the network an interface without addresses')
    return [f'link set dev {interface} master {network["bridge"]}', f'link set dev {interface} up']


def remove_bridge(name, interface=None, addresses=()):
    """Remove a bridge that we made; from another's bridge only our addresses.

    :param interface: port that is ours and may stay in the bridge until now
    :param addresses: ours, with their prefix lengths
    :returns: False if it has other ports, i.e. something still uses it, and was left alone
    """
    found = bridges().get(name)
    if found is None:
        return True
    if found['alias'].startswith(ALIAS):
        if [port for port in ports(name) if port != interface]:
            return False
        run_batch([f'link delete dev {name} type bridge'])
    else:
        run_batch([f'address del {address} dev {name}' for address in addresses if address in found['addresses']])
    return True

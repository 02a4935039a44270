# SPDX-License-Identifier: Apache-2.0
"""What a host has of a network's IPv6: addresses of the bridge, forwarding.

Used by nova-network only. Each host is the router of the guests that it has itself, at the same two addresses on every
host: the network's gateway, and ``fe80::1``, which is the one that guests learn from router advertisements (dhcp.py).
So a guest that moves keeps its router. What would tell the hosts apart does not leave the bridge (vxlan.py).
Without an IPv6 range a bridge has no IPv6 at all: a guest could announce itself to the host otherwise.
Nova: nova/network/linux_net.py (initialize_gateway_device, update_ra, Newton)
"""
import ipaddress
import os

from mininova.network import linux_net

ROUTER = 'fe80::1'
LINK_LOCAL = ipaddress.ip_network('fe80::/10')
# The address that neighbour discovery is about, for nft: older releases have no name for it.
TARGET = '@th,64,128'
CONF_FILES = '/proc/sys/net/ipv6/conf'


def number(address):
    """Write an address as nft wants it next to TARGET."""
    return f'{int(ipaddress.ip_address(address)):#034x}'


def addresses(network):
    """List the IPv6 addresses of a network's bridge, with their prefix lengths."""
    if not network.get('cidr_v6'):
        return []
    return [f'{network["gateway_v6"]}/{ipaddress.ip_network(network["cidr_v6"]).prefixlen}', f'{ROUTER}/64']


def plan(network, present, ours):
    """List the ip commands that give a bridge its addresses.

    :param present: the addresses that it has
    :param ours: nobody else uses the bridge, so that every other link-local address goes
    """
    wanted, name = addresses(network), network['bridge']
    cidr = ipaddress.ip_network(network['cidr_v6'])
    old = [address for address in present if address not in wanted and (
        ipaddress.ip_interface(address).ip in cidr or ours and ipaddress.ip_interface(address).ip in LINK_LOCAL)]
    # Other hosts have the same address, so looking for duplicates would end in finding them.
    return [*(f'address del {address} dev {name}' for address in old),
            *(f'address add {address} dev {name} nodad' for address in wanted if address not in present)]


def ensure(network, present, ours):
    """Let a bridge have IPv6 or none, as its network says; does nothing if it is so.

    :returns: whether an address had to be changed
    :raises NetworkSetupFailed:
    """
    setting = f'net/ipv6/conf/{network["bridge"]}'
    if not network.get('cidr_v6'):
        linux_net.set_sysctl(f'{setting}/disable_ipv6', '1')
        return False
    for name, value in (('accept_ra', '0'), ('autoconf', '0'), ('disable_ipv6', '0')):
        linux_net.set_sysctl(f'{setting}/{name}', value)
    commands = plan(network, present, ours)
    linux_net.run_batch(commands)
    forward()
    return bool(commands)


def forward():
    """Let the host route. Devices that listened to routers would stop with that, so they are told to go on."""
    if _read('all/forwarding') == '1':
        return
    for device in sorted(os.listdir(CONF_FILES)) if os.path.isdir(CONF_FILES) else ():
        if device not in ('all', 'default', 'lo') and _read(f'{device}/accept_ra') == '1':
            linux_net.set_sysctl(f'net/ipv6/conf/{device}/accept_ra', '2')
    linux_net.set_sysctl('net/ipv6/conf/all/forwarding', '1')


def _read(name):
    try:
        with open(os.path.join(CONF_FILES, name)) as file:
            return file.read().strip()
    except FileNotFoundError:
        return None

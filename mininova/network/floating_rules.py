# SPDX-License-Identifier: Apache-2.0
"""The packet rules of floating addresses, as chains of the table that firewall.py writes.  Pure text.

What comes for a floating address, from outside, from guests or from the host itself, goes to the guest; what the guest
sends out of the device that has the address, or to another floating address, comes from it. A guest that asks for the
floating address of its neighbour in the same network appears as the gateway, or the neighbour would answer it directly
and the answer would have another source. Nova: floating_forward_rules of nova/network/linux_net.py (Newton)
"""
import ipaddress
from typing import NamedTuple


class FloatingIP(NamedTuple):
    """A floating address, the guest's own address it leads to, and the device of this host that has it."""
    address: str
    fixed_address: str
    interface: str


def chains(networks, metadata_host, metadata_port):
    """List (name, kind, hook, priority, rules) of the chains for these networks; none without floating addresses.

    :param networks: firewall.GuestNetworks; no floating address leads to two guests
    """
    served = [floating for network in networks for floating in network.floating_ips]
    if not served:
        return []
    to_guest = f'dnat to ip daddr map {_map((one.address, one.fixed_address) for one in served)}'
    return [
        ('floating_in', 'nat', 'prerouting', 'dstnat', [to_guest]),
        ('floating_from_host', 'nat', 'output', '-100', [to_guest]),
        # Before the chain that gives all others the host's address.
        ('floating_out', 'nat', 'postrouting', 'srcnat - 1', [
            *_to_metadata(metadata_host, metadata_port), *_out(served), *_around(networks, served)])]


def accepted(networks):
    """Give the condition of packets that are on their way to or from a floating address; None if there is none."""
    served = [floating for network in networks for floating in network.floating_ips]
    return f'ct status dnat ct original ip daddr {_addresses(served)}' if served else None


def _to_metadata(host, port):
    """A metadata service elsewhere must see the guest's own address."""
    return [] if ipaddress.ip_address(host).is_loopback else [f'ip daddr {host} tcp dport {port} accept']


def _out(served):
    sources = {}
    for floating in served:
        sources.setdefault(floating.interface, {}).setdefault(floating.fixed_address, floating.address)
    return [f'oifname "{interface}" snat to ip saddr map {_map(pairs.items())}'
            for interface, pairs in sorted(sources.items())]


def _around(networks, served):
    """Rules for guests of this host that ask for a floating address of this host."""
    condition = accepted(networks)
    own = {}
    for floating in served:
        own.setdefault(floating.fixed_address, floating.address)
    rules = [f'{condition} snat to ip saddr map {_map(own.items())}']
    return rules + [f'{condition} ip saddr {network.cidr} ip daddr {network.cidr} masquerade'
                    for network in networks if network.floating_ips]


def _map(pairs):
    return '{ ' + ', '.join(f'{key} : {value}' for key, value in sorted(pairs)) + ' }'


def _addresses(served):
    return '{ ' + ', '.join(sorted(floating.address for floating in served)) + ' }'

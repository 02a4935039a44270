# SPDX-License-Identifier: Apache-2.0
"""Packet rules of a compute host for IPv6: the nftables table ``ip6 nova``, always replaced as a whole.

Used by nova-network only, for networks with an IPv6 range. The same as firewall.py says for IPv4: no packet comes out
of a bridge with a source that its network does not have, a guest reaches nothing on its host but neighbour discovery,
ping, DHCP and DNS, networks do not reach each other, and what leaves a network has its host's address: each host is
the router of its own guests, so an answer to an address of the network would not find the right one.
Nova: nova/network/linux_net.py (IptablesManager, ipv6_filter, Newton)
"""
from mininova.network import firewall, ipv6, vxlan

TABLE = 'ip6 nova'


def render(networks, restrict_guests=True):
    """Write the complete table for these networks.

    :param networks: firewall.GuestNetworks of this host that have a cidr_v6
    :returns: text for ``nft -f -``; for none, what removes the table
    """
    if not networks:
        return remove_text()
    networks = sorted(networks)
    chains = [
        firewall.chain('from_guests', 'filter', 'prerouting', 'raw', [
            f'iifname "{network.bridge}" ip6 saddr != {{ ::, {ipv6.LINK_LOCAL}, {network.cidr_v6} }} drop'
            for network in networks if not network.shared]),
        firewall.chain('input', 'filter', 'input', 'filter', _input(networks, restrict_guests)),
        firewall.chain('forward', 'filter', 'forward', 'filter', _forward(networks)),
        firewall.chain('postrouting', 'nat', 'postrouting', 'srcnat', [
            f'ip6 saddr {network.cidr_v6} ip6 daddr != {network.cidr_v6} oifname != "{network.bridge}" masquerade'
            for network in networks])]
    return f'{remove_text()}table {TABLE} {{\n' + ''.join(chains) + '}\n'


def remove_text():
    """Write what removes the table, there or not."""
    return f'table {TABLE} {{ }}\ndelete table {TABLE}\n'


def _input(networks, restrict_guests):
    rules = []
    for network in networks:
        guest = f'iifname "{network.bridge}"'
        others = ', '.join(other.cidr_v6 for other in networks if other is not network)
        if others:
            rules.append(f'{guest} ip6 daddr {{ {others} }} drop')
        if restrict_guests:
            rules += [f'{guest} ct state established,related accept', f'{guest} meta l4proto ipv6-icmp accept',
                      f'{guest} udp dport {{ 53, 547 }} accept', f'{guest} tcp dport 53 accept', f'{guest} drop']
    return rules


def _forward(networks):
    rules = []
    for network in networks:
        rules += [f'iifname "{network.bridge}" oifname "{network.bridge}" accept',
                  f'iifname "{network.bridge}" udp dport {vxlan.PORT} drop']
        others = ', '.join(f'"{other.bridge}"' for other in networks if other is not network)
        if others:
            rules.append(f'iifname "{network.bridge}" oifname {{ {others} }} drop')
    return rules


class FirewallV6(firewall.LateFirewall):
    """The table as this process wants it."""
    table = TABLE

    def text(self, networks):
        return render([network for network in networks if network.cidr_v6], firewall.settings().restrict_guests)

    def apply(self, networks, check=False):
        super().apply([network for network in networks if network.cidr_v6], check)

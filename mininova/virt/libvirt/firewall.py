# SPDX-License-Identifier: Apache-2.0
"""Keep guests from using addresses that are not theirs.  Runs in nova-compute.  Nova (Kilo): nova/virt/firewall.py.

libvirt puts the filters in front of a card before the guest starts and takes them away with it, so nothing
of ours is left per guest: a guest's own addresses are parameters of its interface.  ``nova-base`` lets
a card send only frames from its own MAC, IPv4, IPv6 and ARP addresses and its DHCP requests; answers to
these come only from the network's DHCP server, and no guest can act as one.
"""
from mininova.virt.libvirt.config import nwfilter

BASE = 'nova-base'
MAC_ONLY = 'nova-mac-only'
NO_ADDRESS_V4 = '0.0.0.0'
NO_ADDRESS_V6 = '::'


def _rules(direction, *rules):
    """Number rules in order; each is (action, protocol or None for every frame, conditions)."""
    return tuple(nwfilter.Rule(action, direction, 100 + 10 * number, protocol, conditions)
                 for number, (action, protocol, conditions) in enumerate(rules))


def filters():
    """Return our filters.

    All rules stand in one chain per direction: libvirt runs ebtables eight times for each further chain, at
    every start of every guest.
    """
    foreign_mac = nwfilter.Rule('drop', 'out', 50, 'mac', {'srcmacaddr': '$MAC'}, negate=True)
    own_arp = {'srcmacaddr': '$MAC', 'arpsrcmacaddr': '$MAC'}
    # Variables of one rule are walked through side by side unless their iterators differ: one MAC, several addresses.
    each_address = '$IP[@1]'
    dhcp_answer = {'protocol': 'udp', 'srcportstart': '67', 'dstportstart': '68'}
    sent = _rules(
        'out',
        ('drop', 'ip', {'protocol': 'udp', 'srcportstart': '67'}),
        ('accept', 'ip', {'srcipaddr': NO_ADDRESS_V4, 'protocol': 'udp', 'srcportstart': '68', 'dstportstart': '67'}),
        ('accept', 'ip', {'srcipaddr': '$IP'}),
        ('accept', 'arp', {**own_arp, 'arpsrcipaddr': each_address}),
        ('accept', 'arp', {**own_arp, 'arpsrcipaddr': NO_ADDRESS_V4}),
        ('drop', 'ipv6', {'protocol': 'icmpv6', 'type': '134'}),
        ('accept', 'ipv6', {'srcipaddr': NO_ADDRESS_V6, 'srcipmask': '128'}),
        ('accept', 'ipv6', {'srcipaddr': 'fe80::', 'srcipmask': '10'}),
        ('accept', 'ipv6', {'srcipaddr': '$IPV6'}),
        ('accept', 'mac', {'protocolid': 'rarp'}),
        ('drop', None, {}))
    received = _rules(
        'in',
        ('accept', 'ip', {**dhcp_answer, 'srcipaddr': '$DHCPSERVER'}),
        ('drop', 'ip', dhcp_answer))
    return [nwfilter.Filter(BASE, rules=(foreign_mac, *sent, *received)),
            nwfilter.Filter(MAC_ONLY, rules=(foreign_mac,))]


def define(host):
    """Define our filters, or bring those of an earlier release up to date.

    :param host: virt.libvirt.host.Host
    """
    known = host.filter_uuids()
    for document in filters():
        document.uuid = known.get(document.name)
        host.define_filter(document)


def reference(vif):
    """Return (filter name, parameters) for a card.

    :param vif: network.model.VIF
    """
    subnets = vif['network']['subnets']
    if not subnets:
        return MAC_ONLY, ()
    addresses = {4: [], 6: []}
    for fixed in vif.fixed_ips():
        addresses[fixed['version']].append(fixed['address'])
    parameters = [('IP', address) for address in addresses[4] or [NO_ADDRESS_V4]]
    parameters += [('IPV6', address) for address in addresses[6] or [NO_ADDRESS_V6]]
    parameters += [('DHCPSERVER', address) for address in _dhcp_servers(subnets) or [NO_ADDRESS_V4]]
    return BASE, tuple(parameters)


def _dhcp_servers(subnets):
    found = []
    for subnet in subnets:
        if subnet['version'] == 4:
            address = subnet.get_meta('dhcp_server') or (subnet['gateway'] or {}).get('address')
            if address and address not in found:
                found.append(address)
    return found

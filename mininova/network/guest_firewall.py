# SPDX-License-Identifier: Apache-2.0
"""What the security groups of guests let in, as nftables rules; always replaced as a whole in one transaction.

Used by nova-network only. Nothing reaches a guest but ARP, neighbour discovery, answers to what it sent, its DHCP
server and router, and what a rule of one of its groups lets in. That it speaks in its own name only is libvirt's
nwfilter's work, but for what that does not see: here no guest is a router, or answers for another's IPv6 address.

Where a packet enters a guest is known to the bridge alone, and which connection it belongs to is known to the IP layer
alone (nftables has ``ct state`` for bridges only on kernels with CONFIG_NF_CONNTRACK_BRIDGE). So there are two tables:
``inet nova_groups`` marks answers, also those between guests of one bridge, which br_netfilter hands to it; ``bridge
nova_groups`` decides on each guest's own device, after that, whichever way the packet came.
Nova: nova/virt/firewall.py (IptablesFirewallDriver, Newton)
"""
import ipaddress
import os
from typing import NamedTuple

from oslo_concurrency import processutils

from mininova import exception, privsep
from mininova.network import firewall, ipv6

NAME = 'nova_groups'
ANSWER = 0x08000000  # bit of a packet's mark
OTHER_BITS = 0xFFFFFFFF ^ ANSWER
FAMILIES = {4: ('ip', 'ether type ip', 'icmp'), 6: ('ip6', 'ether type ip6', 'icmpv6')}
ALWAYS = ('ether type arp accept', f'meta mark & {ANSWER:#010x} == {ANSWER:#010x} accept',
          'ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept')
ADVERTISED = f'icmpv6 type nd-neighbor-advert {ipv6.TARGET}'
# What only routers and DHCP servers say.
NEVER = ('icmpv6 type { nd-router-advert, nd-redirect } drop', 'udp sport 547 udp dport 546 drop')
BRIDGE_NETFILTER = '/proc/sys/net/bridge/bridge-nf-call-iptables'


class Port(NamedTuple):
    """A guest's device in a bridge, the numbers of its security groups, and its IPv6 address if it has one."""
    device: str
    groups: tuple = ()
    address_v6: str | None = None


class Network(NamedTuple):
    """A network that a host serves: its guests' ports and from where they have their addresses.

    `shared`: other machines are on the same bridge (bridge_interface).
    """
    bridge: str
    cidr: str
    gateway: str
    ports: tuple = ()
    shared: bool = False
    cidr_v6: str | None = None


class Model(NamedTuple):
    """What the groups of a host's guests say.

    :param instances: {instance uuid: numbers of its groups}
    :param groups: {number: rules, dictionaries of protocol, from_port, to_port, cidr and group_id}
    :param members: {number: addresses of all servers that have the group}
    :param digest: what the database calls this state of things
    """
    instances: dict
    groups: dict
    members: dict
    digest: str | None = None

    @classmethod
    def read(cls, answer):
        """Return what SecurityGroupList.get_model answered, or None for nothing new."""
        document = answer['model']
        if document is None:
            return None
        return cls(*(dict(document[name]) for name in ('instances', 'groups', 'members')), answer['digest'])


EMPTY = Model({}, {}, {})


# -- text -------------------------------------------------------------------------------


def render(networks, model):
    """Write both tables.

    :param networks: Networks of this host
    :param model: Model; a group that it does not have lets nothing in
    :returns: text for ``nft -f -``
    """
    networks = sorted(networks)
    ports = [(port, network) for network in networks for port in sorted(network.ports)]
    used = sorted({number for port, _network in ports for number in port.groups if number in model.groups})
    rules = {number: model.groups[number] for number in used}
    sources = sorted({rule['group_id'] for group in rules.values() for rule in group
                      if rule['group_id'] is not None})
    parts = [_chain('always', ALWAYS)]
    parts += [_set(number, version, addresses) for number in sources
              for version, addresses in _by_family(model.members.get(number, ())).items()]
    parts += [_chain(f'group_{number}', [line for rule in rules[number] for line in rule_lines(rule, model.members)])
              for number in used]
    parts += [_chain(_port_chain(port), _port_lines(port, network, rules)) for port, network in ports]
    parts += [_chain(_port_chain(port, 'from'), _sent_lines(port, network)) for port, network in ports]
    parts.append(_chain('prerouting', ['type filter hook prerouting priority -250; policy accept;',
                                       *_jumps('iifname', [port for port, _network in ports], 'from')]))
    parts.append(_chain('postrouting', ['type filter hook postrouting priority 0; policy accept;',
                                        *_entrance([port for port, _network in ports], networks)]))
    return f'{remove_text()}{_ip_layer(networks)}table bridge {NAME} {{\n' + ''.join(parts) + '}\n'


def remove_text():
    """Write what removes both tables, there or not."""
    return ''.join(f'table {family} {NAME} {{ }}\ndelete table {family} {NAME}\n' for family in ('inet', 'bridge'))


def _chain(name, lines):
    return f'\tchain {name} {{\n' + ''.join(f'\t\t{line}\n' for line in lines) + '\t}\n'


def _ip_layer(networks):
    """Write the table that marks answers, whatever mark they came with, and takes the mark from all else.

    What comes from elsewhere in the name of a guest is dropped: rules that name a group believe in addresses.
    """
    lines = [f'ct state established,related meta mark set meta mark | {ANSWER:#010x} return',
             f'meta mark set meta mark & {OTHER_BITS:#010x}']
    chains = [_chain(hook, [f'type filter hook {hook} priority filter; policy accept;', *lines])
              for hook in ('forward', 'output')]
    foreign = [f'iifname != {{ "lo", "{network.bridge}" }} {family} saddr {cidr} drop'
               for network in networks if not network.shared
               for family, cidr in (('ip', network.cidr), ('ip6', network.cidr_v6)) if cidr]
    chains.append(_chain('prerouting', ['type filter hook prerouting priority raw; policy accept;', *foreign]))
    return f'table inet {NAME} {{\n' + ''.join(chains) + '}\n'


def _by_family(addresses):
    """Return {4 or 6: addresses}, only families that have some."""
    found = {}
    for address in sorted(map(ipaddress.ip_address, addresses), key=lambda one: (one.version, one)):
        found.setdefault(address.version, []).append(str(address))
    return found


def _set(number, version, addresses):
    kind = {4: 'ipv4_addr', 6: 'ipv6_addr'}[version]
    return (f'\tset members_{number}_{version} {{\n\t\ttype {kind}\n'
            f'\t\telements = {{ {", ".join(addresses)} }}\n\t}}\n')


def rule_lines(rule, members):
    """Write one rule: a line for each family in which something can match.

    :param rule: dictionary of protocol, from_port, to_port, cidr and group_id
    :param members: {number: addresses} of groups that are sources
    """
    if rule['group_id'] is not None:
        matches = {version: f'{FAMILIES[version][0]} saddr @members_{rule["group_id"]}_{version}'
                   for version in _by_family(members.get(rule['group_id'], ()))}
    else:
        cidr = ipaddress.ip_network(rule['cidr'], strict=False)
        family, anything, _icmp = FAMILIES[cidr.version]
        matches = {cidr.version: f'{family} saddr {cidr}' if cidr.prefixlen else anything}
    return [' '.join([match, *_protocol(rule, version), 'accept']) for version, match in sorted(matches.items())]


def _protocol(rule, version):
    protocol, first, last = rule['protocol'], rule['from_port'], rule['to_port']
    if protocol is None:
        return []
    if protocol == 'icmp':
        name = FAMILIES[version][2]
        if first is None or first < 0:
            return ['meta l4proto', {'icmp': 'icmp', 'icmpv6': 'ipv6-icmp'}[name]]
        return [f'{name} type {first}', *([f'{name} code {last}'] if last is not None and last >= 0 else [])]
    if first is None:
        return [f'meta l4proto {protocol}']
    return [f'{protocol} dport {first}' if first == last else f'{protocol} dport {first}-{last}']


def _port_chain(port, way='port'):
    return f'{way}_{port.device.replace("-", "_")}'


def _port_lines(port, network, rules):
    router = [f'ip6 saddr {ipv6.ROUTER} ip6 hoplimit 255 icmpv6 type nd-router-advert accept',
              f'ip6 saddr {ipv6.ROUTER} udp sport 547 udp dport 546 accept'] if network.cidr_v6 else []
    return ['jump always', f'ip saddr {network.gateway} udp sport 67 udp dport 68 accept', *router,
            *(f'jump group_{number}' for number in sorted(port.groups) if number in rules), 'drop']


def _sent_lines(port, network):
    """Write what a guest may not say of IPv6: that it is the router, or has another's address.

    libvirt's nwfilter does not look into neighbour discovery.
    """
    if not (network.cidr_v6 and port.address_v6):
        return list(NEVER)
    mine, router = ipv6.number(port.address_v6), ipv6.number(ipv6.ROUTER)
    elsewhere = f'& {ipv6.number("ffc0::")} != {ipv6.number("fe80::")}'
    return [*NEVER, f'ip6 saddr {ipv6.ROUTER} drop',
            f'ip6 saddr != {{ ::, {ipv6.LINK_LOCAL}, {port.address_v6} }} drop', f'{ADVERTISED} {router} drop',
            f'{ADVERTISED} {elsewhere} {ipv6.TARGET} != {mine} drop']


def _jumps(name, ports, way='port'):
    jumps = ', '.join(f'"{port.device}" : jump {_port_chain(port, way)}' for port in ports)
    return [f'{name} vmap {{ {jumps} }}'] if jumps else []


def _entrance(ports, networks):
    """Send what enters a guest to its chain; what is for our networks enters no device of a guest that we do not know.

    That is, none that is called as Nova calls guests' devices: others may have bridges of their own on this host.
    """
    lines = _jumps('oifname', ports)
    for family, cidrs in (('ip', {net.cidr for net in networks}), ('ip6', {net.cidr_v6 for net in networks} - {None})):
        if cidrs:
            lines.append(f'oifname "tap*" {family} daddr {{ {", ".join(sorted(cidrs))} }} drop')
    return lines


# -- the host -------------------------------------------------------------------------------


@privsep.sys_admin_pctxt.entrypoint
def _load_module():
    privsep.run('modprobe', 'br_netfilter')


def require_bridge_netfilter():
    """Make sure that the kernel shows bridged packets to the IP layer.

    :raises NetworkSetupFailed: it cannot; guests that could not be protected shall not start
    """
    if os.path.exists(BRIDGE_NETFILTER):
        return
    try:
        _load_module()
    except (processutils.ProcessExecutionError, OSError) as error:
        said = (getattr(error, 'stderr', None) or str(error)).strip()
        raise exception.NetworkSetupFailed(network=NAME, reason=(
            f'security groups need the kernel module br_netfilter, which cannot be loaded ({said}); '
            'run as root: modprobe br_netfilter')) from None
    if not os.path.exists(BRIDGE_NETFILTER):
        raise exception.NetworkSetupFailed(network=NAME, reason=(
            f'security groups need a kernel with br_netfilter: {BRIDGE_NETFILTER} does not exist'))


class GuestFirewall(firewall.LateFirewall):
    """The two tables as this process wants them; ``model`` is what the groups say."""
    table = f'bridge {NAME}'
    tables = (table, f'inet {NAME}')

    def __init__(self):
        super().__init__()
        self.model = EMPTY

    def text(self, networks):
        return render(networks, self.model) if networks else remove_text()

    def apply(self, networks, check=False):
        if networks:
            require_bridge_netfilter()
        super().apply(networks, check)


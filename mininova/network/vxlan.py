# SPDX-License-Identifier: Apache-2.0
"""The VXLAN port that joins a network's bridges on all hosts: for networks that have a VNI.

Used by nova-network only. Each host is the gateway and DHCP server of the guests that it has itself, at the same
address with the same MAC on every host, so a guest that moves notices nothing. What would tell the hosts apart
(requests and answers about the gateway's address, DHCP, router discovery, everything from or to a host itself) does not
pass the port: nftables table ``bridge nova``, which also keeps the hosts on a shared wire (`bridge_interface`) apart as
far as a network's IPv6 is concerned. Frames to all and to strangers go to each other host; the kernel learns who is
where.
Nova left this to Neutron's agents (L2 population, anycast gateways of its router drivers).
"""
import ipaddress
import json
from typing import NamedTuple

from oslo_concurrency import processutils
from oslo_log import log

from mininova import exception, privsep
from mininova.network import ipv6, linux_net

LOG = log.getLogger(__name__)

PORT = 4789  # of UDP (IANA)
TABLE = 'bridge nova'
EVERYBODY = '00:00:00:00:00:00'


class Segment(NamedTuple):
    """What the rules must know of a device that joins bridges: which addresses each host has on its own bridge.

    :ivar gateway: None where each host has another one: networks without a VNI
    :ivar gateway_v6: None without an IPv6 range
    """
    device: str
    gateway: str | None
    gateway_v6: str | None = None


def device_name(network):
    """Name a network's port; None without a VNI."""
    return f'vx{network["vni"]}' if network.get('vni') else None


# -- the port ---------------------------------------------------------------------

def devices():
    """Describe all VXLAN devices of this host: {name: {vni, local, port, mtu, up, bridge, alias}}."""
    output, _errors = processutils.execute('ip', '-json', '-details', 'link', 'show', 'type', 'vxlan')
    return {link['ifname']: _describe(link) for link in json.loads(output or '[]') if link.get('ifname')}


def _describe(link):
    data = link.get('linkinfo', {}).get('info_data', {})
    return {'vni': data.get('id'), 'local': data.get('local') or data.get('local6'), 'port': data.get('port'),
            'mtu': link['mtu'], 'up': 'UP' in link['flags'], 'bridge': link.get('master'),
            'alias': link.get('ifalias', '')}


def plan(network, local, found):
    """List the ip commands that turn what is there into a network's port.

    :param local: this host's address, as the other hosts know it
    :param found: the port as in :func:`devices`, None if it is not there
    """
    name, mtu = device_name(network), linux_net.network_mtu(network)
    commands = []
    if found and (found['vni'], found['local'], found['port']) != (network['vni'], local, PORT):
        commands.append(f'link delete dev {name}')
        found = None
    if found is None:
        commands += [f'link add name {name} mtu {mtu} type vxlan id {network["vni"]} local {local} dstport {PORT}',
                     f'link set dev {name} alias {linux_net.ALIAS}{network["uuid"]} addrgenmode none']
    return commands + linux_net.plan_port(network, name, found)


def ensure(network, local, peers):
    """Make a network's port and its list of other hosts what they should be.

    :param peers: addresses of the other hosts
    :raises NetworkSetupFailed:
    """
    name = device_name(network)
    found = devices().get(name)
    if found is None and linux_net.exists(name):
        raise exception.NetworkSetupFailed(network=network['label'], reason=f'{name} is a device, but not of VXLAN')
    linux_net.run_batch(plan(network, local, found))
    wanted, present = set(usable(local, peers)), flooded(name)
    _change_flood_list(name, sorted(wanted - present), sorted(present - wanted))


def usable(local, peers):
    """List those other hosts to which a tunnel from our address can lead."""
    own = ipaddress.ip_address(local)
    return [peer for peer in peers if peer != local and ipaddress.ip_address(peer).version == own.version
            and not ipaddress.ip_address(peer).is_loopback]


def flooded(name):
    """List the hosts that get what is for everybody."""
    try:
        output, _errors = processutils.execute('bridge', '-json', 'fdb', 'show', 'dev', name)
    except processutils.ProcessExecutionError:
        return set()
    return {entry['dst'] for entry in json.loads(output or '[]')
            if entry.get('mac') == EVERYBODY and entry.get('dst')}


def _change_flood_list(name, added, removed):
    commands = [f'fdb append {EVERYBODY} dev {name} dst {address} self permanent' for address in added]
    commands += [f'fdb del {EVERYBODY} dev {name} dst {address} self permanent' for address in removed]
    if not commands:
        return
    LOG.info('%s leads to %s more and %s fewer hosts: +%s -%s', name, len(added), len(removed), added, removed)
    try:
        _bridge_batch(commands)
    except processutils.ProcessExecutionError as error:
        raise exception.NetworkSetupFailed(network=name, reason=(error.stderr or str(error)).strip()) from None


@privsep.sys_admin_pctxt.entrypoint
def _bridge_batch(commands):
    if any('\n' in command for command in commands):
        raise ValueError('a command is one line')
    privsep.run('bridge', '-batch', '-', process_input='\n'.join(commands) + '\n')


def owned():
    """List the ports that we made."""
    return {name for name, facts in devices().items() if facts['alias'].startswith(linux_net.ALIAS)}


def remove(name):
    """Remove a port of ours; one that is not there is no matter."""
    if linux_net.exists(name):
        linux_net.run_batch([f'link delete dev {name}'])


# -- what may not pass --------------------------------------------------------------

def render(segments):
    """Write the complete table for these segments, as text for ``nft -f -``; for none, what removes it."""
    remove_text = f'table {TABLE} {{ }}\ndelete table {TABLE}\n'
    if not segments:
        return remove_text
    segments = sorted(segments, key=lambda segment: segment.device)
    forward = [f'{way} "{segment.device}" {what} drop' for segment in segments for way in ('iifname', 'oifname')
               for what in _about_hosts(segment)]
    chains = [_chain('forward', forward)]
    for hook, way, address in (('input', 'iifname', 'daddr'), ('output', 'oifname', 'saddr')):
        closed = ', '.join(f'"{segment.device}"' for segment in segments if segment.gateway)
        lines = [f'{way} {{ {closed} }} drop'] if closed else []
        # Where hosts see each other, they do not as far as both have the same addresses.
        lines += [f'{way} "{segment.device}" {what} drop' for segment in segments if not segment.gateway
                  for what in (*_about_hosts(segment), f'ip6 {address} {_hosts_v6(segment)}')]
        chains.append(_chain(hook, lines))
    return f'{remove_text}table {TABLE} {{\n' + ''.join(chains) + '}\n'


def _hosts_v6(segment):
    return f'{{ {segment.gateway_v6}, {ipv6.ROUTER} }}'


def _about_hosts(segment):
    """List what tells the hosts apart: who has the gateway's address, who gives addresses."""
    matches = []
    if segment.gateway:
        matches += [f'ether type arp arp daddr ip {segment.gateway}', f'ether type arp arp saddr ip {segment.gateway}',
                    'ether type ip udp dport { 67, 68 }']
    if segment.gateway_v6:
        targets = f'{ipv6.number(segment.gateway_v6)}, {ipv6.number(ipv6.ROUTER)}'
        matches += ['icmpv6 type { nd-router-solicit, nd-router-advert }',
                    f'icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} {ipv6.TARGET} {{ {targets} }}',
                    'ether type ip6 udp dport { 546, 547 }']
    return matches


def _chain(hook, rules):
    lines = [f'type filter hook {hook} priority filter; policy accept;', *rules]
    return f'\tchain {hook} {{\n' + ''.join(f'\t\t{line}\n' for line in lines) + '\t}\n'

# SPDX-License-Identifier: Apache-2.0
"""Address arithmetic: the pool of a network, how many guests it has room for, the network_info of a guest's cards.

Used by nova-api (checks), nova-network and nova-manage (network create). The addresses themselves are given out by one
transaction in the database (mininova/db/addresses.py), reached through objects.VirtualInterfaceList.
Nova: nova/network/manager.py (the parts about addresses, Newton)
"""
import ipaddress
import itertools
import re

from oslo_utils import uuidutils

from mininova import exception
from mininova.network import model
from mininova.objects import network as network_obj

ATTACHING = 'attaching'  # as db/interfaces.py writes it

MIN_PREFIX = 16   # each address is a row
MAX_PREFIX = 29   # network, broadcast, gateway, one host: the smallest range with room for guests

MIN_MTU, MAX_MTU = 576, 65535
MAX_VNI = 2 ** 24 - 1
MAX_VLAN = 4094
PREFIX_V6 = 64    # cards make the other half of an address themselves
VXLAN_OVERHEAD = 50  # octets around a guest's packet, over IPv4
DEVICE_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_.-]{0,14}')


def plan_pool(cidr, gateway=None, start=None, end=None):
    """List what a network may give out, lowest first, as (address, reserved) pairs.

    The network's and the broadcast address are never in it; the gateway is, as reserved.

    :param gateway: default: the first address
    :param start: first address for hosts and guests; those below are reserved
    :param end: last one; those above are reserved
    :raises InvalidInput: the range is not IPv4, too small or too large, or an address is outside
    """
    network = parse_cidr(cidr)
    hosts = list(network.hosts())
    gateway = _inside(network, gateway, 'gateway') if gateway else hosts[0]
    first = _inside(network, start, 'start') if start else hosts[0]
    last = _inside(network, end, 'end') if end else hosts[-1]
    pool = [(str(address), address == gateway or not first <= address <= last) for address in hosts]
    if sum(not reserved for _address, reserved in pool) < 2:
        raise exception.InvalidInput(reason=f'{cidr} leaves no address for a host and a guest')
    return pool


def parse_cidr(cidr):
    """Turn text into an IPv4 network.

    :raises InvalidInput: it is none, or its size does not suit
    """
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise exception.InvalidInput(reason=f'cidr: {error}') from None
    if not MIN_PREFIX <= network.prefixlen <= MAX_PREFIX:
        raise exception.InvalidInput(
            reason=f'cidr: {cidr} must have a prefix length between {MIN_PREFIX} and {MAX_PREFIX}')
    return network


def _inside(network, address, name):
    try:
        parsed = ipaddress.IPv4Address(address)
    except ValueError as error:
        raise exception.InvalidInput(reason=f'{name}: {error}') from None
    if parsed not in network or parsed in (network.network_address, network.broadcast_address):
        raise exception.InvalidInput(reason=f'{name}: {address} is no host address of {network}')
    return parsed


def parse_cidr_v6(cidr, prefixlen=None):
    """Turn text into an IPv6 network of which guests can have addresses.

    :param prefixlen: the length that it must have, any up to 64 if None
    :raises InvalidInput:
    """
    try:
        network = ipaddress.IPv6Network(cidr)
    except ValueError as error:
        raise exception.InvalidInput(reason=f'cidr_v6: {error}') from None
    if network.prefixlen > PREFIX_V6 or prefixlen not in (None, network.prefixlen):
        raise exception.InvalidInput(reason=f'cidr_v6: {cidr} must have a prefix length of {PREFIX_V6}: cards make '
                                            'the other half of their addresses themselves')
    if network.is_link_local or network.is_multicast or network.is_loopback or network.is_unspecified:
        raise exception.InvalidInput(reason=f'cidr_v6: guests cannot have addresses of {cidr}')
    return network


def _check_v6(values):
    """Check the IPv6 range of a network and give it a gateway: by default its first address."""
    if not values.get('cidr_v6'):
        if values.get('gateway_v6'):
            raise exception.InvalidInput(reason='gateway_v6: the network has no IPv6 range')
        return
    network = parse_cidr_v6(values['cidr_v6'], PREFIX_V6)
    try:
        gateway = ipaddress.IPv6Address(values.get('gateway_v6') or network[1])
    except ValueError as error:
        raise exception.InvalidInput(reason=f'gateway_v6: {error}') from None
    if gateway not in network or gateway == network.network_address:
        raise exception.InvalidInput(reason=f'gateway_v6: {gateway} is no host address of {network}')
    values.update(cidr_v6=str(network), gateway_v6=str(gateway))


def _check_vlan(values):
    """Check a network whose bridges a VLAN joins."""
    if not 1 <= values['vlan'] <= MAX_VLAN:
        raise exception.InvalidInput(reason=f'vlan: {values["vlan"]} is not between 1 and {MAX_VLAN}')
    if not values.get('bridge_interface'):
        raise exception.InvalidInput(reason='vlan: name the device of each host that carries it, bridge_interface')


def create_network(context, label, cidr, bridge=None, gateway=None, start=None, end=None, **values):
    """Store a network with its pool, see :func:`plan_pool`.

    :param bridge: name of the device on every host; default: the first of br100, br101, ... that is not used
    :param values: further fields of objects.Network: uuid, mtu, dns1, dns2, project_id, bridge_interface, vlan, vni,
        cidr_v6 and gateway_v6, priority...
    :returns: objects.Network
    :raises InvalidInput: a value cannot be used
    :raises CidrConflict: another network has some of these addresses
    """
    pool = plan_pool(cidr, gateway, start, end)
    if not bridge:
        taken = {network.bridge for network in network_obj.NetworkList.get_all(context.elevated())}
        bridge = next(name for name in map('br{}'.format, itertools.count(100)) if name not in taken)
    for name, device in (('bridge', bridge), ('bridge_interface', values.get('bridge_interface'))):
        if device and not DEVICE_NAME.fullmatch(device):
            raise exception.InvalidInput(reason=f'{name}: {device!r} is no device name')
    if values.get('vni') is not None:
        _check_vni(values)
    if values.get('vlan') is not None:
        _check_vlan(values)
    _check_v6(values)
    check_values(values)
    network = network_obj.Network(context, label=label, cidr=cidr, bridge=bridge, gateway=gateway or pool[0][0],
                                  dhcp_start=start, **{'uuid': uuidutils.generate_uuid(), 'enable_dhcp': True,
                                                       'multi_host': True, **values})
    network.create(pool)
    return network


def _check_vni(values):
    """Check a network whose bridges VXLAN joins; its headers must fit beside guests' packets."""
    if not 1 <= values['vni'] <= MAX_VNI:
        raise exception.InvalidInput(reason=f'vni: {values["vni"]} is not between 1 and {MAX_VNI}')
    if values.get('bridge_interface') or values.get('vlan') is not None:
        raise exception.InvalidInput(reason='a network has a vni or a bridge_interface (and vlan), not both')
    values['mtu'] = values.get('mtu') or 1500 - VXLAN_OVERHEAD


def check_values(values):
    """Check those fields of a network that can also be changed later.

    :raises InvalidInput:
    """
    for name in ('dns1', 'dns2'):
        try:
            ipaddress.IPv4Address(values.get(name) or '0.0.0.0')
        except ValueError as error:
            raise exception.InvalidInput(reason=f'{name}: {error}') from None
    if values.get('mtu') and not MIN_MTU <= values['mtu'] <= MAX_MTU:
        raise exception.InvalidInput(reason=f'mtu: {values["mtu"]} is not between {MIN_MTU} and {MAX_MTU}')
    if not re.fullmatch(r'[A-Za-z0-9.-]*', values.get('dhcp_domain') or ''):
        raise exception.InvalidInput(reason=f'dhcp_domain: {values["dhcp_domain"]!r} is no domain name')


def count_fitting(context, chosen, max_count):
    """Tell how many servers with these networks the pools have room for, at most `max_count`.

    :param chosen: see objects.NetworkList.choose
    :raises NoMoreFixedIps: not even one
    """
    needed = {}
    for network, _request in chosen:
        needed[network.id] = needed.get(network.id, 0) + 1
    if not needed:
        return max_count
    free = network_obj.NetworkList.count_free(context, list(needed))
    uuids = {network.id: network.uuid for network, _request in chosen}
    for (network_id, cards), left in zip(needed.items(), free, strict=True):
        fits = left // cards
        if not fits:
            raise exception.NoMoreFixedIps(net=uuids[network_id])
        max_count = min(max_count, fits)
    return max_count


def network_info(cards, attaching=None):
    """Turn a guest's wiring into the NetworkInfo that drivers and views understand.

    :param attaching: uuid of a card that is included although the guest may not have it yet; no other such card is
    """
    found = {}
    for card in cards:
        if card.get('task') == ATTACHING and card['vif_uuid'] != attaching:
            continue
        if card['vif_uuid'] in found:
            found[card['vif_uuid']]['network']['subnets'][0].add_ip(_fixed_ip(card))
        else:
            found[card['vif_uuid']] = _vif(card)
    return model.NetworkInfo(found.values())


def first_addresses(cards):
    """Return the wiring without the further addresses of cards that have several: DHCP gives out the first.

    :param cards: wiring in any order
    """
    first = {}
    for card in cards:
        known = first.get(card['mac'])
        if known is None or card.get('rank', 0) < known.get('rank', 0):
            first[card['mac']] = card
    return list(first.values())


def address_v6(card):
    """Give the IPv6 address of a card, which it makes of the network's range and its MAC; None without a range."""
    cidr = card['network'].get('cidr_v6')
    return model.slaac_address(cidr, card['mac']) if cidr else None


def _subnet_v6(card):
    row = card['network']
    own_dns = row['enable_dhcp'] and not (row['dns1'] or row['dns2'])
    mode = {'ipv6_address_mode': 'slaac'} if row['enable_dhcp'] else {}
    return model.Subnet(
        cidr=row['cidr_v6'], gateway=model.IP(row['gateway_v6'], type='gateway'),
        dns=[model.IP(row['gateway_v6'], type='dns')] if own_dns else [],
        ips=[model.FixedIP(address_v6(card))], **mode)


def _fixed_ip(card):
    return model.FixedIP(card['address'], [
        model.IP(floating['address'], type='floating') for floating in card.get('floating_ips', ())])


def _vif(card):
    row = card['network']
    gateway = card['gateway']
    servers = [address for address in (row['dns1'], row['dns2']) if address]
    if not servers and row['enable_dhcp'] and gateway:
        servers = [gateway]
    subnet = model.Subnet(
        cidr=row['cidr'], gateway=model.IP(gateway, type='gateway') if gateway else None,
        dns=[model.IP(address, type='dns') for address in servers], ips=[_fixed_ip(card)])
    if row['enable_dhcp'] and gateway:
        subnet['meta']['dhcp_server'] = gateway
    subnets = [subnet, _subnet_v6(card)] if row.get('cidr_v6') else [subnet]
    network = model.Network(
        id=row['uuid'], bridge=row['bridge'], label=row['label'], subnets=subnets, mtu=row['mtu'],
        injected=row['injected'], tenant_id=row['project_id'], network_id=row['id'], multi_host=True)
    tag = {'tag': card['tag']} if card['tag'] else {}
    return model.VIF(id=card['vif_uuid'], address=card['mac'], network=network, type=model.VIF_TYPE_BRIDGE,
                     active=True, **tag)

# SPDX-License-Identifier: Apache-2.0
"""Address arithmetic: the pool of a network, the networks of a request, the network_info of a guest's cards.

Used by nova-api (checks), nova-network (allocation) and nova-manage (network create). The addresses themselves are
given out by one transaction in the database (mininova/db/networks.py), reached through objects.
Nova: nova/network/manager.py (the parts about addresses, Newton)
"""
import ipaddress
import itertools
import re

from oslo_utils import uuidutils

from mininova import exception
from mininova.network import model
from mininova.objects import network as network_obj
from mininova.objects import virtual_interface

MIN_PREFIX = 16   # each address is a row
MAX_PREFIX = 29   # network, broadcast, gateway, one host: the smallest range with room for guests

MIN_MTU, MAX_MTU = 576, 65535
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


def create_network(context, label, cidr, bridge=None, gateway=None, start=None, end=None, **values):
    """Store a network with its pool, see :func:`plan_pool`.

    :param bridge: name of the device on every host; default: the first of br100, br101, ... that is not used
    :param values: further fields of objects.Network: uuid, mtu, dns1, dns2, project_id, bridge_interface, priority...
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
    check_values(values)
    network = network_obj.Network(context, label=label, cidr=cidr, bridge=bridge, gateway=gateway or pool[0][0],
                                  dhcp_start=start, **{'uuid': uuidutils.generate_uuid(), 'enable_dhcp': True,
                                                       'multi_host': True, **values})
    network.create(pool)
    return network


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


def choose(context, requested_networks, project_id, ambiguous_is_error=True):
    """Decide which networks a server gets.

    Nothing said: all that its project may use. 'auto': the only one, or none if there is none.

    :param ambiguous_is_error: whether 'auto' fails when there are several networks; otherwise it takes the first
    :returns: [(network, request or None)] in order of the cards
    :raises NetworkNotFound, PortNotFound: 400
    :raises NetworkAmbiguous: 409
    """
    if not requested_networks:
        return [(network, None) for network in _usable(context, project_id)]
    if requested_networks.no_allocate:
        return []
    if requested_networks.auto_allocate:
        networks = _usable(context, project_id)
        if len(networks) > 1 and ambiguous_is_error:
            raise exception.NetworkAmbiguous()
        return [(network, requested_networks[0]) for network in networks[:1]]
    return [(_wanted(context, request, project_id, ambiguous_is_error), request) for request in requested_networks]


def _usable(context, project_id):
    return list(network_obj.NetworkList.get_all(context, project_id=project_id or ''))


def _wanted(context, request, project_id, ambiguous_is_error):
    if request.port_id:
        raise exception.PortNotFound(port_id=request.port_id, code=400)
    if not request.network_id:
        networks = _usable(context, project_id)
        if not networks:
            raise exception.NetworkNotFound(network_id='(any)', code=400)
        if len(networks) > 1 and ambiguous_is_error:
            raise exception.NetworkAmbiguous()
        return networks[0]
    try:
        network = network_obj.Network.get_by_uuid(context, request.network_id)
    except exception.NetworkNotFound:
        raise exception.NetworkNotFound(network_id=request.network_id, code=400) from None
    if network.project_id not in (None, project_id) and not context.is_admin:
        raise exception.NetworkNotFound(network_id=request.network_id, code=400)
    return network


def count_fitting(context, chosen, max_count):
    """Tell how many servers with these networks the pools have room for, at most `max_count`.

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


def allocate(context, instance_uuid, project_id, host, requested_networks):
    """Give a guest its cards and addresses; repeated, it gives the same ones.

    :returns: the guest's wiring, see mininova/objects/virtual_interface.py
    """
    chosen = choose(context.elevated(), requested_networks, project_id, ambiguous_is_error=False)
    requests = [{'network_id': network.id, 'address': request.address if request else None,
                 'tag': request.tag if request else None} for network, request in chosen]
    if not requests:
        return []
    return virtual_interface.VirtualInterfaceList.allocate(context, instance_uuid, host, requests)


def network_info(cards):
    """Turn a guest's wiring into the NetworkInfo that drivers and views understand."""
    return model.NetworkInfo([_vif(card) for card in cards])


def _vif(card):
    row = card['network']
    gateway = card['gateway']
    servers = [address for address in (row['dns1'], row['dns2']) if address]
    if not servers and row['enable_dhcp'] and gateway:
        servers = [gateway]
    subnet = model.Subnet(
        cidr=row['cidr'], gateway=model.IP(gateway, type='gateway') if gateway else None,
        dns=[model.IP(address, type='dns') for address in servers], ips=[model.FixedIP(card['address'])])
    if row['enable_dhcp'] and gateway:
        subnet['meta']['dhcp_server'] = gateway
    network = model.Network(
        id=row['uuid'], bridge=row['bridge'], label=row['label'], subnets=[subnet], mtu=row['mtu'],
        injected=row['injected'], tenant_id=row['project_id'], network_id=row['id'], multi_host=True)
    tag = {'tag': card['tag']} if card['tag'] else {}
    return model.VIF(id=card['vif_uuid'], address=card['mac'], network=network, type=model.VIF_TYPE_BRIDGE,
                     active=True, **tag)

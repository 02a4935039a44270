# SPDX-License-Identifier: Apache-2.0
"""Make, show, change and remove the networks that guests live in, and keep addresses from them.

Nova: nova/cmd/manage.py NetworkCommands (Newton), whose options work here too.
"""
import ipaddress
import itertools

import prettytable

from mininova import context, exception, objects
from mininova.network import ipam


def add_arguments(parser):
    """Add the actions of ``nova-manage network`` to its parser."""
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    _add_create(actions.add_parser('create', help='make a network, or several of one size'))
    actions.add_parser('list', help='show all networks').set_defaults(function=list_networks)
    _add_modify(actions.add_parser('modify', help='change a network'))
    delete_parser = actions.add_parser('delete', help='remove a network without guests')
    _add_selector(delete_parser)
    delete_parser.set_defaults(function=delete)
    _add_addresses(actions)


def _option(parser, name, *aliases, **kwargs):
    """Add --with-hyphens and its spelling --with_underscores."""
    names = [f'--{name}', *aliases]
    if '-' in name:
        names.append(f'--{name.replace("-", "_")}')
    parser.add_argument(*names, **kwargs)


def _add_selector(parser):
    parser.add_argument('network', nargs='?', metavar='NETWORK', help='label, range or UUID')
    _option(parser, 'fixed-range', metavar='CIDR', help='the network with this range')
    _option(parser, 'uuid', metavar='UUID', help='the network with this UUID')


def _add_create(parser):
    parser.add_argument('name', nargs='?', metavar='LABEL', help='what users call it; same as --label')
    _option(parser, 'label', metavar='LABEL')
    _option(parser, 'fixed-range-v4', '--cidr', dest='cidr', required=True, metavar='CIDR', help='e.g. 10.100.0.0/24')
    _option(parser, 'fixed-range-v6', dest='cidr_v6', metavar='CIDR',
            help='IPv6 too, e.g. fd00:100::/64; several networks get a /64 of it each')
    _option(parser, 'gateway-v6', metavar='ADDRESS', help='address of each host in it (default: the first one)')
    _option(parser, 'num-networks', type=int, default=1, metavar='N', help='cut the range into this many networks')
    _option(parser, 'network-size', type=int, metavar='ADDRESSES', help='addresses of each, a power of two')
    _option(parser, 'bridge', metavar='DEVICE', help='default: the first free one of br100, br101...')
    _option(parser, 'bridge-interface', metavar='DEVICE',
            help='put this device of each host into the bridge; it must have no addresses')
    _option(parser, 'vlan', type=int, metavar='N',
            help='put this VLAN of --bridge-interface into the bridge; several networks get N, N+1...')
    _option(parser, 'vni', type=int, metavar='N',
            help='join the bridges of all hosts by VXLAN with this number; several networks get N, N+1...')
    _option(parser, 'gateway', metavar='ADDRESS',
            help='address kept free for a router, with --vni that of each host (default: the first one)')
    _option(parser, 'fixed-cidr', metavar='CIDR', help='addresses for hosts and guests are of this part of the range')
    _option(parser, 'allowed-start', metavar='ADDRESS', help='first address for hosts and guests')
    _option(parser, 'allowed-end', metavar='ADDRESS', help='last address for hosts and guests')
    _option(parser, 'dns1', metavar='ADDRESS', help="name server (default: the guest's host)")
    _option(parser, 'dns2', metavar='ADDRESS')
    _option(parser, 'mtu', type=int, metavar='BYTES', help='default 1500, with --vni 1450')
    _option(parser, 'uuid', metavar='UUID')
    _option(parser, 'project-id', '--project', dest='project_id', metavar='PROJECT',
            help='only this project may use it (default: all)')
    _option(parser, 'priority', type=int, metavar='N', help='guests with several cards get lower numbers first')
    _option(parser, 'dhcp-domain', metavar='DOMAIN', help='default: [api] dhcp_domain')
    _option(parser, 'no-dhcp', dest='enable_dhcp', action='store_false',
            help='give no addresses by DHCP; guests read them from their config drive')
    # Accepted because Nova's commands have it: every network here is served by each host for its own guests.
    _option(parser, 'multi-host', metavar='T|F', choices=('T',), default='T', help='always T')
    parser.set_defaults(function=create)


def _add_modify(parser):
    _add_selector(parser)
    _option(parser, 'label', metavar='LABEL')
    _option(parser, 'project', metavar='PROJECT', help='only this project may use it')
    _option(parser, 'disassociate-project', action='store_true', help='all projects may use it')
    _option(parser, 'host', metavar='HOST', help='write down a host; guests are served by their own host all the same')
    _option(parser, 'disassociate-host', action='store_true', help='write down no host')
    _option(parser, 'dns1', metavar='ADDRESS', help="'' for none")
    _option(parser, 'dns2', metavar='ADDRESS', help="'' for none")
    _option(parser, 'mtu', type=int, metavar='BYTES')
    _option(parser, 'priority', type=int, metavar='N')
    _option(parser, 'dhcp-domain', metavar='DOMAIN', help="'' for [api] dhcp_domain")
    parser.set_defaults(function=modify)


def _add_addresses(actions):
    addresses = actions.add_parser('addresses', help='show who has which address')
    _option(addresses, 'host', metavar='HOST', help='only those this host serves')
    addresses.set_defaults(function=list_addresses)
    for name, reserved, text in (('reserve', True, 'never give out an address'),
                                 ('unreserve', False, 'give it out again')):
        parser = actions.add_parser(name, help=text)
        parser.add_argument('address')
        parser.set_defaults(function=set_reserved, reserved=reserved)
    release = actions.add_parser('release', help='free what a host that will never come back still holds')
    release.add_argument('host')
    release.set_defaults(function=release_host)


def _table(names, rows):
    table = prettytable.PrettyTable(names)
    table.align = 'l'
    table.add_rows(rows)
    print(table)


def _find(arguments):
    wanted = arguments.network or arguments.fixed_range or arguments.uuid
    if not wanted:
        raise exception.InvalidInput(reason='name a network by its label, range or UUID')
    found = [network for network in objects.NetworkList.get_all(context.get_admin_context())
             if wanted in (network.label, network.cidr, network.uuid)]
    if len(found) > 1:
        raise exception.InvalidInput(reason=f'{len(found)} networks are called {wanted}; use the UUID')
    if not found:
        raise exception.NetworkNotFound(network_id=wanted)
    return found[0]


def _ranges(arguments):
    """Cut the range into as many as were asked for."""
    if arguments.num_networks == 1 and not arguments.network_size:
        return [arguments.cidr]
    whole = ipam.parse_cidr(arguments.cidr)
    size = arguments.network_size or whole.num_addresses >> (arguments.num_networks - 1).bit_length()
    prefix = 33 - size.bit_length()
    if size & (size - 1) or not whole.prefixlen <= prefix <= 32:
        raise exception.InvalidInput(reason=f'networks of {size} addresses cannot be cut from {whole}')
    parts = [str(part) for part in whole.subnets(new_prefix=prefix)]
    if len(parts) < arguments.num_networks:
        raise exception.InvalidInput(reason=f'{whole} has room for {len(parts)} networks of {size} addresses')
    return parts[:arguments.num_networks]


def _ranges_v6(arguments, number):
    """Cut the IPv6 range into ranges of 64 bits, as many as there are networks; all None without one."""
    if not arguments.cidr_v6:
        return [None] * number
    if number == 1:
        return [arguments.cidr_v6]
    whole = ipam.parse_cidr_v6(arguments.cidr_v6)
    parts = [str(part) for part in itertools.islice(whole.subnets(new_prefix=ipam.PREFIX_V6), number)]
    if len(parts) < number:
        raise exception.InvalidInput(reason=f'{whole} has room for {len(parts)} networks of a /{ipam.PREFIX_V6}')
    return parts


def _limits(arguments):
    """Return the first and the last address for hosts and guests, None for what the range itself says."""
    if not arguments.fixed_cidr:
        return arguments.allowed_start, arguments.allowed_end
    if arguments.allowed_start or arguments.allowed_end:
        raise exception.InvalidInput(reason='--fixed-cidr says the same as --allowed-start and --allowed-end')
    whole, part = ipam.parse_cidr(arguments.cidr), ipam.parse_cidr(arguments.fixed_cidr)
    if not part.subnet_of(whole):
        raise exception.InvalidInput(reason=f'fixed_cidr: {part} is no part of {whole}')
    # Network and broadcast address of the part are addresses like others, unless they are the whole's.
    return (str(max(part[0], whole[1])), str(min(part[-1], whole[-2])))


def create(arguments):
    """Make the networks and print them."""
    label = arguments.label or arguments.name
    if not label:
        raise exception.InvalidInput(reason='a network needs a label')
    values = {name: getattr(arguments, name) for name in (
        'bridge', 'bridge_interface', 'gateway', 'gateway_v6', 'dns1', 'dns2', 'mtu', 'uuid', 'project_id', 'priority',
        'dhcp_domain', 'enable_dhcp') if getattr(arguments, name) is not None}
    ranges = _ranges(arguments)
    if len(ranges) > 1 and ({'bridge', 'gateway', 'gateway_v6', 'uuid'} & set(values) or arguments.fixed_cidr):
        raise exception.InvalidInput(
            reason='--bridge, --gateway, --gateway-v6, --fixed-cidr and --uuid are for one network only')
    start, end = _limits(arguments)
    for number, (cidr, cidr_v6) in enumerate(zip(ranges, _ranges_v6(arguments, len(ranges)), strict=True)):
        numbers = {name: getattr(arguments, name) + number for name in ('vni', 'vlan')
                   if getattr(arguments, name) is not None}
        network = ipam.create_network(
            context.get_admin_context(), label if len(ranges) == 1 else f'{label}_{number}', cidr,
            start=start, end=end, cidr_v6=cidr_v6, **numbers, **values)
        shown = ', '.join(filter(None, (network.cidr, network.cidr_v6)))
        print(f'Created network {network.label} ({network.uuid}): {shown} at {network.bridge}')


def list_networks(arguments):
    """Print a table of all networks."""
    admin = context.get_admin_context()
    networks = list(objects.NetworkList.get_all(admin))
    free = objects.NetworkList.count_free(admin, [network.id for network in networks])
    _table(['id', 'label', 'IPv4', 'IPv6', 'start address', 'DNS1', 'DNS2', 'VlanID', 'VNI', 'bridge', 'gateway', 'MTU',
            'project', 'free', 'uuid'],
           [[network.id, network.label, network.cidr, network.cidr_v6, network.dhcp_start, network.dns1, network.dns2,
             network.vlan, network.vni, network.bridge, network.gateway, network.mtu or 1500, network.project_id, left,
             network.uuid] for network, left in zip(networks, free, strict=True)])


def modify(arguments):
    """Change a network; hosts that serve it follow within `[network] sync_interval`."""
    network = _find(arguments)
    changes = {name: getattr(arguments, name) for name in ('label', 'dns1', 'dns2', 'mtu', 'priority', 'dhcp_domain')
               if getattr(arguments, name) is not None}
    changes = {name: value or None for name, value in changes.items()}
    ipam.check_values(changes)
    if arguments.project or arguments.disassociate_project:
        changes['project_id'] = None if arguments.disassociate_project else arguments.project
    if arguments.host or arguments.disassociate_host:
        changes['host'] = None if arguments.disassociate_host else arguments.host
    for name, value in changes.items():
        setattr(network, name, value)
    network.save()
    print(f'Changed network {network.label} ({network.uuid}): {", ".join(sorted(changes)) or "nothing"}')


def delete(arguments):
    """Remove a network and its pool."""
    network = _find(arguments)
    network.destroy()
    print(f'Deleted network {network.label} ({network.uuid})')


def list_addresses(arguments):
    """Print a table of the addresses that somebody has."""
    admin = context.get_admin_context()
    labels = {network.id: network.label for network in objects.NetworkList.get_all(admin)}
    rows = [[labels.get(row.network_id), row.address, row.instance_uuid or ('host' if row.allocated else ''), row.host,
             'yes' if row.leased else 'no']
            for row in sorted(objects.FixedIPList.get_allocated(admin, host=arguments.host),
                              key=lambda row: ipaddress.ip_address(row.address))]
    _table(['network', 'address', 'instance', 'host', 'leased'], rows)


def set_reserved(arguments):
    """Keep an address from guests, or let them have it again."""
    objects.FixedIP.set_reserved(context.get_admin_context(), arguments.address, arguments.reserved)


def release_host(arguments):
    """Free the addresses of deleted guests on a host, and the host's own."""
    freed = objects.FixedIPList.release_host(context.get_admin_context(), arguments.host)
    print(f'Freed {len(freed)} addresses{": " + ", ".join(freed) if freed else ""}')

# SPDX-License-Identifier: Apache-2.0
"""Fill and empty the pools of floating addresses, and show whose they are.

Nova: nova/cmd/manage.py FloatingIpCommands (Newton), whose options work here too.
"""
import ipaddress

import prettytable

import mininova.conf
from mininova import context, exception, objects
from mininova.network import ipam

CONF = mininova.conf.CONF

MIN_PREFIX = 16  # each address is a row


def add_arguments(parser):
    """Add the actions of ``nova-manage floating`` to its parser."""
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    making = actions.add_parser('create', help='add addresses to a pool')
    _add_range(making)
    making.add_argument('--pool', metavar='POOL', help='default: default_floating_pool')
    making.add_argument('--interface', metavar='DEVICE',
                        help="device of the hosts that shall have them (default: each host's public_interface)")
    making.set_defaults(function=create)
    deleting = actions.add_parser('delete', help='remove addresses that lead to no server')
    _add_range(deleting)
    deleting.set_defaults(function=delete)
    listing = actions.add_parser('list', help='show all addresses')
    listing.add_argument('--host', metavar='HOST', help='only those this host serves')
    listing.set_defaults(function=list_floating_ips)


def _add_range(parser):
    parser.add_argument('range', nargs='?', metavar='RANGE', help='same as --ip_range')
    parser.add_argument('--ip_range', '--ip-range', metavar='RANGE', help='an address, or a range like 203.0.113.0/28')


def addresses_of(text):
    """List the addresses that a range has for hosts; an address stands for itself.

    :raises InvalidInput: it is none, is not IPv4, or has too many
    """
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise exception.InvalidInput(reason=f'ip_range: {error}') from None
    if network.prefixlen < MIN_PREFIX:
        raise exception.InvalidInput(reason=f'ip_range: {text} has {network.num_addresses} addresses; the widest range '
                                            f'is a /{MIN_PREFIX}')
    return [str(address) for address in network.hosts()]


def _addresses(arguments):
    text = arguments.ip_range or arguments.range
    if not text:
        raise exception.InvalidInput(reason='give a range with --ip_range')
    return addresses_of(text)


def create(arguments):
    """Add the addresses, all or none."""
    addresses = _addresses(arguments)
    if arguments.interface and not ipam.DEVICE_NAME.fullmatch(arguments.interface):
        raise exception.InvalidInput(reason=f'interface: {arguments.interface!r} is no device name')
    pool = arguments.pool or CONF.default_floating_pool
    if len(pool) > 255 or not pool.isprintable():
        raise exception.InvalidInput(reason='pool: a name has at most 255 printable characters')
    objects.FloatingIPList.create(context.get_admin_context(), addresses, pool, arguments.interface)
    print(f'Added {len(addresses)} addresses to pool {pool}')


def delete(arguments):
    """Remove the addresses, unless one of them leads to a server."""
    number = objects.FloatingIPList.destroy(context.get_admin_context(), _addresses(arguments))
    print(f'Removed {number} addresses')


def list_floating_ips(arguments):
    """Print a table of all addresses."""
    found = list(objects.FloatingIPList.get_all(context.get_admin_context(), arguments.host))
    if not found and not arguments.host:
        print('No floating IP addresses have been defined.')
        return
    table = prettytable.PrettyTable(['project', 'address', 'instance', 'fixed address', 'host', 'pool', 'interface'])
    table.align = 'l'
    for one in sorted(found, key=lambda one: ipaddress.ip_address(one.address)):
        table.add_row([one.project_id, one.address, one.instance_uuid, one.fixed_address, one.host, one.pool,
                       one.interface or 'public_interface'])
    print(table)

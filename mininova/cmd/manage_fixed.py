# SPDX-License-Identifier: Apache-2.0
"""Show who has which address of the networks, and keep addresses from guests.

Nova: nova/cmd/manage.py FixedIpCommands (Newton), whose options work here too.
"""
import ipaddress

import prettytable

from mininova import context, exception, objects


def add_arguments(parser):
    """Add the actions of ``nova-manage fixed`` to its parser."""
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    listing = actions.add_parser('list', help='show all addresses')
    listing.add_argument('--host', metavar='HOST', help='only those this host serves')
    listing.set_defaults(function=list_fixed_ips)
    for name, reserved, text in (('reserve', True, 'never give out an address'),
                                 ('unreserve', False, 'give it out again')):
        action = actions.add_parser(name, help=text)
        action.add_argument('--address', required=True, metavar='ADDRESS')
        action.set_defaults(function=set_reserved, reserved=reserved)


def list_fixed_ips(arguments):
    """Print a table of all addresses.

    :raises HostNotFound: no service runs on that host
    """
    admin = context.get_admin_context()
    if arguments.host and not any(service.host == arguments.host for service in objects.ServiceList.get_all(admin)):
        raise exception.HostNotFound(host=arguments.host)
    networks = {network.id: network.cidr for network in objects.NetworkList.get_all(admin)}
    table = prettytable.PrettyTable(['network', 'IP address', 'instance', 'host', 'state'])
    table.align = 'l'
    for row in sorted(objects.FixedIPList.get_all(admin, arguments.host),
                      key=lambda row: ipaddress.ip_address(row.address)):
        table.add_row([networks.get(row.network_id), row.address, row.instance_uuid, row.host, _state(row)])
    print(table)


def _state(row):
    if row.allocated:
        return 'leased' if row.leased else 'allocated' if row.instance_uuid else 'gateway'
    return 'reserved' if row.reserved else 'free'


def set_reserved(arguments):
    """Keep an address from guests, or let them have it again."""
    objects.FixedIP.set_reserved(context.get_admin_context(), arguments.address, arguments.reserved)
    print(f'{arguments.address} is {"reserved" if arguments.reserved else "free"}')

# SPDX-License-Identifier: Apache-2.0
"""nova-dhcpbridge: dnsmasq starts it when a lease is given (add), renewed (old) or ended (del); init prints the leases.

It only wakes nova-network of this host, which then reads the lease file: a lost message is made up for by
nova-network's own rhythm. Nova: nova/cmd/dhcpbridge.py
"""
import argparse
import os
import sys

import mininova.conf
from mininova import config
from mininova.context import get_admin_context
from mininova.network import dhcp, rpcapi

CONF = mininova.conf.CONF


def add(address, mac):
    """Tell that a guest got or renewed its address."""
    rpcapi.NetworkAPI().lease_fixed_ip(get_admin_context(), CONF.host, address, mac)


def delete(address, mac):
    """Tell that a guest's lease is over."""
    rpcapi.NetworkAPI().release_fixed_ip(get_admin_context(), CONF.host, address, mac)


def print_leases(bridge):
    """Print the lease file as dnsmasq expects it from its script."""
    for lease in dhcp.leases(bridge):
        print(lease.expiry, lease.mac, lease.address, lease.name, '*')


ACTIONS = {'add': add, 'old': add, 'del': delete}


def build_parser():
    """Return the parser of the arguments dnsmasq gives."""
    parser = argparse.ArgumentParser(prog='nova-dhcpbridge', description=__doc__.splitlines()[0])
    parser.add_argument('action', choices=[*ACTIONS, 'init'])
    parser.add_argument('mac', nargs='?')
    parser.add_argument('ip', nargs='?')
    parser.add_argument('hostname', nargs='?', default='')
    return parser


def main(argv=None):
    # dnsmasq also reports its file transfers (tftp, arp-add...); they are nothing to us.
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] not in (*ACTIONS, 'init', '-h', '--help'):
        return 0
    arguments = build_parser().parse_args(argv)
    file = os.environ.get('CONFIG_FILE')
    options = [f'--config-file={file}'] if file and os.path.exists(file) else []
    config.parse_args(['nova-dhcpbridge', *options], configure_rpc=arguments.action != 'init')
    if arguments.action == 'init':
        print_leases(os.environ.get('DNSMASQ_INTERFACE') or os.environ.get('BRIDGE', ''))
        return 0
    ACTIONS[arguments.action](arguments.ip, arguments.mac)
    return 0


if __name__ == '__main__':
    sys.exit(main())

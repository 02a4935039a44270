# SPDX-License-Identifier: Apache-2.0
"""Cells: this cloud is one cell and hosts join it by themselves; the commands exist so that scripts written for Nova
run."""
from mininova import context, objects


def add_arguments(parser):
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    for name, text in (('simple_cell_setup', 'nothing to set up'), ('discover_hosts', 'list the hosts that joined'),
                       ('list_hosts', 'list the hosts that joined')):
        action = actions.add_parser(name, help=text)
        action.add_argument('--verbose', action='store_true')
        action.add_argument('--by-service', action='store_true')
        action.set_defaults(function=run_list_hosts if name != 'simple_cell_setup' else run_setup)


def run_setup(arguments):
    print('One cell, always there; hosts join it when their nova-compute starts.')


def run_list_hosts(arguments):
    services = objects.ServiceList.get_all(context.get_admin_context(), binary='nova-compute')
    for service in services:
        print(f'cell1  {service.host}')
    print(f'{len(services)} hosts')

# SPDX-License-Identifier: Apache-2.0
"""nova-manage: what an administrator does on the machine itself.

``nova-manage CATEGORY ACTION [...]``; the functions of each category are in cmd/manage_<category>.py.
Nova: nova/cmd/manage.py.
"""
import argparse
import sys

from oslo_log import log

import mininova.conf
from mininova import config, exception
from mininova.cmd import (
    manage_api,
    manage_cell_v2,
    manage_db,
    manage_fixed,
    manage_floating,
    manage_network,
    manage_scheduler,
    manage_verify,
)

CONF = mininova.conf.CONF

CATEGORIES = {
    'api': manage_api,
    'cell_v2': manage_cell_v2,
    'db': manage_db,
    'fixed': manage_fixed,
    'floating': manage_floating,
    'network': manage_network,
    'scheduler': manage_scheduler,
    'verify': manage_verify,
}


def build_parser():
    """Return the parser; every category module adds its own actions with ``add_arguments(parser)``."""
    parser = argparse.ArgumentParser(prog='nova-manage',
                                     description='Manage a mini-Nova cloud from one of its machines.')
    parser.add_argument('--config-file', action='append', metavar='PATH',
                        help='nova.conf to read; may be given several times')
    parser.add_argument('--config-dir', action='append', metavar='DIR', help='directory of *.conf files to read')
    parser.add_argument('--debug', action='store_true', help='log everything')
    categories = parser.add_subparsers(dest='category', required=True, metavar='CATEGORY')
    for name, module in CATEGORIES.items():
        category = categories.add_parser(name, help=module.__doc__.splitlines()[0], description=module.__doc__)
        module.add_arguments(category)
    return parser


def main(argv=None):
    argv = sys.argv[1:] if argv is None else argv
    arguments = build_parser().parse_args(argv)
    options = [f'--config-file={path}' for path in arguments.config_file or ()]
    options += [f'--config-dir={path}' for path in arguments.config_dir or ()]
    if arguments.debug:
        options.append('--debug')
    config.parse_args(['nova-manage', *options])
    if not arguments.debug:
        log.getLogger('mininova').logger.setLevel('WARNING')
    try:
        return arguments.function(arguments) or 0
    except exception.NovaException as error:
        print(f'nova-manage: {error.format_message()}', file=sys.stderr)
        return 1


if __name__ == '__main__':
    sys.exit(main())

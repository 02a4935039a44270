# SPDX-License-Identifier: Apache-2.0
"""From a command line to a configured process: options, logging, message bus, objects.  Nova: nova/config.py."""
from oslo_log import log

import mininova.conf
from mininova import objects, rpc, version
from mininova.conf import base

CONF = mininova.conf.CONF

LOG_FORMAT = ('%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s [%(global_request_id)s %(request_id)s '
              '%(user_identity)s] %(instance)s%(message)s')


def register_options():
    """Make known the options of the libraries, before a command line is read."""
    base.set_lib_defaults()
    log.register_options(CONF)
    rpc.register_options(CONF)


def parse_args(argv, default_config_files=None, configure_rpc=True):
    """Read nova.conf and the command line of a daemon.

    :param argv: the command with its arguments
    :param default_config_files: instead of the search for nova.conf
    :param configure_rpc: also get ready to talk to the message bus
    """
    register_options()
    CONF(argv[1:], project='nova', prog=argv[0].rsplit('/', 1)[-1], version=version.version_string(),
         default_config_files=default_config_files)
    log.setup(CONF, 'mininova')
    objects.register_all()
    if configure_rpc:
        rpc.init(CONF)

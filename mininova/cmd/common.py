# SPDX-License-Identifier: Apache-2.0
"""What the daemons' main functions share: reports, readiness, readable errors."""
import functools
import os
import sys

from oslo_log import log
from oslo_reports import guru_meditation_report, opts

import mininova.conf
from mininova import config, exception, objects, service, utils, version
from mininova.conductor import rpcapi as conductor_rpcapi
from mininova.context import get_admin_context
from mininova.objects import base as objects_base

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


def readable_errors(main):
    """Print what an operator can mend in one line instead of a traceback, and exit 1."""
    @functools.wraps(main)
    def wrapper(*args, **kwargs):
        try:
            return main(*args, **kwargs)
        except exception.NovaException as error:
            LOG.error('%s', error.format_message())
            print(f'{os.path.basename(sys.argv[0])}: {error.format_message()}', file=sys.stderr)
            return 1
    return wrapper


def start(argv=None, with_database=False, before_waiting=None):
    """Configure a daemon: options, log, SIGUSR2 report, and wait for what it cannot do without.

    :param with_database: whether this daemon opens the database itself
    :param before_waiting: called when the options are known and nothing is open yet
    :raises SchemaMismatch: the schema is not this release's
    """
    config.parse_args(argv or sys.argv)
    if before_waiting:
        before_waiting()
    set_up_reports()
    if with_database:
        wait_for_database()
    service.wait_for_broker()


def set_up_reports():
    """Write a guru meditation report (threads, configuration, versions) on SIGUSR2."""
    opts.set_defaults(CONF)
    guru_meditation_report.TextGuruMeditation.setup_autorun(version, conf=CONF)


def wait_for_database():
    """Wait until the database answers, then compare its schema with this release's."""
    from mininova.db import schema, session
    utils.wait_until(schema.reachable, 'the database')
    schema.check()
    session.reset()


def forbid_database():
    """Make this process use conductor for everything: importing mininova.db is an error from here on."""
    loaded = [name for name in sys.modules if name.startswith('mininova.db')]
    if loaded:
        raise exception.ObjectActionError(action='start',
                                          reason=f'a service without a database loaded {", ".join(loaded)}')
    sys.modules['mininova.db'] = None
    api = conductor_rpcapi.ConductorAPI()
    objects_base.NovaObject.indirection_api = api
    utils.wait_until(lambda: api.ping(get_admin_context()), 'nova-conductor')


__all__ = ['forbid_database', 'objects', 'readable_errors', 'start', 'wait_for_database']

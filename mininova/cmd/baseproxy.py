# SPDX-License-Identifier: Apache-2.0
"""What the console proxies' main functions share.  Nova: nova/cmd/baseproxy.py."""
import os
import sys

from oslo_log import log
from oslo_service import service as oslo_service

# numpy, which websockify takes bytes apart with, would make a thread and tens of megabytes for each processor.
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')

import mininova.conf  # noqa: E402
from mininova import service  # noqa: E402
from mininova.cmd import common  # noqa: E402
from mininova.console import websocketproxy  # noqa: E402

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


class ProxyService(oslo_service.ServiceBase):
    """A proxy as oslo.service runs it: SIGTERM ends it and its consoles, SIGHUP has options read again."""

    def __init__(self, binary, proxy):
        self.binary, self.proxy = binary, proxy

    def start(self):
        self.proxy.start()
        LOG.info('%s is ready: %s port %s.', self.binary, self.proxy.host, self.proxy.port)
        service.announce_ready()

    def stop(self):
        LOG.info('Stopping %s.', self.binary)
        self.proxy.stop()

    def wait(self):
        self.proxy.wait()

    def reset(self):
        """SIGHUP: nothing to do, options are read where they are used."""


def prepare(group, web):
    """Read the command line, go into the background if asked to, and wait for database and broker.

    :param group: section with the proxy's own address
    :param web: the proxy's directory of files if no configuration names one
    :raises SchemaMismatch: the schema is not this release's
    """
    mininova.conf.novnc.register_cli_opts(CONF)
    mininova.conf.vnc.register_cli_opts(CONF, group)
    CONF.set_default('web', web)
    common.start(with_database=True, before_waiting=lambda: CONF.daemon and daemonize())


def daemonize():
    """Go on as a process of nobody's session, with nothing to read and nowhere to print."""
    for _twice in range(2):
        if os.fork():
            os._exit(0)
        os.setsid()
    sys.stdout.flush()
    sys.stderr.flush()
    with open(os.devnull, 'r+b', buffering=0) as nothing:
        for descriptor in (0, 1, 2):
            os.dup2(nothing.fileno(), descriptor)


def proxy(binary, host, port, console_type, security_proxy=None):
    """Run a proxy until it is told to stop.

    :param console_type: which tokens it takes
    """
    served = websocketproxy.NovaWebSocketProxy(host, port, console_type, CONF.web, security_proxy)
    service.serve(ProxyService(binary, served))
    service.wait()

# SPDX-License-Identifier: Apache-2.0
"""nova-all: the whole cloud in one process, for laptops, CI and tests.

Without nova.conf it needs no other service and no root: SQLite, messages in memory, images from a directory, the fake
hypervisor, no authentication and therefore loopback only.  Any option may be overridden with --config-file.
"""
import os
import signal
import sys
import time

from oslo_concurrency import lockutils
from oslo_config import cfg
from oslo_log import log

import mininova.conf
from mininova import concurrency, config, service
from mininova.cmd import common, demo
from mininova.compute import manager as compute_manager
from mininova.compute import rpcapi as compute_rpcapi
from mininova.conductor import manager as conductor_manager
from mininova.conductor import rpcapi as conductor_rpcapi
from mininova.db import migration, schema
from mininova.network import manager as network_manager
from mininova.network import rpcapi as network_rpcapi
from mininova.scheduler import manager as scheduler_manager
from mininova.scheduler import rpcapi as scheduler_rpcapi

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

CLI = [
    cfg.StrOpt('state-dir', default=os.path.join(
        os.environ.get('XDG_DATA_HOME', os.path.expanduser('~/.local/share')), 'mininova'),
        sample_default='~/.local/share/mininova', help='Directory of the database, images and everything else.'),
    cfg.IntOpt('port', help='Port of the compute API (default 8774); 0 takes a free one.'),
]

DAEMONS = (
    ('nova-conductor', conductor_rpcapi.TOPIC, conductor_manager.ConductorManager),
    ('nova-scheduler', scheduler_rpcapi.TOPIC, scheduler_manager.SchedulerManager),
    ('nova-network', network_rpcapi.NetworkAPI.TOPIC, network_manager.NetworkManager),
    ('nova-compute', compute_rpcapi.TOPIC, compute_manager.ComputeManager),
)


def set_embedded_defaults(state_dir):
    """Change defaults to what needs nothing but this process; nova.conf still wins."""
    os.makedirs(state_dir, mode=0o700, exist_ok=True)
    for name, value, group in (
            ('transport_url', 'kombu+memory://', None), ('state_path', state_dir, None),
            ('compute_driver', 'fake', None),
            ('connection', f'sqlite:///{state_dir}/nova.sqlite', 'database'), ('backend', 'local', 'image'),
            ('auth_strategy', 'noauth2', 'api'),
            ('osapi_compute_listen', '127.0.0.1', None), ('metadata_listen', '127.0.0.1', None),
            ('osapi_compute_workers', 1, None), ('metadata_workers', 1, None), ('manage_host', False, 'network'),
            ('reserved_host_memory_mb', 0, None), ('enabled_apis', ['osapi_compute'], None)):
        CONF.set_default(name, value, group=group)
    locks = os.path.join(state_dir, 'locks')
    os.makedirs(locks, mode=0o700, exist_ok=True)
    lockutils.set_defaults(locks)
    # The transport inside the process has no heartbeats and says so for each connection.
    log.getLogger('oslo.messaging._drivers.impl_rabbit').logger.setLevel('ERROR')


def build_services():
    """Return the RPC daemons and the HTTP servers, not yet started."""
    daemons = [service.Service.create(binary, topic, manager) for binary, topic, manager in DAEMONS]
    return daemons, [service.WSGIService(name) for name in CONF.enabled_apis]


class Cloud:
    """All services of one process."""

    def __init__(self):
        self.stopped = concurrency.event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopped.set())
        signal.signal(signal.SIGHUP, lambda *_: CONF.mutate_config_files())
        self.daemons, self.servers = build_services()

    def start(self):
        for part in (*self.daemons, *self.servers):
            part.start()

    def stop(self):
        for part in (*reversed(self.servers), *reversed(self.daemons)):
            part.stop()

    def run(self):
        """Work until SIGTERM or SIGINT."""
        while not self.stopped.wait(1):
            pass
        self.stop()


GREETING = """mini-Nova is up after {seconds:.1f} s: {url}   (Ctrl-C ends it; state in {state_dir})

  export OS_AUTH_TYPE=none OS_ENDPOINT={url}
  openstack flavor list
  openstack server create --flavor m1.tiny --image {image} vm1
  curl -s {url}/servers/detail
"""


@common.readable_errors
def main():
    began = time.monotonic()
    CONF.register_cli_opts(CLI)
    # An installed nova.conf is another cloud's: only what is named on the command line counts.
    explicit = any(argument.startswith('--config') for argument in sys.argv)
    config.parse_args(sys.argv, default_config_files=None if explicit else [], configure_rpc=False)
    set_embedded_defaults(os.path.abspath(CONF.state_dir))
    if CONF.port is not None:
        CONF.set_default('osapi_compute_listen_port', CONF.port)
    common.set_up_reports()
    config.rpc.init(CONF)
    if schema.found() != schema.HEAD:
        migration.sync()
    image = demo.seed()
    cloud = Cloud()
    cloud.start()
    url = f'http://{cloud.servers[0].host}:{cloud.servers[0].port}/v2.1'
    print(GREETING.format(seconds=time.monotonic() - began, url=url, state_dir=CONF.state_dir, image=image), flush=True)
    cloud.run()
    return 0


if __name__ == '__main__':
    sys.exit(main())

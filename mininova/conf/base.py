# SPDX-License-Identifier: Apache-2.0
"""Options of the [DEFAULT] section that belong to no single service.  Nova: nova/conf/base.py, netconf.py,
service.py."""
import socket

from oslo_config import cfg
from oslo_log import log
from oslo_policy import opts as policy_opts

OPTS = [
    cfg.HostnameOpt('host', default=socket.gethostname(), sample_default='<current hostname>', help="""
Name of this machine in the cloud: RPC queues, service records and claims carry it.

It must be unique and must not change while guests live here: nova-compute refuses to start
when the name differs from the one it stored under `state_path`."""),
    cfg.HostAddressOpt('my_ip', default='127.0.0.1', help="""
Address of this machine that other hosts of the cloud reach. The default suits one machine."""),
    cfg.StrOpt('instance_name_template', default='instance-%08x', help="""
How the hypervisor names a guest; receives the number of the instance record."""),
    cfg.StrOpt('default_availability_zone', default='nova', help="""
Zone of compute hosts that no aggregate puts elsewhere."""),
    cfg.StrOpt('internal_service_availability_zone', default='internal', help="""
Zone shown for services that are not nova-compute."""),
    cfg.StrOpt('default_schedule_zone', help="""
Zone of servers that ask for none; unset lets them go anywhere."""),
    cfg.IntOpt('service_down_time', default=60, min=1, help="""
Seconds without a heartbeat after which a service counts as down. Must exceed `report_interval`."""),
    cfg.IntOpt('report_interval', default=10, min=1, help="""
Seconds between two heartbeats of a service."""),
    cfg.BoolOpt('enable_new_services', default=True, help="""
Whether a newly registered nova-compute takes guests at once."""),
    cfg.IntOpt('long_rpc_timeout', default=1800, min=1, help="""
Seconds that a call to another service may take whose work can take long (preparing a live migration). A service that
dies meanwhile is noticed after `rpc_response_timeout`."""),
    cfg.IntOpt('manager_shutdown_timeout', default=25, min=0, help="""
Seconds that work under way gets to finish after SIGTERM."""),
    cfg.IntOpt('max_local_block_devices', default=3, min=-1, help="""
Most local disks (image -> local, ephemeral, swap) a server may ask for; -1 is no limit."""),
    cfg.IntOpt('password_length', default=12, min=8, help="Length of generated admin passwords."),
]

LOG_DEFAULTS = ['amqp=WARN', 'amqplib=WARN', 'oslo.messaging=INFO', 'oslo_messaging=INFO', 'sqlalchemy=WARN',
                'stevedore=WARN', 'urllib3=WARN', 'keystonemiddleware=WARN', 'routes.middleware=WARN',
                'eventlet.wsgi.server=INFO', 'kombu=ERROR', 'alembic=WARN', 'keystoneauth=WARN',
                'oslo.privsep.daemon=INFO', 'oslo_policy=INFO']


def register_opts(conf):
    conf.register_opts(OPTS)


def list_opts():
    return [('DEFAULT', OPTS)]


def set_lib_defaults():
    """Change defaults of library options to ours; also runs when a sample file is generated."""
    log.set_defaults(default_log_levels=LOG_DEFAULTS)
    policy_opts.set_defaults(cfg.CONF, 'policy.yaml')

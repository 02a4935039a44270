# SPDX-License-Identifier: Apache-2.0
"""The [neutron] section: how the network service is reached, for ``[network] backend = neutron``.

Nova: nova/conf/neutron.py.  What the metadata service reads of this section is in metadata.py.
"""
from oslo_config import cfg

NEUTRON_OPTS = [
    cfg.URIOpt('endpoint_override', help="""
URL of the network service without version, e.g. http://127.0.0.1:9696. Unset: taken from the service catalog of the
identity service named by the authentication options of this section."""),
    cfg.StrOpt('region_name', help="Region whose network endpoint is taken from the catalog."),
    cfg.StrOpt('auth_type', default='password', choices=('password', 'none'), help="""
How to authenticate: as the service user, or not at all, for a network service with `auth_strategy = noauth`, which then
needs `endpoint_override`."""),
    cfg.URIOpt('auth_url', help="Identity service for the service user, who needs the role `admin` or `service`."),
    cfg.StrOpt('username', help="Service user."),
    cfg.StrOpt('password', secret=True, help="Password of the service user."),
    cfg.StrOpt('project_name', default='service', help="Project of the service user."),
    cfg.StrOpt('user_domain_name', default='Default', help="Domain of the service user."),
    cfg.StrOpt('project_domain_name', default='Default', help="Domain of the service project."),
    cfg.ListOpt('valid_interfaces', default=['internal', 'public'],
                item_type=cfg.types.String(choices=['internal', 'public', 'admin']), help="""
Which endpoint of a service catalog is taken, the first that there is."""),
    cfg.StrOpt('cafile', help="File with certificates (PEM) that the network service's must be signed by."),
    cfg.BoolOpt('insecure', default=False, help="Accept any certificate; for tests only."),
    cfg.IntOpt('timeout', default=60, min=1, help="Seconds without a byte after which a request counts as failed."),
    cfg.IntOpt('http_retries', default=3, min=0, help="""
Tries after a request that found nobody; one that only reads is repeated too where the answer is 502, 503 or 504."""),
    cfg.StrOpt('ovs_bridge', default='br-int', help="""
Bridge of Open vSwitch into which guests' cards are plugged where the port does not name one."""),
    cfg.StrOpt('default_floating_pool', default='nova', help="""
Name or id of the external network from which a floating address is taken when none is named."""),
    cfg.IntOpt('extension_sync_interval', default=600, min=0, help="""
Seconds for which the list of the network service's extensions is kept."""),
]


def register_opts(conf):
    conf.register_opts(NEUTRON_OPTS, group='neutron')


def list_opts():
    return [('neutron', NEUTRON_OPTS)]

# SPDX-License-Identifier: Apache-2.0
"""The [neutron] section: how the network service is reached, for ``[network] backend = neutron``.

Nova: nova/conf/neutron.py.  What the metadata service reads of this section is in metadata.py.
"""
from oslo_config import cfg

from mininova.conf import service_auth

NEUTRON_OPTS = [
    *service_auth.options('network', roles=', who needs the role `admin` or `service`'),
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

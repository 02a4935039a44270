# SPDX-License-Identifier: Apache-2.0
"""Options of the metadata service and the config drive.  Nova: nova/conf/api.py (metadata parts),
nova/conf/neutron.py."""
from oslo_config import cfg

API_OPTS = [
    cfg.IntOpt('metadata_cache_expiration', default=15, min=0, help="""
Seconds for which one guest's documents are kept before they are built anew; 0 builds them for each request."""),
    cfg.StrOpt('dhcp_domain', default='novalocal', help="""
Domain that is added to guests' host names in metadata and DHCP; empty adds none."""),
    cfg.StrOpt('config_drive_skip_versions',
               default='1.0 2007-01-19 2007-03-01 2007-08-29 2007-10-10 2007-12-15 2008-02-01 2008-09-01', help="""
Versions of the EC2-style tree that are left out of a config drive, separated by spaces."""),
    cfg.BoolOpt('local_metadata_per_cell', default=False, help="""
Whether the metadata service serves one cell only. There is one cell, so it is all the same."""),
]

NEUTRON_OPTS = [
    cfg.BoolOpt('service_metadata_proxy', default=False, help="""
Whether requests come through a proxy that names the guest in signed headers (X-Instance-ID). Without it
only the sender's address counts and such headers are refused. Needs `metadata_proxy_shared_secret`."""),
    cfg.StrOpt('metadata_proxy_shared_secret', default='', secret=True, help="""
Secret with which the proxy signs instance ids (HMAC-SHA256). With an empty secret every proxied request is
refused."""),
]


def register_opts(conf):
    conf.register_opts(API_OPTS, group='api')
    conf.register_opts(NEUTRON_OPTS, group='neutron')


def list_opts():
    return [('api', API_OPTS), ('neutron', NEUTRON_OPTS)]

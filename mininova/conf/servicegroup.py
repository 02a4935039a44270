# SPDX-License-Identifier: Apache-2.0
"""The [servicegroup] section: what counts as alive.  Nova: nova/conf/servicegroup.py."""
from oslo_config import cfg

OPTS = [
    cfg.IntOpt('rpc_probe_failures', default=3, min=1, help="""
A nova-compute whose RPC round trip to itself fails this many times in a row stops reporting that
it is up, and connects anew."""),
]


def register_opts(conf):
    conf.register_opts(OPTS, group='servicegroup')


def list_opts():
    return [('servicegroup', OPTS)]

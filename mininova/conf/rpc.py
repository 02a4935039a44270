# SPDX-License-Identifier: Apache-2.0
"""RPC options beyond oslo.messaging's own.  Nova: nova/conf/rpc.py."""
from oslo_config import cfg

OPTS = [
    cfg.IntOpt('long_rpc_timeout', default=1800, min=1, help="""
Seconds to wait for calls that may take long; liveness is checked every `rpc_response_timeout`."""),
]


def register_opts(conf):
    conf.register_opts(OPTS)


def list_opts():
    return [('DEFAULT', OPTS)]

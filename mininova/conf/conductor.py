# SPDX-License-Identifier: Apache-2.0
"""The [conductor] section.  Nova: nova/conf/conductor.py."""
from oslo_config import cfg

OPTS = [
    cfg.IntOpt('workers', min=1, help="""
Number of conductor processes; unset means one per CPU. Each runs its own consumers."""),
    cfg.IntOpt('concurrency', default=64, min=1, help="RPC requests one conductor process works on at the same time."),
]


def register_opts(conf):
    conf.register_opts(OPTS, group='conductor')


def list_opts():
    return [('conductor', OPTS)]

# SPDX-License-Identifier: Apache-2.0
"""The [conductor] section.  Nova: nova/conf/conductor.py."""
from oslo_config import cfg

OPTS = [
    cfg.IntOpt('workers', min=1, help="""
Number of conductor processes; unset means one per CPU. Each runs its own consumers."""),
]

DEFAULT_OPTS = [
    cfg.IntOpt('migrate_max_retries', default=-1, min=-1, help="""
Further hosts that are tried for a live migration when one that the scheduler chose turns out not to suit; -1 tries all
of them."""),
]


def register_opts(conf):
    conf.register_opts(DEFAULT_OPTS)
    conf.register_opts(OPTS, group='conductor')


def list_opts():
    return [('DEFAULT', DEFAULT_OPTS), ('conductor', OPTS)]

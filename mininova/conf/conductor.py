# SPDX-License-Identifier: Apache-2.0
"""The [conductor] section.  Nova: nova/conf/conductor.py."""
from oslo_config import cfg

OPTS = [
    cfg.IntOpt('workers', min=1, help="""
Number of conductor processes; unset means one per CPU. Each runs its own consumers."""),
]


def register_opts(conf):
    conf.register_opts(OPTS, group='conductor')


def list_opts():
    return [('conductor', OPTS)]

# SPDX-License-Identifier: Apache-2.0
"""The [database] section is oslo.db's; here are only our defaults for it.  Nova: nova/conf/database.py."""
from oslo_db import options as db_options


def register_opts(conf):
    db_options.set_defaults(conf, max_pool_size=10, max_overflow=20)


def list_opts():
    return []

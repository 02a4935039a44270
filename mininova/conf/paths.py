# SPDX-License-Identifier: Apache-2.0
"""Where files live.  Nova: nova/conf/paths.py."""
from oslo_config import cfg

OPTS = [
    cfg.StrOpt('state_path', default='/var/lib/nova', help="""
Directory of everything the services must find again after a restart: the host's identity,
leases, locks, the image cache. Private to the service user."""),
]


def register_opts(conf):
    conf.register_opts(OPTS)


def list_opts():
    return [('DEFAULT', OPTS)]


def state_path_def(*parts):
    """Return a default value below `state_path`, interpolated when the option is read."""
    return '/'.join(('$state_path', *parts))

# SPDX-License-Identifier: Apache-2.0
"""The [notifications] section.  Nova: nova/conf/notifications.py."""
from oslo_config import cfg

OPTS = [
    cfg.StrOpt('notification_format', default='unversioned', choices=('both', 'versioned', 'unversioned'), help="""
Which notifications are sent: legacy `compute.instance.*` (unversioned), `instance.*` objects
(versioned), or both. Nothing is sent while [oslo_messaging_notifications] driver is empty."""),
    cfg.ListOpt('versioned_notifications_topics', default=['versioned_notifications'],
                help="Topics of versioned notifications."),
]


def register_opts(conf):
    conf.register_opts(OPTS, group='notifications')


def list_opts():
    return [('notifications', OPTS)]

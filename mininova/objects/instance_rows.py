# SPDX-License-Identifier: Apache-2.0
"""The door of nova-api to what it reads and writes of servers without building objects: lists, labels, limits.

Only for services with a database; nothing here is callable over RPC.  New here: Nova builds an object per row.
"""
from mininova.db import quotas


def effective_limits(project_id, user_id):
    """Return (limits of the default class, of the project, of the user in it), each {resource: limit}."""
    return quotas.get_effective(project_id, user_id)

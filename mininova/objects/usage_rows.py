# SPDX-License-Identifier: Apache-2.0
"""What servers ran in a period, as plain records.

Only for processes with a database of their own.  Nova: ``InstanceList.get_active_by_window_joined``.
"""
from mininova import exception
from mininova.objects import base

_db = base.Database('usage')


def list_active(begin, end, project_id=None, limit=None, marker=None):
    """Return the servers that ran at some moment of a period; see :func:`mininova.db.usage.list_active`.

    :raises MarkerNotFound: (400)
    """
    rows = _db.list_active(begin, end, project_id, limit, marker)
    if rows is None:
        raise exception.MarkerNotFound(marker=marker)
    return rows

# SPDX-License-Identifier: Apache-2.0
"""The servers of a period, deleted ones too.  Nova: instance_get_active_by_window_joined of nova/db/main/api.py."""
import sqlalchemy as sa

from mininova.db import models, paging, session

TABLE = models.instances
COLUMNS = [TABLE.c[name] for name in ('uuid', 'project_id', 'display_name', 'launched_at', 'terminated_at', 'memory_mb',
                                      'vcpus', 'root_gb', 'ephemeral_gb', 'vm_state', 'flavor')]
ORDER = [('project_id', 'asc'), ('uuid', 'asc')]


@session.read
def list_active(connection, begin, end, project_id=None, limit=None, marker=None):
    """Return the rows of servers that ran at some moment of a period, by project and uuid; None if there is no marker.

    :param marker: uuid of the last server seen
    """
    marker_row = None
    if marker is not None:
        marker_row = connection.execute(sa.select(*COLUMNS).where(TABLE.c.uuid == marker)).mappings().first()
        if marker_row is None:
            return None
    query = sa.select(*COLUMNS).where(
        TABLE.c.launched_at < end, sa.or_(TABLE.c.terminated_at.is_(None), TABLE.c.terminated_at > begin))
    if project_id is not None:
        query = query.where(TABLE.c.project_id == project_id)
    query = paging.page(query, TABLE, ORDER, marker_row, limit, never_null=('project_id', 'uuid'))
    return [dict(row) for row in connection.execute(query).mappings()]

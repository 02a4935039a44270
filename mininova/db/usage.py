# SPDX-License-Identifier: Apache-2.0
"""The servers of a period, deleted ones too.  Nova: instance_get_active_by_window_joined of nova/db/main/api.py."""
import sqlalchemy as sa

from mininova.db import instances, models, paging, session

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
    query = sa.select(*COLUMNS).where(*_ran(begin, end))
    if project_id is not None:
        query = query.where(TABLE.c.project_id == project_id)
    query = paging.page(query, TABLE, ORDER, marker_row, limit, never_null=('project_id', 'uuid'))
    return [dict(row) for row in connection.execute(query).mappings()]


def _ran(begin, end):
    return TABLE.c.launched_at < end, sa.or_(TABLE.c.terminated_at.is_(None), TABLE.c.terminated_at > begin)


@session.read
def page_of_host(connection, host, begin, end, limit, marker=None):
    """Return (rows, {uuid: metadata}) of servers of a host that ran at some moment of a period, by uuid.

    :param marker: uuid of the last one seen
    """
    query = sa.select(TABLE).where(TABLE.c.host == host, *_ran(begin, end)).order_by(TABLE.c.uuid).limit(limit)
    if marker is not None:
        query = query.where(TABLE.c.uuid > marker)
    rows = connection.execute(query).mappings().all()
    return rows, instances.get_metadata(connection, [row['uuid'] for row in rows])


@session.read
def count_of_host(connection, host, begin, end):
    return connection.scalar(sa.select(sa.func.count()).select_from(TABLE).where(TABLE.c.host == host,
                                                                                 *_ran(begin, end)))

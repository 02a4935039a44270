# SPDX-License-Identifier: Apache-2.0
"""Migration records: one for each move of a server between hosts or sizes.  Nova: migration_* of nova/db/main/api.py.

The alembic revisions of the schema are elsewhere: ``db/migration.py`` and ``db/migrations/``.
"""
import sqlalchemy as sa

from mininova.db import instances, models, paging, session

TABLE = models.migrations
FINAL = instances.FINAL_MOVES


@session.write
def insert(connection, values):
    """Add a record and return its id."""
    now = session.now()
    return connection.execute(sa.insert(TABLE).values(created_at=now, updated_at=now,
                                                      **values)).inserted_primary_key[0]


@session.read
def get(connection, *, id_=None, uuid=None):
    """Return one row or None."""
    where = TABLE.c.id == id_ if uuid is None else TABLE.c.uuid == uuid
    return connection.execute(sa.select(TABLE).where(where)).mappings().first()


@session.read
def get_current(connection, instance_uuid, action_id=None, statuses=None):
    """Return the newest row of an instance, or None.

    :param action_id: only that of this action
    :param statuses: only one in these statuses
    """
    query = sa.select(TABLE).where(TABLE.c.instance_uuid == instance_uuid)
    if action_id is not None:
        query = query.where(TABLE.c.action_id == action_id)
    if statuses is not None:
        query = query.where(TABLE.c.status.in_(statuses))
    return connection.execute(query.order_by(TABLE.c.id.desc()).limit(1)).mappings().first()


@session.write
def compare_and_swap(connection, id_, values, statuses=None):
    """Write values if the record is in one of these statuses (None: in any); returns whether it was."""
    query = sa.update(TABLE).where(TABLE.c.id == id_)
    if statuses is not None:
        query = query.where(TABLE.c.status.in_(statuses))
    return bool(connection.execute(query.values(updated_at=session.now(), **values)).rowcount)


@session.read
def list_all(connection, filters=None, limit=None, marker=None, sort=(('created_at', 'desc'), ('id', 'desc'))):
    """Return rows, those that are hidden only where the filter `hidden` is True.

    :param filters: {column: value or collection of values}; 'host' means either end, 'changes-since' and
        'changes-before' are times, 'in_progress' True leaves out what is over
    :param marker: uuid of the last record seen
    :returns: rows, or None when the marker is unknown
    """
    filters = dict(filters or {})
    query = sa.select(TABLE).where(TABLE.c.hidden == (sa.true() if filters.pop('hidden', False) else sa.false()))
    if filters.pop('in_progress', False):
        query = query.where(TABLE.c.status.not_in(FINAL))
    host = filters.pop('host', None)
    if host is not None:
        query = query.where(sa.or_(TABLE.c.source_compute == host, TABLE.c.dest_compute == host))
    for name, compare in (('changes-since', TABLE.c.updated_at.__ge__), ('changes-before', TABLE.c.updated_at.__le__)):
        moment = filters.pop(name, None)
        if moment is not None:
            query = query.where(compare(moment))
    for name, wanted in filters.items():
        column = TABLE.c[name]
        several = isinstance(wanted, (list, tuple, set, frozenset))
        query = query.where(column.in_(wanted) if several else column == wanted)
    seen = None
    if marker is not None:
        seen = connection.execute(sa.select(TABLE).where(TABLE.c.uuid == marker)).mappings().first()
        if seen is None:
            return None
    return connection.execute(paging.page(query, TABLE, sort, seen, limit)).mappings().all()

# SPDX-License-Identifier: Apache-2.0
"""What periodic tasks did for which period.  Nova: task_log_* of nova/db/main/api.py.

Here a run can be taken up by another process after one that died, where that one had stopped.
"""
import sqlalchemy as sa
from oslo_db import exception as db_exception

from mininova.db import models, session

TABLE = models.task_log
RUNNING, DONE = 'RUNNING', 'DONE'


def begin(key, run, values):
    """Take a task of a period in hand, as new or where another process left it.

    :param key: {'task_name', 'host', 'period_beginning', 'period_ending'}
    :param run: uuid of the process
    :param values: columns of a new row
    :returns: the row; None if the task is done, or somebody else was first
    """
    try:
        return _begin(key, run, values)
    except db_exception.DBDuplicateEntry:
        return None


@session.write
def _begin(connection, key, run, values):
    mine = [TABLE.c[name] == value for name, value in key.items()]
    found = connection.execute(sa.select(TABLE).where(*mine)).mappings().first()
    now = session.now()
    if found is None:
        connection.execute(sa.insert(TABLE).values(**key, **values, run=run, state=RUNNING, created_at=now,
                                                   updated_at=now))
    elif not connection.execute(sa.update(TABLE).where(
            TABLE.c.id == found['id'], TABLE.c.state == RUNNING, TABLE.c.run == found['run']).values(
                run=run, updated_at=now)).rowcount:
        return None
    return connection.execute(sa.select(TABLE).where(*mine)).mappings().first()


@session.write
def write(connection, id_, run, values):
    """Write how far a task is, or with `state` DONE that it is done, if a process still has it; return whether."""
    return bool(connection.execute(sa.update(TABLE).where(
        TABLE.c.id == id_, TABLE.c.run == run, TABLE.c.state == RUNNING).values(
            updated_at=session.now(), **values)).rowcount)


@session.read
def get(connection, key):
    """Return the row of a task of a host in a period, or None."""
    return connection.execute(sa.select(TABLE).where(
        *(TABLE.c[name] == value for name, value in key.items()))).mappings().first()


@session.read
def list_all(connection, task_name, begin_, end):
    """Return the rows of a task in a period, by host."""
    return connection.execute(sa.select(TABLE).where(
        TABLE.c.task_name == task_name, TABLE.c.period_beginning == begin_, TABLE.c.period_ending == end).order_by(
            TABLE.c.host)).mappings().all()

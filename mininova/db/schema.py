# SPDX-License-Identifier: Apache-2.0
"""Which schema this release needs, and whether the database has it.  Nova: nova/db/migration.py.

Every service asks this at start, so alembic is not needed here; ``db/migration.py`` changes the schema.
"""
import sqlalchemy as sa

from mininova import exception
from mininova.db import session

# The newest file of migrations/versions; a test compares the two.
HEAD = '0010'


def found():
    """Return the revision of the database, None for an empty one."""
    with session.reader() as connection:
        if not sa.inspect(connection).has_table('alembic_version'):
            return None
        return connection.execute(sa.text('SELECT version_num FROM alembic_version')).scalar()


def reachable():
    """Return True if the database answers, else raise why not."""
    with session.reader() as connection:
        connection.execute(sa.text('SELECT 1'))
    return True


def check():
    """Refuse another schema than this release's.

    :raises SchemaMismatch: names both revisions and the command to run
    """
    current = found()
    if current != HEAD:
        raise exception.SchemaMismatch(found=current or 'nothing (empty database)', wanted=HEAD)

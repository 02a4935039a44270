# SPDX-License-Identifier: Apache-2.0
"""The version of the schema: read, compare, bring up to date with alembic.  Nova: nova/db/migration.py."""
import pathlib

import sqlalchemy as sa
from alembic import command, config, script
from alembic.runtime import migration

from mininova import exception
from mininova.db import session

DIRECTORY = pathlib.Path(__file__).parent / 'migrations'


def _config(connection=None):
    made = config.Config()
    made.set_main_option('script_location', str(DIRECTORY))
    made.attributes['connection'] = connection
    return made


def wanted():
    """Return the revision this release works with."""
    return script.ScriptDirectory.from_config(_config()).get_current_head()


def found():
    """Return the revision of the database, None for an empty one."""
    with session.reader() as connection:
        return migration.MigrationContext.configure(connection).get_current_revision()


def reachable():
    """Return True if the database answers, else raise why not."""
    with session.reader() as connection:
        connection.execute(sa.text('SELECT 1'))
    return True


def check():
    """Refuse another schema than this release's.

    :raises SchemaMismatch: names both revisions and the command to run
    """
    current, needed = found(), wanted()
    if current != needed:
        raise exception.SchemaMismatch(found=current or 'nothing (empty database)', wanted=needed)


def sync(revision='head'):
    """Bring the database to a revision; a repeat does nothing."""
    with session.engine().connect() as connection:
        if connection.dialect.name == 'sqlite':
            connection = connection.execution_options(mininova_writer=True)
        with connection.begin():
            command.upgrade(_config(connection), revision)

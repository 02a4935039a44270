# SPDX-License-Identifier: Apache-2.0
"""Bring the schema to a revision with alembic.  Nova: nova/db/migration.py."""
import pathlib

from alembic import command, config, script

from mininova.db import session

DIRECTORY = pathlib.Path(__file__).parent / 'migrations'


def _config(connection=None):
    made = config.Config()
    made.set_main_option('script_location', str(DIRECTORY))
    made.attributes['connection'] = connection
    return made


def newest():
    """Return the revision of the newest migration."""
    return script.ScriptDirectory.from_config(_config()).get_current_head()


def sync(revision='head'):
    """Bring the database to a revision; a repeat does nothing."""
    with session.engine().connect() as connection:
        if connection.dialect.name == 'sqlite':
            connection = connection.execution_options(mininova_writer=True)
        with connection.begin():
            command.upgrade(_config(connection), revision)

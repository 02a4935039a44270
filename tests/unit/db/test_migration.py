# SPDX-License-Identifier: Apache-2.0
"""What the migrations make is what the models say; a service knows which schema it needs."""
import pytest
import sqlalchemy as sa
from alembic import autogenerate
from alembic.runtime import migration as runtime

from mininova import exception
from mininova.cmd import manage_db
from mininova.db import migration, models, schema, session


@pytest.fixture
def empty(conf, tmp_path):
    conf.config(group='database', connection=f'sqlite:///{tmp_path}/empty.sqlite')
    session.reset()
    yield
    session.reset()


def test_the_migrations_make_what_the_models_say(empty):
    migration.sync()
    with session.reader() as connection:
        differences = autogenerate.compare_metadata(runtime.MigrationContext.configure(
            connection, opts={'compare_type': True, 'compare_server_default': False}), models.metadata)
        made = {name: {column['name']: (str(column['type']), column['nullable'])
                       for column in sa.inspect(connection).get_columns(name)} for name in models.metadata.tables}
    assert differences == []
    said = {name: {column.name: (column.type.compile(session.engine().dialect), column.nullable)
                   for column in table.columns} for name, table in models.metadata.tables.items()}
    assert made == said


def test_the_newest_migration_is_the_one_services_ask_for():
    assert migration.newest() == schema.HEAD


def test_a_service_refuses_an_empty_database_and_says_what_to_run(empty):
    with pytest.raises(exception.SchemaMismatch, match='nova-manage db sync'):
        schema.check()


def test_a_sync_may_be_repeated(empty, capsys):
    migration.sync()
    migration.sync()
    schema.check()
    manage_db.run_version(None)
    assert capsys.readouterr().out == f'database: {schema.HEAD}\nrelease:  {schema.HEAD}\n'


def test_a_service_refuses_the_schema_of_another_release(empty):
    migration.sync()
    with session.writer() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(exception.SchemaMismatch, match='9999'):
        schema.check()

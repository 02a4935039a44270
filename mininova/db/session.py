# SPDX-License-Identifier: Apache-2.0
"""Engine, transactions and the database's clock.  Nova: nova/db/main/api.py context managers.

::

    with session.reader() as connection: ...
    with session.writer() as connection: ...     # commits at the end, rolls back on an exception

``writer`` transactions are short and do no other I/O: SQLite lets one writer in at a time, and the
greenthreads of one process must not meet inside a blocking C call.
"""
import contextlib
import functools

import sqlalchemy as sa
from oslo_db import api as oslo_db_api
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import engines, exc_filters
from oslo_utils import timeutils
from sqlalchemy.ext import compiler
from sqlalchemy.sql import expression

import mininova.conf
from mininova import concurrency, exception

CONF = mininova.conf.CONF

MYSQL_ISOLATION = 'init_command=SET+SESSION+TRANSACTION+ISOLATION+LEVEL+READ+COMMITTED'

_engine = None
_engine_lock = concurrency.lock()
_sqlite_writers = concurrency.lock()


class db_now(expression.FunctionElement):
    """The database server's UTC clock: the one clock by which ages are measured."""
    type = sa.DateTime()
    inherit_cache = True


@compiler.compiles(db_now)
def _db_now_default(element, compile_, **kwargs):
    return "timezone('utc', clock_timestamp())"


@compiler.compiles(db_now, 'mysql', 'mariadb')
def _db_now_mysql(element, compile_, **kwargs):
    return 'UTC_TIMESTAMP(6)'


@compiler.compiles(db_now, 'sqlite')
def _db_now_sqlite(element, compile_, **kwargs):
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


def engine():
    """Return this process's engine, made on first use."""
    global _engine
    if _engine is None:
        with _engine_lock:
            if _engine is None:
                _engine = _create_engine()
    return _engine


def _create_engine():
    url = CONF.database.connection
    if not url:
        raise exception.NovaException('[database] connection is not set in nova.conf.')
    if url.startswith('sqlite'):
        return _create_sqlite_engine(url)
    # Once for each connection, not four round trips for each transaction; PostgreSQL has this level by default.
    isolation = MYSQL_ISOLATION if url.startswith(('mysql', 'mariadb')) else None
    return engines.create_engine(
        url, mysql_sql_mode='TRADITIONAL', connection_parameters=isolation,
        connection_recycle_time=CONF.database.connection_recycle_time, max_pool_size=CONF.database.max_pool_size,
        max_overflow=CONF.database.max_overflow, max_retries=CONF.database.max_retries,
        retry_interval=CONF.database.retry_interval)


def _create_sqlite_engine(url):
    # Not oslo.db's engine: that one opens every transaction with a plain BEGIN.
    made = sa.create_engine(url, connect_args={'timeout': 20, 'check_same_thread': False})
    exc_filters.register_engine(made)

    @sa.event.listens_for(made, 'connect')
    def on_connect(connection, record):
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute('PRAGMA journal_mode=WAL')
        cursor.execute('PRAGMA synchronous=NORMAL')
        cursor.close()

    @sa.event.listens_for(made, 'begin')
    def on_begin(connection):
        # BEGIN IMMEDIATE takes the write lock at once: no deadlock between two readers that want to write.
        writing = connection.get_execution_options().get('mininova_writer')
        connection.exec_driver_sql('BEGIN IMMEDIATE' if writing else 'BEGIN')

    return made


@contextlib.contextmanager
def reader():
    """Give a connection for reading a consistent state."""
    with engine().connect() as connection:
        yield connection


@contextlib.contextmanager
def writer():
    """Give a connection whose statements are committed together, or not at all."""
    made = engine()
    if made.dialect.name == 'sqlite':
        with _sqlite_writers, made.connect() as connection:
            connection = connection.execution_options(mininova_writer=True)
            with connection.begin():
                yield connection
    else:
        with made.begin() as connection:
            yield connection


def retry_on_conflict(function):
    """Repeat a whole transaction that the database refused because of a concurrent one."""
    return oslo_db_api.wrap_db_retry(max_retries=8, retry_interval=0.05, inc_retry_interval=True, max_retry_interval=1,
                                     retry_on_deadlock=True)(function)


def write(function):
    """Decorate ``f(connection, ...)`` so that callers give no connection and conflicts are retried."""
    @retry_on_conflict
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        with writer() as connection:
            return function(connection, *args, **kwargs)
    wrapper.within = function
    return wrapper


def read(function):
    """Decorate ``f(connection, ...)`` so that callers give no connection."""
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        with reader() as connection:
            return function(connection, *args, **kwargs)
    wrapper.within = function
    return wrapper


def now():
    """Return the time to stamp rows with: UTC, no zone, by this host's clock."""
    return timeutils.utcnow()


def is_unavailable(error):
    """Tell whether an exception means that the database cannot be reached at all."""
    return isinstance(error, (db_exception.DBConnectionError, db_exception.CantStartEngineError, sa.exc.TimeoutError))


def disconnect():
    """Close all connections; the engine stays, and with it the statements that it has compiled."""
    if _engine is not None:
        _engine.dispose()


def reset():
    """Drop the engine: after a fork, and when the database is another one."""
    global _engine
    with _engine_lock:
        if _engine is not None:
            _engine.dispose()
        _engine = None

# SPDX-License-Identifier: Apache-2.0
"""Services, their workers and the compute nodes they report.  Nova: service_*, compute_node_* of
nova/db/main/api.py."""
import datetime

import sqlalchemy as sa
from oslo_db import exception as db_exception
from oslo_utils import uuidutils

from mininova import exception
from mininova.db import models, pci, session

FINISHED_MIGRATIONS = ('confirmed', 'reverted', 'error', 'failed', 'completed', 'cancelled', 'done')
SERVICES = models.services
WORKERS = models.workers
NODES = models.compute_nodes


def age_of(column):
    """Return seconds since a stored time, on the database's own clock, as a column to select."""
    return _Age(column)


class _Age(sa.sql.functions.FunctionElement):
    type = sa.Float()
    inherit_cache = True
    name = 'age'


@sa.ext.compiler.compiles(_Age, 'sqlite')
def _age_sqlite(element, compiler, **kwargs):
    return f"((julianday('now') - julianday({compiler.process(element.clauses, **kwargs)})) * 86400.0)"


@sa.ext.compiler.compiles(_Age, 'mysql', 'mariadb')
def _age_mysql(element, compiler, **kwargs):
    return f'(TIMESTAMPDIFF(MICROSECOND, {compiler.process(element.clauses, **kwargs)}, UTC_TIMESTAMP(6)) / 1000000.0)'


@sa.ext.compiler.compiles(_Age)
def _age_default(element, compiler, **kwargs):
    inner = compiler.process(element.clauses, **kwargs)
    return f"EXTRACT(EPOCH FROM (timezone('utc', clock_timestamp()) - {inner}))"


def _select():
    return sa.select(SERVICES, age_of(SERVICES.c.last_seen_up).label('age'))


@session.write
def register(connection, host, binary, topic, version, disabled=False):
    """Find or make the record of a service and stamp it as alive; returns the row."""
    where = (SERVICES.c.host == host, SERVICES.c.binary == binary)
    now = session.now()
    _upsert(connection, SERVICES, where, {'version': version, 'topic': topic, 'last_seen_up': session.db_now(),
                                          'updated_at': now},
            {'uuid': uuidutils.generate_uuid(), 'host': host, 'binary': binary, 'disabled': disabled, 'created_at': now,
             'disabled_reason': 'New service disabled due to config option.' if disabled else None})
    return connection.execute(_select().where(*where)).mappings().one()


def _upsert(connection, table, where, values, also_new):
    """Update a row or insert it; workers that start at the same moment all find it."""
    if connection.execute(sa.update(table).where(*where).values(values)).rowcount:
        return
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(table).values(**values, **also_new))
    except db_exception.DBDuplicateEntry:
        connection.execute(sa.update(table).where(*where).values(values))


@session.write
def heartbeat(connection, service_id):
    """Stamp a service as alive; returns False if its record was deleted."""
    return bool(connection.execute(sa.update(SERVICES).where(SERVICES.c.id == service_id).values(
        last_seen_up=session.db_now(), report_count=SERVICES.c.report_count + 1)).rowcount)


@session.read
def get(connection, *, id_=None, uuid=None, host=None, binary=None):
    query = _select()
    for column, value in (('id', id_), ('uuid', uuid), ('host', host), ('binary', binary)):
        if value is not None:
            query = query.where(SERVICES.c[column] == value)
    return connection.execute(query).mappings().first()


@session.read
def list_all(connection, host=None, binary=None, disabled=None, topic=None):
    query = _select().order_by(SERVICES.c.id)
    for column, value in (('host', host), ('binary', binary), ('topic', topic), ('disabled', disabled)):
        if value is not None:
            query = query.where(SERVICES.c[column] == value)
    return connection.execute(query).mappings().all()


@session.write
def update(connection, service_id, values):
    connection.execute(sa.update(SERVICES).where(SERVICES.c.id == service_id).values(updated_at=session.now(),
                                                                                     **values))
    return connection.execute(_select().where(SERVICES.c.id == service_id)).mappings().first()


@session.write
def destroy(connection, service_id):
    """Remove a service, the nodes it reported and its host's place in aggregates.

    :raises ServiceInUse: a nova-compute that has servers, claims or migrations under way
    """
    row = connection.execute(sa.select(SERVICES).where(SERVICES.c.id == service_id)).mappings().first()
    if row is None:
        return False
    if row['binary'] == 'nova-compute':
        _refuse_if_used(connection, row)
        pci.forget(connection, sa.select(NODES.c.id).where(NODES.c.host == row['host']))
        connection.execute(sa.delete(NODES).where(NODES.c.host == row['host']))
        connection.execute(sa.delete(models.aggregate_hosts).where(models.aggregate_hosts.c.host == row['host']))
    connection.execute(sa.delete(SERVICES).where(SERVICES.c.id == service_id))
    return True


def _refuse_if_used(connection, service):
    host = service['host']
    claimed = sa.select(models.allocations.c.instance_uuid).join(
        NODES, NODES.c.id == models.allocations.c.compute_node_id).where(NODES.c.host == host)
    servers = connection.execute(sa.select(sa.func.count()).where(
        models.instances.c.deleted == 0,
        sa.or_(models.instances.c.host == host, models.instances.c.uuid.in_(claimed)))).scalar_one()
    if servers:
        raise exception.ServiceInUse(service_id=service['uuid'], count=servers)
    moves = models.migrations
    moving = connection.execute(sa.select(sa.func.count()).where(
        sa.or_(moves.c.source_compute == host, moves.c.dest_compute == host),
        moves.c.status.not_in(FINISHED_MIGRATIONS))).scalar_one()
    if moving:
        raise exception.ServiceInUse(f'Service {service["uuid"]} has {moving} migrations under way.')


@session.read
def count_unfinished_evacuations(connection, host):
    """Count evacuations away from a host whose nova-compute has not seen them since."""
    moves = models.migrations
    return connection.execute(sa.select(sa.func.count()).where(
        moves.c.source_compute == host, moves.c.status == 'done', moves.c.migration_type == 'evacuation')).scalar_one()


@session.write
def worker_heartbeat(connection, uuid, binary, host, pid):
    """Say that a conductor process lives; forget those dead for a day."""
    if not connection.execute(sa.update(WORKERS).where(WORKERS.c.uuid == uuid).values(
            last_seen=session.db_now())).rowcount:
        now = session.now()
        connection.execute(sa.delete(WORKERS).where(WORKERS.c.last_seen < now - datetime.timedelta(days=1)))
        connection.execute(sa.insert(WORKERS).values(uuid=uuid, binary=binary, host=host, pid=pid,
                                                     last_seen=session.db_now(), created_at=now))


def live_workers(timeout):
    """Return a query for the uuids of conductor processes that beat within so many seconds, on the database's clock."""
    return sa.select(WORKERS.c.uuid).where(age_of(WORKERS.c.last_seen) <= timeout)


@session.write
def worker_leave(connection, uuid):
    connection.execute(sa.delete(WORKERS).where(WORKERS.c.uuid == uuid))


@session.write
def report_node(connection, host, hypervisor_hostname, values, pci_devices=None):
    """Write what a compute host says of one of its nodes; claims are not touched.

    :param pci_devices: all that guests may have, as :func:`mininova.db.pci.report` takes them; None says nothing
    :returns: the row, and what `mininova.db.pci.report` returned
    """
    where = (NODES.c.host == host, NODES.c.hypervisor_hostname == hypervisor_hostname)
    now = session.now()
    if not connection.execute(sa.update(NODES).where(*where).values(
            updated_at=now, generation=NODES.c.generation + 1, **values)).rowcount:
        connection.execute(sa.insert(NODES).values(
            uuid=uuidutils.generate_uuid(), host=host, hypervisor_hostname=hypervisor_hostname, created_at=now,
            updated_at=now, **values))
    row = connection.execute(sa.select(NODES).where(*where)).mappings().one()
    return row, [] if pci_devices is None else pci.report(connection, row['id'], pci_devices)


@session.read
def get_node(connection, *, id_=None, uuid=None, host=None, hypervisor_hostname=None):
    query = sa.select(NODES).order_by(NODES.c.id)
    for column, value in (('id', id_), ('uuid', uuid), ('host', host), ('hypervisor_hostname', hypervisor_hostname)):
        if value is not None:
            query = query.where(NODES.c[column] == value)
    return connection.execute(query).mappings().first()


@session.read
def list_nodes(connection, host=None, hostname_pattern=None, limit=None, marker=None):
    """Return nodes in the order of their ids; `marker` is the id of the last one seen."""
    query = sa.select(NODES).order_by(NODES.c.id)
    if host is not None:
        query = query.where(NODES.c.host == host)
    if hostname_pattern is not None:
        query = query.where(NODES.c.hypervisor_hostname.contains(hostname_pattern, autoescape=True))
    if marker is not None:
        query = query.where(NODES.c.id > marker)
    return connection.execute(query if limit is None else query.limit(limit)).mappings().all()

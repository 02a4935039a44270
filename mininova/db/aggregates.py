# SPDX-License-Identifier: Apache-2.0
"""Host aggregates.  Nova: nova/objects/aggregate.py queries, and the rules about zones of nova/compute/api.py.

A host is in one availability zone, the one that an aggregate of it names, and does not leave it while it has servers.
Both are checked where they are written: who changes an aggregate holds its row and the service records of its hosts.
"""
import sqlalchemy as sa
from oslo_db import exception as db_exception
from oslo_utils import uuidutils

from mininova import exception
from mininova.db import models, session

TABLE = models.aggregates
HOSTS = models.aggregate_hosts
METADATA = models.aggregate_metadata
SERVICES = models.services
ZONE = 'availability_zone'


def _read(connection, *where):
    """Return aggregates with hosts and metadata, three queries."""
    found = {row['id']: dict(row, hosts=[], metadata={})
             for row in connection.execute(sa.select(TABLE).where(*where).order_by(TABLE.c.id)).mappings()}
    mine = [column.in_(found) if where else sa.true() for column in (HOSTS.c.aggregate_id, METADATA.c.aggregate_id)]
    for aggregate_id, host in connection.execute(
            sa.select(HOSTS.c.aggregate_id, HOSTS.c.host).where(mine[0]).order_by(HOSTS.c.id)):
        found[aggregate_id]['hosts'].append(host)
    for aggregate_id, key, value in connection.execute(
            sa.select(METADATA.c.aggregate_id, METADATA.c.key, METADATA.c.value).where(mine[1])):
        found[aggregate_id]['metadata'][key] = value
    return list(found.values())


@session.read
def list_all(connection):
    """Return all aggregates with hosts and metadata."""
    return _read(connection)


@session.read
def get(connection, id_):
    """Return an aggregate with hosts and metadata, or None."""
    return next(iter(_read(connection, TABLE.c.id == id_)), None)


@session.read
def zones_by_host(connection):
    """Return {host: zone} of the hosts that an aggregate puts into a zone; of several the oldest counts."""
    return _zones_by_host(connection)


def _zones_by_host(connection, *where):
    query = sa.select(HOSTS.c.host, METADATA.c.value).join(
        METADATA, METADATA.c.aggregate_id == HOSTS.c.aggregate_id).where(METADATA.c.key == ZONE, *where)
    return {row.host: row.value for row in connection.execute(query.order_by(HOSTS.c.aggregate_id.desc()))}


# -- changes ------------------------------------------------------------------------------

@session.write
def create(connection, name, metadata, hosts=()):
    """Make an aggregate and return its id.

    :raises AggregateNameExists: (409)
    """
    now = session.now()
    try:
        id_ = connection.execute(sa.insert(TABLE).values(
            uuid=uuidutils.generate_uuid(), name=name, created_at=now)).inserted_primary_key[0]
    except db_exception.DBDuplicateEntry as error:
        raise exception.AggregateNameExists(aggregate_name=name) from error
    for key, value in metadata.items():
        connection.execute(sa.insert(METADATA).values(aggregate_id=id_, key=key, value=value, created_at=now))
    for host in hosts:
        connection.execute(sa.insert(HOSTS).values(aggregate_id=id_, host=host, created_at=now))
    return id_


@session.write
def update(connection, id_, metadata, default_zone, action, name=None):
    """Change an aggregate's name and metadata.

    :param metadata: {key: text, or None to remove it}
    :param default_zone: the zone of a host that no aggregate puts into one
    :param action: what is done, for the text of an error
    :raises AggregateNotFound: (404)
    :raises AggregateNameExists: (409)
    :raises InvalidAggregateAction: a host would be in two zones, or leave its zone with servers (400)
    """
    before = _hold(connection, id_)
    if ZONE in metadata:
        problem = _problem_of_zones(connection, before, before['hosts'], metadata[ZONE], default_zone)
        if problem:
            raise exception.InvalidAggregateAction(action=action, aggregate_id=id_, reason=problem)
    now = session.now()
    values = {'updated_at': now, **({'name': name} if name is not None else {})}
    try:
        connection.execute(sa.update(TABLE).where(TABLE.c.id == id_).values(**values))
    except db_exception.DBDuplicateEntry as error:
        raise exception.AggregateNameExists(aggregate_name=name) from error
    for key, value in metadata.items():
        connection.execute(sa.delete(METADATA).where(METADATA.c.aggregate_id == id_, METADATA.c.key == key))
        if value is not None:
            connection.execute(sa.insert(METADATA).values(aggregate_id=id_, key=key, value=value, created_at=now))


@session.write
def add_host(connection, id_, host, default_zone):
    """Put a host into an aggregate.

    :raises AggregateNotFound, ComputeHostNotFound: (404)
    :raises AggregateHostExists: (409)
    :raises AggregateHostRefused: it would be in two zones, or leave its zone with servers (409)
    """
    before = _hold(connection, id_, host)
    if host in before['hosts']:
        raise exception.AggregateHostExists(aggregate_id=id_, host=host)
    zone = before['metadata'].get(ZONE)
    if zone is not None:
        without = dict(before, metadata={})
        problem = _problem_of_zones(connection, without, [host], zone, default_zone)
        if problem:
            raise exception.AggregateHostRefused(action='add_host_to_aggregate', aggregate_id=id_, reason=problem)
    connection.execute(sa.insert(HOSTS).values(aggregate_id=id_, host=host, created_at=session.now()))
    _stamp(connection, id_)


@session.write
def remove_host(connection, id_, host, default_zone):
    """Take a host out of an aggregate.

    :raises AggregateNotFound, ComputeHostNotFound, AggregateHostNotFound: (404)
    :raises AggregateHostRefused: it would leave its zone with servers (409)
    """
    before = _hold(connection, id_, host)
    if host not in before['hosts']:
        raise exception.AggregateHostNotFound(aggregate_id=id_, host=host)
    problem = _problem_of_zones(connection, before, [host], None, default_zone)
    if problem:
        raise exception.AggregateHostRefused(action='remove_host_from_aggregate', aggregate_id=id_, reason=problem)
    connection.execute(sa.delete(HOSTS).where(HOSTS.c.aggregate_id == id_, HOSTS.c.host == host))
    _stamp(connection, id_)


@session.write
def destroy(connection, id_):
    """Remove an aggregate.

    :raises AggregateNotFound: (404)
    :raises InvalidAggregateAction: it has hosts (400)
    """
    if _hold(connection, id_)['hosts']:
        raise exception.InvalidAggregateAction(action='delete', aggregate_id=id_, reason='Host aggregate is not empty')
    connection.execute(sa.delete(METADATA).where(METADATA.c.aggregate_id == id_))
    connection.execute(sa.delete(TABLE).where(TABLE.c.id == id_))


def _stamp(connection, id_):
    connection.execute(sa.update(TABLE).where(TABLE.c.id == id_).values(updated_at=session.now()))


def _hold(connection, id_, host=None):
    """Lock an aggregate and the service records of its hosts, and return it.

    :param host: one more, which must be a compute host
    """
    held = connection.execute(sa.select(TABLE.c.id).where(TABLE.c.id == id_).with_for_update()).first()
    if held is None:
        raise exception.AggregateNotFound(aggregate_id=id_)
    found = _read(connection, TABLE.c.id == id_)[0]
    wanted = {*found['hosts'], *([host] if host is not None else [])}
    known = connection.execute(sa.select(SERVICES.c.host).where(
        SERVICES.c.binary == 'nova-compute', SERVICES.c.host.in_(wanted)).order_by(SERVICES.c.id).with_for_update())
    if host is not None and host not in known.scalars().all():
        raise exception.ComputeHostNotFound(host=host)
    return found


def _problem_of_zones(connection, aggregate, hosts, zone, default_zone):
    """Say what is wrong when hosts of an aggregate get another zone by it; None if nothing is.

    :param zone: what the aggregate will say of them, None if nothing
    """
    if not hosts:
        return None
    elsewhere = _zones_by_host(connection, HOSTS.c.host.in_(hosts), HOSTS.c.aggregate_id != aggregate['id'])
    others = sorted({other for other in elsewhere.values() if other != zone}) if zone is not None else []
    if others:
        return f'Host already in availability zone "{", ".join(others)}"'
    now = aggregate['metadata'].get(ZONE)
    without = {host: elsewhere.get(host, default_zone) for host in hosts}
    moved = [host for host in hosts if (now or without[host]) != (zone or without[host])]
    servers = models.instances.c
    full = connection.execute(sa.select(servers.host).distinct().where(
        servers.host.in_(moved), servers.deleted == 0).order_by(servers.host)).scalars().all()
    return f'Hosts with servers would leave their availability zone: {", ".join(full)}' if full else None

# SPDX-License-Identifier: Apache-2.0
"""What the scheduler must know of all hosts, read so that only what changed travels.

Each change of a node raises its ``generation`` (claims, releases, reports), so a range of nodes whose count and sums of
ids and generations are as before has not changed; only the other ranges are looked at, and of them only the rows with
another generation are read.  Heartbeats change all the time and are never read: the database names the services that
are *not* well.  Nova: nova/scheduler/host_manager.py reads everything each time.
"""
import dataclasses

import sqlalchemy as sa

from mininova.db import models, services, session

NODES = models.compute_nodes
SERVICES = models.services
AGGREGATES = models.aggregates
AGGREGATE_HOSTS = models.aggregate_hosts
AGGREGATE_METADATA = models.aggregate_metadata

RANGE_BITS = 6
PER_QUERY = 500
DOCUMENTS = ('cpu_info', 'supported_instances', 'stats')
PLAIN = ('id', 'uuid', 'host', 'hypervisor_hostname', 'vcpus', 'memory_mb', 'local_gb', 'reserved_vcpus', 'reserved_memory_mb',
         'reserved_disk_gb', 'vcpus_used', 'memory_mb_used', 'local_gb_used', 'disk_available_least', 'running_vms', 'current_workload',
         'hypervisor_type', 'hypervisor_version', 'host_ip', 'cpu_allocation_ratio', 'ram_allocation_ratio',
         'disk_allocation_ratio', 'generation', 'updated_at')

_BUCKET = NODES.c.id.op('>>', return_type=sa.Integer())(RANGE_BITS)


@dataclasses.dataclass
class Known:
    """What a reader has seen so far; :func:`read` brings it up to date."""
    generations: dict = dataclasses.field(default_factory=dict)
    ranges: dict = dataclasses.field(default_factory=dict)
    services: tuple = ()
    aggregates: tuple = ()


@dataclasses.dataclass
class Changes:
    """``nodes`` are rows (documents as JSON text) that are new or changed, ``gone`` ids of nodes that are no more.

    ``compute_hosts`` (hosts with a nova-compute) and ``aggregates`` ([{'id', 'name', 'hosts', 'metadata'}]) are None when they
    are as before.  ``troubled`` maps each host whose nova-compute is disabled or silent to {'disabled', 'disabled_reason',
    'forced_down', 'age'}.
    """
    nodes: list
    gone: set
    troubled: dict
    compute_hosts: set | None
    aggregates: list | None


@session.read
def read(connection, known, down_time):
    """Return what changed since `known` and bring `known` up to date.

    :param down_time: seconds without a heartbeat after which a service is in trouble
    """
    nodes, gone = _read_nodes(connection, known)
    troubled, compute_hosts = _read_services(connection, known, down_time)
    return Changes(nodes, gone, troubled, compute_hosts, _read_aggregates(connection, known))


def _read_nodes(connection, known):
    ranges = {number: (count, int(ids), int(generations)) for number, count, ids, generations in connection.execute(
        sa.select(_BUCKET, sa.func.count(), sa.func.sum(NODES.c.id), sa.func.sum(NODES.c.generation)).group_by(_BUCKET))}
    stale = {number for number in ranges.keys() | known.ranges.keys() if ranges.get(number) != known.ranges.get(number)}
    if not stale:
        return [], set()
    if len(stale) > len(ranges) // 2 and not known.generations:
        rows = _rows(connection)
        found = {row.id: row.generation for row in rows}
    else:
        found = _generations(connection, stale)
        changed = [id_ for id_, generation in found.items() if known.generations.get(id_) != generation]
        rows = [row for start in range(0, len(changed), PER_QUERY)
                for row in _rows(connection, NODES.c.id.in_(changed[start:start + PER_QUERY]))]
        found.update({row.id: row.generation for row in rows})
    gone = {id_ for id_ in known.generations if id_ >> RANGE_BITS in stale and id_ not in found}
    for id_ in gone:
        del known.generations[id_]
    known.generations.update(found)
    known.ranges = ranges
    return rows, gone


def _generations(connection, ranges):
    """Return {id: generation} of all nodes in some ranges."""
    query = sa.select(NODES.c.id, NODES.c.generation)
    if len(ranges) > 64:
        return {id_: generation for id_, generation in connection.execute(query) if id_ >> RANGE_BITS in ranges}
    inside = [NODES.c.id.between(number << RANGE_BITS, ((number + 1) << RANGE_BITS) - 1) for number in sorted(ranges)]
    return dict(connection.execute(query.where(sa.or_(*inside))).all())


def _rows(connection, *conditions):
    columns = [NODES.c[name] for name in PLAIN] + [sa.type_coerce(NODES.c[name], sa.Text).label(name) for name in DOCUMENTS]
    return connection.execute(sa.select(*columns).where(*conditions).order_by(NODES.c.id)).all()


def _read_services(connection, known, down_time):
    age = services.age_of(SERVICES.c.last_seen_up)
    of_compute = SERVICES.c.binary == 'nova-compute'
    count, ids = connection.execute(sa.select(sa.func.count(), sa.func.sum(SERVICES.c.id)).where(of_compute)).one()
    troubled = {row['host']: row for row in connection.execute(sa.select(
        SERVICES.c.host, SERVICES.c.disabled, SERVICES.c.disabled_reason, SERVICES.c.forced_down, age.label('age')).where(
            of_compute, sa.or_(SERVICES.c.disabled, SERVICES.c.forced_down, SERVICES.c.last_seen_up.is_(None),
                               age > down_time))).mappings()}
    mark, hosts = (count, int(ids or 0)), None
    if mark != known.services:
        hosts = set(connection.execute(sa.select(SERVICES.c.host).where(of_compute)).scalars())
        known.services = mark
    return troubled, hosts


def _read_aggregates(connection, known):
    names = connection.execute(sa.select(AGGREGATES.c.id, AGGREGATES.c.name).order_by(AGGREGATES.c.id)).all()
    if not names and known.aggregates == ([],):
        return None
    metadata = connection.execute(sa.select(
        AGGREGATE_METADATA.c.aggregate_id, AGGREGATE_METADATA.c.key, AGGREGATE_METADATA.c.value).order_by(
            AGGREGATE_METADATA.c.id)).all()
    members = AGGREGATE_HOSTS
    checksum = connection.execute(sa.select(
        sa.func.count(), sa.func.sum(members.c.id), sa.func.max(members.c.created_at))).one()
    mark = (names, metadata, checksum) if names else ([],)
    if mark == known.aggregates:
        return None
    known.aggregates = mark
    found = {id_: {'id': id_, 'name': name, 'hosts': [], 'metadata': {}} for id_, name in names}
    for id_, key, value in metadata:
        if id_ in found:
            found[id_]['metadata'][key] = value
    for id_, host in connection.execute(sa.select(members.c.aggregate_id, members.c.host).order_by(members.c.id)):
        if id_ in found:
            found[id_]['hosts'].append(host)
    return list(found.values())

# SPDX-License-Identifier: Apache-2.0
"""What the scheduler must know of all hosts, read so that only what changed travels.

Each change of a node raises its ``generation`` (claims, releases, reports), so a range of nodes whose count and
sums of ids and generations are as before has not changed; only the other ranges are looked at, and of them only
the rows with another generation are read.  Heartbeats change all the time and are never read: the database names
the services that are *not* well.  Nova: nova/scheduler/host_manager.py reads everything each time.
"""
import dataclasses

import sqlalchemy as sa

from mininova.compute import task_states
from mininova.db import models, services, session

NODES = models.compute_nodes
SERVICES = models.services
AGGREGATES = models.aggregates
MEMBERS = models.aggregate_hosts
METADATA = models.aggregate_metadata
INSTANCES = models.instances
CLAIMS = models.allocations

RANGE_BITS = 6
RANGES_PER_QUERY = 64
ROWS_PER_QUERY = 500
DOCUMENTS = ('cpu_info', 'supported_instances', 'stats', 'numa_topology', 'numa_used', 'pci_stats')
PLAIN = ('id', 'uuid', 'host', 'hypervisor_hostname', 'generation', 'updated_at', 'vcpus', 'memory_mb', 'local_gb',
         'reserved_vcpus', 'reserved_memory_mb', 'reserved_disk_gb', 'vcpus_used', 'memory_mb_used', 'local_gb_used',
         'cpu_allocation_ratio', 'ram_allocation_ratio', 'disk_allocation_ratio', 'disk_available_least',
         'running_vms', 'hypervisor_type', 'hypervisor_version', 'host_ip')

_RANGE = NODES.c.id.op('>>', return_type=sa.Integer())(RANGE_BITS)
_OF_COMPUTE = SERVICES.c.binary == 'nova-compute'
# In the list of marks the services stand beside the ranges of nodes, under a number that no range has.
_SERVICES_MARK = -1

# Statements are built once: that costs more than running them.
_MARKS = sa.union_all(
    sa.select(_RANGE, sa.func.count(), sa.func.sum(NODES.c.id), sa.func.sum(NODES.c.generation)).group_by(_RANGE),
    sa.select(sa.literal(_SERVICES_MARK), sa.func.count(), sa.func.sum(SERVICES.c.id), sa.literal(0)).where(
        _OF_COMPUTE))
_NODES = sa.select(*(NODES.c[name] for name in PLAIN), *(
    sa.type_coerce(NODES.c[name], sa.Text).label(name) for name in DOCUMENTS)).order_by(NODES.c.id)
_AGE = services.age_of(SERVICES.c.last_seen_up)
_TROUBLED = sa.select(
    SERVICES.c.host, SERVICES.c.disabled, SERVICES.c.disabled_reason, SERVICES.c.forced_down, _AGE.label('age')).where(
        _OF_COMPUTE, sa.or_(SERVICES.c.disabled, SERVICES.c.forced_down, SERVICES.c.last_seen_up.is_(None),
                            _AGE > sa.bindparam('down_time', type_=sa.Float)))
_COMPUTE_HOSTS = sa.select(SERVICES.c.host).where(_OF_COMPUTE)
_AGGREGATES = sa.select(AGGREGATES.c.id, AGGREGATES.c.name, METADATA.c.key, METADATA.c.value).join(
    METADATA, METADATA.c.aggregate_id == AGGREGATES.c.id, isouter=True).order_by(AGGREGATES.c.id, METADATA.c.id)
_MEMBERS = sa.select(MEMBERS.c.aggregate_id, MEMBERS.c.host).order_by(MEMBERS.c.id)
# Where it is under way a server's claims say, from the moment the host is chosen; of a move both ends are busy.
_IO_OPS = sa.select(CLAIMS.c.compute_node_id, sa.func.count(INSTANCES.c.id.distinct())).join(
    INSTANCES, INSTANCES.c.uuid == CLAIMS.c.instance_uuid).where(
        INSTANCES.c.deleted == 0, INSTANCES.c.task_state.in_(task_states.IO_STATES)).group_by(CLAIMS.c.compute_node_id)
_MEMBERS_MARK = sa.select(sa.func.count(), sa.func.sum(MEMBERS.c.id))


@dataclasses.dataclass
class Known:
    """What a reader has seen so far; :func:`read` brings it up to date."""
    generations: dict = dataclasses.field(default_factory=dict)
    marks: dict = dataclasses.field(default_factory=dict)
    aggregates: tuple | None = None


@dataclasses.dataclass
class Changes:
    """What is new.

    :ivar nodes: rows, new or changed, their documents still as JSON text
    :ivar gone: ids of nodes that are no more
    :ivar troubled: {host: {'disabled', 'disabled_reason', 'forced_down', 'age'}} of all hosts whose nova-compute is
        disabled or silent
    :ivar compute_hosts: the hosts that have a nova-compute, None if they are as before
    :ivar aggregates: [{'id', 'name', 'hosts', 'metadata'}], None if they are as before
    :ivar io_ops: {id of a node: operations that keep its disks busy}, of all nodes that have any
    """
    nodes: list
    gone: set
    troubled: dict
    compute_hosts: set | None
    aggregates: list | None
    io_ops: dict


@session.read
def read(connection, known, down_time):
    """Return what changed since `known` and bring `known` up to date.

    :param down_time: seconds without a heartbeat after which a service is in trouble
    """
    marks = _read_marks(connection)
    stale = {number for number in marks.keys() | known.marks.keys() if marks.get(number) != known.marks.get(number)}
    known.marks = marks
    compute_hosts = None
    if _SERVICES_MARK in stale:
        stale.discard(_SERVICES_MARK)
        compute_hosts = set(connection.execute(_COMPUTE_HOSTS).scalars().all())
    nodes, gone = _read_nodes(connection, known, stale) if stale else ([], set())
    return Changes(nodes, gone, _read_troubled(connection, down_time), compute_hosts,
                   _read_aggregates(connection, known), dict(connection.execute(_IO_OPS).all()))


def _read_marks(connection):
    """Return {number of a range: (count, sum of ids, sum of generations)}, and the same of the services."""
    return {int(number): (count, int(ids or 0), int(generations or 0))
            for number, count, ids, generations in connection.execute(_MARKS).all()}


def _read_nodes(connection, known, stale):
    """Return (changed rows, ids that are gone) in some ranges."""
    if not known.generations:
        rows = _rows(connection)
        known.generations = {row.id: row.generation for row in rows}
        return rows, set()
    found = _generations(connection, stale)
    changed = [id_ for id_, generation in found.items() if known.generations.get(id_) != generation]
    rows = [row for start in range(0, len(changed), ROWS_PER_QUERY)
            for row in _rows(connection, NODES.c.id.in_(changed[start:start + ROWS_PER_QUERY]))]
    gone = {id_ for number in stale for id_ in range(number << RANGE_BITS, (number + 1) << RANGE_BITS)
            if id_ in known.generations and id_ not in found}
    for id_ in gone:
        del known.generations[id_]
    known.generations.update({row.id: row.generation for row in rows})
    return rows, gone


def _generations(connection, ranges):
    """Return {id: generation} of all nodes in some ranges."""
    query = sa.select(NODES.c.id, NODES.c.generation)
    if len(ranges) > RANGES_PER_QUERY:
        return {id_: generation for id_, generation in connection.execute(query).all() if id_ >> RANGE_BITS in ranges}
    inside = [NODES.c.id.between(number << RANGE_BITS, ((number + 1) << RANGE_BITS) - 1) for number in sorted(ranges)]
    return dict(connection.execute(query.where(sa.or_(*inside))).all())


def _rows(connection, *conditions):
    return connection.execute(_NODES.where(*conditions)).all()


def _read_troubled(connection, down_time):
    return {row['host']: row for row in connection.execute(_TROUBLED, {'down_time': down_time}).mappings().all()}


def _read_aggregates(connection, known):
    """Return the aggregates if anything about them changed."""
    named = connection.execute(_AGGREGATES).all()
    members = connection.execute(_MEMBERS_MARK).one() if named else None
    if known.aggregates == (named, members):
        return None
    known.aggregates = (named, members)
    found = {}
    for id_, name, key, value in named:
        aggregate = found.setdefault(id_, {'id': id_, 'name': name, 'hosts': [], 'metadata': {}})
        if key is not None:
            aggregate['metadata'][key] = value
    if found:
        for id_, host in connection.execute(_MEMBERS).all():
            if id_ in found:
                found[id_]['hosts'].append(host)
    return list(found.values())

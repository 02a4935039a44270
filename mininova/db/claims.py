# SPDX-License-Identifier: Apache-2.0
"""Claims of instances on compute nodes: exact under any number of schedulers.

One UPDATE takes the room if, and only if, it is there: the used columns of the node are part of its condition.  The
instance's own row and that of its server group are locked first, so that a claim never outlives a deletion, two
repeats of a request never claim twice, and a hard group policy holds at every moment.  Nova: what
nova/scheduler/client/report.py asks of Placement, and the late group check of nova/compute/manager.py.
"""
import collections

import sqlalchemy as sa

from mininova.db import instances, models, numa, pci, session

INSTANCES = models.instances
NODES = models.compute_nodes
CLAIMS = models.allocations
GROUPS = models.instance_groups
MEMBERS = models.instance_group_member

# How a claim can end.
CLAIMED, HELD, NO_ROOM, GROUP_POLICY, INSTANCE_GONE = 'claimed', 'held', 'no room', 'group policy', 'instance gone'

HARD_POLICIES = ('affinity', 'anti-affinity')

# `numa_topology` is the document of a wish, None for none: CPUs of its own, pages of a size, memory of one cell.
# `pci_requests` are documents of InstancePCIRequests, None for none.
# `ratios` are allocation ratios that count instead of the node's own: {'cpu_allocation_ratio': 4.0}.
Wanted = collections.namedtuple(
    'Wanted', 'instance_uuid compute_node_id vcpus memory_mb disk_gb numa_topology pci_requests ratios',
    defaults=(None, None, {}))
RATIOS = ('cpu_allocation_ratio', 'ram_allocation_ratio', 'disk_allocation_ratio')
INSTEAD = 'instead_of_'


def _build_take():
    """Return the statement that takes room of a node if it is there; building it costs more than running it."""
    node = NODES.c
    vcpus, memory_mb, disk_gb = (sa.bindparam(name, type_=sa.Integer)
                                 for name in ('asked_vcpus', 'asked_memory_mb', 'asked_disk_gb'))

    def fits(used, total, reserved, ratio, asked):
        instead = sa.bindparam(INSTEAD + ratio.name, type_=sa.Double)
        limit = (total - sa.func.coalesce(reserved, 0)) * sa.func.coalesce(instead, ratio, 1.0)
        return sa.or_(asked == 0, used + asked <= limit)

    return sa.update(NODES).where(
        node.id == sa.bindparam('node_id'),
        fits(node.vcpus_used, node.vcpus, node.reserved_vcpus, node.cpu_allocation_ratio, vcpus),
        fits(node.memory_mb_used, node.memory_mb, node.reserved_memory_mb, node.ram_allocation_ratio, memory_mb),
        fits(node.local_gb_used, node.local_gb, node.reserved_disk_gb, node.disk_allocation_ratio, disk_gb),
    ).values(vcpus_used=node.vcpus_used + vcpus, memory_mb_used=node.memory_mb_used + memory_mb,
             local_gb_used=node.local_gb_used + disk_gb, generation=node.generation + 1,
             running_vms=node.running_vms + sa.bindparam('guests', type_=sa.Integer))


_TAKE = _build_take()
# The same for a server that was fitted into the node's cells and devices as they were at some generation.
_TAKE_FITTED = _TAKE.where(NODES.c.generation == sa.bindparam('seen', type_=sa.Integer)).values(
    numa_used=sa.bindparam('now_used', type_=models.Json))
_UUIDS = sa.bindparam('uuids', expanding=True)
_LOCK = sa.select(INSTANCES.c.uuid, MEMBERS.c.group_id).join(
    MEMBERS, MEMBERS.c.instance_uuid == INSTANCES.c.uuid, isouter=True).where(
        INSTANCES.c.uuid.in_(_UUIDS), INSTANCES.c.deleted == 0).order_by(INSTANCES.c.id).with_for_update(of=INSTANCES)
_HELD = sa.select(CLAIMS.c.instance_uuid, CLAIMS.c.compute_node_id).join(
    NODES, NODES.c.id == CLAIMS.c.compute_node_id).where(
        CLAIMS.c.instance_uuid.in_(_UUIDS), CLAIMS.c.kind == 'instance').order_by(CLAIMS.c.id.desc())


@session.write
def claim(connection, instance_uuid, compute_node_id, vcpus, memory_mb, disk_gb, numa_topology=None, pci_requests=None,
          kind='instance', ratios=None):
    """Take room on a node for an instance, whatever it holds elsewhere.

    :param numa_topology: document of the InstanceNUMATopology it wants, None for none
    :param pci_requests: documents of the InstancePCIRequests it has, None for none
    :param ratios: as in :class:`Wanted`
    :returns: True if it is claimed now (or was by an earlier try), False if it does not fit, its server group forbids
        it or the instance is deleted
    """
    already = connection.execute(sa.select(CLAIMS.c.id).where(
        CLAIMS.c.instance_uuid == instance_uuid, CLAIMS.c.compute_node_id == compute_node_id,
        CLAIMS.c.kind == kind)).first()
    if already:
        return True
    groups = _lock_instances(connection, [instance_uuid])
    if instance_uuid not in groups:
        return False
    wanted = Wanted(instance_uuid, compute_node_id, vcpus, memory_mb, disk_gb, numa_topology, pci_requests,
                    ratios or {})
    return _claim_one(connection, wanted, groups[instance_uuid], kind) == CLAIMED


@session.write
def claim_many(connection, wanted, not_on=()):
    """Take room for instances, each on the node chosen for it; those that cannot have it do not hinder the others.

    An instance that holds a claim already keeps that one, unless it is on one of the nodes `not_on`: that one it gives
    back.

    :param wanted: list of :class:`Wanted`
    :returns: {instance uuid: (how it ended, id of the node claimed or held or None)}
    """
    uuids = [one.instance_uuid for one in wanted]
    groups = _lock_instances(connection, uuids)
    held = _held(connection, uuids)
    outcomes = {}
    for one in sorted(wanted, key=lambda one: one.compute_node_id):
        uuid, node_id = one.instance_uuid, held.get(one.instance_uuid)
        if uuid not in groups:
            outcomes[uuid] = (INSTANCE_GONE, None)
            continue
        if node_id is not None and node_id not in not_on:
            outcomes[uuid] = (HELD, node_id)
            continue
        if node_id is not None:
            instances.release(connection, uuid, 'instance', node_id)
        outcome = _claim_one(connection, one, groups[uuid], 'instance')
        outcomes[uuid] = (outcome, one.compute_node_id if outcome == CLAIMED else None)
    return outcomes


def _lock_instances(connection, uuids):
    """Lock the rows of instances that are not deleted, and of their hard server groups.

    :returns: {instance uuid: its group, or None}
    """
    rows = connection.execute(_LOCK, {'uuids': uuids}).all()
    ids = {group_id for _, group_id in rows if group_id is not None}
    if not ids:
        return dict.fromkeys((uuid for uuid, _ in rows))
    groups = {group.id: group for group in connection.execute(
        sa.select(GROUPS.c.id, GROUPS.c.policy, GROUPS.c.rules).where(
            GROUPS.c.id.in_(ids), GROUPS.c.policy.in_(HARD_POLICIES)).order_by(GROUPS.c.id).with_for_update())}
    return {uuid: groups.get(group_id) for uuid, group_id in rows}


def _held(connection, uuids):
    """Return {instance uuid: id of the node, of those that exist, on which it has its own claim}."""
    return dict(connection.execute(_HELD, {'uuids': uuids}).all())


def _claim_one(connection, wanted, group, kind):
    if group is not None and not _group_allows(connection, group, wanted):
        return GROUP_POLICY
    values = {'node_id': wanted.compute_node_id, 'asked_vcpus': wanted.vcpus, 'asked_memory_mb': wanted.memory_mb,
              'asked_disk_gb': wanted.disk_gb, 'guests': 1 if kind == 'instance' else 0,
              **{INSTEAD + name: wanted.ratios.get(name) for name in RATIOS}}
    statement, devices = _TAKE, {}
    if wanted.numa_topology is not None or wanted.pci_requests:
        fitted = numa.fit(connection, wanted.compute_node_id, wanted.numa_topology, wanted.pci_requests, wanted.ratios)
        if fitted is None:
            return NO_ROOM
        values['now_used'], values['seen'], devices = fitted.numa_used or None, fitted.generation, fitted.devices
        statement, wanted = _TAKE_FITTED, wanted._replace(numa_topology=fitted.numa_topology)
    if not connection.execute(statement, values).rowcount:
        return NO_ROOM
    now = session.now()
    amounts = {name: value for name, value in wanted._asdict().items() if name != 'ratios'}
    added = connection.execute(sa.insert(CLAIMS), {**amounts, 'kind': kind, 'created_at': now, 'updated_at': now})
    if devices:
        pci.take(connection, added.inserted_primary_key[0], wanted, devices)
    return CLAIMED


def _group_allows(connection, group, wanted):
    """Tell whether a hard policy lets a member onto a node; claims of the other members say where they are."""
    host = connection.execute(sa.select(NODES.c.host).where(NODES.c.id == wanted.compute_node_id)).scalar()
    others = dict(connection.execute(
        sa.select(NODES.c.host, sa.func.count(CLAIMS.c.instance_uuid.distinct()))
        .join(CLAIMS, CLAIMS.c.compute_node_id == NODES.c.id)
        .join(MEMBERS, MEMBERS.c.instance_uuid == CLAIMS.c.instance_uuid)
        .where(MEMBERS.c.group_id == group.id, CLAIMS.c.instance_uuid != wanted.instance_uuid)
        .group_by(NODES.c.host)).all())
    if group.policy == 'affinity':
        return set(others) <= {host}
    return others.get(host, 0) < int((group.rules or {}).get('max_server_per_host', 1))


@session.write
def keep_for_migration(connection, instance_uuid, compute_node_id):
    """Make an instance's claim on its node that of its migration, so that the scheduler claims anew; repeatable.

    A repeat may find that the scheduler has claimed on the same node meanwhile: that claim is left as it is.
    """
    _lock_instances(connection, [instance_uuid])
    if connection.execute(sa.select(CLAIMS.c.id).where(
            CLAIMS.c.instance_uuid == instance_uuid, CLAIMS.c.compute_node_id == compute_node_id,
            CLAIMS.c.kind == 'migration')).first():
        return
    _rename(connection, instance_uuid, compute_node_id, 'instance', 'migration', guests=-1)


@session.write
def return_from_migration(connection, instance_uuid, compute_node_id):
    """Undo :func:`keep_for_migration`: give back what was claimed elsewhere, keep the claim on this node.

    Does nothing when no claim is kept there.
    """
    kept = sa.select(CLAIMS.c.id).where(CLAIMS.c.instance_uuid == instance_uuid, CLAIMS.c.kind == 'migration',
                                        CLAIMS.c.compute_node_id == compute_node_id)
    _lock_instances(connection, [instance_uuid])
    if connection.execute(kept).first():
        instances.release(connection, instance_uuid, 'instance')
        _rename(connection, instance_uuid, compute_node_id, 'migration', 'instance', guests=1)


def _rename(connection, instance_uuid, compute_node_id, before, after, guests):
    renamed = connection.execute(sa.update(CLAIMS).where(
        CLAIMS.c.instance_uuid == instance_uuid, CLAIMS.c.compute_node_id == compute_node_id,
        CLAIMS.c.kind == before).values(kind=after, updated_at=session.now()))
    if renamed.rowcount:
        connection.execute(sa.update(NODES).where(NODES.c.id == compute_node_id).values(
            running_vms=NODES.c.running_vms + guests, generation=NODES.c.generation + 1))


@session.write
def release(connection, instance_uuid, kind=None, compute_node_id=None):
    """Give back claims; a repeat does nothing."""
    instances.release(connection, instance_uuid, kind, compute_node_id)


@session.write
def release_unused(connection, instance_uuid, compute_node_id):
    """Give back an instance's claim on a node, unless the instance is there: then somebody else put it there."""
    placed = connection.execute(sa.select(INSTANCES.c.host).where(
        INSTANCES.c.uuid == instance_uuid, INSTANCES.c.deleted == 0).with_for_update()).scalar()
    host = connection.execute(sa.select(NODES.c.host).where(NODES.c.id == compute_node_id)).scalar()
    if placed is None or placed != host:
        instances.release(connection, instance_uuid, 'instance', compute_node_id)


@session.read
def list_by_node(connection, compute_node_id):
    return connection.execute(sa.select(CLAIMS).where(CLAIMS.c.compute_node_id == compute_node_id)).mappings().all()


@session.read
def list_by_instance(connection, instance_uuid):
    return connection.execute(sa.select(CLAIMS).where(CLAIMS.c.instance_uuid == instance_uuid)).mappings().all()


@session.read
def nodes_by_instance(connection, instance_uuids):
    """Return {instance uuid: id of the node on which it holds its own claim}."""
    return _held(connection, list(instance_uuids))


@session.read
def hardware_of(connection, instance_uuid, compute_node_id, kind='instance'):
    """Return {'numa_topology', 'pci_devices'}: what an instance has of a node's cells and devices, None for nothing."""
    row = connection.execute(sa.select(CLAIMS).where(
        CLAIMS.c.instance_uuid == instance_uuid, CLAIMS.c.compute_node_id == compute_node_id,
        CLAIMS.c.kind == kind)).mappings().first()
    return {'numa_topology': row and row['numa_topology'], 'pci_devices': row and pci.of_claim(connection, row)}


@session.read
def audit(connection):
    """Compare each node's used columns with the sum of its claims.

    :returns: list of {'node', 'resource', 'recorded', 'claimed'} that differ, and of claims without an instance
    """
    # One statement, so that a claim under way is seen in both places or in neither.
    sums = sa.select(
        CLAIMS.c.compute_node_id, sa.func.sum(CLAIMS.c.vcpus).label('vcpus_used'),
        sa.func.sum(CLAIMS.c.memory_mb).label('memory_mb_used'),
        sa.func.sum(CLAIMS.c.disk_gb).label('local_gb_used')).group_by(CLAIMS.c.compute_node_id).subquery()
    names = ('vcpus_used', 'memory_mb_used', 'local_gb_used')
    rows = connection.execute(sa.select(
        NODES.c.hypervisor_hostname, *(NODES.c[name] for name in names),
        *(sa.func.coalesce(sums.c[name], 0).label(f'claimed_{name}') for name in names)).join(
            sums, sums.c.compute_node_id == NODES.c.id, isouter=True)).mappings().all()
    wrong = [{'node': row['hypervisor_hostname'], 'resource': name, 'recorded': row[name],
              'claimed': int(row[f'claimed_{name}'])}
             for row in rows for name in names if row[name] != row[f'claimed_{name}']]
    live = sa.select(models.instances.c.uuid).where(models.instances.c.deleted == 0)
    orphans = connection.execute(sa.select(CLAIMS).where(CLAIMS.c.instance_uuid.not_in(live))).mappings().all()
    return wrong + numa.audit(connection) + pci.audit(connection), orphans

# SPDX-License-Identifier: Apache-2.0
"""Claims of instances on compute nodes: exact under any number of schedulers.

One UPDATE takes the room if, and only if, it is there: the used columns of the node are part of its
condition.  Nova: what nova/scheduler/client/report.py asks of Placement.
"""
import sqlalchemy as sa

from mininova.db import instances, models, session

NODES = models.compute_nodes
CLAIMS = models.allocations


def _fits(used, total, reserved, ratio, asked):
    return sa.or_(sa.literal(asked) == 0, used + asked <= (total - sa.func.coalesce(reserved, 0)) * ratio)


@session.write
def claim(connection, instance_uuid, compute_node_id, vcpus, memory_mb, disk_gb, kind='instance', group=None):
    """Take room on a node for an instance.

    :param group: {'id', 'policy', 'max_per_host'} of a hard (anti-)affinity group checked in the same transaction
    :returns: True if it is claimed now (or was by an earlier try), False if it does not fit
    """
    already = connection.execute(sa.select(CLAIMS.c.id).where(
        CLAIMS.c.instance_uuid == instance_uuid, CLAIMS.c.compute_node_id == compute_node_id,
        CLAIMS.c.kind == kind)).first()
    if already:
        return True
    # The row is locked so that a deletion cannot pass between this look and the claim.
    alive = connection.execute(sa.select(models.instances.c.id).where(
        models.instances.c.uuid == instance_uuid, models.instances.c.deleted == 0,
        sa.or_(models.instances.c.task_state.is_(None), models.instances.c.task_state != 'deleting')).with_for_update()).first()
    if not alive:
        return False
    taken = connection.execute(sa.update(NODES).where(
        NODES.c.id == compute_node_id,
        _fits(NODES.c.vcpus_used, NODES.c.vcpus, NODES.c.reserved_vcpus, NODES.c.cpu_allocation_ratio, vcpus),
        _fits(NODES.c.memory_mb_used, NODES.c.memory_mb, NODES.c.reserved_memory_mb, NODES.c.ram_allocation_ratio, memory_mb),
        _fits(NODES.c.local_gb_used, NODES.c.local_gb, NODES.c.reserved_disk_gb, NODES.c.disk_allocation_ratio, disk_gb),
    ).values(vcpus_used=NODES.c.vcpus_used + vcpus, memory_mb_used=NODES.c.memory_mb_used + memory_mb,
             local_gb_used=NODES.c.local_gb_used + disk_gb, generation=NODES.c.generation + 1,
             running_vms=NODES.c.running_vms + (1 if kind == 'instance' else 0)))
    if not taken.rowcount:
        return False
    now = session.now()
    connection.execute(sa.insert(CLAIMS).values(
        instance_uuid=instance_uuid, compute_node_id=compute_node_id, kind=kind, vcpus=vcpus, memory_mb=memory_mb,
        disk_gb=disk_gb, created_at=now, updated_at=now))
    return True


@session.write
def release(connection, instance_uuid, kind=None, compute_node_id=None):
    """Give back claims; a repeat does nothing."""
    instances.release(connection, instance_uuid, kind, compute_node_id)


@session.read
def list_by_node(connection, compute_node_id):
    return connection.execute(sa.select(CLAIMS).where(CLAIMS.c.compute_node_id == compute_node_id)).mappings().all()


@session.read
def list_by_instance(connection, instance_uuid):
    return connection.execute(sa.select(CLAIMS).where(CLAIMS.c.instance_uuid == instance_uuid)).mappings().all()


@session.read
def audit(connection):
    """Compare each node's used columns with the sum of its claims.

    :returns: list of {'node', 'resource', 'recorded', 'claimed'} that differ, and of claims without an instance
    """
    sums = connection.execute(sa.select(
        CLAIMS.c.compute_node_id, sa.func.sum(CLAIMS.c.vcpus), sa.func.sum(CLAIMS.c.memory_mb),
        sa.func.sum(CLAIMS.c.disk_gb)).group_by(CLAIMS.c.compute_node_id)).all()
    by_node = {row[0]: [int(value) for value in row[1:]] for row in sums}
    wrong = []
    for node in connection.execute(sa.select(NODES)).mappings():
        claimed = by_node.get(node['id'], [0, 0, 0])
        for name, value in zip(('vcpus_used', 'memory_mb_used', 'local_gb_used'), claimed, strict=True):
            if node[name] != value:
                wrong.append({'node': node['hypervisor_hostname'], 'resource': name, 'recorded': node[name], 'claimed': value})
    live = sa.select(models.instances.c.uuid).where(models.instances.c.deleted == 0)
    orphans = connection.execute(sa.select(CLAIMS).where(CLAIMS.c.instance_uuid.not_in(live))).mappings().all()
    return wrong, orphans

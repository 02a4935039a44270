# SPDX-License-Identifier: Apache-2.0
"""Instances: create, find, compare-and-swap, remove.  Lists for users are in instance_lists.

Nova: the instance functions of nova/db/main/api.py.
"""
import datetime

import sqlalchemy as sa

from mininova.db import actions, console_auth_tokens, floating_links, models, numa, pci, services, session

TABLE = models.instances
METADATA = models.instance_metadata
TAGS = models.instance_tags
# Statuses of migrations in which nobody works on a move any more.
FINAL_MOVES = ('confirmed', 'reverted', 'error', 'failed', 'completed', 'cancelled', 'done')


def visible(read_deleted):
    """Return the condition that `read_deleted` ('no', 'yes', 'only') puts on rows."""
    if read_deleted == 'yes':
        return sa.true()
    return TABLE.c.deleted != 0 if read_deleted == 'only' else TABLE.c.deleted == 0


@session.read
def get(connection, *, uuid=None, id_=None, project_id=None, read_deleted='no'):
    """Return one row or None; `project_id` restricts it to that project."""
    query = sa.select(TABLE).where(TABLE.c.uuid == uuid if id_ is None else TABLE.c.id == id_, visible(read_deleted))
    if project_id is not None:
        query = query.where(TABLE.c.project_id == project_id)
    return connection.execute(query).mappings().first()


@session.read
def get_with(connection, extras, **which):
    """Return (row or None, {'metadata': {}, 'tags': []} as far as `extras` names them), read at one moment.

    :param which: as for :func:`get`
    """
    row, loaded = get.within(connection, **which), {}
    if row is not None and 'metadata' in extras:
        loaded['metadata'] = get_metadata(connection, [row['uuid']])[row['uuid']]
    if row is not None and 'tags' in extras:
        loaded['tags'] = get_tags(connection, [row['uuid']])[row['uuid']]
    return row, loaded


def get_metadata(connection, uuids):
    """Return {uuid: {key: value}} for some instances, with one query."""
    found = {uuid: {} for uuid in uuids}
    for chunk in chunks(uuids):
        query = sa.select(METADATA.c.instance_uuid, METADATA.c.key, METADATA.c.value).where(
            METADATA.c.instance_uuid.in_(chunk))
        for uuid, key, value in connection.execute(query):
            found[uuid][key] = value
    return found


def get_tags(connection, uuids):
    """Return {uuid: [tag, ...]} sorted, for some instances, with one query."""
    found = {uuid: [] for uuid in uuids}
    for chunk in chunks(uuids):
        query = sa.select(TAGS).where(TAGS.c.resource_id.in_(chunk)).order_by(TAGS.c.tag)
        for uuid, tag in connection.execute(query):
            found[uuid].append(tag)
    return found


def chunks(values, size=500):
    """Cut a list so that IN (...) stays below every database's limit of parameters."""
    values = list(values)
    return (values[start:start + size] for start in range(0, len(values), size))


@session.read
def metadata_of(connection, uuid):
    return get_metadata(connection, [uuid])[uuid]


@session.read
def network_info_of(connection, uuid):
    return connection.execute(sa.select(TABLE.c.network_info).where(TABLE.c.uuid == uuid)).scalar()


def insert(connection, values):
    """Add a row inside the caller's transaction and return its id."""
    now = session.now()
    result = connection.execute(sa.insert(TABLE).values(created_at=now, updated_at=now, **values))
    return result.inserted_primary_key[0]


@session.write
def compare_and_swap(connection, uuid, values, expected=None):
    """Write values if the row is what the caller believes.

    :param expected: {column: value, or a collection of accepted values; None is a value}
    :returns: (True, written time) or (False, the row as found, or None if it is gone)
    """
    now = session.now()
    conditions = [TABLE.c.uuid == uuid, TABLE.c.deleted == 0]
    conditions += [_one_of(TABLE.c[name], wanted) for name, wanted in (expected or {}).items()]
    result = connection.execute(sa.update(TABLE).where(*conditions).values(updated_at=now, **values))
    if result.rowcount:
        if values.get('network_info'):
            floating_links.show(connection, uuid)
        if 'host' in values:
            console_auth_tokens.delete_of_instance.within(connection, uuid)
        return True, now
    return False, connection.execute(
        sa.select(TABLE).where(TABLE.c.uuid == uuid, TABLE.c.deleted == 0)).mappings().first()


def _one_of(column, wanted):
    values = list(wanted) if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
    named = [value for value in values if value is not None]
    parts = [column.in_(named)] if named else []
    if None in values:
        parts.append(column.is_(None))
    return sa.or_(*parts)


@session.write
def replace_metadata(connection, uuid, metadata):
    """Make `metadata` the whole metadata of an instance."""
    _touch(connection, uuid)
    connection.execute(sa.delete(METADATA).where(METADATA.c.instance_uuid == uuid))
    insert_metadata(connection, uuid, metadata)


def insert_metadata(connection, uuid, metadata):
    if metadata:
        now = session.now()
        connection.execute(sa.insert(METADATA), [
            {'instance_uuid': uuid, 'key': key, 'value': value, 'created_at': now} for key, value in metadata.items()])


@session.write
def replace_tags(connection, uuid, tags):
    """Make `tags` all tags of an instance."""
    _touch(connection, uuid)
    connection.execute(sa.delete(TAGS).where(TAGS.c.resource_id == uuid))
    insert_tags(connection, uuid, tags)


def insert_tags(connection, uuid, tags):
    if tags:
        connection.execute(sa.insert(TAGS), [{'resource_id': uuid, 'tag': tag} for tag in dict.fromkeys(tags)])


def _touch(connection, uuid):
    connection.execute(sa.update(TABLE).where(TABLE.c.uuid == uuid).values(updated_at=session.now()))


@session.write
def destroy(connection, uuid, expected=None):
    """Mark an instance deleted, give back all it had claimed and end its actions, in one transaction.

    :returns: the deletion time, or None if nothing was left to delete or `expected` did not hold
    """
    now = session.now()
    conditions = [TABLE.c.uuid == uuid, TABLE.c.deleted == 0]
    conditions += [_one_of(TABLE.c[name], wanted) for name, wanted in (expected or {}).items()]
    result = connection.execute(sa.update(TABLE).where(*conditions).values(
        deleted=TABLE.c.id, deleted_at=now, terminated_at=now, updated_at=now, vm_state='deleted', task_state=None,
        owner=None))
    if not result.rowcount:
        return None
    release(connection, uuid)
    floating_links.cut_of_instance(connection, uuid)
    actions.finish_all.within(connection, uuid)
    _close_moves(connection, uuid, now)
    connection.execute(sa.delete(METADATA).where(METADATA.c.instance_uuid == uuid))
    connection.execute(sa.delete(TAGS).where(TAGS.c.resource_id == uuid))
    console_auth_tokens.delete_of_instance.within(connection, uuid)
    connection.execute(sa.update(models.block_device_mapping).where(
        models.block_device_mapping.c.instance_uuid == uuid).values(updated_at=now))
    connection.execute(sa.update(models.request_specs).where(
        models.request_specs.c.instance_uuid == uuid).values(intent=None))
    return now


def _close_moves(connection, uuid, now):
    """End the moves of a deleted instance: one that waited for a decision is confirmed, one under way broke off."""
    moves = models.migrations
    connection.execute(sa.update(moves).where(
        moves.c.instance_uuid == uuid, moves.c.status.not_in(FINAL_MOVES)).values(
            status=sa.case((moves.c.status == 'finished', 'confirmed'), else_='error'), updated_at=now))


def release(connection, uuid, kind=None, compute_node_id=None):
    """Give back claims of an instance inside the caller's transaction; a repeat does nothing."""
    claims = models.allocations
    conditions = [claims.c.instance_uuid == uuid]
    if kind is not None:
        conditions.append(claims.c.kind == kind)
    if compute_node_id is not None:
        conditions.append(claims.c.compute_node_id == compute_node_id)
    nodes = models.compute_nodes
    for claim in connection.execute(sa.select(claims).where(*conditions)).mappings().all():
        removed = connection.execute(sa.delete(claims).where(claims.c.id == claim['id']))
        if removed.rowcount:
            connection.execute(sa.update(nodes).where(nodes.c.id == claim['compute_node_id']).values(
                vcpus_used=nodes.c.vcpus_used - claim['vcpus'], generation=nodes.c.generation + 1,
                memory_mb_used=nodes.c.memory_mb_used - claim['memory_mb'],
                local_gb_used=nodes.c.local_gb_used - claim['disk_gb'],
                running_vms=nodes.c.running_vms - (1 if claim['kind'] == 'instance' else 0)))
            numa.give_back(connection, claim['compute_node_id'], claim['numa_topology'])
            pci.give_back(connection, claim)


@session.read
def list_by_host(connection, host, read_deleted='no', unsettled_only=False, quiet_for=0):
    """Return the rows of one compute host.

    :param unsettled_only: only those with a task or still building
    :param quiet_for: only those that nobody wrote for this many seconds, by this service's clock
    """
    query = sa.select(TABLE).where(TABLE.c.host == host, visible(read_deleted)).order_by(TABLE.c.id)
    if unsettled_only:
        query = query.where(sa.or_(TABLE.c.task_state.is_not(None), TABLE.c.vm_state == 'building'))
    if quiet_for:
        query = query.where(TABLE.c.updated_at <= _ago(quiet_for))
    return connection.execute(query).mappings().all()


@session.read
def list_by_uuids(connection, uuids):
    """Return the instances of some uuids that are not deleted."""
    rows = []
    for chunk in chunks(list(uuids)):
        rows += connection.execute(sa.select(TABLE).where(TABLE.c.uuid.in_(chunk), TABLE.c.deleted == 0)).mappings()
    return rows


@session.read
def list_resting(connection, host, vm_state):
    """Return the rows of one compute host (None: of no host) in a state, with nothing going on."""
    return connection.execute(sa.select(TABLE).where(
        TABLE.c.host == host, TABLE.c.deleted == 0, TABLE.c.vm_state == vm_state,
        TABLE.c.task_state.is_(None)).order_by(TABLE.c.id)).mappings().all()


@session.read
def list_unowned(connection, worker_timeout, grace, me, tasks):
    """Return instances that conductor may have to drive: transitional, and no live worker has them.

    Of one with a host, the caller must check whether that host is down.

    :param tasks: the task states that conductor knows; what builds is listed besides
    :param me: the worker that asks; it knows best which of its own it has in hand, so those are listed too
    """
    alive = services.live_workers(worker_timeout)
    return connection.execute(sa.select(TABLE).where(
        TABLE.c.deleted == 0, TABLE.c.updated_at <= _ago(grace),
        sa.or_(TABLE.c.task_state.in_(tasks), TABLE.c.vm_state == 'building'),
        sa.or_(TABLE.c.owner.is_(None), TABLE.c.owner.not_in(alive), TABLE.c.owner == me),
    ).order_by(TABLE.c.id)).mappings().all()


def _ago(seconds):
    return session.now() - datetime.timedelta(seconds=seconds)


@session.write
def take_ownership(connection, uuid, worker, action_id, worker_timeout):
    """Become the worker that drives an instance, unless another live one does already.

    :returns: whether the caller now owns it
    """
    alive = services.live_workers(worker_timeout)
    result = connection.execute(sa.update(TABLE).where(
        TABLE.c.uuid == uuid, TABLE.c.deleted == 0, TABLE.c.action_id == action_id,
        sa.or_(TABLE.c.owner.is_(None), TABLE.c.owner.not_in(alive), TABLE.c.owner == worker)).values(
            owner=worker, updated_at=session.now()))
    return bool(result.rowcount)


@session.write
def disown(connection, uuid, worker_timeout):
    """Take an instance without a host from a worker that is dead; False if a live one drives it."""
    alive = services.live_workers(worker_timeout)
    result = connection.execute(sa.update(TABLE).where(
        TABLE.c.uuid == uuid, TABLE.c.deleted == 0, TABLE.c.host.is_(None),
        sa.or_(TABLE.c.owner.is_(None), TABLE.c.owner.not_in(alive))).values(owner=None, updated_at=session.now()))
    return bool(result.rowcount)

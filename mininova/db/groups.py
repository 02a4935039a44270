# SPDX-License-Identifier: Apache-2.0
"""Server groups and their members.  Nova: nova/objects/instance_group.py queries."""
import sqlalchemy as sa
from oslo_utils import uuidutils

from mininova import exception
from mininova.db import models, quotas, session

TABLE = models.instance_groups
MEMBERS = models.instance_group_member
SERVERS = models.instances
CLAIMS = models.allocations


@session.read
def find(connection, hint, project_id):
    """Return a group by uuid or name with its members, or None."""
    query = sa.select(TABLE).where(sa.or_(TABLE.c.uuid == hint,
                                          TABLE.c.name == hint)).order_by((TABLE.c.uuid == hint).desc())
    if project_id is not None:
        query = query.where(TABLE.c.project_id == project_id)
    row = connection.execute(query.limit(1)).mappings().first()
    if row is None:
        return None
    return _with_members(connection, [row])[0]


def _with_members(connection, rows):
    """Add the members that are not deleted, in the order in which they came."""
    found = {row['id']: dict(row, members=[]) for row in rows}
    query = sa.select(MEMBERS.c.group_id, MEMBERS.c.instance_uuid).join(
        SERVERS, SERVERS.c.uuid == MEMBERS.c.instance_uuid).where(
        MEMBERS.c.group_id.in_(found), SERVERS.c.deleted == 0).order_by(MEMBERS.c.id)
    for group_id, uuid in connection.execute(query) if found else ():
        found[group_id]['members'].append(uuid)
    return list(found.values())


@session.read
def get(connection, uuid, project_id=None):
    """Return a group with its members, or None.

    :param project_id: only of this project
    """
    query = sa.select(TABLE).where(TABLE.c.uuid == uuid)
    if project_id is not None:
        query = query.where(TABLE.c.project_id == project_id)
    return next(iter(_with_members(connection, connection.execute(query).mappings().all())), None)


@session.read
def list_all(connection, project_id, limit, offset):
    """Return a page of a project's groups, or of all with None, the oldest first."""
    query = sa.select(TABLE).order_by(TABLE.c.id).limit(limit).offset(offset)
    if project_id is not None:
        query = query.where(TABLE.c.project_id == project_id)
    return _with_members(connection, connection.execute(query).mappings().all())


@session.write
def create(connection, values, limit):
    """Make a group and return it; the limit holds under concurrency.

    :param values: {'name', 'project_id', 'user_id', 'policy', 'rules'}
    :param limit: how many the project may have, -1 for any number
    :raises ServerGroupLimitExceeded: (403)
    """
    project_id, uuid, now = values['project_id'], uuidutils.generate_uuid(), session.now()
    quotas.check_count(connection, f'project:{project_id}', sa.select(sa.func.count()).select_from(TABLE).where(
        TABLE.c.project_id == project_id), limit, exception.ServerGroupLimitExceeded())
    connection.execute(sa.insert(TABLE).values(uuid=uuid, created_at=now, updated_at=now, **values))
    return get.within(connection, uuid)


@session.write
def destroy(connection, uuid):
    """Remove a group, not its servers; False if there is none."""
    id_ = connection.execute(sa.select(TABLE.c.id).where(TABLE.c.uuid == uuid).with_for_update()).scalar()
    if id_ is None:
        return False
    connection.execute(sa.delete(MEMBERS).where(MEMBERS.c.group_id == id_))
    connection.execute(sa.delete(TABLE).where(TABLE.c.id == id_))
    return True


def add_members(connection, group_id, instance_uuids, limit):
    """Put servers that are being written into a group, in their transaction.

    :param limit: how many servers it may have, -1 for any number
    :raises InstanceGroupNotFound: it was deleted meanwhile (400: the body names it)
    :raises ServerGroupMemberLimitExceeded: (403)
    """
    held = connection.execute(sa.select(TABLE.c.uuid).where(TABLE.c.id == group_id).with_for_update()).scalar()
    if held is None:
        raise exception.InstanceGroupNotFound(group_uuid=group_id, code=400)
    living = sa.select(sa.func.count()).select_from(MEMBERS).join(
        SERVERS, SERVERS.c.uuid == MEMBERS.c.instance_uuid).where(
        MEMBERS.c.group_id == group_id, SERVERS.c.deleted == 0)
    if 0 <= limit < connection.execute(living).scalar_one() + len(instance_uuids):
        raise exception.ServerGroupMemberLimitExceeded()
    now = session.now()
    connection.execute(sa.insert(MEMBERS), [
        {'instance_uuid': uuid, 'group_id': group_id, 'created_at': now} for uuid in instance_uuids])


@session.read
def claims_of_others(connection, group_uuid, instance_uuid):
    """Tell where the other members of a group are.

    :returns: (rules of the group, {id of a node: uuids of servers that hold a claim there})
    """
    rules = connection.execute(sa.select(TABLE.c.rules).where(TABLE.c.uuid == group_uuid)).scalar()
    found = {}
    for node_id, uuid in connection.execute(
            sa.select(CLAIMS.c.compute_node_id, CLAIMS.c.instance_uuid).distinct()
            .join(MEMBERS, MEMBERS.c.instance_uuid == CLAIMS.c.instance_uuid)
            .join(TABLE, TABLE.c.id == MEMBERS.c.group_id)
            .where(TABLE.c.uuid == group_uuid, CLAIMS.c.instance_uuid != instance_uuid)):
        found.setdefault(node_id, []).append(uuid)
    return rules or {}, found


@session.read
def uuids_by_instance(connection, instance_uuids):
    """Return {instance uuid: uuid of its group}."""
    query = sa.select(MEMBERS.c.instance_uuid, TABLE.c.uuid).join(TABLE, TABLE.c.id == MEMBERS.c.group_id).where(
        MEMBERS.c.instance_uuid.in_(list(instance_uuids)))
    return dict(connection.execute(query).all())

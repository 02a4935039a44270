# SPDX-License-Identifier: Apache-2.0
"""Server groups and their members.  Nova: nova/objects/instance_group.py queries."""
import sqlalchemy as sa

from mininova.db import models, session

TABLE = models.instance_groups
MEMBERS = models.instance_group_member


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
    members = connection.execute(
        sa.select(MEMBERS.c.instance_uuid).where(MEMBERS.c.group_id == row['id'])).scalars().all()
    return dict(row, members=list(members))


@session.read
def uuids_by_instance(connection, instance_uuids):
    """Return {instance uuid: uuid of its group}."""
    query = sa.select(MEMBERS.c.instance_uuid, TABLE.c.uuid).join(TABLE, TABLE.c.id == MEMBERS.c.group_id).where(
        MEMBERS.c.instance_uuid.in_(list(instance_uuids)))
    return dict(connection.execute(query).all())

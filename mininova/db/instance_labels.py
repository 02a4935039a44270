# SPDX-License-Identifier: Apache-2.0
"""Metadata and tags of servers, changed piece by piece: no change of a concurrent request is lost.

Every change first writes the time of the server's row, so that changes of one server take turns.  Nova:
instance_metadata_update, instance_tag_* of nova/db/main/api.py.
"""
import sqlalchemy as sa

from mininova import exception
from mininova.db import instances, models, session

METADATA = models.instance_metadata
TAGS = models.instance_tags


def _take_turn(connection, uuid):
    """Lock the server until the end of the transaction.

    :raises InstanceNotFound: it was deleted (404)
    """
    table = models.instances
    if not connection.execute(sa.update(table).where(table.c.uuid == uuid, table.c.deleted == 0).values(
            updated_at=session.now())).rowcount:
        raise exception.InstanceNotFound(instance_id=uuid)


@session.write
def merge_metadata(connection, uuid, changes, limit, replace=False):
    """Write metadata and return all of it.

    :param replace: forget what is not among `changes`
    :raises MetadataLimitExceeded: (403)
    """
    _take_turn(connection, uuid)
    old = instances.get_metadata(connection, [uuid])[uuid]
    new = dict(changes) if replace else {**old, **changes}
    if 0 <= limit < len(new):
        raise exception.MetadataLimitExceeded(allowed=limit)
    written = {key: value for key, value in new.items() if key not in old or old[key] != value}
    unwanted = [key for key in old if key not in new or key in written]
    if unwanted:
        connection.execute(sa.delete(METADATA).where(METADATA.c.instance_uuid == uuid, METADATA.c.key.in_(unwanted)))
    instances.insert_metadata(connection, uuid, written)
    return new


@session.write
def delete_metadata_item(connection, uuid, key):
    _take_turn(connection, uuid)
    return bool(connection.execute(sa.delete(METADATA).where(
        METADATA.c.instance_uuid == uuid, METADATA.c.key == key)).rowcount)


@session.write
def add_tag(connection, uuid, tag, limit):
    """Add a tag; False if the server has it.

    :raises Invalid: the server has `limit` tags (400)
    """
    _take_turn(connection, uuid)
    tags = instances.get_tags(connection, [uuid])[uuid]
    if tag in tags:
        return False
    if len(tags) >= limit:
        raise exception.Invalid(f'The number of tags exceeded the per-server limit {limit}')
    connection.execute(sa.insert(TAGS).values(resource_id=uuid, tag=tag))
    return True


@session.write
def replace_tags(connection, uuid, tags):
    _take_turn(connection, uuid)
    connection.execute(sa.delete(TAGS).where(TAGS.c.resource_id == uuid))
    instances.insert_tags(connection, uuid, tags)


@session.write
def delete_tag(connection, uuid, tag):
    _take_turn(connection, uuid)
    return bool(connection.execute(sa.delete(TAGS).where(TAGS.c.resource_id == uuid, TAGS.c.tag == tag)).rowcount)

# SPDX-License-Identifier: Apache-2.0
"""Entries of a server's system metadata changed one by one, and its lock: no change of a concurrent writer is lost.

System metadata is one column; whoever changes an entry first takes the row.  Nova keeps a row per entry
(instance_system_metadata).
"""
import collections

import orjson
import sqlalchemy as sa

from mininova import exception
from mininova.db import actions, models, session

TABLE = models.instances
CLAIMS = models.allocations
# How the entries begin that tell of a server's image.
IMAGE = 'image_'


def _take_turn(connection, uuid):
    """Lock the server until the end of the transaction and return (its entries, the time).

    :raises InstanceNotFound: it was deleted (404)
    """
    now = session.now()
    if not connection.execute(sa.update(TABLE).where(TABLE.c.uuid == uuid, TABLE.c.deleted == 0).values(
            updated_at=now)).rowcount:
        raise exception.InstanceNotFound(instance_id=uuid)
    kept = connection.execute(sa.select(TABLE.c.system_metadata).where(TABLE.c.uuid == uuid)).scalar()
    return dict(kept or {}), now


@session.write
def merge(connection, uuid, changes, unless=()):
    """Write some entries and return (all of them, the time of writing).

    :param changes: {key: text, or None to remove it}
    :param unless: keys of which none may have a value yet; if one has, nothing is written and None is returned
    """
    entries, now = _take_turn(connection, uuid)
    if any(entries.get(key) for key in unless):
        return None
    entries.update(changes)
    entries = {key: value for key, value in entries.items() if value is not None}
    connection.execute(sa.update(TABLE).where(TABLE.c.uuid == uuid).values(system_metadata=entries))
    return entries, now


@session.write
def replace_image(connection, uuid, entries):
    """Write the entries about another image in place of those about the former one; all others stay as they are by now.

    :param entries: {key: text}, of which only those about an image count
    """
    others = {key: value for key, value in _take_turn(connection, uuid)[0].items() if not key.startswith(IMAGE)}
    image = {key: value for key, value in entries.items() if key.startswith(IMAGE)}
    connection.execute(sa.update(TABLE).where(TABLE.c.uuid == uuid).values(system_metadata={**others, **image}))


@session.write
def set_lock(connection, uuid, locked_by, reason, action, event, host):
    """Lock or unlock a server, with the record of who did it, all in one transaction.

    :param locked_by: 'owner' or 'admin'; None unlocks and forgets the reason
    :param reason: None keeps the one there is
    :param action: columns of instance_actions; the action is over at once
    :returns: as :func:`merge`
    """
    entries, now = _take_turn(connection, uuid)
    if locked_by is None:
        entries.pop('locked_reason', None)
    elif reason is not None:
        entries['locked_reason'] = reason
    connection.execute(sa.update(TABLE).where(TABLE.c.uuid == uuid).values(
        locked=locked_by is not None, locked_by=locked_by, system_metadata=entries))
    actions.start.within(connection, action)
    actions.event_start.within(connection, uuid, action['request_id'], event, host)
    actions.event_finish.within(connection, uuid, action['request_id'], event, 'Success')
    return entries, now


@session.read
def count_image_properties(connection, wanted):
    """Count the servers whose image has a property with a value, by the node on which they have their claim.

    :param wanted: {name of a property: value}
    :returns: {(node id, name): number of servers}, without zeros
    """
    text = sa.type_coerce(TABLE.c.system_metadata, sa.Text)
    # The database only leaves out servers that have none of the names.
    names = [text.contains(orjson.dumps(IMAGE + name).decode(), autoescape=True) for name in wanted]
    rows = connection.execute(sa.select(CLAIMS.c.compute_node_id, text).join(
        TABLE, TABLE.c.uuid == CLAIMS.c.instance_uuid).where(
            TABLE.c.deleted == 0, CLAIMS.c.kind == 'instance', sa.or_(*names))).all()
    found = collections.Counter()
    for node_id, document in rows:
        entries = orjson.loads(document)
        found.update((node_id, name) for name, value in wanted.items() if entries.get(IMAGE + name) == value)
    return dict(found)

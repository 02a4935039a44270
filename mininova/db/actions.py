# SPDX-License-Identifier: Apache-2.0
"""Action records, their events, and faults.  Nova: instance_action*, instance_fault* of nova/db/main/api.py."""
import datetime

import sqlalchemy as sa

from mininova.db import models, session

ACTIONS = models.instance_actions
EVENTS = models.instance_actions_events
FAULTS = models.instance_faults


@session.write
def start(connection, values):
    """Record that an action was accepted."""
    now = session.now()
    connection.execute(sa.insert(ACTIONS).values(start_time=now, created_at=now, updated_at=now, **values))


@session.write
def finish(connection, instance_uuid, request_id, message=None):
    """Record the end of an action; `message` says that it failed."""
    now = session.now()
    values = {'finish_time': now, 'updated_at': now}
    if message is not None:
        values['message'] = message
    connection.execute(sa.update(ACTIONS).where(
        ACTIONS.c.instance_uuid == instance_uuid, ACTIONS.c.request_id == request_id).values(values))


@session.write
def finish_all(connection, instance_uuid):
    """Record the end of all actions of an instance that are still open."""
    now = session.now()
    connection.execute(sa.update(ACTIONS).where(
        ACTIONS.c.instance_uuid == instance_uuid, ACTIONS.c.finish_time.is_(None)).values(finish_time=now,
                                                                                          updated_at=now))


@session.write
def break_off(connection, instance_uuid, action_id, details):
    """End an action that is still open, and its open events, as failed.

    :param action_id: the action's own, not that of its row
    :param details: one sentence for any user
    """
    now = session.now()
    mine = (ACTIONS.c.instance_uuid == instance_uuid, ACTIONS.c.action_id == action_id, ACTIONS.c.finish_time.is_(None))
    row_id = connection.execute(sa.select(ACTIONS.c.id).where(*mine)).scalar()
    if row_id is None:
        return
    connection.execute(sa.update(EVENTS).where(EVENTS.c.action_id == row_id, EVENTS.c.finish_time.is_(None)).values(
        finish_time=now, updated_at=now, result='Error', details=details))
    connection.execute(sa.update(ACTIONS).where(ACTIONS.c.id == row_id).values(
        finish_time=now, updated_at=now, message='Error'))


def _action_row_id(connection, instance_uuid, request_id):
    return connection.execute(sa.select(ACTIONS.c.id).where(
        ACTIONS.c.instance_uuid == instance_uuid, ACTIONS.c.request_id == request_id).order_by(
            ACTIONS.c.id.desc()).limit(1)).scalar()


@session.write
def event_start(connection, instance_uuid, request_id, event, host):
    """Open an event of an action; without an action of that request nothing is recorded.

    :returns: id of the event or None
    """
    action = _action_row_id(connection, instance_uuid, request_id)
    if action is None:
        return None
    now = session.now()
    return connection.execute(sa.insert(EVENTS).values(
        event=event, action_id=action, start_time=now, host=host, created_at=now,
        updated_at=now)).inserted_primary_key[0]


@session.write
def event_finish(connection, instance_uuid, request_id, event, result, details=None, traceback=None):
    """Close the newest open event of that name, and the action with it.

    :param result: 'Success' or 'Error'
    :param details: one sentence for any user (2.84)
    """
    action = _action_row_id(connection, instance_uuid, request_id)
    if action is not None:
        _close(connection, action, event, result, details, traceback)


@session.write
def close_event(connection, instance_uuid, action_id, event, result, details=None, traceback=None, fault=None):
    """Close the newest event of that name of one action, the action, and store a fault with it.

    :param action_id: the action's own, not that of its row
    :param fault: columns of instance_faults or None
    """
    action = connection.execute(sa.select(ACTIONS.c.id).where(
        ACTIONS.c.instance_uuid == instance_uuid, ACTIONS.c.action_id == action_id)).scalar()
    if action is not None:
        _close(connection, action, event, result, details, traceback)
    if fault is not None:
        create_fault.within(connection, fault)


def _close(connection, action, event, result, details, traceback):
    now = session.now()
    newest = connection.execute(sa.select(EVENTS.c.id).where(
        EVENTS.c.action_id == action, EVENTS.c.event == event).order_by(EVENTS.c.id.desc()).limit(1)).scalar()
    if newest is not None:
        connection.execute(sa.update(EVENTS).where(EVENTS.c.id == newest).values(
            finish_time=now, result=result, traceback=traceback, details=details, updated_at=now))
    values = {'finish_time': now, 'updated_at': now}
    if result == 'Error':
        values['message'] = 'Error'
    connection.execute(sa.update(ACTIONS).where(ACTIONS.c.id == action).values(values))


@session.write
def open_first_event(connection, instance_uuid, action_id, event, host):
    """Open an event of an open action that has none; of several callers one succeeds.

    :param action_id: the action's own, not that of its row
    :param host: whose instance it must be
    :returns: whether this call did
    """
    now = session.now()
    taken = connection.execute(sa.update(ACTIONS).where(
        ACTIONS.c.instance_uuid == instance_uuid, ACTIONS.c.action_id == action_id, ACTIONS.c.finish_time.is_(None),
        sa.exists().where(models.instances.c.uuid == instance_uuid, models.instances.c.host == host,
                          models.instances.c.deleted == 0)).values(updated_at=now)).rowcount
    if not taken:
        return False
    row_id = connection.execute(sa.select(ACTIONS.c.id).where(
        ACTIONS.c.instance_uuid == instance_uuid, ACTIONS.c.action_id == action_id)).scalar()
    if connection.execute(sa.select(EVENTS.c.id).where(EVENTS.c.action_id == row_id).limit(1)).first():
        return False
    connection.execute(sa.insert(EVENTS).values(event=event, action_id=row_id, start_time=now, host=host,
                                                created_at=now, updated_at=now))
    return True


@session.read
def list_open_by_host(connection, host, names, quiet_for=0):
    """Return the open actions of some names on the instances of a host, each with its number of `events`.

    :param quiet_for: only those that nobody wrote for this many seconds, by this service's clock
    """
    instances = models.instances
    count = sa.select(sa.func.count(EVENTS.c.id)).where(EVENTS.c.action_id == ACTIONS.c.id).scalar_subquery()
    query = sa.select(ACTIONS, count.label('events')).join(
        instances, instances.c.uuid == ACTIONS.c.instance_uuid).where(
            instances.c.host == host, instances.c.deleted == 0, ACTIONS.c.action.in_(names),
            ACTIONS.c.finish_time.is_(None)).order_by(ACTIONS.c.id)
    if quiet_for:
        query = query.where(ACTIONS.c.updated_at <= session.now() - datetime.timedelta(seconds=quiet_for))
    return connection.execute(query).mappings().all()


@session.read
def list_actions(connection, instance_uuid, limit=None, marker=None, changes_since=None, changes_before=None):
    """Return actions newest first; `marker` is the request id of the last one seen.

    :returns: rows, or None when the marker is unknown
    """
    query = sa.select(ACTIONS).where(ACTIONS.c.instance_uuid == instance_uuid).order_by(
        ACTIONS.c.created_at.desc(), ACTIONS.c.id.desc())
    if changes_since is not None:
        query = query.where(ACTIONS.c.updated_at >= changes_since)
    if changes_before is not None:
        query = query.where(ACTIONS.c.updated_at <= changes_before)
    if marker is not None:
        seen = connection.execute(sa.select(ACTIONS.c.id).where(
            ACTIONS.c.instance_uuid == instance_uuid, ACTIONS.c.request_id == marker)).scalar()
        if seen is None:
            return None
        query = query.where(ACTIONS.c.id < seen)
    return connection.execute(query if limit is None else query.limit(limit)).mappings().all()


@session.read
def get_action(connection, instance_uuid, request_id):
    return connection.execute(sa.select(ACTIONS).where(
        ACTIONS.c.instance_uuid == instance_uuid, ACTIONS.c.request_id == request_id).order_by(
            ACTIONS.c.id.desc()).limit(1)).mappings().first()


@session.read
def get_by_action_id(connection, instance_uuid, action_id):
    """Return the record of the action that an instance carries as its current one."""
    return connection.execute(sa.select(ACTIONS).where(
        ACTIONS.c.instance_uuid == instance_uuid, ACTIONS.c.action_id == action_id)).mappings().first()


@session.read
def list_events(connection, action_row_id):
    """Return events of an action, newest first as Nova lists them."""
    return connection.execute(sa.select(EVENTS).where(EVENTS.c.action_id == action_row_id).order_by(
        EVENTS.c.created_at.desc(), EVENTS.c.id.desc())).mappings().all()


@session.write
def create_fault(connection, values):
    """Store why an instance failed and return the id of the fault."""
    now = session.now()
    return connection.execute(sa.insert(FAULTS).values(created_at=now, updated_at=now,
                                                       **values)).inserted_primary_key[0]


def latest_faults(connection, uuids):
    """Return {uuid: newest fault row} for some instances."""
    found = {}
    uuids = list(uuids)
    for start_ in range(0, len(uuids), 500):
        newest = sa.select(sa.func.max(FAULTS.c.id)).where(
            FAULTS.c.instance_uuid.in_(uuids[start_:start_ + 500])).group_by(FAULTS.c.instance_uuid)
        for row in connection.execute(sa.select(FAULTS).where(FAULTS.c.id.in_(newest))).mappings():
            found[row['instance_uuid']] = row
    return found


@session.read
def get_latest_fault(connection, uuid):
    return latest_faults(connection, [uuid]).get(uuid)

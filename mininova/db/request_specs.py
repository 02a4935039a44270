# SPDX-License-Identifier: Apache-2.0
"""Request specs, scheduling reports and server groups' members."""
import datetime

import sqlalchemy as sa

from mininova.db import models, session

TABLE = models.request_specs
REPORTS = models.scheduling_reports


@session.read
def get(connection, instance_uuid):
    return connection.execute(sa.select(TABLE).where(TABLE.c.instance_uuid == instance_uuid)).mappings().first()


@session.read
def get_many(connection, uuids):
    """Return {uuid: spec document} for some instances."""
    uuids, found = list(uuids), {}
    for start in range(0, len(uuids), 500):
        rows = connection.execute(sa.select(TABLE.c.instance_uuid, TABLE.c.spec).where(
            TABLE.c.instance_uuid.in_(uuids[start:start + 500])))
        found.update(rows.all())
    return found


@session.write
def update(connection, instance_uuid, values):
    connection.execute(sa.update(TABLE).where(TABLE.c.instance_uuid == instance_uuid).values(updated_at=session.now(),
                                                                                             **values))


@session.write
def set_flavor(connection, instance_uuid, changes):
    """Let later moves of an instance look for room for the flavor that it has now.

    :param changes: the flavor as it is stored with instances, and what it meant (pci_requests) when the instance got it
    """
    row = connection.execute(
        sa.select(TABLE.c.spec).where(TABLE.c.instance_uuid == instance_uuid).with_for_update()).first()
    if row is not None:
        connection.execute(sa.update(TABLE).where(TABLE.c.instance_uuid == instance_uuid).values(
            spec={**row[0], **changes}, updated_at=session.now()))


@session.write
def set_image(connection, instance_uuid, image):
    """Let later moves of an instance look for hosts that can run the image it has now.

    :param image: document of an image as :meth:`RequestSpec.image_document` gives it
    """
    row = connection.execute(
        sa.select(TABLE.c.spec).where(TABLE.c.instance_uuid == instance_uuid).with_for_update()).first()
    if row is not None:
        connection.execute(sa.update(TABLE).where(TABLE.c.instance_uuid == instance_uuid).values(
            spec={**row[0], 'image': image}, updated_at=session.now()))


@session.write
def add_attempt(connection, instance_uuid, attempt):
    """Append a failed build to the spec; the same host and reason twice in a row are one."""
    row = connection.execute(
        sa.select(TABLE.c.spec).where(TABLE.c.instance_uuid == instance_uuid).with_for_update()).first()
    if row is None:
        return
    spec = dict(row[0])
    attempts = spec.setdefault('attempts', [])
    if not attempts or attempts[-1] != attempt:
        attempts.append(attempt)
        connection.execute(sa.update(TABLE).where(TABLE.c.instance_uuid == instance_uuid).values(
            spec=spec, updated_at=session.now()))


@session.write
def add_reports(connection, reports):
    """Store scheduling decisions, all in one statement."""
    now = session.now()
    connection.execute(sa.insert(REPORTS), [{'created_at': now, **values} for values in reports])


@session.write
def forget_reports(connection, keep_days):
    """Delete scheduling decisions older than so many days and return how many."""
    oldest = session.now() - datetime.timedelta(days=keep_days)
    return connection.execute(sa.delete(REPORTS).where(REPORTS.c.created_at < oldest)).rowcount


@session.read
def list_reports(connection, key):
    """Return the decisions for a server's uuid or a request's id, oldest first."""
    return connection.execute(sa.select(REPORTS).where(sa.or_(
        REPORTS.c.instance_uuid == key, REPORTS.c.request_id == key)).order_by(REPORTS.c.id)).mappings().all()


@session.read
def find_servers(connection, key):
    """Return {uuid: name} of the servers with a uuid or a name, deleted ones too, newest last."""
    table = models.instances
    return dict(connection.execute(sa.select(table.c.uuid, table.c.display_name).where(
        sa.or_(table.c.uuid == key, table.c.display_name == key)).order_by(table.c.id)).all())


@session.read
def names_of(connection, uuids):
    """Return {uuid: name} of servers, deleted ones too."""
    table = models.instances
    return dict(connection.execute(sa.select(table.c.uuid, table.c.display_name).where(table.c.uuid.in_(uuids))).all())

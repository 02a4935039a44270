# SPDX-License-Identifier: Apache-2.0
"""Disks of instances.  Nova: block_device_mapping_* of nova/db/main/api.py."""
import sqlalchemy as sa

from mininova.db import models, session

TABLE = models.block_device_mapping


@session.read
def list_by_instance(connection, instance_uuid):
    query = sa.select(TABLE).where(TABLE.c.instance_uuid == instance_uuid).order_by(TABLE.c.id)
    return connection.execute(query).mappings().all()


@session.write
def update(connection, id_, values):
    connection.execute(sa.update(TABLE).where(TABLE.c.id == id_).values(updated_at=session.now(), **values))


@session.write
def delete_by_instance(connection, instance_uuid):
    connection.execute(sa.delete(TABLE).where(TABLE.c.instance_uuid == instance_uuid))

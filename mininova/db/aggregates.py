# SPDX-License-Identifier: Apache-2.0
"""Host aggregates.  Nova: nova/objects/aggregate.py queries."""
import sqlalchemy as sa
from oslo_utils import uuidutils

from mininova.db import models, session

TABLE = models.aggregates
HOSTS = models.aggregate_hosts
METADATA = models.aggregate_metadata


@session.read
def list_all(connection):
    """Return all aggregates with hosts and metadata, three queries."""
    found = {row['id']: dict(row, hosts=[], metadata={})
             for row in connection.execute(sa.select(TABLE).order_by(TABLE.c.id)).mappings()}
    for aggregate_id, host in connection.execute(sa.select(HOSTS.c.aggregate_id, HOSTS.c.host).order_by(HOSTS.c.id)):
        found[aggregate_id]['hosts'].append(host)
    for aggregate_id, key, value in connection.execute(sa.select(METADATA.c.aggregate_id, METADATA.c.key,
                                                                 METADATA.c.value)):
        found[aggregate_id]['metadata'][key] = value
    return list(found.values())


@session.read
def zones_by_host(connection):
    """Return {host: zone} of the hosts that an aggregate puts into a zone; of several the oldest counts."""
    query = sa.select(HOSTS.c.host, METADATA.c.value).join(
        METADATA, METADATA.c.aggregate_id == HOSTS.c.aggregate_id).where(METADATA.c.key == 'availability_zone')
    query = query.order_by(HOSTS.c.aggregate_id.desc())
    return {row.host: row.value for row in connection.execute(query)}


@session.write
def create(connection, name, metadata, hosts=()):
    """Make an aggregate and return its id."""
    now = session.now()
    id_ = connection.execute(sa.insert(TABLE).values(
        uuid=uuidutils.generate_uuid(), name=name, created_at=now)).inserted_primary_key[0]
    for key, value in metadata.items():
        connection.execute(sa.insert(METADATA).values(aggregate_id=id_, key=key, value=value, created_at=now))
    for host in hosts:
        connection.execute(sa.insert(HOSTS).values(aggregate_id=id_, host=host, created_at=now))
    return id_

# SPDX-License-Identifier: Apache-2.0
"""Who may open which console until when.  Nova: console_auth_token_* of nova/db/main/api.py.

Ages are measured by the database's clock, so that nova-compute, which gives tokens out, and the proxies, which check
them, need not agree about the time.
"""
import datetime

import sqlalchemy as sa

from mininova.db import models, session

TABLE = models.console_auth_tokens


def _now(connection):
    return connection.execute(sa.select(session.db_now())).scalar()


@session.write
def create(connection, values, ttl):
    """Store a token by its hash and forget all that are over.

    :param ttl: seconds it is good for
    """
    now = _now(connection)
    connection.execute(sa.delete(TABLE).where(TABLE.c.expires_at <= now))
    stamp = session.now()
    connection.execute(sa.insert(TABLE).values(
        expires_at=now + datetime.timedelta(seconds=ttl), created_at=stamp, updated_at=stamp, **values))


@session.read
def get_valid(connection, token_hash):
    """Give the row of a token that is not over, and whose server is still where it was; None if there is none.

    :returns: the columns and `seconds_left`, until the token is over
    """
    now, instances = _now(connection), models.instances
    row = connection.execute(sa.select(TABLE).join(instances, instances.c.uuid == TABLE.c.instance_uuid).where(
        TABLE.c.token_hash == token_hash, TABLE.c.expires_at > now, instances.c.deleted == 0,
        instances.c.host == TABLE.c.compute_host)).mappings().first()
    return row and {**row, 'seconds_left': (row['expires_at'] - now).total_seconds()}


@session.write
def delete_of_instance(connection, instance_uuid):
    """Forget all tokens of a server; what deletes it or takes it off its host does so in its own transaction."""
    connection.execute(sa.delete(TABLE).where(TABLE.c.instance_uuid == instance_uuid))


@session.write
def delete_expired(connection):
    """Forget the tokens that are over; tell how many there were."""
    return connection.execute(sa.delete(TABLE).where(TABLE.c.expires_at <= _now(connection))).rowcount

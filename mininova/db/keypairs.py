# SPDX-License-Identifier: Apache-2.0
"""Key pairs.  Nova: key_pair_* of nova/db."""
import sqlalchemy as sa
from oslo_db import exception as db_exception

from mininova import exception
from mininova.db import models, quotas, session

TABLE = models.key_pairs


@session.read
def get(connection, user_id, name):
    return connection.execute(sa.select(TABLE).where(TABLE.c.user_id == user_id,
                                                     TABLE.c.name == name)).mappings().first()


@session.read
def list_by_user(connection, user_id, limit, marker):
    """Return rows, or None when the marker is unknown."""
    query = sa.select(TABLE).where(TABLE.c.user_id == user_id).order_by(TABLE.c.name)
    if marker is not None:
        if get.within(connection, user_id, marker) is None:
            return None
        query = query.where(TABLE.c.name > marker)
    return connection.execute(query if limit is None else query.limit(limit)).mappings().all()


@session.read
def count(connection, user_id):
    return connection.execute(sa.select(sa.func.count()).where(TABLE.c.user_id == user_id)).scalar_one()


@session.write
def create(connection, values, limit):
    """Insert a key pair; the limit holds under concurrency."""
    if get.within(connection, values['user_id'], values['name']):
        raise exception.KeyPairExists(key_name=values['name'])
    quotas.check_count(connection, f'keypairs:{values["user_id"]}', sa.select(sa.func.count()).select_from(TABLE).where(
        TABLE.c.user_id == values['user_id']), limit, exception.KeypairLimitExceeded())
    now = session.now()
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(TABLE).values(created_at=now, updated_at=now, **values))
    except db_exception.DBDuplicateEntry as error:
        raise exception.KeyPairExists(key_name=values['name']) from error
    return get.within(connection, values['user_id'], values['name'])


@session.write
def destroy(connection, user_id, name):
    return bool(connection.execute(sa.delete(TABLE).where(TABLE.c.user_id == user_id, TABLE.c.name == name)).rowcount)

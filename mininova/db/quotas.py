# SPDX-License-Identifier: Apache-2.0
"""Limits and usage.  Usage is counted from the rows themselves, so that it cannot drift.

A check takes turns on a row of ``quota_locks`` inside the transaction that creates, so two creates of
one project cannot both take the last place.  Nova: nova/quota.py (counting quotas), nova/objects/quotas.py.
"""
import sqlalchemy as sa
from oslo_db import exception as db_exception

from mininova import exception
from mininova.db import models, session

LIMITS = models.quotas
CLASSES = models.quota_classes
INSTANCES = models.instances

# Built once: these are asked with each create.
_PROJECT, _USER = sa.bindparam('project', type_=sa.String), sa.bindparam('user', type_=sa.String)
_SERVERS = sa.select(
    sa.func.count(), sa.func.coalesce(sa.func.sum(INSTANCES.c.vcpus), 0),
    sa.func.coalesce(sa.func.sum(INSTANCES.c.memory_mb), 0)).where(
    INSTANCES.c.project_id == _PROJECT, INSTANCES.c.deleted == 0,
    sa.or_(INSTANCES.c.vm_state.is_(None), INSTANCES.c.vm_state != 'soft-delete',
           INSTANCES.c.task_state == 'restoring'))
_SERVERS_OF_USER = _SERVERS.where(INSTANCES.c.user_id == _USER)
# Those that came with a server by themselves do not count.
FLOATING_IPS = sa.select(sa.func.count()).select_from(models.floating_ips).where(
    models.floating_ips.c.project_id == _PROJECT, models.floating_ips.c.auto_assigned.is_(False))
_COUNTED = {'server_groups': models.instance_groups, 'security_groups': models.security_groups}
_COUNTS = sa.select(FLOATING_IPS.scalar_subquery().label('floating_ips'), *(
    sa.select(sa.func.count()).select_from(table).where(table.c.project_id == _PROJECT).scalar_subquery().label(name)
    for name, table in _COUNTED.items()))
_LIMITS_OF = sa.select(LIMITS.c.user_id, LIMITS.c.resource, LIMITS.c.hard_limit).where(
    LIMITS.c.project_id == _PROJECT, LIMITS.c.user_id.in_(['', _USER]))
_LIMITS_OF_CLASS = sa.select(CLASSES.c.resource, CLASSES.c.hard_limit).where(
    CLASSES.c.class_name == sa.bindparam('class_name'))


def _lock(connection, name):
    locks = models.quota_locks
    taken = connection.execute(sa.update(locks).where(locks.c.name == name).values(generation=locks.c.generation + 1))
    if taken.rowcount:
        return
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(locks).values(name=name, generation=1))
    except db_exception.DBDuplicateEntry:
        connection.execute(sa.update(locks).where(locks.c.name == name).values(generation=locks.c.generation + 1))


def count_servers(connection, project_id, user_id=None):
    """Return {'instances', 'cores', 'ram'} in use."""
    if user_id is None:
        found = connection.execute(_SERVERS, {'project': project_id})
    else:
        found = connection.execute(_SERVERS_OF_USER, {'project': project_id, 'user': user_id})
    count, cores, ram = found.one()
    return {'instances': int(count), 'cores': int(cores), 'ram': int(ram)}


@session.read
def usage(connection, project_id):
    """Return what a project has of everything that is counted in rows: {resource: number}."""
    counts = connection.execute(_COUNTS, {'project': project_id}).mappings().one()
    return {**count_servers(connection, project_id), **counts}


@session.read
def usage_of_user(connection, project_id, user_id):
    """Return what one user of a project has: {resource: number}."""
    return count_servers(connection, project_id, user_id)


def check_within(connection, project_id, user_id, deltas, project_limits, user_limits):
    """Refuse a create that would pass a limit; holds the project's turn until the transaction ends.

    :param deltas: {'instances': 1, 'cores': 2, 'ram': 512}
    :param project_limits: {resource: limit}, -1 is no limit
    :param user_limits: the same for this user in the project, only where one is set
    :raises TooManyInstances: names every resource that is over (403)
    """
    if all(limit < 0 for limit in (*project_limits.values(), *user_limits.values())):
        return
    _lock(connection, f'project:{project_id}')
    _compare_all(connection, project_id, user_id, deltas, project_limits, user_limits)


@session.read
def look(connection, project_id, user_id, deltas, project_limits, user_limits):
    """Compare like :func:`check_within` without holding anybody up: the answer may be old the next moment."""
    _compare_all(connection, project_id, user_id, deltas, project_limits, user_limits)


def _compare_all(connection, project_id, user_id, deltas, project_limits, user_limits):
    _compare(deltas, project_limits, count_servers(connection, project_id))
    if user_limits:
        _compare(deltas, user_limits, count_servers(connection, project_id, user_id))


def _compare(deltas, limits, used):
    over = [name for name in sorted(deltas) if limits.get(name, -1) >= 0
            and deltas[name] > 0 and used[name] + deltas[name] > limits[name]]
    if over:
        def listed(values):
            return ', '.join(str(values[name]) for name in over)
        raise exception.TooManyInstances(overs=', '.join(over), req=listed(deltas), used=listed(used),
                                         allowed=listed(limits))


def check_count(connection, lock_name, query, limit, error):
    """Refuse one more of something counted by `query` (a SELECT COUNT) when `limit` is reached.

    :raises: `error`
    """
    if limit < 0:
        return
    _lock(connection, lock_name)
    if connection.execute(query).scalar_one() >= limit:
        raise error


@session.read
def get_limits(connection, project_id, user_id=''):
    """Return the limits set for a project ('' user) or for one user in it: {resource: hard_limit}."""
    rows = connection.execute(sa.select(LIMITS.c.resource, LIMITS.c.hard_limit).where(
        LIMITS.c.project_id == project_id, LIMITS.c.user_id == user_id))
    return {row.resource: row.hard_limit for row in rows}


@session.read
def get_class_limits(connection, class_name='default'):
    rows = connection.execute(_LIMITS_OF_CLASS, {'class_name': class_name})
    return {row.resource: row.hard_limit for row in rows}


@session.read
def get_effective(connection, project_id, user_id):
    """Return (class limits, project limits, user limits) with two queries."""
    project, user = {}, {}
    for owner, resource, limit in connection.execute(_LIMITS_OF, {'project': project_id, 'user': user_id}):
        (user if owner else project)[resource] = limit
    return get_class_limits.within(connection), project, user


@session.read
def get_sums_of_users(connection, project_id):
    """Return the sums of what is set for single users of a project: {resource: number}."""
    query = sa.select(LIMITS.c.resource, sa.func.sum(LIMITS.c.hard_limit)).where(
        LIMITS.c.project_id == project_id, LIMITS.c.user_id != '', LIMITS.c.hard_limit > 0).group_by(LIMITS.c.resource)
    return {resource: int(total) for resource, total in connection.execute(query)}


@session.write
def set_limits(connection, project_id, limits, user_id=''):
    """Set limits of a project or of one of its users, all or none.

    :param limits: {resource: limit}, -1 is no limit
    """
    for resource, limit in limits.items():
        _set(connection, LIMITS, {'project_id': project_id, 'user_id': user_id, 'resource': resource}, limit)


@session.write
def set_class_limits(connection, class_name, limits):
    """Set limits of a quota class, all or none; class `default` holds for every project."""
    for resource, limit in limits.items():
        _set(connection, CLASSES, {'class_name': class_name, 'resource': resource}, limit)


def _set(connection, table, key, limit):
    where, now = [table.c[name] == value for name, value in key.items()], session.now()
    if connection.execute(sa.update(table).where(*where).values(hard_limit=limit, updated_at=now)).rowcount:
        return
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(table).values(**key, hard_limit=limit, created_at=now))
    except db_exception.DBDuplicateEntry:
        connection.execute(sa.update(table).where(*where).values(hard_limit=limit, updated_at=now))


@session.write
def delete_limits(connection, project_id, user_id=None):
    """Return a project, or one user of it, to the defaults."""
    query = sa.delete(LIMITS).where(LIMITS.c.project_id == project_id)
    connection.execute(query if user_id is None else query.where(LIMITS.c.user_id == user_id))

# SPDX-License-Identifier: Apache-2.0
"""Flavors, their extra specs and the projects that may use private ones.  Nova: nova/objects/flavor.py queries."""
import sqlalchemy as sa
from oslo_db import exception as db_exception

from mininova import exception
from mininova.db import models, paging, session

TABLE = models.flavors
SPECS = models.flavor_extra_specs
ACCESS = models.flavor_projects


def _complete(connection, rows, wanted=('extra_specs', 'projects')):
    """Add what is wanted of extra specs and projects to flavor rows, with one query each."""
    found = [dict(row, **{name: {} if name == 'extra_specs' else [] for name in wanted}) for row in rows]
    by_id = {row['id']: row for row in found}
    if not by_id:
        return found
    if 'extra_specs' in wanted:
        for flavor_id, key, value in connection.execute(
                sa.select(SPECS.c.flavor_id, SPECS.c.key, SPECS.c.value).where(_of(SPECS.c.flavor_id, by_id))):
            by_id[flavor_id]['extra_specs'][key] = value
    if 'projects' in wanted:
        query = sa.select(ACCESS.c.flavor_id, ACCESS.c.project_id).where(_of(ACCESS.c.flavor_id, by_id))
        for flavor_id, project in connection.execute(query.order_by(ACCESS.c.id)):
            by_id[flavor_id]['projects'].append(project)
    return found


def _of(column, ids):
    """Say 'one of these'; for a single one, the usual case, an index lookup instead of an IN list."""
    return column == next(iter(ids)) if len(ids) == 1 else column.in_(list(ids))


def _visible_to(project_id):
    mine = sa.select(ACCESS.c.flavor_id).where(ACCESS.c.project_id == project_id)
    return sa.or_(TABLE.c.is_public.is_(True), TABLE.c.id.in_(mine))


@session.read
def get(connection, *, id_=None, flavorid=None, name=None, project_id=None):
    """Return one flavor with extra specs and projects, or None.

    :param project_id: hide private flavors of other projects; None shows all
    """
    query = sa.select(TABLE)
    for column, value in (('id', id_), ('flavorid', flavorid), ('name', name)):
        if value is not None:
            query = query.where(TABLE.c[column] == value)
    if project_id is not None:
        query = query.where(_visible_to(project_id))
    return next(iter(_complete(connection, connection.execute(query.limit(1)).mappings().all())), None)


@session.read
def list_all(connection, filters, project_id, sort_key, sort_dir, limit, marker, wanted=('extra_specs', 'projects')):
    """Return flavors, or None when `marker` (a flavorid) is unknown or not visible.

    :param filters: 'is_public' (True: also what `viewer`, a project, may use; None: all), 'disabled',
        'min_memory_mb', 'min_root_gb', 'name' (a regular expression)
    :param project_id: hide private flavors of other projects; None shows all
    :param wanted: what to read besides the rows
    """
    visible = sa.true() if project_id is None else _visible_to(project_id)
    query = sa.select(TABLE).where(visible, *_conditions(filters))
    seen = None
    if marker is not None:
        seen = connection.execute(sa.select(TABLE).where(TABLE.c.flavorid == marker, visible)).mappings().first()
        if seen is None:
            return None
    query = paging.page(query, TABLE, [(sort_key, sort_dir), ('id', sort_dir)], seen, limit)
    return _complete(connection, connection.execute(query).mappings().all(), wanted)


def _conditions(filters):
    if filters.get('is_public') is not None:
        if filters['is_public'] and filters.get('viewer'):
            yield _visible_to(filters['viewer'])
        else:
            yield TABLE.c.is_public.is_(filters['is_public'])
    if 'disabled' in filters:
        yield TABLE.c.disabled.is_(filters['disabled'])
    if filters.get('min_memory_mb'):
        yield TABLE.c.memory_mb >= filters['min_memory_mb']
    if filters.get('min_root_gb'):
        yield TABLE.c.root_gb >= filters['min_root_gb']
    if filters.get('name') is not None:
        yield TABLE.c.name.regexp_match(filters['name'])


@session.write
def create(connection, values, extra_specs, projects):
    now = session.now()
    try:
        with connection.begin_nested():
            id_ = connection.execute(sa.insert(TABLE).values(created_at=now, **values)).inserted_primary_key[0]
    except Exception as error:
        if connection.execute(sa.select(TABLE.c.id).where(TABLE.c.name == values['name'])).first():
            raise exception.FlavorExists(name=values['name']) from error
        if connection.execute(sa.select(TABLE.c.id).where(TABLE.c.flavorid == values['flavorid'])).first():
            raise exception.FlavorIdExists(flavor_id=values['flavorid']) from error
        raise
    for key, value in extra_specs.items():
        connection.execute(sa.insert(SPECS).values(flavor_id=id_, key=key, value=value, created_at=now))
    for project_id in projects:
        connection.execute(sa.insert(ACCESS).values(flavor_id=id_, project_id=project_id, created_at=now))
    return get.within(connection, id_=id_)


@session.write
def update(connection, id_, values):
    connection.execute(sa.update(TABLE).where(TABLE.c.id == id_).values(updated_at=session.now(), **values))
    return get.within(connection, id_=id_)


@session.write
def destroy(connection, id_):
    connection.execute(sa.delete(SPECS).where(SPECS.c.flavor_id == id_))
    connection.execute(sa.delete(ACCESS).where(ACCESS.c.flavor_id == id_))
    return bool(connection.execute(sa.delete(TABLE).where(TABLE.c.id == id_)).rowcount)


@session.write
def add_access(connection, id_, project_id):
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(ACCESS).values(flavor_id=id_, project_id=project_id, created_at=session.now()))
    except db_exception.DBDuplicateEntry:
        return False
    return True


@session.write
def remove_access(connection, id_, project_id):
    return bool(connection.execute(sa.delete(ACCESS).where(
        ACCESS.c.flavor_id == id_, ACCESS.c.project_id == project_id)).rowcount)


@session.write
def set_extra_specs(connection, id_, specs):
    now = session.now()
    for key, value in specs.items():
        change = sa.update(SPECS).where(SPECS.c.flavor_id == id_, SPECS.c.key == key)
        change = change.values(value=value, updated_at=now)
        if connection.execute(change).rowcount:
            continue
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(SPECS).values(flavor_id=id_, key=key, value=value, created_at=now))
        except db_exception.DBDuplicateEntry:
            connection.execute(change)


@session.write
def delete_extra_spec(connection, id_, key):
    return bool(connection.execute(sa.delete(SPECS).where(SPECS.c.flavor_id == id_, SPECS.c.key == key)).rowcount)

# SPDX-License-Identifier: Apache-2.0
"""Flavors, their extra specs and the projects that may use private ones.  Nova: nova/objects/flavor.py queries.

Statements are built once for each kind of question and then only get values: building one takes longer than
reading a few rows.
"""
import functools

import sqlalchemy as sa
from oslo_db import exception as db_exception

from mininova import exception
from mininova.db import models, paging, session

TABLE = models.flavors
SPECS = models.flavor_extra_specs
ACCESS = models.flavor_projects
EVERYTHING = ('extra_specs', 'projects')
MAX_ROWS = 0x7FFFFFFF

_IDS = sa.bindparam('ids', expanding=True)
_SPECS_OF = sa.select(SPECS.c.flavor_id, SPECS.c.key, SPECS.c.value).where(SPECS.c.flavor_id.in_(_IDS))
_PROJECTS_OF = sa.select(ACCESS.c.flavor_id, ACCESS.c.project_id).where(
    ACCESS.c.flavor_id.in_(_IDS)).order_by(ACCESS.c.id)


def _complete(connection, rows, wanted):
    """Add what is wanted of extra specs and projects to flavor rows, with one query each."""
    found = [dict(row, **{name: {} if name == 'extra_specs' else [] for name in wanted}) for row in rows]
    by_id = {row['id']: row for row in found}
    if not by_id:
        return found
    if 'extra_specs' in wanted:
        for flavor_id, key, value in connection.execute(_SPECS_OF, {'ids': list(by_id)}):
            by_id[flavor_id]['extra_specs'][key] = value
    if 'projects' in wanted:
        for flavor_id, project in connection.execute(_PROJECTS_OF, {'ids': list(by_id)}):
            by_id[flavor_id]['projects'].append(project)
    return found


def _visible_to(parameter):
    """Say 'public, or private and open to the project in this parameter'."""
    mine = sa.select(ACCESS.c.flavor_id).where(ACCESS.c.project_id == sa.bindparam(parameter, type_=sa.String))
    return sa.or_(TABLE.c.is_public.is_(True), TABLE.c.id.in_(mine))


@functools.lru_cache(maxsize=16)
def _by(name, restricted):
    """Return the statement that finds a flavor by one column; `restricted` ones hide what the project may not use."""
    found = sa.select(TABLE).where(TABLE.c[name] == sa.bindparam('value'))
    return found.where(_visible_to('restriction')) if restricted else found


@session.read
def get(connection, *, id_=None, flavorid=None, name=None, project_id=None, wanted=EVERYTHING):
    """Return one flavor, or None.

    :param project_id: hide private flavors of other projects; None shows all
    :param wanted: what to read besides the row
    """
    column, value = next((column, value) for column, value in (('id', id_), ('flavorid', flavorid), ('name', name))
                         if value is not None)
    values = {'value': value} if project_id is None else {'value': value, 'restriction': project_id}
    rows = connection.execute(_by(column, project_id is not None), values).mappings().all()
    return next(iter(_complete(connection, rows, wanted)), None)


_FILTERS = {
    'restriction': lambda: _visible_to('restriction'),
    'viewer': lambda: _visible_to('viewer'),
    'is_public': lambda: TABLE.c.is_public == sa.bindparam('is_public'),
    'disabled': lambda: TABLE.c.disabled == sa.bindparam('disabled'),
    'min_memory_mb': lambda: TABLE.c.memory_mb >= sa.bindparam('min_memory_mb'),
    'min_root_gb': lambda: TABLE.c.root_gb >= sa.bindparam('min_root_gb'),
    'name': lambda: TABLE.c.name.regexp_match(sa.bindparam('name')),
}


@functools.lru_cache(maxsize=64)
def _filtered(names):
    return sa.select(TABLE).where(*(_FILTERS[name]() for name in names))


@functools.lru_cache(maxsize=256)
def _first_page(names, sort_key, sort_dir):
    return paging.page(_filtered(names), TABLE, [(sort_key, sort_dir), ('id', sort_dir)], None,
                       sa.bindparam('limit', type_=sa.Integer))


@session.read
def list_all(connection, filters, project_id, sort_key, sort_dir, limit, marker, wanted=EVERYTHING):
    """Return flavors, or None when `marker` (a flavorid) is unknown or not visible.

    :param filters: 'is_public' (True: also what `viewer`, a project, may use; None: all), 'disabled',
        'min_memory_mb', 'min_root_gb', 'name' (a regular expression)
    :param project_id: hide private flavors of other projects; None shows all
    :param wanted: what to read besides the rows
    """
    values = {name: value for name, value in filters.items() if value is not None and name != 'viewer'}
    if values.get('is_public') and filters.get('viewer'):
        del values['is_public']
        values['viewer'] = filters['viewer']
    if project_id is not None:
        values['restriction'] = project_id
    names = tuple(sorted(values))
    if marker is None:
        statement = _first_page(names, sort_key, sort_dir)
    else:
        seen = get.within(connection, flavorid=marker, project_id=project_id, wanted=())
        if seen is None:
            return None
        statement = paging.page(_filtered(names), TABLE, [(sort_key, sort_dir), ('id', sort_dir)], seen,
                                sa.bindparam('limit', type_=sa.Integer))
    values['limit'] = MAX_ROWS if limit is None else limit
    return _complete(connection, connection.execute(statement, values).mappings().all(), wanted)


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

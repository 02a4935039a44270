# SPDX-License-Identifier: Apache-2.0
"""Lists of servers for users: plain rows, and all that belongs to them with one statement per kind.

However many servers there are, a list costs the same number of statements.  Nova:
instance_get_all_by_filters_sort of nova/db/main/api.py.
"""
import functools
import re

import orjson
import sqlalchemy as sa
from oslo_db import exception as db_exception

from mininova import exception
from mininova.db import actions, groups, instances, models, paging, security_groups, services, session

TABLE = models.instances
TAGS = models.instance_tags
METADATA = models.instance_metadata
SPECS = models.request_specs
DEVICES = models.block_device_mapping

NEVER_NULL = ('id', 'uuid', 'created_at', 'updated_at', 'project_id')
# Columns that hold JSON, and those that are the same for all servers of a flavor or an image.
DOCUMENTS = frozenset({'flavor', 'system_metadata', 'network_info'})
SHARED_DOCUMENTS = frozenset({'flavor', 'system_metadata'})
# What a regular expression may contain when it is to be found as it stands.
_LITERAL = re.compile(r'[\w @:/-]+')


@session.read
def list_rows(connection, columns, where, sort, marker=None, limit=None, wanted=()):
    """Return servers as dictionaries.

    :param columns: names of the columns to read
    :param where: conditions, see :func:`_conditions`
    :param sort: [(column, 'asc' or 'desc'), ...]
    :param marker: uuid of the last server of the page before
    :param wanted: what else to attach, see :func:`attach`
    :returns: list, or None when the marker is unknown
    :raises InvalidInput: the database does not understand a regular expression (400)
    """
    sort = [*sort, ('id', sort[-1][1] if sort else 'desc')]
    seen = None
    if marker is not None:
        seen = _find_marker(connection, marker, where)
        if seen is None:
            return None
    query = sa.select(*map(_selected, columns)).where(*_conditions(connection, where))
    if where.get('addresses'):
        ids = _ids_by_address(connection, where, sort, seen, limit)
        query = query.where(TABLE.c.id.in_(ids))
        seen = None
    try:
        result = connection.execute(paging.page(query, TABLE, sort, seen, limit, never_null=NEVER_NULL))
    except (db_exception.DBError, sa.exc.OperationalError) as error:
        if where.get('patterns') and not session.is_unavailable(error):
            raise exception.InvalidInput(reason='a regular expression among the filters is not understood') from error
        raise
    rows = [dict(zip(columns, row, strict=True)) for row in result]
    for name in DOCUMENTS.intersection(columns):
        read = _read_shared if name in SHARED_DOCUMENTS else _read
        for row in rows:
            row[name] = read(row[name])
    attach(connection, rows, wanted)
    return rows


def _selected(name):
    """Return a column to select; documents as the text they are stored as."""
    return sa.type_coerce(TABLE.c[name], sa.Text) if name in DOCUMENTS else TABLE.c[name]


def _read(text):
    return None if text is None else orjson.loads(text)


@functools.lru_cache(maxsize=1024)
def _read_shared(text):
    """Read a document that many servers have alike; nobody may change it."""
    return _read(text)


@session.read
def get_row(connection, columns, uuid, project_id=None, read_deleted='no', wanted=()):
    """Return one server as a dictionary, or None; `project_id` restricts it to that project."""
    query = sa.select(*(TABLE.c[name] for name in columns)).where(TABLE.c.uuid == uuid, instances.visible(read_deleted))
    if project_id is not None:
        query = query.where(TABLE.c.project_id == project_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    rows = [dict(row)]
    attach(connection, rows, wanted)
    return rows[0]


def _find_marker(connection, marker, where):
    """Read the row a page starts behind; deleted ones count, other projects' do not."""
    query = sa.select(TABLE).where(TABLE.c.uuid == marker)
    project_id = where.get('exact', {}).get('project_id')
    if project_id is not None:
        query = query.where(_equals(TABLE.c.project_id, project_id))
    return connection.execute(query).mappings().first()


# -- conditions ---------------------------------------------------------------------------


def _conditions(connection, where):
    """Return SQL conditions.

    :param where: 'exact' {column: value or list of values}, 'patterns' {column: regular expression}, 'deleted'
        (True, False, None for both), 'soft_deleted' (whether servers waiting for their deletion count as there),
        'changes_since' and 'changes_before' (times), 'tags', 'tags_any', 'not_tags', 'not_tags_any' (lists);
        'addresses' is dealt with elsewhere
    """
    found = [_equals(TABLE.c[name], value) for name, value in where.get('exact', {}).items()]
    found += [_matches(connection, TABLE.c[name], pattern) for name, pattern in where.get('patterns', {}).items()]
    found += _life_conditions(where)
    if where.get('changes_since') is not None:
        found.append(TABLE.c.updated_at >= where['changes_since'])
    if where.get('changes_before') is not None:
        found.append(TABLE.c.updated_at <= where['changes_before'])
    for name, make in (('tags', _with_all_tags), ('tags_any', _with_any_tag)):
        if where.get(name):
            found.append(TABLE.c.uuid.in_(make(where[name])))
        if where.get(f'not_{name}'):
            found.append(TABLE.c.uuid.not_in(make(where[f'not_{name}'])))
    return found


def _life_conditions(where):
    deleted, waiting = where.get('deleted'), TABLE.c.vm_state == 'soft-delete'
    if deleted is None:
        return []
    if deleted:
        gone = TABLE.c.deleted != 0
        return [sa.or_(gone, waiting) if where.get('soft_deleted', True) else gone]
    if where.get('soft_deleted'):
        return [TABLE.c.deleted == 0]
    return [TABLE.c.deleted == 0, sa.or_(TABLE.c.vm_state.is_(None), ~waiting)]


def _equals(column, value):
    if isinstance(value, (list, tuple)):
        return column.in_([item for item in value if item is not None])
    return column.is_(None) if value is None else column == value


def _matches(connection, column, pattern):
    """Say that a column matches a regular expression; plain words are looked for without one, case counts nowhere."""
    text = column if isinstance(column.type, sa.String) else sa.cast(column, sa.String(64))
    if _LITERAL.fullmatch(pattern):
        return sa.func.lower(text).contains(pattern.lower(), autoescape=True)
    inner = pattern.removeprefix('^').removesuffix('$')
    if pattern == f'^{inner}$' and _LITERAL.fullmatch(inner):
        return sa.func.lower(text) == inner.lower()
    if connection.dialect.name == 'sqlite':
        return text.regexp_match(f'(?i){pattern}')
    return text.regexp_match(pattern, flags='i' if connection.dialect.name == 'postgresql' else None)


def _with_any_tag(tags):
    return sa.select(TAGS.c.resource_id).where(TAGS.c.tag.in_(tags))


def _with_all_tags(tags):
    tags = set(tags)
    return _with_any_tag(tags).group_by(TAGS.c.resource_id).having(sa.func.count() == len(tags))


def _ids_by_address(connection, where, sort, seen, limit):
    """Return ids of the servers of a page one of whose addresses matches; addresses are kept in a document."""
    patterns = [(version, re.compile(pattern)) for version, pattern in where['addresses'].items()]
    query = sa.select(TABLE.c.id, TABLE.c.network_info).where(
        *_conditions(connection, where), TABLE.c.network_info.is_not(None))
    found = []
    for id_, network_info in connection.execute(paging.page(query, TABLE, sort, seen, never_null=NEVER_NULL)):
        addresses = [(ip['version'], ip['address']) for vif in network_info
                     for subnet in vif['network']['subnets'] for ip in subnet['ips']]
        if all(any(version == wanted and pattern.search(address) for version, address in addresses)
               for wanted, pattern in patterns):
            found.append(id_)
            if limit is not None and len(found) >= limit:
                break
    return found


# -- what belongs to servers ----------------------------------------------------------------


def attach(connection, rows, wanted):
    """Add to rows what is kept elsewhere, in place, with one statement per kind.

    :param wanted: of 'metadata', 'tags', 'volumes', 'faults' (of servers in ERROR or deleted), 'spec', 'groups',
        'security_groups'
    """
    if not rows:
        return
    by_uuid = {row['uuid']: row for row in rows}
    for kind in wanted:
        _ATTACH[kind](connection, by_uuid)


def _attach_metadata(connection, by_uuid):
    for row in by_uuid.values():
        row['metadata'] = {}
    query = sa.select(METADATA.c.instance_uuid, METADATA.c.key,
                      METADATA.c.value).where(_of(METADATA.c.instance_uuid, by_uuid))
    for uuid, key, value in connection.execute(query):
        by_uuid[uuid]['metadata'][key] = value


def _attach_tags(connection, by_uuid):
    for row in by_uuid.values():
        row['tags'] = []
    query = sa.select(TAGS.c.resource_id, TAGS.c.tag).where(_of(TAGS.c.resource_id, by_uuid)).order_by(TAGS.c.tag)
    for uuid, tag in connection.execute(query):
        by_uuid[uuid]['tags'].append(tag)


def _attach_volumes(connection, by_uuid):
    for row in by_uuid.values():
        row['volumes'] = []
    query = sa.select(DEVICES.c.instance_uuid, DEVICES.c.volume_id, DEVICES.c.delete_on_termination).where(
        _of(DEVICES.c.instance_uuid, by_uuid), DEVICES.c.volume_id.is_not(None)).order_by(DEVICES.c.id)
    for uuid, volume_id, delete_on_termination in connection.execute(query):
        by_uuid[uuid]['volumes'].append((volume_id, bool(delete_on_termination)))


def _attach_faults(connection, by_uuid):
    failed = [uuid for uuid, row in by_uuid.items() if row['vm_state'] in ('error', 'deleted') or row['deleted']]
    found = actions.latest_faults(connection, failed) if failed else {}
    for uuid, row in by_uuid.items():
        row['fault'] = found.get(uuid)


def _attach_spec(connection, by_uuid):
    for row in by_uuid.values():
        row['spec'] = {}
    query = sa.select(SPECS.c.instance_uuid, SPECS.c.spec).where(_of(SPECS.c.instance_uuid, by_uuid))
    for uuid, spec in connection.execute(query):
        by_uuid[uuid]['spec'] = spec or {}


def _attach_groups(connection, by_uuid):
    found = groups.uuids_by_instance.within(connection, by_uuid)
    for uuid, row in by_uuid.items():
        row['server_groups'] = [found[uuid]] if uuid in found else []


def _attach_security_groups(connection, by_uuid):
    found = security_groups.names_by_instance.within(connection, by_uuid)
    for uuid, row in by_uuid.items():
        row['security_groups'] = found.get(uuid, [])


_ATTACH = {'metadata': _attach_metadata, 'tags': _attach_tags, 'volumes': _attach_volumes, 'faults': _attach_faults,
           'spec': _attach_spec, 'groups': _attach_groups,
           'security_groups': _attach_security_groups}


def _of(column, by_uuid):
    """Say that a row belongs to one of the servers; a page is at most [api] max_limit long."""
    uuids = list(by_uuid)
    return column == uuids[0] if len(uuids) == 1 else column.in_(uuids)


@session.read
def list_compute_services(connection):
    """Return {host: row with disabled, forced_down, age} of all nova-compute services."""
    table = services.SERVICES
    query = sa.select(table.c.host, table.c.disabled, table.c.forced_down,
                      services.age_of(table.c.last_seen_up).label('age'))
    return {row.host: row for row in connection.execute(query.where(table.c.binary == 'nova-compute'))}

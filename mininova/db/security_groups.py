# SPDX-License-Identifier: Apache-2.0
"""Security groups, their rules and which servers have them.  Nova: security_group_* of nova/db/sqlalchemy/api.py
(Newton).

Whoever adds a rule, a member or an end to a group holds the group's row until the transaction ends, so a group that
is in use never disappears and a limit is never passed.  What hosts must know of all this is in ``group_model.py``.
"""
import contextlib

import sqlalchemy as sa
from oslo_db import exception as db_exception
from oslo_utils import uuidutils

from mininova import exception
from mininova.db import instances, models, quotas, session

GROUPS = models.security_groups
RULES = models.security_group_rules
MEMBERS = models.security_group_instance_association
SERVERS = models.instances

DEFAULT = 'default'
DESCRIPTION = 'Default security group'

_SOURCE = GROUPS.alias('source')
_RULES = sa.select(
    RULES, GROUPS.c.uuid.label('parent_uuid'), _SOURCE.c.uuid.label('source_uuid'), _SOURCE.c.name.label('source_name'),
    _SOURCE.c.project_id.label('source_project_id')).select_from(
        RULES.join(GROUPS, GROUPS.c.id == RULES.c.parent_group_id).outerjoin(_SOURCE, _SOURCE.c.id == RULES.c.group_id)
).order_by(RULES.c.id)


# -- looking up ---------------------------------------------------------------------


def _with_rules(connection, rows):
    found = {row['id']: dict(row, rules=[]) for row in rows}
    for chunk in instances.chunks(found):
        for rule in connection.execute(_RULES.where(RULES.c.parent_group_id.in_(chunk))).mappings():
            found[rule['parent_group_id']]['rules'].append(dict(rule))
    return list(found.values())


@session.read
def list_all(connection, project_id, limit, offset):
    """Return a page of a project's groups with their rules, or of all with None, by project and name."""
    query = sa.select(GROUPS).order_by(GROUPS.c.project_id, GROUPS.c.name, GROUPS.c.id).limit(limit).offset(offset)
    if project_id is not None:
        query = query.where(GROUPS.c.project_id == project_id)
    return _with_rules(connection, connection.execute(query).mappings().all())


@session.read
def get(connection, uuid, project_id=None):
    """Return a group with its rules, or None.

    :param project_id: only of this project
    """
    query = sa.select(GROUPS).where(GROUPS.c.uuid == uuid)
    if project_id is not None:
        query = query.where(GROUPS.c.project_id == project_id)
    return next(iter(_with_rules(connection, connection.execute(query).mappings().all())), None)


@session.read
def find(connection, project_id, names):
    """Return {what was asked for: group} for names and uuids of a project's groups; a uuid counts more than a name."""
    query = sa.select(GROUPS).where(GROUPS.c.project_id == project_id,
                                    sa.or_(GROUPS.c.name.in_(names), GROUPS.c.uuid.in_(names)))
    rows = connection.execute(query).mappings().all()
    found = {row['name']: dict(row) for row in rows}
    found.update({row['uuid']: dict(row) for row in rows})
    return {name: found[name] for name in names if name in found}


@session.read
def get_rule(connection, uuid, project_id=None):
    """Return a rule, or None.

    :param project_id: only of a group of this project
    """
    query = _RULES.where(RULES.c.uuid == uuid)
    if project_id is not None:
        query = query.where(GROUPS.c.project_id == project_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


@session.read
def list_of_instance(connection, instance_uuid):
    """Return the groups of a server with their rules, by name."""
    query = sa.select(GROUPS).join(MEMBERS, MEMBERS.c.security_group_id == GROUPS.c.id).where(
        MEMBERS.c.instance_uuid == instance_uuid).order_by(GROUPS.c.name)
    return _with_rules(connection, connection.execute(query).mappings().all())


@session.read
def names_by_instance(connection, instance_uuids):
    """Return {instance uuid: names of its groups, in order}."""
    uuids = list(instance_uuids)
    wanted = MEMBERS.c.instance_uuid == uuids[0] if len(uuids) == 1 else MEMBERS.c.instance_uuid.in_(uuids)
    query = sa.select(MEMBERS.c.instance_uuid, GROUPS.c.name).join(
        GROUPS, GROUPS.c.id == MEMBERS.c.security_group_id).where(wanted).order_by(GROUPS.c.name)
    found = {}
    for instance_uuid, name in connection.execute(query):
        found.setdefault(instance_uuid, []).append(name)
    return found


# -- groups ---------------------------------------------------------------------------


def ensure_default(project_id, user_id):
    """Make sure that a project has its group `default`, made once however many ask at the same time.

    It lets in everything that comes from its own members.
    """
    if not find(project_id, [DEFAULT]):
        _make_default(project_id, user_id)


@session.write
def _make_default(connection, project_id, user_id):
    values = {'name': DEFAULT, 'description': DESCRIPTION, 'project_id': project_id, 'user_id': user_id}
    try:
        with connection.begin_nested():
            id_ = _insert(connection, GROUPS, values)
    except db_exception.DBDuplicateEntry:
        return
    _insert(connection, RULES, {'parent_group_id': id_, 'group_id': id_})


def _insert(connection, table, values):
    now = session.now()
    result = connection.execute(sa.insert(table).values(
        **{'uuid': uuidutils.generate_uuid(), 'created_at': now, 'updated_at': now, **values}))
    return result.inserted_primary_key[0]


@session.write
def create(connection, values, limit):
    """Make a group without rules and return it; the limit holds under concurrency.

    :param values: {'name', 'description', 'project_id', 'user_id'}
    :param limit: how many the project may have, `default` among them; -1 for any number
    :raises SecurityGroupLimitExceeded: (403)
    :raises SecurityGroupExists: the project has one of that name (400)
    """
    project_id, uuid = values['project_id'], uuidutils.generate_uuid()
    quotas.check_count(connection, f'project:{project_id}', count_of_project(project_id), limit,
                       exception.SecurityGroupLimitExceeded())
    with _unique_name(connection, values['name'], project_id):
        _insert(connection, GROUPS, {'uuid': uuid, **values})
    return get.within(connection, uuid)


def count_of_project(project_id):
    """Return a SELECT of how many groups a project has."""
    return sa.select(sa.func.count()).select_from(GROUPS).where(GROUPS.c.project_id == project_id)


@contextlib.contextmanager
def _unique_name(connection, name, project_id):
    """Give a second group of a name its own error; the transaction could go on."""
    try:
        with connection.begin_nested():
            yield
    except db_exception.DBDuplicateEntry as error:
        raise exception.SecurityGroupExists(security_group_name=name, project_id=project_id) from error


@session.write
def update(connection, uuid, values):
    """Change a group's name and description and return it, or None.

    :param values: {'name', 'description'}
    :raises SecurityGroupIsDefault: the group `default` stays as it is (400)
    :raises SecurityGroupExists: another one has the name (400)
    """
    row = _hold(connection, GROUPS.c.uuid == uuid)
    if row is None:
        return None
    if row['name'] == DEFAULT and values['name'] != DEFAULT:
        raise exception.SecurityGroupIsDefault(change='renamed')
    with _unique_name(connection, values['name'], row['project_id']):
        connection.execute(sa.update(GROUPS).where(GROUPS.c.id == row['id']).values(
            updated_at=session.now(), **values))
    return get.within(connection, uuid)


def _hold(connection, condition):
    """Return a group's row, which nobody else changes until the transaction ends; None if there is none."""
    return connection.execute(sa.select(GROUPS).where(condition).with_for_update()).mappings().first()


@session.write
def destroy(connection, uuid):
    """Remove a group, its rules, and the rules of others that name it; tell whether it was there.

    :raises SecurityGroupIsDefault: (400)
    :raises SecurityGroupInUse: servers have it (400)
    """
    row = _hold(connection, GROUPS.c.uuid == uuid)
    if row is None:
        return False
    if row['name'] == DEFAULT:
        raise exception.SecurityGroupIsDefault(change='deleted')
    users = sa.select(sa.func.count()).select_from(MEMBERS).join(
        SERVERS, SERVERS.c.uuid == MEMBERS.c.instance_uuid).where(
            MEMBERS.c.security_group_id == row['id'], SERVERS.c.deleted == 0)
    count = connection.execute(users).scalar_one()
    if count:
        raise exception.SecurityGroupInUse(security_group_id=uuid, count=count)
    connection.execute(sa.delete(MEMBERS).where(MEMBERS.c.security_group_id == row['id']))
    connection.execute(sa.delete(RULES).where(sa.or_(RULES.c.parent_group_id == row['id'],
                                                     RULES.c.group_id == row['id'])))
    connection.execute(sa.delete(GROUPS).where(GROUPS.c.id == row['id']))
    return True


# -- rules ------------------------------------------------------------------------------


@session.write
def add_rule(connection, group_uuid, source_uuid, values, limit):
    """Give a group one more rule and return it; the limit holds under concurrency.

    :param source_uuid: the group whose members may come in, or None
    :param values: {'protocol', 'from_port', 'to_port', 'cidr'}
    :param limit: how many rules a group may have, -1 for any number
    :raises SecurityGroupNotFound: one of the groups was deleted meanwhile (404)
    :raises SecurityGroupRuleExists: it has the rule (400)
    :raises SecurityGroupRuleLimitExceeded: (403)
    """
    held = {uuid: _hold(connection, GROUPS.c.uuid == uuid) for uuid in sorted({group_uuid, source_uuid or group_uuid})}
    for uuid, row in held.items():
        if row is None:
            raise exception.SecurityGroupNotFound(security_group_id=uuid)
    group_id = held[group_uuid]['id']
    values = {**values, 'parent_group_id': group_id, 'group_id': held[source_uuid]['id'] if source_uuid else None}
    present = connection.execute(sa.select(RULES).where(RULES.c.parent_group_id == group_id)).mappings().all()
    for row in present:
        if all(row[name] == value for name, value in values.items()):
            raise exception.SecurityGroupRuleExists(group=group_uuid, rule=row['uuid'])
    if 0 <= limit <= len(present):
        raise exception.SecurityGroupRuleLimitExceeded()
    uuid = uuidutils.generate_uuid()
    _insert(connection, RULES, {'uuid': uuid, **values})
    return get_rule.within(connection, uuid)


@session.write
def remove_rule(connection, uuid):
    """Remove a rule; tell whether it was there."""
    return bool(connection.execute(sa.delete(RULES).where(RULES.c.uuid == uuid)).rowcount)


# -- members ----------------------------------------------------------------------------


def add_members(connection, instance_uuids, group_ids):
    """Give groups to servers that are being written, in their transaction.

    :param group_ids: numbers of groups
    :raises SecurityGroupNotFound: one was deleted meanwhile (400: the body names it)
    """
    held = set(connection.execute(sa.select(GROUPS.c.id).where(GROUPS.c.id.in_(group_ids)).order_by(
        GROUPS.c.id).with_for_update(read=True)).scalars())
    for group_id in group_ids:
        if group_id not in held:
            raise exception.SecurityGroupNotFound(security_group_id=group_id, code=400)
    now = session.now()
    connection.execute(sa.insert(MEMBERS), [
        {'security_group_id': group_id, 'instance_uuid': uuid, 'created_at': now, 'updated_at': now}
        for uuid in instance_uuids for group_id in group_ids])


@session.write
def add_to_instance(connection, group_uuid, instance_uuid):
    """Give a server that exists a group; tell whether that is new.

    :raises SecurityGroupNotFound: (404)
    :raises InstanceNotFound: it was deleted meanwhile (404)
    """
    group = _hold(connection, GROUPS.c.uuid == group_uuid)
    if group is None:
        raise exception.SecurityGroupNotFound(security_group_id=group_uuid)
    _hold_instance(connection, instance_uuid)
    if connection.execute(sa.select(MEMBERS.c.id).where(*_membership(group['id'], instance_uuid))).first():
        return False
    _insert_member(connection, group['id'], instance_uuid)
    return True


def _hold_instance(connection, instance_uuid):
    found = connection.execute(sa.select(SERVERS.c.id).where(
        SERVERS.c.uuid == instance_uuid, SERVERS.c.deleted == 0).with_for_update()).first()
    if found is None:
        raise exception.InstanceNotFound(instance_id=instance_uuid)


def _membership(group_id, instance_uuid):
    return MEMBERS.c.security_group_id == group_id, MEMBERS.c.instance_uuid == instance_uuid


def _insert_member(connection, group_id, instance_uuid):
    now = session.now()
    connection.execute(sa.insert(MEMBERS).values(security_group_id=group_id, instance_uuid=instance_uuid,
                                                 created_at=now, updated_at=now))


@session.write
def remove_from_instance(connection, group_uuid, instance_uuid):
    """Take a group from a server; tell whether it had it."""
    group_id = sa.select(GROUPS.c.id).where(GROUPS.c.uuid == group_uuid).scalar_subquery()
    return bool(connection.execute(sa.delete(MEMBERS).where(*_membership(group_id, instance_uuid))).rowcount)

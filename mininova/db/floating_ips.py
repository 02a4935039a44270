# SPDX-License-Identifier: Apache-2.0
"""Queries: public addresses, whose they are and where they lead.  Nova: floating_ip_* of nova/db/sqlalchemy/api.py
(Newton).

A row is free (no project), a project's, or a project's and associated (`fixed_ip_id`). It is served by the host of its
fixed address, which changes with the guest's; so there is never more than one. Locks are taken in this order: the fixed
address's network, the floating address, the server.
"""
import sqlalchemy as sa
from oslo_db import exception as db_exception
from oslo_utils import uuidutils

from mininova import exception
from mininova.db import addresses, floating_links, instances, models, quotas, session

TABLE = models.floating_ips
fixed_ips, vifs = models.fixed_ips, models.virtual_interfaces

ROWS = sa.select(TABLE, fixed_ips.c.address.label('fixed_address'), fixed_ips.c.instance_uuid,
                 fixed_ips.c.host).select_from(
                     TABLE.outerjoin(fixed_ips, fixed_ips.c.id == TABLE.c.fixed_ip_id)).order_by(TABLE.c.id)
ATTEMPTS = 10


# -- the pools ------------------------------------------------------------------------

@session.write
def create_range(connection, new_addresses, pool, interface):
    """Add free addresses to a pool, all or none.

    :param interface: device of the hosts that shall have them; None: each host's `public_interface`
    :raises FloatingIpExists: names the first one that there is already (409)
    """
    for chunk in instances.chunks(new_addresses):
        known = connection.execute(sa.select(TABLE.c.address).where(TABLE.c.address.in_(chunk)).limit(1)).scalar()
        if known:
            raise exception.FloatingIpExists(address=known)
    now = session.now()
    try:
        connection.execute(sa.insert(TABLE), [
            {'uuid': uuidutils.generate_uuid(), 'address': address, 'pool': pool, 'interface': interface,
             'auto_assigned': False, 'created_at': now, 'updated_at': now} for address in new_addresses])
    except db_exception.DBDuplicateEntry as error:
        raise exception.FloatingIpExists(address=error.value or f'among {new_addresses[0]}...') from None


@session.write
def delete_range(connection, old_addresses):
    """Remove addresses from their pools, also those that projects have; ones that there are not do not matter.

    :returns: how many there were
    :raises FloatingIpAssociated: one leads to a guest; nothing is removed (409)
    """
    deleted = 0
    for chunk in instances.chunks(old_addresses):
        held = connection.execute(sa.select(TABLE.c.address, TABLE.c.fixed_ip_id).where(
            TABLE.c.address.in_(chunk)).with_for_update()).all()
        for row in held:
            if row.fixed_ip_id is not None:
                raise exception.FloatingIpAssociated(address=row.address)
        deleted += connection.execute(TABLE.delete().where(TABLE.c.address.in_(chunk))).rowcount
    return deleted


@session.read
def pools(connection):
    """List the names of all pools."""
    return list(connection.execute(sa.select(TABLE.c.pool).distinct().order_by(TABLE.c.pool)).scalars())


# -- looking up -----------------------------------------------------------------------

def _first(connection, condition, project_id, error):
    query = ROWS.where(condition)
    if project_id is not None:
        query = query.where(TABLE.c.project_id == project_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise error
    return row


@session.read
def get(connection, uuid, project_id=None):
    """Return a row with fixed_address, instance_uuid and host of its association.

    :param project_id: only of this project
    :raises FloatingIpNotFound: (404)
    """
    return _first(connection, TABLE.c.uuid == uuid, project_id, exception.FloatingIpNotFound(id=uuid))


@session.read
def get_by_address(connection, address, project_id=None):
    """Return a row like :func:`get`.

    :raises FloatingIpNotFoundForAddress: (404)
    """
    return _first(connection, TABLE.c.address == address, project_id,
                  exception.FloatingIpNotFoundForAddress(address=address))


@session.read
def list_of_project(connection, project_id):
    """Return what a project allocated itself, the oldest first."""
    return connection.execute(ROWS.where(
        TABLE.c.project_id == project_id, TABLE.c.auto_assigned.is_(False))).mappings().all()


@session.read
def list_all(connection, host=None):
    """Return all rows, or those that a host serves."""
    return connection.execute(ROWS if host is None else ROWS.where(fixed_ips.c.host == host)).mappings().all()


@session.read
def list_broken(connection):
    """Return rows whose fixed address no guest has, and rows that are associated though no project has them."""
    return connection.execute(ROWS.where(TABLE.c.fixed_ip_id.is_not(None), sa.or_(
        fixed_ips.c.instance_uuid.is_(None), TABLE.c.project_id.is_(None)))).mappings().all()


@session.read
def list_shown(connection):
    """Return {instance uuid: sorted floating addresses} of all associations."""
    found = {}
    for address, instance_uuid in connection.execute(sa.select(TABLE.c.address, fixed_ips.c.instance_uuid).join(
            fixed_ips, fixed_ips.c.id == TABLE.c.fixed_ip_id).where(fixed_ips.c.instance_uuid.is_not(None))):
        found.setdefault(instance_uuid, []).append(address)
    return {instance_uuid: sorted(listed) for instance_uuid, listed in found.items()}


# -- who has them ---------------------------------------------------------------------

@session.write
def allocate(connection, project_id, pool, limit):
    """Give a project the first free address of a pool and return its row; the limit holds under concurrency.

    :param limit: how many the project may have, -1 for any number
    :raises FloatingIpPoolNotFound, NoMoreFloatingIps: (404)
    :raises FloatingIpLimitExceeded: (403)
    """
    _require_pool(connection, pool)
    quotas.check_count(connection, f'project:{project_id}', quotas.FLOATING_IPS.params(project=project_id), limit,
                       exception.FloatingIpLimitExceeded(pool=pool))
    return get.within(connection, _take(connection, project_id, pool, {'auto_assigned': False}))


def _require_pool(connection, pool):
    if connection.execute(sa.select(TABLE.c.id).where(TABLE.c.pool == pool).limit(1)).first() is None:
        raise exception.FloatingIpPoolNotFound(pool=pool)


def _take(connection, project_id, pool, values):
    """Turn the first free row of a pool into a project's and return its uuid."""
    free = TABLE.c.project_id.is_(None)
    for _attempt in range(ATTEMPTS):
        row = connection.execute(sa.select(TABLE.c.id, TABLE.c.uuid).where(TABLE.c.pool == pool, free).order_by(
            TABLE.c.id).limit(1).with_for_update()).first()
        if row is None:
            break
        if connection.execute(TABLE.update().where(TABLE.c.id == row.id, free).values(
                project_id=project_id, updated_at=session.now(), **values)).rowcount:
            return row.uuid
    raise exception.NoMoreFloatingIps(pool=pool)


@session.write
def release(connection, uuid, project_id=None):
    """Return an address to its pool, and cut what it leads to.

    :param project_id: only if it is this project's
    :returns: [(host, instance uuid)] that must be told, see :func:`associate`
    :raises FloatingIpNotFound: (404)
    :raises CannotDisassociateAutoAssignedFloatingIP: (403)
    """
    row = get.within(connection, uuid, project_id)
    _hold(connection, row['id'])
    row = get.within(connection, uuid, project_id)
    _refuse_auto_assigned(row)
    return _cut(connection, row, floating_links.RELEASED)


# -- where they lead ------------------------------------------------------------------

@session.write
def associate(connection, address, fixed_address, instance_uuid, project_id=None):
    """Let a floating address lead to one of a guest's own; where it led before it leads no longer.

    :param project_id: only if the floating address is this project's
    :returns: [(host, instance uuid)] whose nova-network must be told; the new one first, nothing for a guest that is
        on no host
    :raises FloatingIpNotFoundForAddress: it is nobody's, or another project's (404)
    :raises InstanceNotFound: the guest was deleted meanwhile (404)
    :raises FixedIpNotFoundForInstance: the guest does not have the fixed address (any more) (400)
    :raises FloatingIpAssociated: it was assigned automatically to another one (400)
    """
    fixed = _fixed_address(connection, fixed_address, instance_uuid)
    addresses.lock(connection, [fixed.network_id])
    fixed = _fixed_address(connection, fixed_address, instance_uuid)
    _hold(connection, get_by_address.within(connection, address, project_id)['id'])
    row = get_by_address.within(connection, address, project_id)
    if row['project_id'] is None:
        raise exception.FloatingIpNotFoundForAddress(address=address)
    if row['fixed_ip_id'] == fixed.id:
        return [(fixed.host, instance_uuid)] if fixed.host else []
    if row['auto_assigned']:
        raise exception.FloatingIpAssociated(address=address, code=400)
    connection.execute(TABLE.update().where(TABLE.c.id == row['id']).values(
        fixed_ip_id=fixed.id, updated_at=session.now()))
    for uuid in sorted({instance_uuid, row['instance_uuid']} - {None}):
        if not floating_links.show(connection, uuid) and uuid == instance_uuid:
            raise exception.InstanceNotFound(instance_id=uuid)
    told = [(fixed.host, instance_uuid), (row['host'], row['instance_uuid'])]
    return [(host, uuid) for host, uuid in dict.fromkeys(told) if host and uuid]


@session.write
def disassociate(connection, address, instance_uuid, project_id=None):
    """Let a floating address lead nowhere; the project keeps it.

    :param instance_uuid: only if it leads to this guest
    :returns: [(host, instance uuid)] that must be told, see :func:`associate`
    :raises FloatingIpNotFoundForAddress: it is not there, or another project's (404)
    :raises FloatingIpNotAssociated: it leads nowhere, or elsewhere (409)
    :raises CannotDisassociateAutoAssignedFloatingIP: (403)
    """
    _hold(connection, get_by_address.within(connection, address, project_id)['id'])
    row = get_by_address.within(connection, address, project_id)
    if row['instance_uuid'] != instance_uuid:
        raise exception.FloatingIpNotAssociated(address=address, instance_uuid=instance_uuid)
    _refuse_auto_assigned(row)
    return _cut(connection, row, {'fixed_ip_id': None})


@session.write
def auto_assign(connection, instance_uuid, pool):
    """Give a guest's first address a floating one of its own, unless it has one that came in this way.

    :raises FloatingIpPoolNotFound, NoMoreFloatingIps: (404)
    """
    first = sa.select(fixed_ips.c.id, fixed_ips.c.network_id).join(
        vifs, vifs.c.uuid == fixed_ips.c.virtual_interface_uuid).where(
            fixed_ips.c.instance_uuid == instance_uuid).order_by(vifs.c.position, fixed_ips.c.position).limit(1)
    fixed = connection.execute(first).first()
    if fixed is None:
        return
    addresses.lock(connection, [fixed.network_id])
    if connection.execute(first).first() != fixed or connection.execute(ROWS.where(
            fixed_ips.c.instance_uuid == instance_uuid, TABLE.c.auto_assigned.is_(True))).first():
        return
    _require_pool(connection, pool)
    project_id = connection.execute(sa.select(models.instances.c.project_id).where(
        models.instances.c.uuid == instance_uuid)).scalar()
    _take(connection, project_id, pool, {'auto_assigned': True, 'fixed_ip_id': fixed.id})
    floating_links.show(connection, instance_uuid)


def _hold(connection, row_id):
    """Wait until nobody else changes an address; what was read of it before may be old."""
    connection.execute(sa.select(TABLE.c.id).where(TABLE.c.id == row_id).with_for_update()).first()


def _fixed_address(connection, fixed_address, instance_uuid):
    row = connection.execute(sa.select(fixed_ips.c.id, fixed_ips.c.network_id, fixed_ips.c.host).where(
        fixed_ips.c.address == fixed_address, fixed_ips.c.instance_uuid == instance_uuid,
        fixed_ips.c.position != addresses.LEAVING)).first()
    if row is None:
        raise exception.FixedIpNotFoundForInstance(ip=fixed_address, instance_uuid=instance_uuid)
    return row


def _refuse_auto_assigned(row):
    if row['auto_assigned']:
        raise exception.CannotDisassociateAutoAssignedFloatingIP(address=row['address'])


def _cut(connection, row, values):
    connection.execute(TABLE.update().where(TABLE.c.id == row['id']).values(updated_at=session.now(), **values))
    if row['instance_uuid']:
        floating_links.show(connection, row['instance_uuid'])
    return [(row['host'], row['instance_uuid'])] if row['host'] and row['instance_uuid'] else []

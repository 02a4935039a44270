# SPDX-License-Identifier: Apache-2.0
"""Queries: networks and their pools; who has which address is in addresses.py.

Nova: nova/db/sqlalchemy/api.py (network parts, Newton).
"""
import ipaddress

import sqlalchemy as sa

from mininova import exception
from mininova.db import models, session

networks = models.networks
fixed_ips = models.fixed_ips

INSERT_CHUNK = 1000

UNUSED = sa.and_(fixed_ips.c.allocated.is_(False), fixed_ips.c.reserved.is_(False))


def _rows(connection, statement):
    return [dict(row) for row in connection.execute(statement).mappings()]


def _first(connection, statement):
    row = connection.execute(statement).mappings().first()
    return dict(row) if row else None


# -- networks -------------------------------------------------------------------

@session.write
def create(connection, values, addresses):
    """Insert a network with its pool.

    :param addresses: (address, reserved) pairs in the order in which they shall be given out
    :returns: the network's row
    :raises CidrConflict: another network has some of these addresses, so that one would not identify a guest
    :raises InvalidInput: the bridge belongs to another network
    """
    _require_no_overlap(connection, values)
    now = session.now()
    result = connection.execute(networks.insert().values(created_at=now, **values))
    network_id = result.inserted_primary_key[0]
    pool = [{'address': address, 'network_id': network_id, 'reserved': reserved, 'allocated': False, 'leased': False,
             'created_at': now} for address, reserved in addresses]
    for start in range(0, len(pool), INSERT_CHUNK):
        connection.execute(fixed_ips.insert(), pool[start:start + INSERT_CHUNK])
    return _first(connection, sa.select(networks).where(networks.c.id == network_id))


def _require_no_overlap(connection, values):
    for row in connection.execute(sa.select(networks)):
        for name in ('cidr', 'cidr_v6'):
            known, wanted = getattr(row, name), values.get(name)
            if known and wanted and ipaddress.ip_network(known).overlaps(ipaddress.ip_network(wanted)):
                raise exception.CidrConflict(cidr=wanted, other=known)
        if row.bridge == values['bridge']:
            raise exception.InvalidInput(reason=f'bridge {row.bridge} belongs to network {row.label}')
        if row.vni is not None and row.vni == values.get('vni'):
            raise exception.InvalidInput(reason=f'VNI {row.vni} belongs to network {row.label}')
        if row.vlan is not None and row.vlan == values.get('vlan'):
            # The device of a VLAN is called after it, whichever device it is on.
            raise exception.InvalidInput(reason=f'VLAN {row.vlan} belongs to network {row.label}')


@session.read
def list_all(connection, project_id=None):
    """List networks in the order in which guests' cards get them.

    :param project_id: only those of this project and those of nobody; None lists all
    """
    statement = sa.select(networks).order_by(networks.c.priority.is_(None), networks.c.priority, networks.c.id)
    if project_id is not None:
        statement = statement.where(sa.or_(networks.c.project_id == project_id, networks.c.project_id.is_(None)))
    return _rows(connection, statement)


@session.read
def get_by_uuid(connection, uuid):
    """Give one network's row.

    :raises NetworkNotFound:
    """
    row = _first(connection, sa.select(networks).where(networks.c.uuid == uuid))
    if row is None:
        raise exception.NetworkNotFound(network_id=uuid)
    return row


@session.write
def update(connection, uuid, values):
    """Change columns of a network.

    :raises NetworkNotFound:
    """
    result = connection.execute(networks.update().where(networks.c.uuid == uuid).values(
        updated_at=session.now(), **values))
    if not result.rowcount:
        raise exception.NetworkNotFound(network_id=uuid)


@session.write
def delete(connection, uuid):
    """Remove a network and its pool.

    :raises NetworkInUse: a guest has an address of it
    """
    row = _first(connection, sa.select(networks.c.id).where(networks.c.uuid == uuid).with_for_update())
    if row is None:
        raise exception.NetworkNotFound(network_id=uuid)
    used = sa.select(fixed_ips.c.id).where(fixed_ips.c.network_id == row['id'], fixed_ips.c.instance_uuid.is_not(None))
    if _first(connection, used.limit(1)):
        raise exception.NetworkInUse(network_id=uuid)
    connection.execute(fixed_ips.delete().where(fixed_ips.c.network_id == row['id']))
    connection.execute(networks.delete().where(networks.c.id == row['id']))


@session.read
def count_free(connection, network_ids):
    """Count the addresses that could be given out: {network id: number}."""
    statement = sa.select(fixed_ips.c.network_id, sa.func.count().label('number')).where(
        UNUSED, fixed_ips.c.network_id.in_(network_ids)).group_by(fixed_ips.c.network_id)
    counts = {row.network_id: row.number for row in connection.execute(statement)}
    return {network_id: counts.get(network_id, 0) for network_id in network_ids}


@session.read
def list_peers(connection, host):
    """List the addresses of all hosts but one that run nova-network: where VXLAN ports lead."""
    services, nodes = models.services, models.compute_nodes
    statement = sa.select(nodes.c.host_ip).distinct().select_from(
        services.join(nodes, nodes.c.host == services.c.host)).where(
            services.c.binary == 'nova-network', services.c.host != host, nodes.c.host_ip.is_not(None))
    return sorted(connection.execute(statement).scalars())


# -- addresses ------------------------------------------------------------------

@session.read
def get_fixed_ip(connection, address):
    """Give the row of an address.

    :raises FixedIpNotFoundForAddress:
    """
    row = _first(connection, sa.select(fixed_ips).where(fixed_ips.c.address == address).order_by(
        fixed_ips.c.allocated.desc()).limit(1))
    if row is None:
        raise exception.FixedIpNotFoundForAddress(address=address)
    return row


@session.read
def list_fixed_ips(connection, host=None, instance_uuid=None, network_id=None, allocated_only=False):
    """List address rows by host, guest or network."""
    statement = sa.select(fixed_ips).order_by(fixed_ips.c.network_id, fixed_ips.c.id)
    for column, value in ((fixed_ips.c.host, host), (fixed_ips.c.instance_uuid, instance_uuid),
                          (fixed_ips.c.network_id, network_id)):
        if value is not None:
            statement = statement.where(column == value)
    if allocated_only:
        statement = statement.where(fixed_ips.c.allocated.is_(True))
    return _rows(connection, statement)


@session.write
def set_reserved(connection, address, reserved):
    """Keep an address from guests, or let them have it.

    :raises FixedIpNotFoundForAddress:
    :raises FixedIpAlreadyInUse: it is somebody's now
    """
    row = _first(connection, sa.select(fixed_ips).where(fixed_ips.c.address == address))
    if row is None:
        raise exception.FixedIpNotFoundForAddress(address=address)
    changed = connection.execute(fixed_ips.update().where(
        fixed_ips.c.id == row['id'], fixed_ips.c.allocated.is_(False)).values(
            reserved=reserved, updated_at=session.now()))
    if not changed.rowcount:
        raise exception.FixedIpAlreadyInUse(address=address, instance_uuid=row['instance_uuid'] or '(a host)')

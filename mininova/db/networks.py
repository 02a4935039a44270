# SPDX-License-Identifier: Apache-2.0
"""Queries: networks, their addresses and the cards of guests.  Nova: nova/db/sqlalchemy/api.py (network parts, Newton).

Each address that can be given out is a row of fixed_ips from the moment its network is created. A row is

* free: not allocated, not reserved, and its last DHCP lease is over;
* a guest's: allocated, with instance_uuid and virtual_interface_uuid;
* a host's: allocated, with host and without instance_uuid. It is the gateway and DHCP server of the
  guests on that host (nova-network's multi_host).

Whoever gives out or takes back addresses of a network first locks the network's row, so that the
last guest of a host and the next one cannot miss each other; the UPDATE that takes an address names
the state it expects all the same.
"""
import datetime
import ipaddress

import sqlalchemy as sa

from mininova import exception
from mininova.db import models, session

networks = models.networks
fixed_ips = models.fixed_ips
vifs = models.virtual_interfaces
instances = models.instances

INSERT_CHUNK = 1000

HOST_GATEWAY = sa.and_(fixed_ips.c.allocated.is_(True), fixed_ips.c.instance_uuid.is_(None),
                       fixed_ips.c.host.is_not(None))
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
    new = ipaddress.ip_network(values['cidr'])
    for row in connection.execute(sa.select(networks.c.cidr, networks.c.bridge, networks.c.label)):
        if ipaddress.ip_network(row.cidr).overlaps(new):
            raise exception.CidrConflict(cidr=values['cidr'], other=row.cidr)
        if row.bridge == values['bridge']:
            raise exception.InvalidInput(reason=f'bridge {row.bridge} belongs to network {row.label}')


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


# -- giving out and taking back -----------------------------------------------

@session.write
def allocate(connection, instance_uuid, host, requests, new_card):
    """Give a guest its cards and addresses, and its host a gateway address in each network.

    What the guest has already is kept, so a repeated call changes nothing but the host.

    :param requests: [{network_id (number), address or None, tag}] in the order of the guest's cards
    :param new_card: function that returns a new (uuid, mac) pair
    :raises InstanceNotFound: the guest was deleted meanwhile
    :raises NoMoreFixedIps: a pool is exhausted
    :raises FixedIpAlreadyInUse, FixedIpNotFoundForNetwork: a wanted address cannot be had
    """
    network_ids = [request['network_id'] for request in requests]
    _lock(connection, network_ids)
    _require_instance(connection, instance_uuid, host)
    _ensure_gateways(connection, network_ids, host)
    present = {row['position'] for row in _rows(connection, sa.select(vifs.c.position).where(
        vifs.c.instance_uuid == instance_uuid))}
    for position, request in enumerate(requests):
        if position not in present:
            _add_card(connection, instance_uuid, host, position, request, new_card)
    return _settle_on_host(connection, instance_uuid, host)


@session.write
def move(connection, instance_uuid, host):
    """Say that a guest's addresses are served by this host now; gives the host gateways where it has none.

    :returns: the guest's cards, see :func:`list_cards`
    """
    _lock_of_instance(connection, instance_uuid)
    _require_instance(connection, instance_uuid, host)
    return _settle_on_host(connection, instance_uuid, host)


def _settle_on_host(connection, instance_uuid, host):
    connection.execute(fixed_ips.update().where(
        fixed_ips.c.instance_uuid == instance_uuid, sa.or_(fixed_ips.c.host.is_(None), fixed_ips.c.host != host)
    ).values(host=host, leased=False, updated_at=session.now()))
    cards = _cards(connection, vifs.c.instance_uuid == instance_uuid)
    without = [card['network_id'] for card in cards if not card['gateway']]
    if not without:
        return cards
    _ensure_gateways(connection, without, host)
    return _cards(connection, vifs.c.instance_uuid == instance_uuid)


def _ensure_gateways(connection, network_ids, host):
    present = _gateways(connection, network_ids)
    for network_id in sorted(set(network_ids)):
        if (network_id, host) not in present:
            _take(connection, network_id, None, {'host': host})


def _lock(connection, network_ids):
    connection.execute(sa.select(networks.c.id).where(networks.c.id.in_(set(network_ids))).order_by(
        networks.c.id).with_for_update()).all()


def _lock_of_instance(connection, instance_uuid):
    ids = connection.execute(sa.select(vifs.c.network_id).where(vifs.c.instance_uuid == instance_uuid)).scalars().all()
    _lock(connection, ids)


def _require_instance(connection, instance_uuid, host):
    """Refuse what an old message asks for: the guest was deleted, or is another host's now."""
    found = connection.execute(sa.select(instances.c.deleted, instances.c.host).where(
        instances.c.uuid == instance_uuid)).first()
    if found is None or found.deleted:
        raise exception.InstanceNotFound(instance_id=instance_uuid)
    if found.host not in (None, host):
        raise exception.NetworkSetupFailed(
            network=f'of instance {instance_uuid}', reason=f'the instance belongs to host {found.host}, not to {host}')


def _add_card(connection, instance_uuid, host, position, request, new_card):
    uuid, mac = new_card()
    while _first(connection, sa.select(vifs.c.id).where(vifs.c.address == mac)):
        uuid, mac = new_card()
    _take(connection, request['network_id'], request.get('address'),
          {'host': host, 'instance_uuid': instance_uuid, 'virtual_interface_uuid': uuid})
    connection.execute(vifs.insert().values(
        uuid=uuid, address=mac, network_id=request['network_id'], instance_uuid=instance_uuid, position=position,
        tag=request.get('tag'), created_at=session.now()))


def _take(connection, network_id, address, values):
    """Turn one free row into somebody's, the lowest or the one asked for."""
    pool = fixed_ips.c.network_id == network_id
    if address:
        return _take_row(connection, _wanted_row(connection, network_id, address), values)
    row = _lowest(connection, pool, fixed_ips.c.leased.is_(False))
    if row is None:
        now = connection.execute(sa.select(session.db_now())).scalar()
        over = now - datetime.timedelta(seconds=session.CONF.fixed_ip_disassociate_timeout)
        row = _lowest(connection, pool, sa.or_(fixed_ips.c.released_at.is_(None), fixed_ips.c.released_at <= over))
    if row:
        return _take_row(connection, row, values)
    uuid = connection.execute(sa.select(networks.c.uuid).where(networks.c.id == network_id)).scalar()
    raise exception.NoMoreFixedIps(net=uuid)


def _lowest(connection, pool, condition):
    return _first(connection, sa.select(fixed_ips.c.id).where(pool, UNUSED, condition).order_by(
        fixed_ips.c.id).limit(1).with_for_update())


def _wanted_row(connection, network_id, address):
    row = _first(connection, sa.select(fixed_ips.c.id).where(
        fixed_ips.c.network_id == network_id, fixed_ips.c.address == address))
    if row is None:
        uuid = connection.execute(sa.select(networks.c.uuid).where(networks.c.id == network_id)).scalar()
        raise exception.FixedIpNotFoundForNetwork(address=address, network_uuid=uuid)
    return row


def _take_row(connection, row, values):
    taken = connection.execute(fixed_ips.update().where(fixed_ips.c.id == row['id'], UNUSED).values(
        allocated=True, leased=False, released_at=None, updated_at=session.now(), **values))
    if taken.rowcount != 1:
        address = connection.execute(sa.select(fixed_ips.c.address).where(fixed_ips.c.id == row['id'])).scalar()
        raise exception.FixedIpAlreadyInUse(f'Fixed IP address {address} is already in use.')


@session.write
def deallocate(connection, instance_uuid, only_if_deleted=False):
    """Take back all cards and addresses of a guest; a second call finds nothing.

    A lease that is still open keeps its address from the next guest for a while, see :func:`_take`.

    :param only_if_deleted: do nothing if the guest exists (again)
    :returns: whether there was something to take back
    """
    _lock_of_instance(connection, instance_uuid)
    if only_if_deleted:
        found = connection.execute(sa.select(instances.c.deleted).where(instances.c.uuid == instance_uuid)).first()
        if found is not None and not found.deleted:
            return False
    freed = connection.execute(fixed_ips.update().where(fixed_ips.c.instance_uuid == instance_uuid).values(
        _freed_values())).rowcount
    removed = connection.execute(vifs.delete().where(vifs.c.instance_uuid == instance_uuid)).rowcount
    return bool(freed or removed)


def _freed_values():
    return {'allocated': False, 'instance_uuid': None, 'virtual_interface_uuid': None,
            'released_at': session.db_now(), 'updated_at': session.now()}


@session.write
def release_gateway(connection, network_id, host):
    """Give back a host's own address in a network, unless a guest of the network lives there.

    :returns: whether the address was given back
    """
    _lock(connection, [network_id])
    here = sa.and_(fixed_ips.c.network_id == network_id, fixed_ips.c.host == host)
    if _first(connection, sa.select(fixed_ips.c.id).where(here, fixed_ips.c.instance_uuid.is_not(None)).limit(1)):
        return False
    result = connection.execute(fixed_ips.update().where(here, HOST_GATEWAY).values(
        host=None, leased=False, **_freed_values()))
    return bool(result.rowcount)


@session.write
def release_host(connection, host):
    """Take back the addresses of deleted guests on a host, and its own where no other guest is; list them."""
    _lock(connection, connection.execute(sa.select(fixed_ips.c.network_id).where(
        fixed_ips.c.host == host).distinct()).scalars().all())
    dead = sa.select(instances.c.uuid).where(instances.c.deleted != 0)
    lost = sa.and_(fixed_ips.c.host == host, fixed_ips.c.instance_uuid.in_(dead))
    freed = _rows(connection, sa.select(fixed_ips.c.id, fixed_ips.c.address).where(lost))
    connection.execute(vifs.delete().where(vifs.c.uuid.in_(sa.select(fixed_ips.c.virtual_interface_uuid).where(lost))))
    busy = connection.execute(sa.select(fixed_ips.c.network_id).where(
        fixed_ips.c.host == host, fixed_ips.c.instance_uuid.is_not(None), sa.not_(lost)).distinct()).scalars().all()
    freed += _rows(connection, sa.select(fixed_ips.c.id, fixed_ips.c.address).where(
        fixed_ips.c.host == host, HOST_GATEWAY, fixed_ips.c.network_id.not_in(busy)))
    connection.execute(fixed_ips.update().where(fixed_ips.c.id.in_([row['id'] for row in freed])).values(
        host=None, leased=False, **_freed_values()))
    return sorted(row['address'] for row in freed)


# -- leases ---------------------------------------------------------------------

@session.write
def set_leases(connection, network_id, host, leased):
    """Record which addresses of a network this host's DHCP server has leases for.

    :param leased: all of them; any other address of this host and network has none
    """
    here = sa.and_(fixed_ips.c.network_id == network_id, fixed_ips.c.host == host)
    known = set(connection.execute(sa.select(fixed_ips.c.address).where(
        here, fixed_ips.c.leased.is_(True))).scalars())
    for value, addresses in ((True, set(leased) - known), (False, known - set(leased))):
        if addresses:
            connection.execute(fixed_ips.update().where(here, fixed_ips.c.address.in_(addresses)).values(
                leased=value, updated_at=session.now()))


# -- looking up -------------------------------------------------------------------

_CARD = (vifs.c.uuid.label('vif_uuid'), vifs.c.address.label('mac'), vifs.c.tag, vifs.c.position, vifs.c.instance_uuid,
         vifs.c.network_id, fixed_ips.c.address, fixed_ips.c.host, fixed_ips.c.leased)


def _cards(connection, condition):
    statement = sa.select(*_CARD, instances.c.hostname, instances.c.deleted).select_from(
        vifs.join(fixed_ips, fixed_ips.c.virtual_interface_uuid == vifs.c.uuid)
        .outerjoin(instances, instances.c.uuid == vifs.c.instance_uuid)
    ).where(condition).order_by(vifs.c.instance_uuid, vifs.c.position)
    cards = _rows(connection, statement)
    ids = {card['network_id'] for card in cards}
    found = _networks_by_id(connection, ids)
    gateways = _gateways(connection, ids)
    for card in cards:
        card['deleted'] = card['deleted'] is None or bool(card['deleted'])
        card['network'] = found.get(card['network_id'])
        card['gateway'] = gateways.get((card['network_id'], card['host']))
    return [card for card in cards if card['network']]


def _networks_by_id(connection, ids):
    if not ids:
        return {}
    return {row['id']: row for row in _rows(connection, sa.select(networks).where(networks.c.id.in_(ids)))}


def _gateways(connection, network_ids):
    if not network_ids:
        return {}
    rows = connection.execute(sa.select(fixed_ips.c.network_id, fixed_ips.c.host, fixed_ips.c.address).where(
        HOST_GATEWAY, fixed_ips.c.network_id.in_(network_ids)))
    return {(row.network_id, row.host): row.address for row in rows}


@session.read
def list_cards(connection, instance_uuids):
    """List the cards of guests in order of guest and position.

    :returns: dicts of vif_uuid, mac, tag, position, instance_uuid, address, host, leased, hostname, deleted (is the
        guest gone), network (row) and gateway (the host's own address there, or None)
    """
    return _cards(connection, vifs.c.instance_uuid.in_(instance_uuids))


@session.read
def host_state(connection, host):
    """Tell what one host must serve.

    :returns: {'cards': see :func:`list_cards`, 'gateways': [{network: row, address}]}
    """
    cards = _cards(connection, fixed_ips.c.host == host)
    own = _rows(connection, sa.select(fixed_ips.c.network_id, fixed_ips.c.address).where(
        HOST_GATEWAY, fixed_ips.c.host == host))
    found = _networks_by_id(connection, [row['network_id'] for row in own])
    return {'cards': cards, 'gateways': [{'network': found[row['network_id']], 'address': row['address']}
                                         for row in own if row['network_id'] in found]}


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


@session.read
def list_vifs(connection, instance_uuid):
    """List a guest's virtual interface rows in order."""
    return _rows(connection, sa.select(vifs).where(vifs.c.instance_uuid == instance_uuid).order_by(vifs.c.position))

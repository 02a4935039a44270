# SPDX-License-Identifier: Apache-2.0
"""Queries: who has which address.  Nova: nova/db/sqlalchemy/api.py (fixed_ip_associate and others, Newton).

Each address that can be given out is a row of fixed_ips from the moment its network is created. A row is

* free: not allocated, not reserved, and its last DHCP lease is over;
* a guest's: allocated, with instance_uuid, virtual_interface_uuid and position (0 is the card's first), and
  without host while the server is shelved and on no host;
* a host's: allocated, with host and without instance_uuid. It is the gateway and DHCP server of the
  guests on that host (nova-network's multi_host). Networks with a VNI have none: there each host has
  the network's own gateway address.

Whoever gives out or takes back addresses of a network first locks the network's row, so that the
last guest of a host and the next one cannot miss each other; the UPDATE that takes an address names
the state it expects all the same. The statements of a boot are built once: building them anew cost
more than the database.
"""
import datetime

import sqlalchemy as sa
from oslo_db import exception as db_exception
from oslo_log import log

from mininova import exception
from mininova.db import floating_links, migration_records, models, session

LOG = log.getLogger(__name__)

networks = models.networks
fixed_ips = models.fixed_ips
vifs = models.virtual_interfaces
floating_ips = models.floating_ips
instances = models.instances

# Position of an address that is being taken from its card: not the guest's any more, and not yet another's.
LEAVING = -1
UNUSED = sa.and_(fixed_ips.c.allocated.is_(False), fixed_ips.c.reserved.is_(False))
HOST_GATEWAY = sa.and_(fixed_ips.c.allocated.is_(True), fixed_ips.c.instance_uuid.is_(None),
                       fixed_ips.c.host.is_not(None))

_IDS = sa.bindparam('ids', expanding=True)
_LOCK = sa.select(networks).where(networks.c.id.in_(_IDS)).order_by(networks.c.id).with_for_update()
_NETWORKS = sa.select(networks).where(networks.c.id.in_(_IDS))
_INSTANCE = sa.select(instances.c.deleted, instances.c.host).where(instances.c.uuid == sa.bindparam('uuid'))
_MOVES = sa.select(models.migrations.c.id).where(
    models.migrations.c.instance_uuid == sa.bindparam('uuid'), models.migrations.c.dest_compute == sa.bindparam('host'),
    models.migrations.c.status.not_in(migration_records.FINAL))
_GATEWAYS = sa.select(fixed_ips.c.network_id, fixed_ips.c.host, fixed_ips.c.address).where(
    HOST_GATEWAY, fixed_ips.c.network_id.in_(_IDS))
_POSITIONS = sa.select(vifs.c.position, vifs.c.network_id).where(vifs.c.instance_uuid == sa.bindparam('uuid'))
_FREE = sa.select(fixed_ips.c.id).where(fixed_ips.c.network_id == sa.bindparam('network'), UNUSED).order_by(
    fixed_ips.c.id).limit(1).with_for_update()
_FREE_NOW = _FREE.where(fixed_ips.c.leased.is_(False))
_FREE_BY_AGE = _FREE.where(sa.or_(fixed_ips.c.released_at.is_(None), fixed_ips.c.released_at <= sa.bindparam('over')))
_TAKE = fixed_ips.update().where(fixed_ips.c.id == sa.bindparam('row'), UNUSED).values(
    allocated=True, leased=False, released_at=None, host=sa.bindparam('to_host'),
    instance_uuid=sa.bindparam('to_instance'), virtual_interface_uuid=sa.bindparam('to_vif'),
    updated_at=sa.bindparam('now'))
_CARDS = sa.select(
    vifs.c.uuid.label('vif_uuid'), vifs.c.address.label('mac'), vifs.c.tag, vifs.c.position, vifs.c.instance_uuid,
    vifs.c.network_id, vifs.c.task, fixed_ips.c.address, fixed_ips.c.host, fixed_ips.c.leased,
    fixed_ips.c.position.label('rank'), instances.c.hostname, instances.c.deleted,
    floating_ips.c.address.label('floating'), floating_ips.c.interface).select_from(
        vifs.join(fixed_ips, fixed_ips.c.virtual_interface_uuid == vifs.c.uuid)
        .outerjoin(instances, instances.c.uuid == vifs.c.instance_uuid)
        .outerjoin(floating_ips, floating_ips.c.fixed_ip_id == fixed_ips.c.id)
).where(fixed_ips.c.position != LEAVING).order_by(
    vifs.c.instance_uuid, vifs.c.position, fixed_ips.c.position, floating_ips.c.id)
_CARDS_OF_INSTANCE = _CARDS.where(vifs.c.instance_uuid == sa.bindparam('uuid'))
_CARDS_OF_HOST = _CARDS.where(fixed_ips.c.host == sa.bindparam('host'))
_ARRIVING = _CARDS.where(vifs.c.instance_uuid.in_(sa.select(models.migrations.c.instance_uuid).where(
    models.migrations.c.dest_compute == sa.bindparam('host'), models.migrations.c.migration_type == 'live-migration',
    models.migrations.c.status.in_(('preparing', 'running', 'post-migrating')))))


def _rows(connection, statement, **values):
    return [dict(row) for row in connection.execute(statement, values).mappings()]


# -- giving out -----------------------------------------------------------------

def allocate(instance_uuid, host, requests, new_card):
    """Give a guest its cards and addresses, and its host a gateway address in each network.

    What the guest has already is kept, so a repeated call changes nothing but the host.

    :param requests: [{network_id (number), address or None, tag}] in the order of the cards
    :param new_card: function that gives {'uuid', 'mac'} of a new card
    :returns: the guest's cards, see :func:`list_cards`
    :raises InstanceNotFound: the guest was deleted meanwhile
    :raises NoMoreFixedIps: a pool is exhausted
    :raises FixedIpAlreadyInUse, FixedIpNotFoundForNetwork: a wanted address cannot be had
    :raises VirtualInterfaceCreateException: each MAC that was tried is taken
    """
    for _attempt in range(session.CONF.create_unique_mac_address_attempts):
        try:
            return _allocate(instance_uuid, host, [{**request, **new_card()} for request in requests])
        except db_exception.DBDuplicateEntry as error:
            LOG.warning('A new card of instance %s could not be stored: %s', instance_uuid, error)
    raise exception.VirtualInterfaceCreateException(
        'No free MAC address was found; see [network] base_mac and create_unique_mac_address_attempts.')


@session.write
def _allocate(connection, instance_uuid, host, requests):
    locked = lock(connection, [request['network_id'] for request in requests])
    _require_instance(connection, instance_uuid, host)
    gateways = _ensure_gateways(connection, locked, host)
    present = {row.position for row in connection.execute(_POSITIONS, {'uuid': instance_uuid})}
    for position, request in enumerate(requests):
        if position not in present:
            _add_card(connection, instance_uuid, host, position, request)
    return _settle_on_host(connection, instance_uuid, host, locked, gateways)


@session.write
def move(connection, instance_uuid, host):
    """Say that a guest's addresses are served by this host now; gives the host gateways where it has none.

    :returns: the guest's cards, see :func:`list_cards`
    """
    locked = _lock_of_instance(connection, instance_uuid)
    _require_instance(connection, instance_uuid, host)
    return _settle_on_host(connection, instance_uuid, host, locked, _ensure_gateways(connection, locked, host))


@session.write
def unbind(connection, instance_uuid, host):
    """Say that a host serves a guest's addresses no longer; they stay the guest's.

    What another host serves by now is not changed.
    """
    _lock_of_instance(connection, instance_uuid)
    connection.execute(fixed_ips.update().where(
        fixed_ips.c.instance_uuid == instance_uuid, fixed_ips.c.host == host).values(
            host=None, leased=False, updated_at=session.now()))


@session.write
def prepare(connection, instance_uuid, host):
    """Give a host to which a guest is under way gateways in its networks; another host still serves its addresses.

    :returns: the guest's cards as they will be on that host, see :func:`list_cards`
    """
    locked = _lock_of_instance(connection, instance_uuid)
    _require_instance(connection, instance_uuid, host)
    gateways = _ensure_gateways(connection, locked, host)
    cards = [_seen_from(host, card) for card in _rows(connection, _CARDS_OF_INSTANCE, uuid=instance_uuid)]
    return _complete(connection, cards, locked, gateways)


def _seen_from(host, card):
    """Return a card as it will be on a host; until then its floating addresses are another's to serve."""
    return {**card, 'host': host, 'arriving': card['host'] != host}


def _settle_on_host(connection, instance_uuid, host, known_networks, gateways):
    cards = _rows(connection, _CARDS_OF_INSTANCE, uuid=instance_uuid)
    if any(card['host'] != host for card in cards):
        connection.execute(fixed_ips.update().where(fixed_ips.c.instance_uuid == instance_uuid).values(
            host=host, leased=False, updated_at=session.now()))
        cards = _rows(connection, _CARDS_OF_INSTANCE, uuid=instance_uuid)
    return _complete(connection, cards, known_networks, gateways)


def _ensure_gateways(connection, locked, host):
    gateways = _gateways(connection, locked)
    missing = [network_id for network_id in sorted(locked)
               if (network_id, host) not in gateways and not locked[network_id]['vni']]
    for network_id in missing:
        take(connection, network_id, None, to_host=host)
    return _gateways(connection, locked) if missing else gateways


def lock(connection, network_ids):
    """Wait until nobody else gives out or takes back addresses of these networks; gives {number: row}."""
    ids = sorted(set(network_ids))
    found = {row['id']: row for row in _rows(connection, _LOCK, ids=ids)} if ids else {}
    for network_id in ids:
        if network_id not in found:
            raise exception.NetworkNotFound(network_id=network_id, code=400)
    return found


def _lock_of_instance(connection, instance_uuid):
    found = connection.execute(_POSITIONS, {'uuid': instance_uuid})
    return lock(connection, [row.network_id for row in found if row.network_id is not None])


def _require_instance(connection, instance_uuid, host):
    """Refuse what an old message asks for: the guest was deleted, or is another host's now."""
    found = connection.execute(_INSTANCE, {'uuid': instance_uuid}).first()
    if found is None or found.deleted:
        raise exception.InstanceNotFound(instance_id=instance_uuid)
    if found.host not in (None, host) and not _is_moving_to(connection, instance_uuid, host):
        raise exception.NetworkSetupFailed(
            network=f'of instance {instance_uuid}', reason=f'the instance belongs to host {found.host}, not to {host}')


def _is_moving_to(connection, instance_uuid, host):
    """Tell whether a guest is under way to a host."""
    return connection.execute(_MOVES, {'uuid': instance_uuid, 'host': host}).first() is not None


def _add_card(connection, instance_uuid, host, position, request):
    take(connection, request['network_id'], request['address'], to_host=host, to_instance=instance_uuid,
          to_vif=request['uuid'])
    connection.execute(vifs.insert(), {
        'uuid': request['uuid'], 'address': request['mac'], 'network_id': request['network_id'],
        'instance_uuid': instance_uuid, 'position': position, 'tag': request['tag'], 'created_at': session.now()})


def take(connection, network_id, address, to_host, to_instance=None, to_vif=None):
    """Turn one free row into somebody's, the lowest or the one asked for."""
    row = _wanted_row(connection, network_id, address) if address else _lowest_row(connection, network_id)
    taken = connection.execute(_TAKE, {'row': row, 'to_host': to_host, 'to_instance': to_instance, 'to_vif': to_vif,
                                       'now': session.now()})
    if taken.rowcount != 1:
        address = connection.execute(sa.select(fixed_ips.c.address).where(fixed_ips.c.id == row)).scalar()
        raise exception.FixedIpAlreadyInUse(f'Fixed IP address {address} is already in use.')


def _lowest_row(connection, network_id):
    row = connection.execute(_FREE_NOW, {'network': network_id}).scalar()
    if row is None:
        now = connection.execute(sa.select(session.db_now())).scalar()
        over = now - datetime.timedelta(seconds=session.CONF.fixed_ip_disassociate_timeout)
        row = connection.execute(_FREE_BY_AGE, {'network': network_id, 'over': over}).scalar()
    if row is None:
        raise exception.NoMoreFixedIps(net=_uuid_of(connection, network_id))
    return row


def _wanted_row(connection, network_id, address):
    row = connection.execute(sa.select(fixed_ips.c.id).where(
        fixed_ips.c.network_id == network_id, fixed_ips.c.address == address)).scalar()
    if row is None:
        raise exception.FixedIpNotFoundForNetwork(address=address, network_uuid=_uuid_of(connection, network_id))
    return row


def _uuid_of(connection, network_id):
    return connection.execute(sa.select(networks.c.uuid).where(networks.c.id == network_id)).scalar()


# -- taking back ----------------------------------------------------------------

@session.write
def deallocate(connection, instance_uuid, only_if_deleted=False):
    """Take back all cards and addresses of a guest; a second call finds nothing.

    A lease that is still open keeps its address from the next guest for a while, see :func:`_lowest_row`.

    :param only_if_deleted: do nothing if the guest exists (again)
    :returns: whether there was something to take back
    """
    _lock_of_instance(connection, instance_uuid)
    if only_if_deleted:
        found = connection.execute(_INSTANCE, {'uuid': instance_uuid}).first()
        if found is not None and not found.deleted:
            return False
    floating_links.cut_of_instance(connection, instance_uuid)
    freed = connection.execute(fixed_ips.update().where(fixed_ips.c.instance_uuid == instance_uuid).values(
        freed_values())).rowcount
    removed = connection.execute(vifs.delete().where(vifs.c.instance_uuid == instance_uuid)).rowcount
    return bool(freed or removed)


def freed_values():
    return {'allocated': False, 'instance_uuid': None, 'virtual_interface_uuid': None, 'position': 0,
            'released_at': session.db_now(), 'updated_at': session.now()}


@session.write
def release_gateway(connection, network_id, host):
    """Give back a host's own address in a network, unless a guest of the network lives there.

    :returns: whether the address was given back
    """
    connection.execute(_LOCK, {'ids': [network_id]}).all()
    here = sa.and_(fixed_ips.c.network_id == network_id, fixed_ips.c.host == host)
    if connection.execute(sa.select(fixed_ips.c.id).where(here, fixed_ips.c.instance_uuid.is_not(None))).first():
        return False
    result = connection.execute(fixed_ips.update().where(here, HOST_GATEWAY).values(
        host=None, leased=False, **freed_values()))
    return bool(result.rowcount)


@session.write
def release_host(connection, host):
    """Take back the addresses of deleted guests on a host, and its own where no other guest is; list them."""
    connection.execute(_LOCK, {'ids': connection.execute(sa.select(fixed_ips.c.network_id).where(
        fixed_ips.c.host == host).distinct()).scalars().all()}).all()
    dead = sa.select(instances.c.uuid).where(instances.c.deleted != 0)
    lost = sa.and_(fixed_ips.c.host == host, fixed_ips.c.instance_uuid.in_(dead))
    freed = _rows(connection, sa.select(fixed_ips.c.id, fixed_ips.c.address).where(lost))
    floating_links.cut(connection, lost)
    connection.execute(vifs.delete().where(vifs.c.uuid.in_(sa.select(fixed_ips.c.virtual_interface_uuid).where(lost))))
    busy = connection.execute(sa.select(fixed_ips.c.network_id).where(
        fixed_ips.c.host == host, fixed_ips.c.instance_uuid.is_not(None), sa.not_(lost)).distinct()).scalars().all()
    freed += _rows(connection, sa.select(fixed_ips.c.id, fixed_ips.c.address).where(
        fixed_ips.c.host == host, HOST_GATEWAY, fixed_ips.c.network_id.not_in(busy)))
    connection.execute(fixed_ips.update().where(fixed_ips.c.id.in_([row['id'] for row in freed])).values(
        host=None, leased=False, **freed_values()))
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

def _complete(connection, cards, known_networks=None, gateways=None):
    """Give cards their network, gateway and floating addresses; without a network a card is nothing."""
    cards = _fold(cards)
    ids = {card['network_id'] for card in cards}
    if known_networks is None or not ids <= set(known_networks):
        known_networks = {row['id']: row for row in _rows(connection, _NETWORKS, ids=ids)} if ids else {}
        gateways = _gateways(connection, ids)
    for card in cards:
        card['deleted'] = card['deleted'] is None or bool(card['deleted'])
        card['network'] = known_networks.get(card['network_id'])
        card['gateway'] = _gateway_of(card, gateways)
    return [card for card in cards if card['network']]


def _fold(rows):
    """Turn rows, one for each floating address, into cards that list theirs."""
    cards = {}
    for row in rows:
        floating, interface = row.pop('floating'), row.pop('interface')
        card = cards.setdefault((row['vif_uuid'], row['address']), {'arriving': False, **row, 'floating_ips': []})
        if floating:
            card['floating_ips'].append({'address': floating, 'interface': interface})
    return list(cards.values())


def _gateway_of(card, gateways):
    """Give the address by which a card's host serves it; with a VNI that is the same on all hosts."""
    if card['network'] and card['network']['vni']:
        return card['network']['gateway']
    return gateways.get((card['network_id'], card['host']))


def _gateways(connection, network_ids):
    """Map (network, host) to the host's own address."""
    if not network_ids:
        return {}
    rows = connection.execute(_GATEWAYS, {'ids': list(network_ids)})
    return {(row.network_id, row.host): row.address for row in rows}


@session.read
def list_cards(connection, instance_uuid):
    """List the cards of a guest in order.

    :returns: dicts of vif_uuid, mac, tag, position, instance_uuid, address, host, leased, hostname, deleted (is the
        guest gone), network (row), gateway (the host's own address there, or None), task (what is being done to it,
        see db/interfaces.py), floating_ips ([{address, interface}] that lead to the address), arriving (the guest is
        under way to the host, another one serves it) and rank; a card with several addresses is there once for each,
        lowest rank first
    """
    return _complete(connection, _rows(connection, _CARDS_OF_INSTANCE, uuid=instance_uuid))


@session.read
def host_state(connection, host):
    """Tell what one host must serve: its guests, and those under way for which it was prepared.

    :returns: {'cards': see :func:`list_cards`, 'gateways': [{network: row, address}]}
    """
    cards = _complete(connection, _rows(connection, _CARDS_OF_HOST, host=host))
    arriving = [_seen_from(host, card) for card in _rows(connection, _ARRIVING, host=host) if card['host'] != host]
    cards += [card for card in _complete(connection, arriving) if card['gateway']]
    own = _rows(connection, sa.select(fixed_ips.c.network_id, fixed_ips.c.address).where(
        HOST_GATEWAY, fixed_ips.c.host == host))
    ids = [row['network_id'] for row in own]
    found = {row['id']: row for row in _rows(connection, _NETWORKS, ids=ids)} if ids else {}
    return {'cards': cards, 'gateways': [{'network': found[row['network_id']], 'address': row['address']}
                                         for row in own if row['network_id'] in found]}


@session.read
def list_vifs(connection, instance_uuid):
    """List a guest's virtual interface rows in order."""
    return _rows(connection, sa.select(vifs).where(vifs.c.instance_uuid == instance_uuid).order_by(vifs.c.position))

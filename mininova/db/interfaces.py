# SPDX-License-Identifier: Apache-2.0
"""Cards that come to a server that exists, go, or change their addresses.  Nova: virtual_interface_* of
nova/db/main/api.py; fixed_ip_associate and fixed_ip_disassociate of nova/db/sqlalchemy/api.py (Newton).

What is being done to a card is written on it (``task``) in the transaction that accepts it, and taken off in the one
that ends it.  So whoever finds the card later knows what is left to do, and a message that comes late finds nothing.
"""
import datetime

import sqlalchemy as sa
from oslo_db import exception as db_exception
from oslo_log import log

from mininova import exception
from mininova.db import actions, addresses, floating_links, instances, models, session

LOG = log.getLogger(__name__)

networks, fixed_ips, vifs = models.networks, models.fixed_ips, models.virtual_interfaces

ATTACHING, DETACHING, CHANGING, DELETED = 'attaching', 'detaching', 'changing', 'deleted'
# A PC has 32 slots, of which disks and the like need some.
MAX_CARDS = 24


def reserve(instance_uuid, host, request, new_card, expected, action):
    """Give a server one more card, not yet in the guest, with the record of who asked for it.

    :param request: {network_id (number), address or None, tag}
    :param new_card: function that gives {'uuid', 'mac'} of a new card
    :param expected: {column: accepted values} of the instance
    :param action: columns of instance_actions, without arguments
    :returns: (uuid of the card, None), or (None, the instance's row as found or None)
    :raises NoMoreFixedIps, FixedIpAlreadyInUse, FixedIpNotFoundForNetwork: no address can be had
    :raises PortLimitExceeded: it has as many cards as it can have (403)
    :raises VirtualInterfaceCreateException: each MAC that was tried is taken
    """
    for _attempt in range(session.CONF.create_unique_mac_address_attempts):
        try:
            return _reserve(instance_uuid, host, {**request, **new_card()}, expected, action)
        except db_exception.DBDuplicateEntry as error:
            LOG.warning('A new card of instance %s could not be stored: %s', instance_uuid, error)
    raise exception.VirtualInterfaceCreateException(
        'No free MAC address was found; see [network] base_mac and create_unique_mac_address_attempts.')


@session.write
def _reserve(connection, instance_uuid, host, request, expected, action):
    addresses.lock(connection, [request['network_id']])
    written, found = instances.compare_and_swap.within(connection, instance_uuid, {}, {**expected, 'host': host})
    if not written:
        return None, found
    mine = sa.select(vifs.c.position).where(vifs.c.instance_uuid == instance_uuid)
    present = connection.execute(mine).scalars().all()
    if len(present) >= MAX_CARDS:
        raise exception.PortLimitExceeded(instance_uuid=instance_uuid, allowed=MAX_CARDS)
    addresses.take(connection, request['network_id'], request['address'], to_host=host, to_instance=instance_uuid,
                   to_vif=request['uuid'])
    now = session.now()
    connection.execute(vifs.insert(), {
        'uuid': request['uuid'], 'address': request['mac'], 'network_id': request['network_id'],
        'instance_uuid': instance_uuid, 'position': max(present, default=-1) + 1, 'tag': request['tag'],
        'task': ATTACHING, 'created_at': now, 'updated_at': now})
    actions.start.within(connection, {**action, 'arguments': {'port_id': request['uuid']}})
    return request['uuid'], None


@session.write
def reserve_port(connection, instance_uuid, host, card, expected, action):
    """Give a server a port of a network service as one more card, with the record of who asked for it.

    :param card: {uuid, tag, preserve_on_delete}
    :param action: columns of instance_actions, without arguments
    :returns: (True, None), or (False, the instance's row as found or None)
    :raises PortInUse: it is a card already (409)
    :raises PortLimitExceeded: it has as many cards as it can have (403)
    """
    written, found = instances.compare_and_swap.within(connection, instance_uuid, {}, {**expected, 'host': host})
    if not written:
        return False, found
    present = connection.execute(sa.select(vifs.c.position).where(
        vifs.c.instance_uuid == instance_uuid)).scalars().all()
    if len(present) >= MAX_CARDS:
        raise exception.PortLimitExceeded(instance_uuid=instance_uuid, allowed=MAX_CARDS)
    if connection.execute(sa.select(vifs.c.id).where(vifs.c.uuid == card['uuid'])).first():
        raise exception.PortInUse(port_id=card['uuid'])
    now = session.now()
    connection.execute(vifs.insert(), {**card, 'instance_uuid': instance_uuid, 'task': ATTACHING,
                                       'position': max(present, default=-1) + 1, 'created_at': now, 'updated_at': now})
    actions.start.within(connection, {**action, 'arguments': {'port_id': card['uuid']}})
    return True, None


@session.write
def note(connection, instance_uuid, cards):
    """Write down ports of a network service as cards of a server; what is there stays as it is.

    :param cards: [{uuid, tag, position, preserve_on_delete}]
    :raises InstanceNotFound: it was deleted meanwhile
    :raises PortInUse: another server has one (409)
    """
    written, _found = instances.compare_and_swap.within(connection, instance_uuid, {})
    if not written:
        raise exception.InstanceNotFound(instance_id=instance_uuid)
    present = dict(connection.execute(sa.select(vifs.c.uuid, vifs.c.instance_uuid).where(
        vifs.c.uuid.in_([card['uuid'] for card in cards]))).all())
    now = session.now()
    for card in cards:
        if present.get(card['uuid'], instance_uuid) != instance_uuid:
            raise exception.PortInUse(port_id=card['uuid'])
        if card['uuid'] not in present:
            connection.execute(vifs.insert(), {**card, 'instance_uuid': instance_uuid, 'created_at': now,
                                               'updated_at': now})


@session.write
def begin_change(connection, instance_uuid, vif_uuid):
    """Say that the addresses of a card are about to change; tell whether nothing else is being done to it."""
    return _mark(connection, instance_uuid, vif_uuid, (None, CHANGING), CHANGING)


@session.write
def condemn(connection, instance_uuid, vif_uuid, expected, action):
    """Say that a card shall leave its guest.

    :param action: columns of instance_actions
    :returns: (whether the card was there and nothing was being done to it, None), or (None, the instance's row as
        found or None)
    """
    written, found = instances.compare_and_swap.within(connection, instance_uuid, {}, expected)
    if not written:
        return None, found
    if not _mark(connection, instance_uuid, vif_uuid, (None, CHANGING), DETACHING):
        return False, None
    actions.start.within(connection, action)
    return True, None


def _mark(connection, instance_uuid, vif_uuid, before, task):
    accepted = [vifs.c.task.is_(None) if value is None else vifs.c.task == value for value in before]
    return bool(connection.execute(vifs.update().where(
        vifs.c.uuid == vif_uuid, vifs.c.instance_uuid == instance_uuid, sa.or_(*accepted)).values(
            task=task, updated_at=session.now())).rowcount)


@session.write
def mark_deleted(connection, cards):
    """Say that the network service has no such cards any more, so that they shall leave their guests.

    :param cards: [(server, card)]; one that comes or goes already, and what is no card of the server, is passed over
    """
    connection.execute(vifs.update().where(
        sa.tuple_(vifs.c.instance_uuid, vifs.c.uuid).in_(cards),
        sa.or_(vifs.c.task.is_(None), vifs.c.task == CHANGING)).values(task=DELETED, updated_at=session.now()))


@session.write
def complete(connection, instance_uuid, vif_uuid, task, values, expected):
    """End what was being done to a card that stays, and write what the server has by now.

    :param task: what must have been being done
    :param values: columns of the instance
    :returns: whether the card was still there and so
    :raises InstanceNotFound, StaleAction: the instance is not as expected; nothing is written
    """
    if not _mark(connection, instance_uuid, vif_uuid, (task,), None):
        return False
    connection.execute(_freeing(fixed_ips.c.virtual_interface_uuid == vif_uuid,
                                fixed_ips.c.position == addresses.LEAVING))
    _write_instance(connection, instance_uuid, values, expected)
    return True


@session.write
def remove(connection, instance_uuid, vif_uuid, values, expected):
    """Take a card, which no guest has any more, from a server, with its addresses; a repeat finds nothing.

    :returns: whether it was there
    :raises InstanceNotFound, StaleAction: the instance is not as expected; nothing is written
    """
    row = connection.execute(sa.select(vifs.c.network_id).where(
        vifs.c.uuid == vif_uuid, vifs.c.instance_uuid == instance_uuid)).first()
    if row is None:
        return False
    if row.network_id is not None:
        addresses.lock(connection, [row.network_id])
    floating_links.cut(connection, fixed_ips.c.virtual_interface_uuid == vif_uuid)
    connection.execute(_freeing(fixed_ips.c.virtual_interface_uuid == vif_uuid))
    connection.execute(vifs.delete().where(vifs.c.uuid == vif_uuid))
    _write_instance(connection, instance_uuid, values, expected)
    return True


def _freeing(*conditions):
    return fixed_ips.update().where(*conditions).values(host=None, **addresses.freed_values())


def _write_instance(connection, instance_uuid, values, expected):
    written, found = instances.compare_and_swap.within(connection, instance_uuid, values, expected)
    if found is None:
        raise exception.InstanceNotFound(instance_id=instance_uuid)
    if not written:
        raise exception.StaleAction(instance_uuid=instance_uuid, action_id='(of a card)')


# -- further addresses of a card ---------------------------------------------------------


@session.write
def add_address(connection, instance_uuid, network_id, host):
    """Give a card of a server one more address.

    :param network_id: number of the network; the server's first card there gets it
    :returns: the card's uuid, or None if the server has no card there that nothing is being done to
    :raises NoMoreFixedIps: (400)
    """
    addresses.lock(connection, [network_id])
    vif_uuid = _first_card(connection, instance_uuid, network_id)
    if vif_uuid is None or not _mark(connection, instance_uuid, vif_uuid, (None, CHANGING), CHANGING):
        return None
    mine = fixed_ips.c.virtual_interface_uuid == vif_uuid
    before = set(connection.execute(sa.select(fixed_ips.c.id).where(mine)).scalars())
    last = connection.execute(sa.select(sa.func.max(fixed_ips.c.position)).where(mine)).scalar()
    addresses.take(connection, network_id, None, to_host=host, to_instance=instance_uuid, to_vif=vif_uuid)
    connection.execute(fixed_ips.update().where(mine, fixed_ips.c.id.not_in(before)).values(position=(last or 0) + 1))
    return vif_uuid


def _first_card(connection, instance_uuid, network_id):
    return connection.execute(sa.select(vifs.c.uuid).where(
        vifs.c.instance_uuid == instance_uuid, vifs.c.network_id == network_id).order_by(
            vifs.c.position).limit(1)).scalar()


@session.write
def drop_address(connection, instance_uuid, address):
    """Say that an address shall be taken from its card; it is free when the card's change is completed.

    :returns: the card's uuid; None if the server does not have the address, '' if the card has no other one
    """
    columns = fixed_ips.c.id, fixed_ips.c.network_id, fixed_ips.c.virtual_interface_uuid
    row = connection.execute(sa.select(*columns).where(
        fixed_ips.c.instance_uuid == instance_uuid, fixed_ips.c.address == address,
        fixed_ips.c.position != addresses.LEAVING)).first()
    if row is None:
        return None
    addresses.lock(connection, [row.network_id])
    others = connection.execute(sa.select(fixed_ips.c.id).where(
        fixed_ips.c.virtual_interface_uuid == row.virtual_interface_uuid, fixed_ips.c.id != row.id,
        fixed_ips.c.position != addresses.LEAVING).limit(1)).first()
    if others is None:
        return ''
    if not _mark(connection, instance_uuid, row.virtual_interface_uuid, (None, CHANGING), CHANGING):
        return None
    floating_links.cut(connection, fixed_ips.c.id == row.id)
    connection.execute(fixed_ips.update().where(fixed_ips.c.id == row.id).values(
        position=addresses.LEAVING, updated_at=session.now()))
    return row.virtual_interface_uuid


# -- looking up --------------------------------------------------------------------------


@session.read
def get(connection, vif_uuid):
    """Give a card's row or None."""
    return connection.execute(sa.select(vifs).where(vifs.c.uuid == vif_uuid)).mappings().first()


@session.read
def find_owner(connection, mac, address=None):
    """Give the uuid of the server with a card of that MAC that the network service has not deleted, or None.

    :param address: one that the server must have, too
    """
    row = connection.execute(
        sa.select(vifs.c.instance_uuid, models.instances.c.network_info).join(
            models.instances, models.instances.c.uuid == vifs.c.instance_uuid).where(
                vifs.c.address == mac, sa.or_(vifs.c.task.is_(None), vifs.c.task != DELETED),
                models.instances.c.deleted == 0)).first()
    if row is None or address is not None and not _has_address(row.network_info, address):
        return None
    return row.instance_uuid


def _has_address(network_info, address):
    return any(ip['address'] == address for vif in network_info or () for subnet in vif['network']['subnets']
               for ip in subnet['ips'])


@session.read
def list_changing(connection, host, quiet_for=0):
    """List (server, card, task) on a host of which addresses are being changed, or that the network service has
    deleted, since so many seconds."""
    statement = sa.select(vifs.c.instance_uuid, vifs.c.uuid, vifs.c.task).join(
        models.instances, models.instances.c.uuid == vifs.c.instance_uuid).where(
            models.instances.c.host == host, models.instances.c.deleted == 0, vifs.c.task.in_((CHANGING, DELETED)))
    if quiet_for:
        statement = statement.where(vifs.c.updated_at <= session.now() - datetime.timedelta(seconds=quiet_for))
    return [tuple(row) for row in connection.execute(statement)]

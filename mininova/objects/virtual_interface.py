# SPDX-License-Identifier: Apache-2.0
"""VirtualInterface: a guest's card and its address.  Nova: nova/objects/virtual_interface.py.

The list's class methods are the whole traffic of nova-network with the database: each is one transaction,
made in conductor. They deal in *wiring*, plain dictionaries with everything that the card's host must know:
``vif_uuid mac tag position instance_uuid address host leased hostname deleted network{...} gateway floating_ips[...]
arriving``, see mininova/db/addresses.py, list_cards.
"""
import random

from oslo_utils import uuidutils

import mininova.conf
from mininova import exception
from mininova.objects import base, fields
from mininova.objects import instance as instance_obj
from mininova.objects import network as network_obj

db = base.Database('addresses')
networks_db = base.Database('networks')
names_db = base.Database('guest_names')
changes = base.Database('interfaces')

CONF = mininova.conf.CONF

NETWORK_FIELDS = ('id', 'uuid', 'label', 'cidr', 'gateway', 'cidr_v6', 'gateway_v6', 'bridge', 'bridge_interface',
                  'vlan', 'vni', 'mtu', 'dns1', 'dns2', 'dhcp_start', 'enable_dhcp', 'injected', 'project_id',
                  'dhcp_domain')

_random = random.SystemRandom()


def new_mac():
    """Return a random MAC address below `[network] base_mac`."""
    return CONF.network.base_mac + ''.join(f':{_random.randrange(256):02x}' for _octet in range(3))


def new_card():
    """Return the identity of a new card."""
    return {'uuid': uuidutils.generate_uuid(), 'mac': new_mac()}


def _plain_network(row):
    return {name: row[name] for name in NETWORK_FIELDS}


def _plain(cards):
    return [dict(card, network=_plain_network(card['network'])) for card in cards]


@base.register
class VirtualInterface(base.NovaObject, base.NovaPersistentObject):
    """``address`` is the MAC; ``position`` counts a guest's cards from 0; ``task`` is what is being done to it, None
    for a card that is in its place.  A card that is a port of a network service has that port's ``uuid``, and no
    ``address`` and ``network_id`` here; ``preserve_on_delete``: the port is the user's own."""
    VERSION = '1.0'
    fields = {'id': fields.integer(), 'uuid': fields.text(), 'address': fields.text(), 'network_id': fields.integer(),
              'instance_uuid': fields.text(), 'tag': fields.text(), 'position': fields.integer(), 'task': fields.text(),
              'preserve_on_delete': fields.BooleanField(default=False)}

    @base.remotable_classmethod
    def get_by_uuid(cls, context, uuid):
        """Return a card or None."""
        row = changes.get(uuid)
        return None if row is None else cls._from_row(context, row)

    @base.remotable_classmethod
    def find_owner(cls, context, mac, address=None):
        """Return the uuid of the server that has a card with a MAC address, None if there is none.

        :param address: an address that the server must have been given, too
        """
        return changes.find_owner(mac, address)

    @base.remotable_classmethod
    def reserve(cls, context, instance_uuid, host, request, expected, action):
        """Give a server a card that is to be attached (:func:`mininova.db.interfaces.reserve`).

        :returns: its uuid
        :raises UnexpectedTaskStateError and its siblings: something else is being done to the server (409)
        """
        uuid, found = changes.reserve(instance_uuid, host, request, new_card, expected, action)
        if uuid is None:
            raise instance_obj.explain(instance_uuid, found, expected)
        return uuid

    @base.remotable_classmethod
    def reserve_port(cls, context, instance_uuid, host, card, expected, action):
        """Give a server a port of a network service that is to be attached (:func:`interfaces.reserve_port`).

        :param card: {uuid, tag, preserve_on_delete}
        :raises PortInUse: it is a card already (409)
        :raises UnexpectedTaskStateError and its siblings: something else is being done to the server (409)
        """
        reserved, found = changes.reserve_port(instance_uuid, host, card, expected, action)
        if not reserved:
            raise instance_obj.explain(instance_uuid, found, expected)

    @base.remotable_classmethod
    def begin_change(cls, context, instance_uuid, uuid):
        """Say that a card's addresses are about to change; tell whether nothing else is being done to it."""
        return changes.begin_change(instance_uuid, uuid)

    @base.remotable_classmethod
    def condemn(cls, context, instance_uuid, uuid, expected, action):
        """Say that a card is to be detached (:func:`mininova.db.interfaces.condemn`).

        :raises PortNotFound: the server does not have it, or it is on its way (404)
        :raises UnexpectedTaskStateError and its siblings: something else is being done to the server (409)
        """
        marked, found = changes.condemn(instance_uuid, uuid, expected, action)
        if marked is None:
            raise instance_obj.explain(instance_uuid, found, expected)
        if not marked:
            raise exception.PortNotFound(port_id=uuid)

    @base.remotable_classmethod
    def complete(cls, context, instance_uuid, uuid, task, network_info, host):
        """End what was being done to a card that stays; tell whether it still was.

        :param network_info: what the server has by now, as a plain list
        :raises InstanceNotFound, StaleAction: the server is gone, or another host's
        """
        return changes.complete(instance_uuid, uuid, task, {'network_info': network_info}, {'host': host})

    @base.remotable_classmethod
    def remove(cls, context, instance_uuid, uuid, network_info, host):
        """Free a card that no guest has any more; tell whether there was one.

        :param network_info: what the server has then, as a plain list
        :raises InstanceNotFound, StaleAction: the server is gone, or another host's
        """
        return changes.remove(instance_uuid, uuid, {'network_info': network_info}, {'host': host})

    @base.remotable_classmethod
    def add_address(cls, context, instance_uuid, network_id, host):
        """Give a server one more address on its card in a network, by its number (:func:`interfaces.add_address`)."""
        return changes.add_address(instance_uuid, network_id, host)

    @base.remotable_classmethod
    def drop_address(cls, context, instance_uuid, address):
        """Begin to take an address from a server (:func:`mininova.db.interfaces.drop_address`)."""
        return changes.drop_address(instance_uuid, address)


@base.register
class VirtualInterfaceList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('VirtualInterface')}

    @base.remotable_classmethod
    def get_by_instance_uuid(cls, context, instance_uuid):
        """Return a guest's cards in order."""
        return cls._from_rows(context, VirtualInterface, db.list_vifs(instance_uuid))

    @base.remotable_classmethod
    def get_changing(cls, context, host, quiet_for):
        """Return [(server, card, task)] of a host's cards that change or are deleted, since so many seconds."""
        return changes.list_changing(host, quiet_for)

    @base.remotable_classmethod
    def note(cls, context, instance_uuid, cards):
        """Write down ports of a network service as a guest's cards; those that are written down stay as they are.

        :param cards: [{uuid, tag, position, preserve_on_delete}]
        :raises InstanceNotFound: it was deleted meanwhile
        :raises PortInUse: another server has one (409)
        """
        changes.note(instance_uuid, cards)

    @base.remotable_classmethod
    def allocate(cls, context, instance_uuid, project_id, host, requested_networks):
        """Give a guest cards and addresses; what it has already is kept.

        :param project_id: the guest's
        :param requested_networks: objects.NetworkRequestList or None
        :returns: the guest's wiring
        :raises InstanceNotFound: it was deleted meanwhile
        :raises NoMoreFixedIps, FixedIpAlreadyInUse, FixedIpNotFoundForNetwork, NetworkNotFound:
        :raises VirtualInterfaceCreateException: no free MAC address was found
        """
        chosen = network_obj.NetworkList.choose(context.elevated(), requested_networks, project_id, lenient=True)
        if not chosen:
            return []
        requests = [{'network_id': network.id, 'address': request.address if request else None,
                     'tag': request.tag if request else None} for network, request in chosen]
        return _plain(db.allocate(instance_uuid, host, requests, new_card))

    @base.remotable_classmethod
    def move(cls, context, instance_uuid, host):
        """Let a host serve a guest's addresses from now on and return the guest's wiring."""
        return _plain(db.move(instance_uuid, host))

    @base.remotable_classmethod
    def unbind(cls, context, instance_uuid, host):
        """Let a host serve a guest's addresses no longer; the guest keeps them."""
        db.unbind(instance_uuid, host)

    @base.remotable_classmethod
    def prepare(cls, context, instance_uuid, host):
        """Return a guest's wiring as it will be on a host to which it is under way."""
        return _plain(db.prepare(instance_uuid, host))

    @base.remotable_classmethod
    def deallocate(cls, context, instance_uuid, only_if_deleted=False):
        """Take back a guest's cards and addresses; tell whether it had any."""
        return db.deallocate(instance_uuid, only_if_deleted)

    @base.remotable_classmethod
    def get_wiring(cls, context, instance_uuid):
        """Return a guest's wiring."""
        return _plain(db.list_cards(instance_uuid))

    @base.remotable_classmethod
    def get_host_state(cls, context, host):
        """Return what a host must serve.

        :returns: {'cards': wiring of all guests on it, 'gateways': [{network, address}] of the host itself,
            'peers': addresses of the other hosts}
        """
        state = db.host_state(host)
        gateways = [dict(gateway, network=_plain_network(gateway['network'])) for gateway in state['gateways']]
        return {'cards': _plain(state['cards']), 'gateways': gateways, 'peers': networks_db.list_peers(host)}

    @base.remotable_classmethod
    def get_names(cls, context, network_ids, host, known=None):
        """Return the names of the guests of networks, by number, that other hosts serve.

        :param known: digest of what the caller has
        :returns: {'digest', 'names'}: [[network, [[address, mac, hostname], ...]], ...], or None if the caller has it
        """
        found, digest = names_db.list_names(network_ids, host)
        return {'digest': digest, 'names': None if digest == known else found}

    @base.remotable_classmethod
    def release_gateway(cls, context, network_id, host):
        """Take back a host's own address unless a guest of that network lives there; tell whether it was done."""
        return db.release_gateway(network_id, host)

    @base.remotable_classmethod
    def set_leases(cls, context, network_id, host, addresses):
        """Record that exactly these addresses of a network are leased by a host's DHCP server."""
        db.set_leases(network_id, host, addresses)

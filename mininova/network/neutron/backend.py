# SPDX-License-Identifier: Apache-2.0
"""The backend that asks a network service: ports, addresses and rules are Neutron's, cards are ours.

Nova: API of nova/network/neutron.py.  Runs in nova-api, nova-conductor and nova-compute.

A server's cards are rows of virtual_interfaces that have the ids of their ports: they say in which order the guest has
them, how they are tagged, whose the port is and what is being done to them.  All else is asked of the network service.
"""
import functools

from oslo_log import log
from oslo_utils import timeutils

from mininova import exception
from mininova.crashpoint import crashpoint
from mininova.network import metadata_peers
from mininova.network.neutron import choice, client, floating_ips, moves, ports, security_groups
from mininova.objects.fixed_ip import FixedIP
from mininova.objects.network import Network, NetworkList
from mininova.objects.virtual_interface import VirtualInterface, VirtualInterfaceList

LOG = log.getLogger(__name__)

# Seconds after which nobody makes a card of a port any more that nova-api made for one.
STRAY_AFTER = 600


class NeutronBackend(choice.Choice, ports.Ports, moves.Moves, floating_ips.NeutronFloatingIPs):
    """See ``mininova.network.api.API`` for what each method promises."""

    def __init__(self):
        self.client = client.Client()
        self.security_groups = security_groups.NeutronSecurityGroups(self)

    @staticmethod
    def cards_of(context, instance_uuid):
        """Return objects.VirtualInterface of a server in order."""
        return list(VirtualInterfaceList.get_by_instance_uuid(context, instance_uuid))

    # -- looking -----------------------------------------------------------------------------

    def get_instance_nw_info(self, context, instance, attaching=None):
        admin = context.elevated()
        present = self.ports_of(admin, instance.uuid)
        cards = self.cards_of(admin, instance.uuid)
        old = {port_id: port for port_id, port in present.items() if _age(port) > STRAY_AFTER}
        self.remove_strays(admin, instance.uuid, old, {card.uuid for card in cards})
        shown = [card for card in cards if card.task != ports.ATTACHING or card.uuid == attaching]
        return self.build(admin, shown, present)

    def list_interfaces(self, context, instance):
        present = self.ports_of(context.elevated(), instance.uuid)
        return [_describe(present[card.uuid], card) for card in self.cards_of(context, instance.uuid)
                if card.uuid in present]

    def get_all(self, context):
        return NetworkList(objects=[_network(context, network) for network in self.available_networks(
            context, context.project_id)])

    def get(self, context, network_id):
        networks = self.available_networks(context, context.project_id, [network_id])
        if not networks:
            raise exception.NetworkNotFound(network_id=network_id)
        return _network(context, networks[0])

    def get_fixed_ip_by_address(self, context, address):
        """See API.  Networks may have the same addresses: where several ports have one, nobody is meant."""
        owners = {port['device_id'] for port in self.client.list(
            context.elevated(), 'ports', fixed_ips=f'ip_address={address}', fields=['device_id'])}
        if len(owners) != 1 or '' in owners:
            raise exception.FixedIpNotFoundForAddress(address=address)
        return FixedIP(context, address=address, instance_uuid=owners.pop(), allocated=True)

    def find_metadata_client(self, context, provider_id, address):
        list_subnets, list_ports = (functools.partial(self.client.list, context, name) for name in ('subnets', 'ports'))
        return metadata_peers.find_client(list_subnets, list_ports, provider_id, address)

    # -- hosts ---------------------------------------------------------------------------------

    def refresh_instance_on_host(self, context, instance):
        admin = context.elevated()
        present = self.ports_of(admin, instance.uuid)
        wanted = {card.uuid: present[card.uuid] for card in self.cards_of(admin, instance.uuid)
                  if card.uuid in present and card.task != 'detaching'}
        self.bind_ports(admin, instance, wanted, instance.host)

    def refresh_security_groups(self, context, hosts):
        """Nothing is to be told: the network service reaches its agents itself."""

    # -- cards of servers that exist ----------------------------------------------------------

    def choose_interface(self, context, instance, network_id=None, port_id=None, address=None):
        admin = context.elevated()
        if port_id:
            port = self.usable_port(admin, instance.project_id, port_id)
            return {'network_id': port['network_id'], 'port_id': port_id, 'address': None}
        if network_id:
            networks = self.available_networks(context, instance.project_id, [network_id])
            if not networks:
                raise exception.NetworkNotFound(network_id=network_id)
        else:
            networks = self.available_networks(context, instance.project_id)
            if not networks:
                raise exception.InterfaceAttachFailedNoNetwork(project_id=instance.project_id)
            if len(networks) > 1:
                raise exception.NetworkAmbiguous(code=400)
        choice.require_usable(context, networks[0])
        return {'network_id': networks[0]['id'], 'network': networks[0], 'port_id': None, 'address': address}

    def reserve_interface(self, context, instance, request, tag, expected, action):
        admin = context.elevated()
        port_id, kept = request['port_id'], bool(request['port_id'])
        if not kept:
            port_id = self.make_port(admin, instance, request['network'], request['address'],
                                     owner=ports.ATTACHING_OWNER)['id']
            crashpoint('neutron.A1.made.after')
        try:
            VirtualInterface.reserve_port(context, instance.uuid, instance.host,
                                          {'uuid': port_id, 'tag': tag, 'preserve_on_delete': kept}, expected, action)
            if kept:
                self._take(admin, instance, port_id)
        except Exception:
            with exception.excutils.save_and_reraise_exception():
                if not kept:
                    self.client.delete(admin, 'ports', port_id)
        return port_id

    def add_fixed_ip_to_instance(self, context, instance, network_id):
        admin = context.elevated()
        present = self.ports_of(admin, instance.uuid)
        for card in self.cards_of(admin, instance.uuid):
            port = present.get(card.uuid)
            if port and port['network_id'] == network_id:
                self._give_address(admin, instance, port)
                return card.uuid
        return None

    def _give_address(self, context, instance, port):
        """Give a port one more address, in the first subnet of its network that has one.

        :raises NoMoreFixedIps: (400)
        :raises NetworkNotFoundForInstance: something else is being done to the card (404)
        """
        if not VirtualInterface.begin_change(context, instance.uuid, port['id']):
            raise exception.NetworkNotFoundForInstance(instance_id=instance.uuid, network_id=port['network_id'])
        for subnet in self.client.list(context, 'subnets', network_id=port['network_id']):
            values = {'fixed_ips': [*port['fixed_ips'], {'subnet_id': subnet['id']}]}
            try:
                self.client.update(context, 'ports', port['id'], 'port', values)
                return
            except exception.NeutronRefused as error:
                LOG.info('Subnet %s gives no address: %s', subnet['id'], error, instance=instance)
        raise exception.NoMoreFixedIps(net=port['network_id'])

    def remove_fixed_ip_from_instance(self, context, instance, address):
        admin = context.elevated()
        cards = {card.uuid for card in self.cards_of(admin, instance.uuid)}
        for port_id, port in self.ports_of(admin, instance.uuid).items():
            left = [fixed_ip for fixed_ip in port['fixed_ips'] if fixed_ip['ip_address'] != address]
            if port_id in cards and len(left) < len(port['fixed_ips']):
                if not VirtualInterface.begin_change(context, instance.uuid, port_id):
                    return None
                self.client.update(admin, 'ports', port_id, 'port', {'fixed_ips': left})
                return port_id
        return None


def _describe(port, card):
    fixed_ips = [{'subnet_id': fixed_ip['subnet_id'], 'ip_address': fixed_ip['ip_address']}
                 for fixed_ip in port['fixed_ips']]
    return {'port_id': port['id'], 'net_id': port['network_id'], 'mac_addr': port['mac_address'],
            'fixed_ips': fixed_ips, 'port_state': port.get('status'), 'tag': card.tag, 'task': card.task}


def _network(context, network):
    """Return a network as an object: to the proxies the network service tells its id and name only, as in Nova."""
    row = dict.fromkeys(Network.fields)
    row.update(uuid=network['id'], label=network['name'], enable_dhcp=True, multi_host=False, injected=False)
    return Network._from_row(context, row)


def _age(port):
    """Return seconds since a port was made; 0 if the network service does not say."""
    if not port.get('created_at'):
        return 0
    return timeutils.delta_seconds(timeutils.normalize_time(timeutils.parse_isotime(port['created_at'])),
                                   timeutils.utcnow())

# SPDX-License-Identifier: Apache-2.0
"""The backend that is part of mini-Nova: nova-network on each compute host.  Nova: nova/network/api.py (Newton).

Runs in nova-api and nova-compute. Whatever changes a host goes to the nova-network of the guest's host by RPC; whatever
only reads goes through objects.
"""
from oslo_log import log

from mininova import exception, rpc
from mininova.network import floating_api, ipam, model, rpcapi, security_group_api
from mininova.objects.fixed_ip import FixedIP
from mininova.objects.instance import Instance
from mininova.objects.network import Network, NetworkList
from mininova.objects.virtual_interface import VirtualInterface, VirtualInterfaceList

LOG = log.getLogger(__name__)


class BuiltinBackend(floating_api.BuiltinFloatingIPs):
    """See ``mininova.network.api.API`` for what each method promises."""

    def __init__(self):
        self._rpcapi = rpcapi.NetworkAPI()
        # Whoever waits for the answer to a request shall not wait for the bus.
        self._hasty_rpcapi = rpcapi.NetworkAPI(retry=1)
        self.security_groups = security_group_api.BuiltinSecurityGroups(self)

    def validate_networks(self, context, requested_networks, max_count):
        chosen = NetworkList.choose(context, requested_networks, context.project_id)
        for network, request in chosen:
            if request and request.address:
                self._validate_address(context, network, request.address, max_count)
        return ipam.count_fitting(context, chosen, max_count)

    def refuse_too_few(self, fits, wanted):
        raise exception.NoMoreFixedIps(f'There are addresses for {fits} servers only; {wanted} were asked for.')

    @staticmethod
    def _validate_address(context, network, address, max_count):
        if max_count > 1:
            raise exception.InvalidFixedIpAndMaxCountRequest(
                reason='max_count cannot be greater than 1 if a fixed_ip is specified.')
        try:
            found = FixedIP.get_by_address(context, address)
        except exception.FixedIpNotFoundForAddress:
            found = None
        if found is None or found.network_id != network.id:
            raise exception.FixedIpNotFoundForNetwork(address=address, network_uuid=network.uuid)
        if found.allocated or found.reserved:
            raise exception.FixedIpAlreadyInUse(f'Fixed IP address {address} is already in use.')

    def allocate_for_instance(self, context, instance, requested_networks, security_groups=None):
        if requested_networks and requested_networks.no_allocate:
            return model.NetworkInfo()
        return model.NetworkInfo.hydrate(self._rpcapi.allocate_for_instance(
            context, instance.host, instance.uuid, instance.project_id, requested_networks))

    def deallocate_for_instance(self, context, instance):
        if not instance.host:
            VirtualInterfaceList.deallocate(context, instance.uuid)
            return
        try:
            self._rpcapi.deallocate_for_instance(context, instance.host, instance.uuid)
        except (rpc.MessagingTimeout, rpc.MessagingException) as error:
            # Freed here, the addresses could go to another guest while this one still runs on a host that is only
            # cut off. nova-network on that host frees them when it is back, see NetworkManager._sync.
            LOG.warning('nova-network on %s does not answer (%s); it frees the addresses when it is back.',
                        instance.host, error, instance=instance)

    def deallocate_port_for_instance(self, context, instance, port_id):
        """Nothing is to be done: a card's addresses go with its record."""

    def setup_instance_on_host(self, context, instance, host=None):
        return model.NetworkInfo.hydrate(self._rpcapi.setup_instance_on_host(context, host or instance.host,
                                                                             instance.uuid))

    def prepare_instance_on_host(self, context, instance, host):
        return model.NetworkInfo.hydrate(self._rpcapi.prepare_instance_on_host(context, host, instance.uuid))

    def give_instance_to_host(self, context, instance, host):
        VirtualInterfaceList.move(context, instance.uuid, host)

    def leave_on_dead_host(self, context, instance):
        # Another host, to which it was under way, may have served them last.
        self.give_instance_to_host(context, instance, instance.host)

    def cleanup_instance_on_host(self, context, instance, host):
        try:
            self._rpcapi.cleanup_instance_on_host(context, host, instance.uuid)
        except (rpc.MessagingTimeout, rpc.MessagingException) as error:
            LOG.warning('nova-network on %s does not answer (%s); it forgets the server when it is back.', host, error,
                        instance=instance)
            VirtualInterfaceList.unbind(context, instance.uuid, host)

    def refresh_instance_on_host(self, context, instance):
        self._rpcapi.refresh_instance_on_host(context, instance.host, instance.uuid)

    def get_instance_nw_info(self, context, instance, attaching=None):
        return ipam.network_info(VirtualInterfaceList.get_wiring(context, instance.uuid), attaching)

    def refresh_security_groups(self, context, hosts):
        for host in hosts:
            try:
                self._hasty_rpcapi.refresh_security_groups(context, host)
            except rpc.MessagingException as error:
                LOG.warning('nova-network on %s is not told of a change of security groups (%s); it looks by itself.',
                            host, error)

    def choose_interface(self, context, instance, network_id=None, port_id=None, address=None):
        if port_id:
            self._refuse_port(context, port_id)
        if network_id:
            network = Network.get_by_uuid(context, network_id)
        else:
            network = self._only_network(context, instance.project_id)
        return {'network_id': network.id, 'address': address}

    @staticmethod
    def _refuse_port(context, port_id):
        """Say why a port cannot be had: the ports of this network are the cards of servers."""
        card = VirtualInterface.get_by_uuid(context, port_id)
        if card is None:
            raise exception.PortNotFound(port_id=port_id)
        try:
            Instance.get_by_uuid(context, card.instance_uuid, expected_attrs=())
        except exception.InstanceNotFound:
            raise exception.PortNotFound(port_id=port_id) from None
        raise exception.PortInUse(port_id=port_id)

    @staticmethod
    def _only_network(context, project_id):
        networks = list(NetworkList.get_all(context, project_id=project_id or ''))
        if not networks:
            raise exception.InterfaceAttachFailedNoNetwork(project_id=project_id)
        if len(networks) > 1:
            raise exception.NetworkAmbiguous(code=400)
        return networks[0]

    def reserve_interface(self, context, instance, request, tag, expected, action):
        return VirtualInterface.reserve(context, instance.uuid, instance.host, {**request, 'tag': tag}, expected,
                                        action)

    def add_fixed_ip_to_instance(self, context, instance, network_id):
        network = Network.get_by_uuid(context, network_id)
        return VirtualInterface.add_address(context, instance.uuid, network.id, instance.host)

    def remove_fixed_ip_from_instance(self, context, instance, address):
        return VirtualInterface.drop_address(context, instance.uuid, address)

    def list_interfaces(self, context, instance):
        found, cards = {}, VirtualInterfaceList.get_wiring(context, instance.uuid)
        for card in cards:
            shown = found.setdefault(card['vif_uuid'], {
                'port_id': card['vif_uuid'], 'net_id': card['network']['uuid'], 'mac_addr': card['mac'],
                'fixed_ips': [], 'port_state': None, 'tag': card['tag'], 'task': card['task']})
            shown['fixed_ips'].append({'subnet_id': card['network']['uuid'], 'ip_address': card['address']})
        for card in ipam.first_addresses(cards):
            if ipam.address_v6(card):
                found[card['vif_uuid']]['fixed_ips'].append({'subnet_id': card['network']['uuid'],
                                                             'ip_address': ipam.address_v6(card)})
        return list(found.values())

    def get_all(self, context):
        return NetworkList.get_all(context)

    def get(self, context, network_id):
        return Network.get_by_uuid(context, network_id)

    def get_fixed_ip_by_address(self, context, address):
        return FixedIP.get_by_address(context, address)

    def find_metadata_client(self, context, provider_id, address):
        # Guests of this network reach the metadata service themselves.
        raise exception.MetadataClientUnknown(f'Could not find any subnets for provider {provider_id}')

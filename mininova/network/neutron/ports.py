# SPDX-License-Identifier: Apache-2.0
"""The ports of servers: found or made, given to a server, bound to its host, given back.

Nova: allocate_for_instance, _create_port_minimal, _unbind_ports, deallocate_for_instance of nova/network/neutron.py.

A port that was made for a server names it (``device_id``) from the first moment on, in one request.  So whoever repeats
a step that broke off finds by it what was made, and a deletion removes it, written down or not.  Ports that the caller
brought are written down (``preserve_on_delete``) before they are touched: they are given back, never deleted.
"""
import collections

from oslo_log import log

from mininova import exception
from mininova.crashpoint import crashpoint
from mininova.network import model
from mininova.network.neutron import client
from mininova.objects.virtual_interface import VirtualInterfaceList

LOG = log.getLogger(__name__)

HOST_ID, VIF_TYPE = 'binding:host_id', 'binding:vif_type'
OWNER_PREFIX = 'compute:'
# Task of a card that a running server does not have yet, as db/interfaces.py writes it.
ATTACHING = 'attaching'
# Owner of a port that nova-api made for a card that is not reserved yet.
ATTACHING_OWNER = 'compute:attaching'
BINDING_FAILED, UNBOUND = 'binding_failed', 'unbound'


def owner_of(instance):
    """Return what a server's ports say of who has them."""
    return f'{OWNER_PREFIX}{instance.availability_zone or ""}'


class Ports:
    """Part of :class:`mininova.network.neutron.backend.NeutronBackend`."""

    def ports_of(self, context, instance_uuid):
        """Return {id: port} of all ports that name a server."""
        return {port['id']: port for port in self.client.list(context, 'ports', device_id=instance_uuid)}

    def allocate_for_instance(self, context, instance, requested_networks, security_groups=None):
        if requested_networks and requested_networks.no_allocate:
            return model.NetworkInfo()
        admin = context.elevated()
        brought = [request.port_id for request in requested_networks or () if request.port_id]
        present = self.ports_of(admin, instance.uuid)
        known = {card.uuid for card in VirtualInterfaceList.get_by_instance_uuid(context, instance.uuid)}
        self._note(context, instance, known, [
            {'uuid': request.port_id, 'tag': request.tag, 'position': position, 'preserve_on_delete': True}
            for position, request in enumerate(requested_networks or ()) if request.port_id])
        crashpoint('neutron.N1.noted.after')
        made = collections.defaultdict(list)
        for port in present.values():
            if port['id'] not in brought:
                made[port['network_id']].append(port)
        wanted = self._wanted_networks(context, instance, requested_networks, made)
        cards = []
        for position, (network, request) in enumerate(wanted):
            if request and request.port_id:
                self._take(admin, instance, request.port_id)
            else:
                port = _pick(made[network['id']], request) or self.make_port(
                    admin, instance, network, request.address if request else None, security_groups)
                crashpoint('neutron.N2.made.after')
                cards.append({'uuid': port['id'], 'tag': request.tag if request else None, 'position': position,
                              'preserve_on_delete': False})
        self._note(context, instance, known, cards)
        crashpoint('neutron.N3.recorded.after')
        return self.setup_instance_on_host(context, instance)

    @staticmethod
    def _note(context, instance, known, cards):
        new = [card for card in cards if card['uuid'] not in known]
        if new:
            VirtualInterfaceList.note(context, instance.uuid, new)

    def _wanted_networks(self, context, instance, requested_networks, made):
        """Return (network, request or None) in order of the cards; what was made before decides what was not said."""
        if not requested_networks or requested_networks.auto_allocate:
            request = requested_networks[0] if requested_networks else None
            if made:
                return [({'id': network_id}, request) for network_id in list(made)[:1]]
            found = self.only_network(context, instance.project_id, auto=bool(requested_networks), dry_run=False)
            return [(network, request) for network in found]
        ids = [request.network_id for request in requested_networks if request.network_id]
        by_id = {network['id']: network for network in self.available_networks(context, instance.project_id, ids)}
        wanted = []
        for request in requested_networks:
            if request.port_id:
                wanted.append((None, request))
                continue
            if not request.network_id:
                network, = self.only_network(context, instance.project_id, needed=True)
            else:
                network = by_id.get(request.network_id)
            if network is None:
                raise exception.NetworkNotFound(network_id=request.network_id, code=400)
            wanted.append((network, request))
        return wanted

    def make_port(self, context, instance, network, address=None, security_groups=None, owner=None):
        """Make a port for a server and return it; it is bound to the server's host if it has one.

        :param network: as the network service describes it
        :param security_groups: ids; none for the project's default
        :param owner: device_owner until the card is in its place
        :raises PortLimitExceeded: (403)
        :raises NoMoreFixedIps, FixedIpAlreadyInUse, FixedIpNotFoundForNetwork: (400)
        :raises SecurityGroupCannotBeApplied, NetworkNotFound: (400)
        """
        values = {'network_id': network['id'], 'device_id': instance.uuid, 'device_owner': owner or owner_of(instance),
                  'tenant_id': instance.project_id, 'admin_state_up': True}
        if address:
            values['fixed_ips'] = [{'ip_address': address}]
        if security_groups:
            if network.get('port_security_enabled') is False:
                raise exception.SecurityGroupCannotBeApplied()
            values['security_groups'] = list(security_groups)
        values.update(self._binding(context, instance, {}, None if owner else instance.host))
        try:
            return self.client.create(context, 'ports', 'port', values)
        except exception.NeutronRefused as error:
            raise _explain(error, network['id'], address) from error

    def _take(self, context, instance, port_id):
        """Give a server a port that its owner made, not yet bound."""
        port = self.usable_port(context, instance.project_id, port_id, instance.uuid)
        self._update(context, port_id, {'device_id': instance.uuid, 'device_owner': owner_of(instance)}, port)

    def _binding(self, context, instance, port, host):
        """Return what binds a port to a host, and gives it the server's name where names are known."""
        values = {HOST_ID: host} if host else {}
        if self.client.has_extension(context, 'dns-integration') and instance.hostname and not port.get('dns_name'):
            values['dns_name'] = instance.hostname
        return values

    def bind_ports(self, context, instance, ports, host):
        """Let a host have ports; returns {id: port} as they are then.

        :raises PortBindingFailed: the host cannot plug one
        """
        bound = {}
        for port in ports.values():
            if port.get('device_owner') != owner_of(instance) or port.get(HOST_ID) != host or (
                    port.get(VIF_TYPE) in (BINDING_FAILED, UNBOUND)):
                values = {'device_owner': owner_of(instance), **self._binding(context, instance, port, host)}
                port = self._update(context, port['id'], values, port)
            if port.get(VIF_TYPE) == BINDING_FAILED:
                raise exception.PortBindingFailed(port_id=port['id'])
            bound[port['id']] = port
        return bound

    def _update(self, context, port_id, values, port):
        """Change what is not so yet and return the port.

        :raises PortNotFound: (404)
        """
        changes = {name: value for name, value in values.items() if port.get(name) != value}
        if not changes and port.get(VIF_TYPE) not in (BINDING_FAILED, UNBOUND):
            return port
        try:
            return self.client.update(context, 'ports', port_id, 'port', changes or values)
        except exception.NeutronRefused as error:
            if error.code == 404:
                raise exception.PortNotFound(port_id=port_id) from error
            raise

    # -- giving back -------------------------------------------------------------------------

    def deallocate_for_instance(self, context, instance):
        admin = context.elevated()
        kept = {card.uuid for card in VirtualInterfaceList.get_by_instance_uuid(admin, instance.uuid)
                if card.preserve_on_delete}
        for port in self.ports_of(admin, instance.uuid).values():
            self._give_back(admin, port, port['id'] in kept)
            crashpoint('neutron.N4.given_back.after')
        VirtualInterfaceList.deallocate(admin, instance.uuid)

    def leave_on_dead_host(self, context, instance):
        # Its ports lead nowhere without the network service: other hosts stop to send to them.
        self.deallocate_for_instance(context, instance)

    def deallocate_port_for_instance(self, context, instance, port_id):
        admin = context.elevated()
        kept = {card.uuid for card in VirtualInterfaceList.get_by_instance_uuid(admin, instance.uuid)
                if card.preserve_on_delete}
        port = self.ports_of(admin, instance.uuid).get(port_id)
        if port is not None:
            self._give_back(admin, port, port_id in kept)

    def _give_back(self, context, port, keep):
        if not keep:
            self.client.delete(context, 'ports', port['id'])
            return
        values = {'device_id': '', 'device_owner': '', HOST_ID: None}
        if port.get('dns_name'):
            values['dns_name'] = ''
        try:
            self.client.update(context, 'ports', port['id'], 'port', values)
        except exception.NeutronRefused as error:
            if error.code != 404:
                raise

    def remove_strays(self, context, instance_uuid, ports, known):
        """Remove ports that nova-api made for cards that were never reserved, because it was killed in between.

        :param ports: those that name the server, long ago (:meth:`ports_of`)
        :param known: ids of the server's cards
        """
        for port in ports.values():
            if port.get('device_owner') == ATTACHING_OWNER and port['id'] not in known:
                LOG.warning('Port %s was made for server %s, which never got it; it is removed.', port['id'],
                            instance_uuid)
                self.client.delete(context, 'ports', port['id'])


def _pick(made, request):
    """Take a port that was made before for a request from a list, or None."""
    for port in made:
        addresses = {fixed_ip['ip_address'] for fixed_ip in port['fixed_ips']}
        if not (request and request.address) or request.address in addresses:
            made.remove(port)
            return port
    return None


def _explain(error, network_id, address):
    """Return our exception for a port that could not be made."""
    if client.refused_for(error, 'OverQuota'):
        return exception.PortLimitExceeded('Maximum number of ports exceeded')
    if client.refused_for(error, 'IpAddressGenerationFailure'):
        return exception.NoMoreFixedIps(net=network_id)
    if client.refused_for(error, 'IpAddressInUse', 'IpAddressAlreadyAllocated'):
        return exception.FixedIpAlreadyInUse(f'Fixed IP address {address} is already in use.')
    if client.refused_for(error, 'InvalidIpForNetwork', 'InvalidIpForSubnet', 'InvalidIpForNetworkOrSubnet'):
        return exception.FixedIpNotFoundForNetwork(address=address, network_uuid=network_id)
    if client.refused_for(error, 'PortSecurityAndIPRequiredForSecurityGroups'):
        return exception.SecurityGroupCannotBeApplied()
    if client.refused_for(error, 'NetworkNotFound'):
        return exception.NetworkNotFound(network_id=network_id, code=400)
    return error

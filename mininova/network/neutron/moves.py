# SPDX-License-Identifier: Apache-2.0
"""Ports of servers that change their host.

Nova: setup_networks_on_host, bind_ports_to_host, activate_port_binding, migrate_instance_start,
cleanup_instance_network_on_host of nova/network/neutron.py.

Where the network service knows several bindings of a port (``binding-extended``), a host to which a guest is under way
gets one of its own that is not active; it becomes the active one when the guest is there, and the old one is removed.
Elsewhere the one binding moves when the guest does.
"""
from oslo_log import log

from mininova import exception
from mininova.crashpoint import crashpoint
from mininova.network import model
from mininova.network.neutron import nw_info, ports

LOG = log.getLogger(__name__)

SEVERAL_BINDINGS = 'binding-extended'
ACTIVE = 'ACTIVE'
BINDING_FIELDS = ('vif_type', 'vif_details', 'profile', 'vnic_type')


class Moves:
    """Part of :class:`mininova.network.neutron.backend.NeutronBackend`."""

    def setup_instance_on_host(self, context, instance, host=None):
        admin = context.elevated()
        host = host or instance.host
        cards = self.cards_of(admin, instance.uuid)
        found = self._own_ports(admin, instance.uuid, cards)
        if self.client.has_extension(admin, SEVERAL_BINDINGS):
            for port_id, port in found.items():
                if port.get(ports.HOST_ID) != host and self._activate(admin, port_id, host):
                    found[port_id] = self.client.show(admin, 'ports', port_id)
                    crashpoint('neutron.M2.activated.after')
        found = self.bind_ports(admin, instance, found, host)
        return self.build(admin, cards, found)

    def _own_ports(self, context, instance_uuid, cards):
        """Return {id: port} of the ports that are a server's cards, those that are being attached left out."""
        present = self.ports_of(context, instance_uuid)
        return {card.uuid: present[card.uuid] for card in cards
                if card.uuid in present and card.task != ports.ATTACHING}

    def _activate(self, context, port_id, host):
        """Make a binding that was prepared the active one; tell whether there was one."""
        try:
            self.client.request(context, 'PUT', f'ports/{port_id}/bindings/{host}/activate')
        except exception.NeutronRefused as error:
            if error.code not in (404, 409):
                raise
            return False
        return True

    def prepare_instance_on_host(self, context, instance, host):
        admin = context.elevated()
        cards = self.cards_of(admin, instance.uuid)
        found = self._own_ports(admin, instance.uuid, cards)
        if self.client.has_extension(admin, SEVERAL_BINDINGS):
            for port_id, port in found.items():
                if port.get(ports.HOST_ID) != host:
                    binding = self._bind_too(admin, port_id, host, port)
                    found[port_id] = {**port, **{f'binding:{name}': binding.get(name) for name in BINDING_FIELDS},
                                      ports.HOST_ID: host}
                crashpoint('neutron.M1.prepared.after')
        return self.build(admin, cards, found)

    def _bind_too(self, context, port_id, host, port):
        """Return the binding of a port on a second host, made if it is not there.

        :raises PortBindingFailed: that host cannot plug it
        """
        values = {'host': host, 'vnic_type': port.get('binding:vnic_type') or 'normal'}
        try:
            binding = self.client.create(context, f'ports/{port_id}/bindings', 'binding', values)
        except exception.NeutronRefused as error:
            if error.code != 409:
                raise exception.PortBindingFailed(port_id=port_id) from error
            bindings = self.client.list(context, f'ports/{port_id}/bindings')
            binding = next((binding for binding in bindings if binding['host'] == host), None)
        if binding is None or binding.get('vif_type') in (ports.BINDING_FAILED, ports.UNBOUND):
            raise exception.PortBindingFailed(port_id=port_id)
        return binding

    def give_instance_to_host(self, context, instance, host):
        # The host binds the ports itself before it starts the guest: what is shown until then may be the old one.
        admin = context.elevated()
        try:
            for port in self.ports_of(admin, instance.uuid).values():
                if port.get(ports.HOST_ID) != host:
                    self.client.update(admin, 'ports', port['id'], 'port', {ports.HOST_ID: host})
        except (exception.NeutronRefused, exception.NeutronConnectionFailed) as error:
            LOG.warning('The ports could not be given to host %s: %s', host, error, instance=instance)

    def cleanup_instance_on_host(self, context, instance, host):
        admin = context.elevated()
        try:
            several = self.client.has_extension(admin, SEVERAL_BINDINGS)
            for port in self.ports_of(admin, instance.uuid).values():
                if port.get(ports.HOST_ID) == host:
                    self.client.update(admin, 'ports', port['id'], 'port', {ports.HOST_ID: ''})
                elif several:
                    self.client.delete(admin, f'ports/{port["id"]}/bindings', host)
        except (exception.NeutronRefused, exception.NeutronConnectionFailed) as error:
            # A binding too many stays: it is not active, and used again by the next move there.
            LOG.warning('The ports could not be taken from host %s: %s', host, error, instance=instance)

    def build(self, context, cards, found):
        """Return network.model.NetworkInfo of ports, in order of the cards.

        :param found: {id: port}
        """
        around = nw_info.Surroundings(context, self.client, list(found.values()))
        return model.NetworkInfo(nw_info.build_vif(found[card.uuid], around, card.tag, card.preserve_on_delete)
                                   for card in cards if card.uuid in found)

# SPDX-License-Identifier: Apache-2.0
"""NetworkManager: what nova-network does, one on each compute host (multi-host).  Nova: nova/network/manager.py.

Addresses come from the database, through objects, whose methods run in conductor; bridges, DHCP servers and rules are
made true on this host (host.py). Work that a crash left half done is finished by two rhythms: every
`[network] reconcile_interval` what disappeared from the host is made again, every `sync_interval` the host is compared
with the database. The DHCP servers go on while this service is away.
"""
import os

from oslo_log import log

import mininova.conf
from mininova import context as nova_context
from mininova import manager, privsep
from mininova.crashpoint import crashpoint
from mininova.network import host as network_host
from mininova.network import ipam, verify
from mininova.objects.floating_ip import FloatingIP
from mininova.objects.virtual_interface import VirtualInterfaceList

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

SYNC_ATTEMPTS = 5


class NetworkManager(manager.Manager):
    """RPC endpoint; ``NetworkAPI`` (rpcapi.py) is its other end."""

    def __init__(self, host, service_name):
        super().__init__(host, service_name)
        self.networks = network_host.HostNetworks(host, CONF.network.manage_host)
        self._reported = {}

    def init_host(self, service_ref):
        """Make bridges, DHCP servers and rules of all guests that live here, before any message is taken."""
        if CONF.network.manage_host:
            privsep.init()
            os.makedirs(CONF.networks_path, mode=0o755, exist_ok=True)
        self._sync()

    def periodic_tasks(self):
        return [(lambda: CONF.network.reconcile_interval, self._repair, None),
                (lambda: CONF.network.sync_interval, self._sync, None)]

    # -- called over RPC ------------------------------------------------------------

    def allocate_for_instance(self, context, instance_uuid, project_id, requested_networks):
        """Give a guest addresses and let this host serve it.

        :returns: the network_info as a plain list; a repeated call gives the same
        :raises NoMoreFixedIps, FixedIpAlreadyInUse, NetworkNotFound, InstanceNotFound, NetworkSetupFailed:
        :raises FloatingIpPoolNotFound, NoMoreFloatingIps: each server gets one, and there is none
        """
        crashpoint('network.allocate.before')
        cards = VirtualInterfaceList.allocate(context, instance_uuid, project_id, self.host, requested_networks)
        crashpoint('network.allocate.committed')
        if cards and CONF.auto_assign_floating_ip:
            FloatingIP.auto_assign(context, instance_uuid, CONF.default_floating_pool)
            crashpoint('floating.A1.assigned.after')
            cards = VirtualInterfaceList.get_wiring(context, instance_uuid)
        return self._serve(cards)

    def setup_instance_on_host(self, context, instance_uuid):
        """Let this host serve a guest that has addresses already; changes nothing if it does."""
        return self._serve(VirtualInterfaceList.move(context, instance_uuid, self.host))

    def _serve(self, cards):
        if cards:
            self.networks.add(cards)
        crashpoint('network.allocate.after')
        return ipam.network_info(cards).plain()

    def deallocate_for_instance(self, context, instance_uuid):
        """Take back a guest's addresses and serve it no longer."""
        crashpoint('network.deallocate.before')
        VirtualInterfaceList.deallocate(context, instance_uuid)
        crashpoint('network.deallocate.committed')
        self._release_gateways(context, self.networks.remove(instance_uuid))
        crashpoint('network.deallocate.after')

    def prepare_instance_on_host(self, context, instance_uuid):
        """Let this host serve a guest that is under way to it; until it is here the host it comes from does too."""
        return self._serve(VirtualInterfaceList.prepare(context, instance_uuid, self.host))

    def cleanup_instance_on_host(self, context, instance_uuid):
        """Serve a guest no longer that left this host; it keeps its addresses."""
        VirtualInterfaceList.unbind(context, instance_uuid, self.host)
        self._release_gateways(context, self.networks.remove(instance_uuid))

    def refresh_instance_on_host(self, context, instance_uuid):
        """Serve exactly the cards and addresses that a guest of this host has by now."""
        cards = VirtualInterfaceList.move(context, instance_uuid, self.host)
        network_info = self._serve(cards)
        self._release_gateways(context, self.networks.keep(instance_uuid, {card['address'] for card in cards}))
        return network_info

    def refresh_floating_ips(self, context, instance_uuid):
        """Serve exactly the floating addresses that a guest has by now, as far as this host serves the guest."""
        crashpoint('floating.F3.heard.before')
        for _attempt in range(SYNC_ATTEMPTS):
            seen = self.networks.changes
            cards = VirtualInterfaceList.get_wiring(context, instance_uuid)
            if self.networks.refresh([card for card in cards if card['host'] == self.host], seen):
                break
        crashpoint('floating.F3.served.after')

    def get_instance_nw_info(self, context, instance_uuid):
        """Tell a guest's network_info."""
        return ipam.network_info(VirtualInterfaceList.get_wiring(context, instance_uuid)).plain()

    def get_host_facts(self, context):
        """Tell what this host has; ``findings`` are sentences on what differs from the database."""
        for _attempt in range(SYNC_ATTEMPTS):
            seen = self.networks.changes
            state = VirtualInterfaceList.get_host_state(context, self.host)
            facts = self.networks.facts()
            if seen == self.networks.changes:
                break
        facts['findings'] = verify.compare(state, facts)
        return facts

    def lease_fixed_ip(self, context, address, mac):
        """Hear from nova-dhcpbridge that a lease was given or renewed."""
        LOG.debug('%s has the lease of %s.', mac, address)
        self._record_leases(context)

    def release_fixed_ip(self, context, address, mac):
        """Hear from nova-dhcpbridge that a lease ended."""
        LOG.debug('%s gave back the lease of %s.', mac, address)
        self._record_leases(context)

    # -- rhythms ----------------------------------------------------------------------

    def _repair(self):
        """Make again what disappeared from this host; needs no other service unless something is gone for good."""
        gone = self.networks.repair()
        admin = nova_context.get_admin_context()
        self._release_gateways(admin, gone)
        self._record_leases(admin)

    def _sync(self):
        """Serve exactly the guests that the database has on this host, and free what deleted ones left."""
        admin = nova_context.get_admin_context()
        for _attempt in range(SYNC_ATTEMPTS):
            seen = self.networks.changes
            state = VirtualInterfaceList.get_host_state(admin, self.host)
            state['cards'] = self._settle_cards(admin, state['cards'])
            gone = self.networks.replace(state, seen)
            if gone is not None:
                self._release_gateways(admin, gone)
                return

    def _settle_cards(self, context, cards):
        """Free the addresses of deleted guests and complete those of others."""
        lost = {card['instance_uuid'] for card in cards if card['deleted']}
        running = {card['instance_uuid'] for card in cards
                   if card['deleted'] and self.networks.has_port(card['vif_uuid'])}
        for instance_uuid in lost - running:
            if VirtualInterfaceList.deallocate(context, instance_uuid, only_if_deleted=True):
                LOG.info('Freed the addresses of deleted instance %s.', instance_uuid)
        kept = [card for card in cards if card['instance_uuid'] not in lost - running]
        for instance_uuid in {card['instance_uuid'] for card in kept if not card['gateway']} - running:
            LOG.warning('Instance %s had no gateway on this host.', instance_uuid)
            moved = VirtualInterfaceList.move(context, instance_uuid, self.host)
            kept = [card for card in kept if card['instance_uuid'] != instance_uuid] + moved
        return kept

    def _release_gateways(self, context, networks):
        for network in networks:
            VirtualInterfaceList.set_leases(context, network['id'], self.host, [])
            VirtualInterfaceList.release_gateway(context, network['id'], self.host)
            self._reported.pop(network['id'], None)

    def _record_leases(self, context):
        """Tell the database which addresses are leased, if that changed."""
        for network, addresses in self.networks.leases():
            if self._reported.get(network['id']) != addresses:
                VirtualInterfaceList.set_leases(context, network['id'], self.host, addresses)
                self._reported[network['id']] = addresses

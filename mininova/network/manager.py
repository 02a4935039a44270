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
from mininova import concurrency, manager, privsep, rpc
from mininova import context as nova_context
from mininova.crashpoint import crashpoint
from mininova.network import guest_firewall, ipam, rpcapi, verify
from mininova.network import host as network_host
from mininova.objects.floating_ip import FloatingIP
from mininova.objects.security_group import SecurityGroupList
from mininova.objects.virtual_interface import VirtualInterfaceList

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

SYNC_ATTEMPTS = 5


class NetworkManager(manager.Manager):
    """RPC endpoint; ``NetworkAPI`` (rpcapi.py) is its other end."""

    target = rpc.Target(version=rpcapi.NetworkAPI.VERSION)

    def __init__(self, host, service_name):
        super().__init__(host, service_name)
        self.networks = network_host.HostNetworks(host, CONF.network.manage_host)
        self._reported = {}
        # What security groups say is read and made true in one go, so that an older state never follows a newer one.
        self._groups_lock = concurrency.lock()
        self._rpcapi = rpcapi.NetworkAPI(retry=1)

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
        network_info = self._serve(context, cards)
        self._tell_who_admits(context, instance_uuid)
        return network_info

    def setup_instance_on_host(self, context, instance_uuid):
        """Let this host serve a guest that has addresses already; changes nothing if it does."""
        return self._serve(context, VirtualInterfaceList.move(context, instance_uuid, self.host))

    def _serve(self, context, cards):
        """Serve cards, from the first moment behind the rules of their servers' security groups."""
        if cards:
            with self._groups_lock:
                self.networks.add(cards, self._read_groups(context, {card['instance_uuid'] for card in cards}))
        crashpoint('network.allocate.after')
        return ipam.network_info(cards).plain()

    def deallocate_for_instance(self, context, instance_uuid):
        """Take back a guest's addresses and serve it no longer."""
        crashpoint('network.deallocate.before')
        VirtualInterfaceList.deallocate(context, instance_uuid)
        crashpoint('network.deallocate.committed')
        self._release_gateways(context, self.networks.remove(instance_uuid))
        self.refresh_security_groups(context)
        self._tell_who_admits(context, instance_uuid)
        crashpoint('network.deallocate.after')

    def prepare_instance_on_host(self, context, instance_uuid):
        """Let this host serve a guest that is under way to it; until it is here the host it comes from does too."""
        return self._serve(context, VirtualInterfaceList.prepare(context, instance_uuid, self.host))

    def cleanup_instance_on_host(self, context, instance_uuid):
        """Serve a guest no longer that left this host; it keeps its addresses."""
        VirtualInterfaceList.unbind(context, instance_uuid, self.host)
        self._release_gateways(context, self.networks.remove(instance_uuid))

    def refresh_instance_on_host(self, context, instance_uuid):
        """Serve exactly the cards and addresses that a guest of this host has by now."""
        cards = VirtualInterfaceList.move(context, instance_uuid, self.host)
        network_info = self._serve(context, cards)
        self._release_gateways(context, self.networks.keep(instance_uuid, {card['address'] for card in cards}))
        self.refresh_security_groups(context)
        self._tell_who_admits(context, instance_uuid)
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
            if facts['managed']:
                wanted = SecurityGroupList.get_model(context, sorted(self.networks.instance_uuids()))
                facts['groups_current'] = facts['groups_digest'] == wanted['digest']
            if seen == self.networks.changes:
                break
        facts['findings'] = verify.compare(state, facts)
        return facts

    # -- security groups ----------------------------------------------------------------

    def refresh_security_groups(self, context):
        """Let into this host's guests what their security groups say by now, and nothing else."""
        with self._groups_lock:
            self.networks.admit(self._read_groups(context))

    def _read_groups(self, context, arriving=(), instance_uuids=None):
        """Ask what the security groups say; the caller has the lock until that is made true.

        :param arriving: guests that are not served yet
        :param instance_uuids: all guests, if not those that are served
        :returns: guest_firewall.Model, or None if nothing is new
        """
        if not self.networks.manage:
            return None
        wanted = self.networks.instance_uuids() if instance_uuids is None else instance_uuids
        return guest_firewall.Model.read(SecurityGroupList.get_model(
            context, sorted({*wanted, *arriving}), self.networks.groups.digest))

    def _tell_who_admits(self, context, instance_uuid):
        """Wake up the other hosts with servers whose rules let in members of a group of a guest: its addresses changed.

        They would find out by themselves, see `_repair`.
        """
        if not self.networks.manage:
            return
        for host in SecurityGroupList.get_hosts_that_admit(context, instance_uuid):
            try:
                if host != self.host:
                    self._rpcapi.refresh_security_groups(context, host)
            except rpc.MessagingException as error:
                LOG.warning('%s is not told of a change of security groups (%s); it looks by itself.', host, error)

    # -- DHCP ---------------------------------------------------------------------------

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
        """Make again what disappeared from this host, and look for changes of security groups that nobody told of."""
        gone = self.networks.repair()
        admin = nova_context.get_admin_context()
        self.refresh_security_groups(admin)
        self._learn_names(admin)
        self._release_gateways(admin, gone)
        self._record_leases(admin)

    def _sync(self):
        """Serve exactly the guests that the database has on this host, and free what deleted ones left."""
        admin = nova_context.get_admin_context()
        for _attempt in range(SYNC_ATTEMPTS):
            seen = self.networks.changes
            state = VirtualInterfaceList.get_host_state(admin, self.host)
            state['cards'] = self._settle_cards(admin, state['cards'])
            gone = self._replace(admin, state, seen)
            if gone is not None:
                self._release_gateways(admin, gone)
                break
        self._learn_names(admin)

    def _learn_names(self, context):
        """Ask how the guests of other hosts are called in the networks of this one."""
        ids = self.networks.network_ids()
        if ids and self.networks.manage:
            self.networks.name(VirtualInterfaceList.get_names(context, ids, self.host, self.networks.names_digest))

    def _replace(self, context, state, seen):
        with self._groups_lock:
            guests = {card['instance_uuid'] for card in state['cards']}
            return self.networks.replace(state, seen, self._read_groups(context, instance_uuids=guests))

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

# SPDX-License-Identifier: Apache-2.0
"""What this host serves to its guests, kept in memory and made true with bridges, DHCP servers and packet rules.

Used by nova-network only; knows nothing of the database. Every method can be repeated: it looks at what is there and
does what is missing. In Nova this is spread over L3 driver and linux_net (nova/network/l3.py, linux_net.py, Newton).
"""
import ipaddress
import itertools

from oslo_log import log

import mininova.conf
from mininova import concurrency
from mininova.network import (
    dhcp,
    firewall,
    firewall_v6,
    floating_ips,
    guest_firewall,
    guest_names,
    ipam,
    ipv6,
    linux_net,
    model,
    vlan,
    vxlan,
)

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


class Served:
    """A network that this host serves: its row, the host's address in it, its guests' wiring by address."""

    def __init__(self, network, gateway):
        self.network, self.gateway, self.cards = network, gateway, {}
        self.made = False
        self.lingering = set()

    @property
    def bridge(self):
        return self.network['bridge']

    def guests(self):
        """List the wiring of the guests, of each card its first address."""
        return ipam.first_addresses(self.cards.values())

    def guarded(self, groups_of):
        """Return the network as guest_firewall.py wants it.

        :param groups_of: {instance uuid: numbers of its security groups}
        """
        devices = {model.device_name(card['vif_uuid']): (
            tuple(groups_of.get(card['instance_uuid'], ())), ipam.address_v6(card)) for card in self.cards.values()}
        ports = tuple(guest_firewall.Port(device, *facts) for device, facts in sorted(devices.items()))
        return guest_firewall.Network(self.bridge, self.network['cidr'], self.gateway, ports,
                                      bool(self.network['bridge_interface']), self.network.get('cidr_v6'))

    def segment(self):
        """Return what vxlan.py must know of the device that joins the bridges; None if it has nothing to keep back."""
        gateway_v6 = self.network.get('gateway_v6') if self.network.get('cidr_v6') else None
        if self.network['vni']:
            return vxlan.Segment(vxlan.device_name(self.network), self.gateway, gateway_v6)
        port = vlan.port_name(self.network)
        return vxlan.Segment(port, None, gateway_v6) if port and gateway_v6 else None


class HostNetworks:
    """All networks of this host. One lock orders every change of the host.

    :param host: name of the host, from which the bridges' MACs are made
    :param manage: False keeps the books only
    """

    def __init__(self, host, manage=True):
        self.host, self.manage = host, manage
        self.changes = 0
        self._served = {}
        self._lock = concurrency.lock()
        self._firewall = firewall.Firewall()
        self._firewall_v6 = firewall_v6.FirewallV6()
        self._port_firewall = firewall.PortFirewall()
        self._guest_firewall = guest_firewall.GuestFirewall()
        self._peers = []
        self._names = guest_names.Elsewhere()
        self._order = itertools.count()
        self._public_addresses = floating_ips.PublicAddresses()

    # -- changes ----------------------------------------------------------------

    def add(self, cards, groups=None):
        """Serve these guests too.

        :param cards: wiring, see mininova/objects/virtual_interface.py
        :param groups: what the security groups say, as :meth:`admit` takes it
        :raises NetworkSetupFailed: the host could not be made ready
        """
        with self._lock:
            self.changes += 1
            for card in cards:
                self._put(card)
            self._take_groups(groups)
            self._apply_rules()
            for uuid in {card['network']['uuid'] for card in cards}:
                self._make(self._served[uuid])

    def remove(self, instance_uuid):
        """Serve a guest no longer; networks whose last guest it was disappear from the host.

        :returns: the networks (rows) that are gone
        """
        return self.keep(instance_uuid, ())

    def keep(self, instance_uuid, addresses):
        """Serve a guest no longer at other addresses than these.

        :returns: the networks (rows) that are gone
        """
        with self._lock:
            self.changes += 1
            touched = []
            for served in self._served.values():
                kept = {address: card for address, card in served.cards.items()
                        if card['instance_uuid'] != instance_uuid or address in addresses}
                if len(kept) != len(served.cards):
                    served.cards = kept
                    touched.append(served)
            return self._remake(touched)

    def name(self, names):
        """Let the DHCP servers know the guests of other hosts by these names.

        :param names: as VirtualInterfaceList.get_names gives them
        """
        with self._lock:
            for served in self._names.replace(names, self._served.values()):
                if served.made and served.network['enable_dhcp']:
                    dhcp.ensure(served.network, served.gateway, served.guests(), self._names.lines(served))

    @property
    def names_digest(self):
        """What the database calls the names that are known, None at first."""
        return self._names.digest

    def network_ids(self):
        """List the networks served, by number."""
        with self._lock:
            return sorted(served.network['id'] for served in self._served.values())

    def refresh(self, cards, seen):
        """Take over what has changed about cards that are served, other than that they are.

        :param seen: ``changes`` as it was before the cards were read
        :returns: False if somebody changed something meanwhile and nothing was done
        """
        with self._lock:
            if seen != self.changes:
                return False
            self.changes += 1
            for card in cards:
                served = self._served.get(card['network']['uuid'])
                known = served and served.cards.get(card['address'])
                if known and known['vif_uuid'] == card['vif_uuid']:
                    self._put(card)
            self._apply_rules()
            return True

    def admit(self, groups):
        """Let into the guests what their security groups say by now, and nothing else.

        :param groups: guest_firewall.Model, or None if nothing is new
        """
        with self._lock:
            self._take_groups(groups)
            self._apply_rules()

    def _take_groups(self, groups):
        if groups is not None:
            self._guest_firewall.model = groups

    def replace(self, state, seen, groups=None):
        """Serve exactly what the database says.

        :param state: {'cards', 'gateways'}, see VirtualInterfaceList.get_host_state
        :param seen: ``changes`` as it was before the state was read
        :param groups: what the security groups say, as :meth:`admit` takes it
        :returns: the networks that are gone, or None if somebody changed something meanwhile and nothing was done
        """
        with self._lock:
            if seen != self.changes:
                return None
            self._peers = sorted(state.get('peers', ()))
            for served in self._served.values():
                served.cards = {}
            for entry in state['gateways']:
                self._serve(entry['network'], entry['address'])
            for card in state['cards']:
                self._put(card)
            self._take_groups(groups)
            gone = self._remake(list(self._served.values()), check=True)
            self._remove_orphans()
            return gone

    def repair(self):
        """Make again what disappeared from the host.

        :returns: the networks that are gone, because their last port has left now
        """
        with self._lock:
            return self._remake(list(self._served.values()), check=True)

    def _put(self, card):
        if card['gateway']:
            served = self._serve(card['network'], card['gateway'])
            served.cards[card['address']] = {**card, 'order': next(self._order)}

    def _serve(self, network, gateway):
        served = self._served.setdefault(network['uuid'], Served(network, gateway))
        if (served.network, served.gateway) != (network, gateway):
            served.network, served.gateway, served.made = network, gateway, False
        return served

    def _remake(self, networks, check=False):
        """Bring networks into their state, one failure not hindering the others; list those that are gone."""
        gone = []
        self._apply_rules(check)
        found = linux_net.bridges() if self.manage and check else None
        for served in networks:
            try:
                if served.cards:
                    self._make(served, found)
                elif self._unmake(served):
                    gone.append(served.network)
            except Exception as error:
                served.made = False
                LOG.error('Network %s on this host: %s It is tried again in %s s.', served.network['label'], error,
                          CONF.network.reconcile_interval)
        if gone:
            self._apply_rules()
        return gone

    # -- the host ---------------------------------------------------------------

    def _make(self, served, found=None):
        """Let the host serve a network with guests.

        :param found: all bridges, if the host shall be looked at closely; otherwise a bridge that is there is trusted
        """
        if not self.manage:
            return
        if found is not None or not (served.made and linux_net.exists(served.bridge)):
            self._make_devices(served, found)
        if served.network['enable_dhcp']:
            dhcp.ensure(served.network, served.gateway, served.guests(), self._names.lines(served))
            if found is not None:
                self._end_lingering_leases(served)
        served.made = True

    def _make_devices(self, served, found):
        changed = linux_net.ensure_bridge(served.network, served.gateway, self.host, found)
        facts = (linux_net.bridges() if changed or found is None else found)[served.bridge]
        ipv6.ensure(served.network, facts['addresses'], facts['alias'].startswith(linux_net.ALIAS))
        if served.network['vni']:
            vxlan.ensure(served.network, CONF.my_ip, self._peers)
        if vlan.device_name(served.network):
            vlan.ensure(served.network)

    def _end_lingering_leases(self, served):
        """Take away leases that should have ended one round ago and are still there."""
        stale = {lease.address for lease in dhcp.stale_leases(served.bridge, served.guests())}
        if stale & served.lingering:
            dhcp.drop_stale_leases(served.network, served.gateway, served.guests(), self._names.lines(served))
            stale = set()
        served.lingering = stale

    def _unmake(self, served):
        """Remove a network without guests; False if the bridge still has a guest's port."""
        if self.manage and not self._dismantle(served.bridge, served.network, served.gateway):
            return False
        del self._served[served.network['uuid']]
        return True

    def _dismantle(self, bridge, network=None, gateway=None):
        interface = vlan.port_name(network) if network else None
        tunnels = (vxlan.owned() | vlan.owned()) & set(linux_net.ports(bridge))
        others = [port for port in linux_net.ports(bridge) if port != interface and port not in tunnels]
        if others and bridge in linux_net.owned_bridges():
            LOG.warning('Bridge %s has no guest any more but ports %s; it is left alone.', bridge, ', '.join(others))
            return False
        dhcp.stop(bridge)
        for tunnel in tunnels:
            vxlan.remove(tunnel)
        addresses = _own_addresses(network, gateway) if network else ()
        return linux_net.remove_bridge(bridge, interface, addresses)

    def _remove_orphans(self):
        """Remove bridges, DHCP servers and ports to other hosts of ours that belong to no network that is served."""
        if not self.manage:
            return
        wanted = {served.bridge for served in self._served.values()}
        for module in (vxlan, vlan):
            for device in module.owned() - {module.device_name(served.network) for served in self._served.values()}:
                module.remove(device)
        for bridge in (set(linux_net.owned_bridges()) | dhcp.configured_bridges()) - wanted:
            LOG.info('Removing what is left of %s.', bridge)
            self._dismantle(bridge)

    def _apply_rules(self, check=False):
        if self.manage:
            wanted = self.floating_ips()
            self._public_addresses.withdraw(wanted)
            networks = [_guest_network(served, wanted) for served in self._served.values()]
            self._firewall.apply(networks, check)
            self._firewall_v6.apply(networks, check)
            self._public_addresses.serve(wanted, check)
            floating_ips.let_return(sorted(
                model.device_name(card['vif_uuid']) for served in self._served.values()
                for card in served.cards.values() if card['floating_ips'] and not card['arriving']))
            segments = (served.segment() for served in self._served.values())
            self._port_firewall.apply([segment for segment in segments if segment], check)
            groups_of = self._guest_firewall.model.instances
            self._guest_firewall.apply([served.guarded(groups_of) for served in self._served.values()], check)

    def floating_ips(self):
        """Give the floating addresses that this host serves: {address: floating_rules.FloatingIP}."""
        cards = [card for served in self._served.values() for card in served.cards.values()]
        return floating_ips.wanted(sorted(cards, key=lambda card: card['order']))

    # -- looking ------------------------------------------------------------------

    @property
    def groups(self):
        """What the security groups said last, as guest_firewall.Model."""
        return self._guest_firewall.model

    def instance_uuids(self):
        """Return the guests that this host serves, as a set."""
        with self._lock:
            return {card['instance_uuid'] for served in self._served.values() for card in served.cards.values()}

    def leases(self):
        """List the leases of each network served: [(network row, addresses leased to their owners)]."""
        if not self.manage:
            return []
        with self._lock:
            return [(served.network, sorted(
                lease.address for lease in dhcp.leases(served.bridge)
                if lease.address in served.cards and served.cards[lease.address]['mac'] == lease.mac))
                for served in self._served.values()]

    def has_port(self, vif_uuid):
        """Tell whether the card's device exists, which means that the guest still runs."""
        return self.manage and linux_net.exists(model.device_name(vif_uuid))

    def facts(self):
        """Say what the host has and should have, for `nova-manage verify`."""
        if not self.manage:
            return {'managed': False}
        with self._lock:
            bridges = linux_net.bridges()
            return {
                'managed': True,
                'rules_in_place': all(rules.is_in_place() for rules in (
                    self._firewall, self._firewall_v6, self._port_firewall)),
                'group_rules_in_place': self._guest_firewall.is_in_place(), 'groups_digest': self.groups.digest,
                'owned_bridges': linux_net.owned_bridges(bridges),
                'dhcp_files': sorted(dhcp.configured_bridges()),
                'floating_ips': self._public_addresses.facts(),
                'networks': {uuid: self._facts_of(served, bridges) for uuid, served in self._served.items()}}

    def _facts_of(self, served, bridges):
        found = bridges.get(served.bridge)
        tunnel = vxlan.device_name(served.network)
        joint = tunnel or vlan.port_name(served.network)
        return {'bridge': served.bridge, 'gateway': served.gateway, 'dhcp': served.network['enable_dhcp'],
                'bridge_up': bool(found and found['up']), 'addresses': found['addresses'] if found else [],
                'dnsmasq': dhcp.running(served.bridge), 'hosts': dhcp.read_hosts(served.bridge),
                'leases': [list(lease) for lease in dhcp.leases(served.bridge)],
                'tunnel': joint, 'joined': not joint or joint in linux_net.ports(served.bridge),
                'hosts_missed': sorted(set(vxlan.usable(CONF.my_ip, self._peers)) - vxlan.flooded(tunnel))
                if tunnel else []}


def _guest_network(served, floating):
    """Tell the packet rules of a network.

    :param floating: all floating addresses of the host, see HostNetworks.floating_ips
    """
    mine = tuple(sorted(one for one in floating.values() if one.fixed_address in served.cards))
    return firewall.GuestNetwork(served.bridge, served.network['cidr'], bool(served.network['bridge_interface']), mine,
                                 served.network.get('cidr_v6'))


def _own_addresses(network, gateway):
    """List the host's addresses in a network, with their prefix lengths."""
    return [f'{gateway}/{ipaddress.ip_network(network["cidr"]).prefixlen}', *ipv6.addresses(network)]

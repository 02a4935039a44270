# SPDX-License-Identifier: Apache-2.0
"""The floating addresses that this host has: bound to its public device, announced, and taken off again.

Used by nova-network only. What was bound is written to ``networks_path/floating_ips.json`` before it is done, so that
whoever comes after a crash knows which addresses are ours to take off. The packet rules are made between
:meth:`PublicAddresses.withdraw` and :meth:`PublicAddresses.serve`: without rules an address would lead to the host.
Nova: bind_floating_ip, unbind_floating_ip, clean_conntrack of nova/network/linux_net.py (Newton)
"""
import ipaddress
import json
import os
import socket
import struct

from oslo_concurrency import processutils
from oslo_log import log

import mininova.conf
from mininova import exception, privsep
from mininova.crashpoint import crashpoint
from mininova.network import floating_rules, linux_net

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

EVERYBODY = b'\xff' * 6
ETHERTYPE_ARP = 0x0806
NOTHING_FOUND = 1  # exit code of conntrack


def record_path():
    """Name the file in which is written what was bound."""
    return os.path.join(CONF.networks_path, 'floating_ips.json')


def wanted(cards):
    """List what a host must serve for guests.

    Of two cards that claim an address, the one that was put in last has it: news of the other one is under way.

    :param cards: wiring, in the order in which it was put in
    :returns: {address: FloatingIP}
    """
    found = {}
    for card in cards:
        if not card['arriving']:
            for floating in card['floating_ips']:
                found[floating['address']] = floating_rules.FloatingIP(
                    floating['address'], card['address'], floating['interface'] or CONF.public_interface)
    return found


def bound_addresses():
    """List the addresses that devices of this host have for themselves: {(address, device)}."""
    output, _errors = processutils.execute('ip', '-json', '-4', 'address', 'show')
    return {(address['local'], link['ifname']) for link in json.loads(output or '[]') if link.get('ifname')
            for address in link.get('addr_info', ()) if address['prefixlen'] == 32}


class PublicAddresses:
    """What of the floating addresses is on this host's devices."""

    def __init__(self):
        self._known = None
        self._announced = set()
        self._missed = set()

    @property
    def known(self):
        """What was bound as far as is written: {address: FloatingIP}."""
        if self._known is None:
            try:
                with open(record_path()) as file:
                    self._known = {entry[0]: floating_rules.FloatingIP(*entry) for entry in json.load(file)}
            except FileNotFoundError:
                self._known = {}
            except (ValueError, TypeError, IndexError) as error:
                LOG.error('%s cannot be read (%s); addresses it named are not taken off.', record_path(), error)
                self._known = {}
        return self._known

    def _write(self, known):
        if known == self.known:
            return
        temporary = f'{record_path()}.new'
        os.makedirs(os.path.dirname(temporary), mode=0o755, exist_ok=True)
        with open(temporary, 'w') as file:
            json.dump(sorted(known.values()), file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, record_path())
        self._known = known

    def withdraw(self, served):
        """Take off what is not served any more; called before the rules change.

        :param served: {address: FloatingIP}
        """
        gone = [floating for address, floating in self.known.items()
                if address not in served or served[address].interface != floating.interface]
        if not gone:
            return
        self._unbind(gone)
        crashpoint('floating.F4.unbound.after')
        self._announced -= {(floating.address, floating.interface) for floating in gone}
        LOG.info('This host no longer has %s.', ', '.join(sorted(floating.address for floating in gone)))

    @staticmethod
    def _unbind(gone):
        bound = bound_addresses()
        keys = [(floating.address, floating.interface) for floating in gone]
        try:
            linux_net.run_batch([f'address del {address}/32 dev {interface}' for address, interface in keys
                                 if (address, interface) in bound])
        except exception.NetworkSetupFailed:
            if bound_addresses().intersection(keys):  # else somebody else was faster
                raise

    def serve(self, served, check=False):
        """Have exactly these addresses; called after the rules have changed. One failure does not hinder the others.

        :param served: {address: FloatingIP}
        :param check: look whether they are still bound, even if nothing changed
        """
        if served == self.known and not check:
            return
        for address, floating in self.known.items():
            if address not in served or served[address].fixed_address != floating.fixed_address:
                forget_flows(address)
        crashpoint('floating.F4.flows_ended.after')
        self._write(dict(served))
        crashpoint('floating.F4.recorded.after')
        if not served:
            return
        bound = bound_addresses()
        for floating in served.values():
            key = (floating.address, floating.interface)
            try:
                if key not in bound:
                    self._bind(floating)
                if key not in bound or key not in self._announced:
                    crashpoint('floating.F4.bound.after')
                    announce(floating.address, floating.interface)
                    self._announced.add(key)
                self._missed.discard(key)
            except (exception.NetworkSetupFailed, OSError) as error:
                if key not in self._missed:
                    LOG.error('Floating address %s cannot be had on %s: %s It is tried again every %s s.',
                              floating.address, floating.interface, error, CONF.network.reconcile_interval)
                self._missed.add(key)

    @staticmethod
    def _bind(floating):
        if not linux_net.exists(floating.interface):
            raise exception.NetworkSetupFailed(
                network=floating.interface, reason='there is no such device; see public_interface')
        linux_net.run_batch([f'address add {floating.address}/32 dev {floating.interface}'])
        LOG.info('This host has %s on %s, for %s.', floating.address, floating.interface, floating.fixed_address)

    def facts(self):
        """Say which addresses are bound for themselves, and which of them we bound, for `nova-manage verify`."""
        return {'bound': sorted(list(entry) for entry in bound_addresses()), 'recorded': sorted(self.known)}


def let_return(devices):
    """Let a bridge send packets of a guest back to where they came from: to its own floating address.

    Where the kernel shows bridged packets to the rules (br_netfilter), a packet whose new destination is in the bridge
    stays in it, and a bridge sends nothing back but where this is allowed.

    :param devices: names of guests' devices; those that are not there yet have their turn later
    """
    commands = [f'link set dev {device} type bridge_slave hairpin on' for device in devices if _may_not_return(device)]
    try:
        linux_net.run_batch(commands)
    except exception.NetworkSetupFailed as error:
        LOG.warning('A guest may not reach its own floating address: %s', error)


def _may_not_return(device):
    try:
        with open(os.path.join(linux_net.SYS_NET, device, 'brport', 'hairpin_mode')) as file:
            return file.read().strip() == '0'
    except FileNotFoundError:
        return False


# -- telling the neighbours -----------------------------------------------------------

def announcement(address, mac):
    """Return the frames that tell everybody which card has an address: as a question and as an answer (RFC 5944, 4.6).

    :param mac: of the card, six octets
    """
    packed = ipaddress.IPv4Address(address).packed
    ethernet = EVERYBODY + mac + struct.pack('!H', ETHERTYPE_ARP)
    return [ethernet + struct.pack('!HHBBH6s4s6s4s', 1, 0x0800, 6, 4, operation, mac, packed, target, packed)
            for operation, target in ((1, bytes(6)), (2, mac))]


@privsep.sys_admin_pctxt.entrypoint
def _send_frames(address, interface, count):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((interface, 0))
        mac = sender.getsockname()[4]
        for frame in announcement(address, mac) * count if len(mac) == 6 else ():
            sender.send(frame)


def announce(address, interface):
    """Tell the neighbours of a device that this host has an address now; a device that is down tells nobody.

    Sent `send_arp_for_ha_count` times, since nobody confirms it.
    """
    if CONF.send_arp_for_ha_count:
        try:
            _send_frames(address, interface, CONF.send_arp_for_ha_count)
        except OSError as error:
            LOG.warning('%s could not be announced on %s: %s', address, interface, error)


# -- connections that are open --------------------------------------------------------

@privsep.sys_admin_pctxt.entrypoint
def _delete_flows(address):
    for side in ('--orig-dst', '--reply-dst'):
        privsep.run('conntrack', '-D', side, str(ipaddress.IPv4Address(address)), check_exit_code=[0, NOTHING_FOUND])


def forget_flows(address):
    """End the connections through a floating address: without that they would go on to the guest it led to."""
    try:
        _delete_flows(address)
    except processutils.ProcessExecutionError as error:
        LOG.warning('Connections through %s could not be ended: %s', address, (error.stderr or str(error)).strip())

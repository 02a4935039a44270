# SPDX-License-Identifier: Apache-2.0
"""Packet rules of a compute host: the nftables table ``ip nova``, always replaced as a whole in one transaction.

Used by nova-network only. For each network with a guest here: requests to 169.254.169.254 go to the metadata service,
what leaves the network is masqueraded, networks do not reach each other but by floating addresses (floating_rules.py),
a guest reaches nothing on its host but DHCP, DNS, ICMP and metadata, no guest speaks VXLAN with other hosts in its
host's name, and no packet comes out of a bridge with a source that its network does not have. (That a guest uses only
its own address is libvirt's nwfilter's work.)
Nova: nova/network/linux_net.py (IptablesManager, Newton)
"""
import ipaddress
import socket
from typing import NamedTuple

from oslo_concurrency import processutils
from oslo_log import log

import mininova.conf
from mininova import exception, privsep
from mininova.network import floating_rules, vxlan

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

TABLE = 'ip nova'
LOAD_TIME, LOADS = 10, 3        # seconds, tries
METADATA_ADDRESS = '169.254.169.254'


class GuestNetwork(NamedTuple):
    """What the rules must know of a network. `shared`: other machines are on the same bridge (bridge_interface);
    `floating_ips`: floating_rules.FloatingIPs that lead to its guests."""
    bridge: str
    cidr: str
    shared: bool = False
    floating_ips: tuple = ()
    cidr_v6: str | None = None


class Settings(NamedTuple):
    """Where metadata is served and whether guests are kept from their host."""
    metadata_host: str
    metadata_port: int
    restrict_guests: bool = True


def settings():
    """Read the settings from nova.conf; a host name becomes its address, so that no rule depends on DNS."""
    return Settings(socket.gethostbyname(CONF.metadata_host), CONF.metadata_port, CONF.network.restrict_guests)


def render(networks, how):
    """Write the complete table for these networks.

    :param networks: GuestNetworks of this host
    :param how: Settings
    :returns: text for ``nft -f -``
    """
    networks = sorted(networks)
    chains = [
        chain('from_guests', 'filter', 'prerouting', 'raw', _sources(networks)),
        chain('prerouting', 'nat', 'prerouting', 'dstnat', _metadata(networks, how)),
        chain('input', 'filter', 'input', 'filter', _input(networks, how)),
        chain('forward', 'filter', 'forward', 'filter', _forward(networks)),
        chain('postrouting', 'nat', 'postrouting', 'srcnat', _masquerade(networks, how)),
        *(chain(*each) for each in floating_rules.chains(networks, how.metadata_host, how.metadata_port)),
    ]
    return f'{remove_text()}table {TABLE} {{\n' + ''.join(chains) + '}\n'


def remove_text():
    """Write what removes the table, there or not."""
    return f'table {TABLE} {{ }}\ndelete table {TABLE}\n'


def chain(name, kind, hook, priority, rules):
    """Write a chain at one of the kernel's hooks."""
    lines = [f'type {kind} hook {hook} priority {priority}; policy accept;', *rules]
    return f'\tchain {name} {{\n' + ''.join(f'\t\t{line}\n' for line in lines) + '\t}\n'


def _sources(networks):
    return [f'iifname "{network.bridge}" ip saddr != {{ 0.0.0.0, {network.cidr} }} drop'
            for network in networks if not network.shared]


def _metadata(networks, how):
    target = f'redirect to :{how.metadata_port}' if ipaddress.ip_address(how.metadata_host).is_loopback else (
        f'dnat to {how.metadata_host}:{how.metadata_port}')
    return [f'iifname "{network.bridge}" ip daddr {METADATA_ADDRESS} tcp dport 80 {target}' for network in networks]


def _input(networks, how):
    rules = []
    for network in networks:
        guest = f'iifname "{network.bridge}"'
        others = ', '.join(other.cidr for other in networks if other is not network)
        if others:
            # Nor the host's addresses in other networks, whose DHCP servers know the names of their guests.
            rules.append(f'{guest} ip daddr {{ {others} }} drop')
        if how.restrict_guests:
            rules += [f'{guest} ct state established,related accept',
                      f'{guest} ct status dnat tcp dport {how.metadata_port} accept',
                      f'{guest} udp dport {{ 53, 67 }} accept', f'{guest} tcp dport 53 accept',
                      f'{guest} ip protocol icmp accept', f'{guest} drop']
    return rules


def _forward(networks):
    rules, to_floating = [], floating_rules.accepted(networks)
    for network in networks:
        rules.append(f'iifname "{network.bridge}" oifname "{network.bridge}" accept')
        # Masqueraded it would come from this host, and other hosts would put it into any of their networks.
        rules.append(f'iifname "{network.bridge}" udp dport {vxlan.PORT} drop')
        others = ', '.join(f'"{other.bridge}"' for other in networks if other is not network)
        if others and to_floating:
            rules.append(f'iifname "{network.bridge}" {to_floating} accept')
        if others:
            rules.append(f'iifname "{network.bridge}" oifname {{ {others} }} drop')
    return rules


def _masquerade(networks, how):
    rules = []
    for network in networks:
        # A metadata service elsewhere must see the guest's own address.
        if not ipaddress.ip_address(how.metadata_host).is_loopback:
            rules.append(f'ip saddr {network.cidr} ip daddr {how.metadata_host} tcp dport {how.metadata_port} accept')
        rules.append(f'ip saddr {network.cidr} ip daddr != {network.cidr} oifname != "{network.bridge}" masquerade')
    return rules


@privsep.sys_admin_pctxt.entrypoint
def _load(text):
    """Load rules.  One that hung and was ended is tried again: tables are replaced as a whole or not at all."""
    for more in reversed(range(LOADS)):
        try:
            privsep.run('nft', '-f', '-', process_input=text, time_limit=LOAD_TIME)
            return
        except processutils.ProcessExecutionError as error:
            if error.exit_code != privsep.ENDED or not more:
                raise


@privsep.sys_admin_pctxt.entrypoint
def _list_table(table):
    return privsep.run('nft', 'list', 'table', *table.split(), check_exit_code=[0, 1])


class Firewall:
    """The table of packet rules as this process wants it."""
    table = TABLE

    @property
    def tables(self):
        """All tables that are replaced together."""
        return (self.table,)

    def __init__(self):
        self._wanted = None
        self._listing = None

    def text(self, networks):
        """Write the table for these networks; for none, what removes it."""
        return render(networks, settings()) if networks else remove_text()

    def apply(self, networks, check=False):
        """Let the rules be for exactly these networks; none removes the table.

        :param check: look whether the kernel still has them, even if nothing changed
        :raises NetworkSetupFailed: nft refuses, e.g. because the kernel lacks a part
        """
        text = self.text(networks)
        if text == self._wanted and not (check and not self.is_in_place()):
            return
        try:
            _load(text)
        except processutils.ProcessExecutionError as error:
            raise exception.NetworkSetupFailed(
                network=self.table, reason=f'nft: {(error.stderr or str(error)).strip()}') from None
        self._wanted = text
        self._listing = self.listing()
        LOG.info('Rules of table %s are for %s.', self.table,
                 ', '.join(network[0] for network in networks) or 'no network')

    def listing(self):
        """Return what the kernel has as text."""
        return ''.join(_list_table(table) for table in self.tables)

    def is_in_place(self):
        """Tell whether the kernel still has what was loaded."""
        return self._listing is not None and self.listing() == self._listing


class LateFirewall(Firewall):
    """Tables that are not touched before a network needs them: until then a kernel without bridge tables will do."""

    def apply(self, networks, check=False):
        if not networks and self._wanted is None and not self.listing():
            self._wanted, self._listing = self.text(networks), ''
            return
        super().apply(networks, check and bool(networks))


class PortFirewall(LateFirewall):
    """The table of what may not pass the ports between hosts (vxlan.py)."""
    table = vxlan.TABLE

    def text(self, networks):
        return vxlan.render(networks)

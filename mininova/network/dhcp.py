# SPDX-License-Identifier: Apache-2.0
"""DHCP and DNS for guests: one dnsmasq per network and host, which knows its guests by MAC and answers nobody else.

Used by nova-network only. dnsmasq outlives nova-network: guests renew their leases while the control plane is away. Its
files are below `networks_path`: ``nova-<bridge>.hosts`` (one line ``mac,name,ip`` per guest), ``.names`` (``address
name`` for each guest of the network, on whatever host), ``.leases`` and ``.pid``. For networks with an IPv6 range it
also announces the host as router; guests make their addresses themselves (SLAAC).
Nova: nova/network/linux_net.py (update_dhcp, Newton)
"""
import ipaddress
import itertools
import os
import re
import signal
import socket
import struct
import time
from typing import NamedTuple

from oslo_concurrency import processutils
from oslo_log import log

import mininova.conf
from mininova import concurrency, exception, privsep

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

METADATA_ADDRESS = '169.254.169.254'
LABEL_LENGTH = 63
HOSTS_LINE = re.compile(r'^(?:[0-9a-f]{2}:){5}[0-9a-f]{2},[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?,\d+\.\d+\.\d+\.\d+$')


class Lease(NamedTuple):
    """One line of a lease file; `expiry` in seconds since 1970, 0 never."""
    expiry: int
    mac: str
    address: str
    name: str


class Files(NamedTuple):
    """The files of one network's server."""
    hosts: str
    leases: str
    pid: str
    names: str


def files(bridge):
    """Name the files of the server at a bridge."""
    base = os.path.join(CONF.networks_path, f'nova-{bridge}')
    return Files(f'{base}.hosts', f'{base}.leases', f'{base}.pid', f'{base}.names')


# -- what the server is told ----------------------------------------------------

def sanitise(name, address):
    """Turn any text into a host name label (RFC 1123): lower-case letters, digits and inner hyphens, at most 63.

    :param address: the guest's address, which names a guest whose own name leaves nothing
    """
    label = re.sub(r'[^a-z0-9-]+', '-', (name or '').lower().split('.')[0])[:LABEL_LENGTH].strip('-')
    return label or 'host-' + address.replace('.', '-')


def hosts_lines(cards):
    """Write the host list of a network: one line per guest, in order of addresses.

    A name that an earlier line has gets the address added, since dnsmasq gives each name to one machine only.

    :param cards: wiring of the guests (mac, hostname, address)
    """
    lines, taken = [], set()
    for card in sorted(cards, key=lambda card: ipaddress.ip_address(card['address'])):
        name = unused_name(card['hostname'], card['address'], taken)
        taken.add(name)
        line = f'{card["mac"]},{name},{card["address"]}'
        if not HOSTS_LINE.match(line):
            raise exception.NetworkSetupFailed(network=card['network']['label'], reason=f'bad DHCP entry {line!r}')
        lines.append(line)
    return lines


def unused_name(hostname, address, taken):
    """Make a host name label that is not taken of a guest's name, if need be by adding its address."""
    name, digits = sanitise(hostname, address), address.replace('.', '-')
    for attempt in itertools.count():
        suffix = ('', f'-{digits}', f'-{digits}-{attempt}')[min(attempt, 2)]
        label = name[:LABEL_LENGTH - len(suffix)].rstrip('-') + suffix
        if label not in taken:
            return label


def command(network, gateway):
    """Give dnsmasq's command line for a network on this host.

    :param gateway: this host's address in the network, on which the server listens
    """
    cidr = ipaddress.ip_network(network['cidr'])
    paths = files(network['bridge'])
    domain = network['dhcp_domain'] or CONF.api.dhcp_domain
    routes = f'{METADATA_ADDRESS}/32,{gateway},0.0.0.0/0,{gateway}'
    arguments = [
        'dnsmasq', f'--conf-file={CONF.dnsmasq_config_file}', f'--pid-file={paths.pid}',
        f'--interface={network["bridge"]}', '--bind-interfaces', '--except-interface=lo', '--no-hosts',
        f'--dhcp-range={cidr.network_address},static,{cidr.netmask},{CONF.dhcp_lease_time}s',
        f'--dhcp-lease-max={cidr.num_addresses}', f'--dhcp-hostsfile={paths.hosts}', f'--dhcp-leasefile={paths.leases}',
        '--dhcp-ignore=tag:!known', f'--dhcp-option=3,{gateway}', f'--dhcp-option=121,{routes}',
        f'--dhcp-option=249,{routes}', f'--dhcp-option-force=26,{network["mtu"] or 1500}', '--dhcp-no-override']
    if not network['bridge_interface']:
        # The only server of this segment may also speak for leases it does not remember.
        arguments.append('--dhcp-authoritative')
    if domain:
        arguments += [f'--domain={domain}', f'--local=/{domain}/']
    arguments += [*_dns_arguments(network), *_router_arguments(network)]
    if CONF.dhcpbridge:
        arguments.append(f'--dhcp-script={CONF.dhcpbridge}')
    if not _reachable_by_others(CONF.networks_path):
        arguments.append('--user=root')  # after a reload the host list is read with the rights of this user
    return arguments


def _dns_arguments(network):
    own = [address for address in (network['dns1'], network['dns2']) if address]
    if own:
        return [f'--dhcp-option=6,{",".join(own)}', '--port=0']
    known = [f'--addn-hosts={files(network["bridge"]).names}', '--expand-hosts']
    return known + (['--no-resolv', *(f'--server={address}' for address in CONF.dns_server)] if CONF.dns_server else [])


def _router_arguments(network):
    """Announce the bridge's link-local address as router, with the range and the name server."""
    if not network.get('cidr_v6'):
        return []
    cidr = ipaddress.ip_network(network['cidr_v6'])
    return ['--enable-ra', f'--dhcp-range={cidr.network_address},ra-stateless,{cidr.prefixlen},{CONF.dhcp_lease_time}s']


def _reachable_by_others(path):
    path = os.path.abspath(path)
    while path != '/':
        if os.path.exists(path) and not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True


# -- the server -----------------------------------------------------------------

@privsep.sys_admin_pctxt.entrypoint
def _start(arguments, environment):
    allowed = {'--conf-file': CONF.dnsmasq_config_file, '--dhcp-script': CONF.dhcpbridge}
    for argument in arguments[1:]:
        option, _equals, value = argument.partition('=')
        if value != allowed.get(option, value):
            raise ValueError(f'{argument} is not what this host is configured to run')
    if arguments[0] != 'dnsmasq':
        raise ValueError('only dnsmasq is started here')
    privsep.run(*arguments, env_variables=environment)


@privsep.sys_admin_pctxt.entrypoint
def _signal(pid, pid_file, number):
    if _is_ours(pid, pid_file):
        os.kill(pid, number)


def _command_line(pid):
    try:
        with open(f'/proc/{pid}/cmdline', 'rb') as file:
            return [os.fsdecode(part) for part in file.read().split(b'\0')[:-1]]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _is_ours(pid, pid_file):
    arguments = _command_line(pid)
    return bool(arguments) and os.path.basename(arguments[0]) == 'dnsmasq' and f'--pid-file={pid_file}' in arguments


def running(bridge):
    """Give the process id of the server at a bridge, None if none runs.

    The pid file is believed only if that process is a dnsmasq with this very file; if not, all processes are looked at.
    """
    pid_file = files(bridge).pid
    try:
        with open(pid_file) as file:
            pid = int(file.read())
        if _is_ours(pid, pid_file):
            return pid
    except (FileNotFoundError, ValueError):
        pass
    pids = (int(entry) for entry in os.listdir('/proc') if entry.isdigit())
    return next((pid for pid in pids if _is_ours(pid, pid_file)), None)


def _write(path, lines):
    """Replace a file in one step; tell whether it changed."""
    text = ''.join(f'{line}\n' for line in lines)
    try:
        with open(path) as file:
            if file.read() == text:
                return False
    except FileNotFoundError:
        pass
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    temporary = f'{path}.new'
    with open(temporary, 'w') as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(text)
    os.rename(temporary, path)
    return True


def ensure(network, gateway, cards, names=()):
    """Let the server of a network run with exactly these guests; does nothing if it does.

    :param cards: wiring of the network's guests on this host
    :param names: lines of the file of names
    :returns: whether something had to be done
    :raises NetworkSetupFailed: dnsmasq does not start
    """
    paths = files(network['bridge'])
    changed = _write(paths.hosts, hosts_lines(cards))
    changed = _write(paths.names, names) or changed
    arguments = command(network, gateway)
    pid = running(network['bridge'])
    if pid and _command_line(pid) != arguments:
        _stop_process(pid, paths.pid)
        pid = None
    if pid is None:
        _prune_leases(network['bridge'], cards)
        _launch(network, arguments)
    elif changed:
        for lease in stale_leases(network['bridge'], cards):
            send_release(gateway, lease.mac, lease.address)
        _signal(pid, paths.pid, signal.SIGHUP)
    return changed or pid is None


def _launch(network, arguments):
    environment = {'PATH': os.environ.get('PATH', '/usr/sbin:/usr/bin:/sbin:/bin'), 'NETWORK_ID': network['uuid'],
                   'CONFIG_FILE': CONF.dhcpbridge_flagfile, 'MININOVA_CONCURRENCY': 'threading'}
    try:
        _start(arguments, environment)
    except processutils.ProcessExecutionError as error:
        raise exception.NetworkSetupFailed(
            network=network['label'], reason=f'dnsmasq: {(error.stderr or str(error)).strip()}') from None
    LOG.info('DHCP server of network %s runs at %s.', network['label'], network['bridge'])


def _stop_process(pid, pid_file, patience=5):
    _signal(pid, pid_file, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while _is_ours(pid, pid_file):
        if time.monotonic() > deadline:
            _signal(pid, pid_file, signal.SIGKILL)
            deadline += patience
        concurrency.sleep(0.02)


def stop(bridge):
    """End the server at a bridge and forget its guests and leases; does nothing if all is gone."""
    paths = files(bridge)
    pid = running(bridge)
    if pid:
        _stop_process(pid, paths.pid)
        LOG.info('DHCP server at %s ended.', bridge)
    for path in paths:
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass


def configured_bridges():
    """List the bridges for which there are files of a server."""
    try:
        names = os.listdir(CONF.networks_path)
    except FileNotFoundError:
        return set()
    return {name[len('nova-'):].rpartition('.')[0] for name in names
            if name.startswith('nova-') and name.endswith(('.hosts', '.names', '.leases', '.pid'))}


# -- leases ---------------------------------------------------------------------

def leases(bridge):
    """List the leases the server at a bridge has written down."""
    found = []
    try:
        with open(files(bridge).leases) as file:
            for line in file:
                fields = line.split()
                if len(fields) >= 4 and fields[0].isdigit():
                    found.append(Lease(int(fields[0]), fields[1].lower(), fields[2], fields[3]))
    except FileNotFoundError:
        pass
    return found


def stale_leases(bridge, cards):
    """List leases whose address is no longer that guest's; dnsmasq would refuse the address to its next owner."""
    owners = {card['address']: card['mac'] for card in cards}
    return [lease for lease in leases(bridge) if owners.get(lease.address) != lease.mac]


def send_release(server, mac, address):
    """Tell the DHCP server, on behalf of a guest that is gone, that its lease is over (RFC 2131, DHCPRELEASE)."""
    hardware = bytes.fromhex(mac.replace(':', ''))
    packet = struct.pack('!BBBBIHH4s4s4s4s16s64x128x', 1, 1, 6, 0, int.from_bytes(os.urandom(4), 'big'), 0, 0,
                         socket.inet_aton(address), bytes(4), bytes(4), bytes(4), hardware)
    packet += b'\x63\x82\x53\x63' + b'\x35\x01\x07' + b'\x36\x04' + socket.inet_aton(server) + b'\xff'
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(packet, (server, 67))


def drop_stale_leases(network, gateway, cards, names=()):
    """Take away leases that survived their release: the server is started again without them.

    :returns: whether there were any
    """
    if not stale_leases(network['bridge'], cards):
        return False
    pid_file = files(network['bridge']).pid
    pid = running(network['bridge'])
    if pid:
        _stop_process(pid, pid_file)
    ensure(network, gateway, cards, names)
    return True


def _prune_leases(bridge, cards):
    """Remove stale lines from the lease file; the server must not run."""
    gone = {lease.address for lease in stale_leases(bridge, cards)}
    if not gone:
        return
    path = files(bridge).leases
    with open(path) as file:
        lines = [line for line in file if not gone.intersection(line.split()[2:3])]
    temporary = f'{path}.new'
    with open(temporary, 'w') as file:
        file.writelines(lines)
    os.rename(temporary, path)


def read_hosts(bridge):
    """List the lines of a server's host list."""
    try:
        with open(files(bridge).hosts) as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []

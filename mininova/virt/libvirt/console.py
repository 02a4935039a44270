# SPDX-License-Identifier: Apache-2.0
"""A guest's consoles: the serial log, the serial port over TCP, the screen.  Runs in nova-compute.

The serial port's output goes to ``console.log`` by way of virtlogd, which turns the file over (``console.log.0``)
when it has grown; /etc/libvirt/virtlogd.conf says when.  Cut out of Nova's nova/virt/libvirt/driver.py and
nova/console/serial.py.
"""
import os
import re
import socket

from oslo_log import log as logging

import mininova.conf
from mininova import concurrency, exception, privsep
from mininova.virt import consoles
from mininova.virt.libvirt import utils

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

_LOG_NAME = re.compile(r'[0-9a-f-]{36}/console\.log(\.0)?\Z')
_ports_in_hand = set()


def prepare_log(instance):
    """Make the log as ours before virtlogd makes it as root's."""
    descriptor = os.open(utils.console_path(instance), os.O_CREAT | os.O_WRONLY, 0o600)
    os.close(descriptor)


def read_log(instance):
    """Return the last bytes of the serial port's output, b'' if there is none."""
    wanted = consoles.MAX_CONSOLE_BYTES
    path = utils.console_path(instance)
    output = _read(path, wanted)
    if len(output) < wanted:
        output = _read(path + '.0', wanted - len(output)) + output
    return output


def _read(path, count):
    try:
        return concurrency.native(utils.last_bytes, path, count)
    except FileNotFoundError:
        return b''
    except PermissionError:
        # A file that virtlogd turned over belongs to root. (The helper is asked from a greenthread: its answer would
        # not reach a native one.)
        return _read_as_root(path, CONF.instances_path, count)


@privsep.sys_admin_pctxt.entrypoint
def _read_as_root(path, instances_path, count):
    return _read_log_only(path, instances_path, count)


def _read_log_only(path, instances_path, count):
    name = os.path.relpath(os.path.realpath(path), os.path.realpath(instances_path))
    if not _LOG_NAME.match(name):
        raise exception.Invalid(f'{path} is not the console log of a guest.')
    return utils.last_bytes(path, count)


# -- the serial port over TCP -------------------------------------------------------------

@concurrency.synchronized('serial-ports')
def acquire_serial_port(used):
    """Find a free TCP port for a guest's serial console.

    :param used: ports of guests that exist, running or not
    :returns: (address, port); give it back with ``release_serial_port`` once the guest has it or will not
    :raises ConsoleTypeUnavailable: none is free
    """
    first, last = (int(number) for number in CONF.serial_console.port_range.split(':'))
    address = CONF.serial_console.proxyclient_address
    for port in range(first, last):
        if port not in used and port not in _ports_in_hand and _can_bind(address, port):
            _ports_in_hand.add(port)
            return address, port
    LOG.error('No port of [serial_console] port_range %s is free.', CONF.serial_console.port_range)
    raise exception.ConsoleTypeUnavailable(console_type='serial')


def release_serial_port(port):
    """Forget that a port was handed out."""
    _ports_in_hand.discard(port)


def _can_bind(address, port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


# -- where the proxies connect -------------------------------------------------------------

def vnc_address(description):
    """Return the Console of a running guest's screen.

    :param description: config.live.LiveGuest
    """
    if not description.vnc:
        raise exception.ConsoleTypeUnavailable(console_type='vnc')
    return consoles.Console(CONF.vnc.server_proxyclient_address, description.vnc[1])


def spice_address(description):
    """Return the Console of a running guest's SPICE screen."""
    if not description.spice:
        raise exception.ConsoleTypeUnavailable(console_type='spice')
    port, tls_port = description.spice
    return consoles.Console(CONF.spice.server_proxyclient_address, port, tls_port=tls_port)


def serial_address(description):
    """Return the Console of a running guest's serial port."""
    if not CONF.serial_console.enabled or not description.serial:
        raise exception.ConsoleTypeUnavailable(console_type='serial')
    return consoles.Console(CONF.serial_console.proxyclient_address, description.serial[1])

# SPDX-License-Identifier: Apache-2.0
"""nova-serialproxy: guests' serial ports as websockets.  Nova: nova/cmd/serialproxy.py."""
import sys

import mininova.conf
from mininova.cmd import baseproxy, common

CONF = mininova.conf.CONF


@common.readable_errors
def main():
    baseproxy.prepare('serial_console', web=None)
    baseproxy.proxy('nova-serialproxy', CONF.serial_console.serialproxy_host, CONF.serial_console.serialproxy_port,
                    'serial')


if __name__ == '__main__':
    sys.exit(main())

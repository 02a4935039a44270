# SPDX-License-Identifier: Apache-2.0
"""nova-spicehtml5proxy: guests' screens (SPICE) in browsers.  It serves spice-html5 and its websockets.

Nova: nova/cmd/spicehtml5proxy.py.
"""
import sys

import mininova.conf
from mininova.cmd import baseproxy, common

CONF = mininova.conf.CONF


@common.readable_errors
def main():
    baseproxy.prepare('spice', web='/usr/share/spice-html5')
    baseproxy.proxy('nova-spicehtml5proxy', CONF.spice.html5proxy_host, CONF.spice.html5proxy_port, 'spice-html5')


if __name__ == '__main__':
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""nova-novncproxy: guests' screens (VNC) in browsers.  It serves noVNC and its websockets.

Nova: nova/cmd/novncproxy.py.
"""
import sys

import mininova.conf
from mininova.cmd import baseproxy, common
from mininova.console.securityproxy import rfb

CONF = mininova.conf.CONF


@common.readable_errors
def main():
    baseproxy.prepare('vnc', web='/usr/share/novnc')
    baseproxy.proxy('nova-novncproxy', CONF.vnc.novncproxy_host, CONF.vnc.novncproxy_port, 'novnc',
                    rfb.RFBSecurityProxy())


if __name__ == '__main__':
    sys.exit(main())

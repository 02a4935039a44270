# SPDX-License-Identifier: Apache-2.0
"""The [vnc] and [serial_console] sections.  Nova: nova/conf/vnc.py, serial_console.py."""
from oslo_config import cfg

VNC_OPTS = [
    cfg.BoolOpt('enabled', default=True, help="Give guests a VNC screen."),
    cfg.StrOpt('server_listen', default='127.0.0.1', help="Address on which a guest's VNC server listens."),
    cfg.StrOpt('server_proxyclient_address', default='127.0.0.1', help="Address the console proxy connects to."),
]

SERIAL_OPTS = [
    cfg.BoolOpt('enabled', default=False, help="Offer guests' serial ports through the serial proxy."),
    cfg.StrOpt('port_range', default='10000:20000', regex=r'^\d+:\d+$', help="TCP ports for guests' serial consoles."),
    cfg.StrOpt('proxyclient_address', default='127.0.0.1', help="Address the serial proxy connects to."),
]


def register_opts(conf):
    conf.register_opts(VNC_OPTS, group='vnc')
    conf.register_opts(SERIAL_OPTS, group='serial_console')


def list_opts():
    return [('vnc', VNC_OPTS), ('serial_console', SERIAL_OPTS)]

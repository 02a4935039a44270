# SPDX-License-Identifier: Apache-2.0
"""The sections of consoles: [vnc], [spice], [serial_console], [mks], [consoleauth].

Nova: nova/conf/vnc.py, spice.py, serial_console.py, mks.py, consoleauth.py.
"""
from oslo_config import cfg

VNC_OPTS = [
    cfg.BoolOpt('enabled', default=True, help="Give guests a VNC screen."),
    cfg.StrOpt('server_listen', default='127.0.0.1', help="Address on which a guest's VNC server listens."),
    cfg.StrOpt('server_proxyclient_address', default='127.0.0.1', help="Address the console proxy connects to."),
    cfg.URIOpt('novncproxy_base_url', default='http://127.0.0.1:6080/vnc_auto.html', help="""
Where users' browsers find nova-novncproxy. Read by nova-compute, which hands it out with a token."""),
]

SPICE_OPTS = [
    cfg.BoolOpt('enabled', default=False, help="""
Give guests a SPICE screen, beside the VNC screen if that is enabled too. QEMU must be built with SPICE."""),
    cfg.StrOpt('server_listen', default='127.0.0.1', help="Address on which a guest's SPICE server listens."),
    cfg.StrOpt('server_proxyclient_address', default='127.0.0.1', help="Address that proxies connect to."),
    cfg.URIOpt('html5proxy_base_url', default='http://127.0.0.1:6082/spice_auto.html', help="""
Where users' browsers find a proxy for spice-html5 consoles."""),
    cfg.URIOpt('spice_direct_proxy_base_url', default='http://127.0.0.1:13002/nova', help="""
Where users find a proxy for native SPICE clients (spice-direct consoles, 2.99)."""),
]

SERIAL_OPTS = [
    cfg.BoolOpt('enabled', default=False, help="Offer guests' serial ports through the serial proxy."),
    cfg.URIOpt('base_url', default='ws://127.0.0.1:6083/', help="Where users' clients find nova-serialproxy."),
    cfg.StrOpt('port_range', default='10000:20000', regex=r'^\d+:\d+$', help="TCP ports for guests' serial consoles."),
    cfg.StrOpt('proxyclient_address', default='127.0.0.1', help="Address the serial proxy connects to."),
]

MKS_OPTS = [
    cfg.BoolOpt('enabled', default=False, help="Offer WebMKS consoles, of hypervisors that have them; ours have none."),
    cfg.URIOpt('mksproxy_base_url', default='http://127.0.0.1:6090/', help="Where users' browsers find an MKS proxy."),
]

CONSOLEAUTH_OPTS = [
    cfg.IntOpt('token_ttl', default=600, min=0, help="Seconds within which a console must be opened with its token."),
]


def register_opts(conf):
    for group, options in list_opts():
        conf.register_opts(options, group=group)


def list_opts():
    return [('vnc', VNC_OPTS), ('spice', SPICE_OPTS), ('serial_console', SERIAL_OPTS), ('mks', MKS_OPTS),
            ('consoleauth', CONSOLEAUTH_OPTS)]

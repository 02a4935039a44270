# SPDX-License-Identifier: Apache-2.0
"""The sections of consoles: [vnc], [spice], [serial_console], [mks], [consoleauth].

Nova: nova/conf/vnc.py, spice.py, serial_console.py, mks.py, consoleauth.py.
"""
from oslo_config import cfg

VNC_OPTS = [
    cfg.BoolOpt('enabled', default=True, help="Give guests a VNC screen."),
    cfg.StrOpt('server_listen', default='127.0.0.1', help="""
Address of this host on which guests' VNC servers listen. Whoever reaches it sees all screens, unless `vencrypt` guards
them: an internal address, never that of users."""),
    cfg.StrOpt('server_proxyclient_address', default='127.0.0.1', help="""
Address of this host to which nova-novncproxy connects; of several hosts each has its own."""),
    cfg.URIOpt('novncproxy_base_url', default='http://127.0.0.1:6080/vnc_auto.html', help="""
Where users' browsers find nova-novncproxy. Read by nova-compute, which hands it out with a token. noVNC's
`vnc_lite.html` connects at once, without a button; with `https` the proxy must serve TLS, or somebody before it."""),
    cfg.ListOpt('auth_schemes', item_type=cfg.types.String(choices=['none', 'vencrypt']), default=['none'], help="""
How nova-novncproxy proves to a guest's VNC server who it is, best first: `vencrypt` is TLS with a certificate on each
side (`vnc_tls` and `vnc_tls_x509_verify` in libvirt's qemu.conf), `none` nothing at all. With `vencrypt` alone no
screen is reached in the clear."""),
    cfg.StrOpt('vencrypt_client_key', help="""
File with the private key of nova-novncproxy's certificate, PEM; for `vencrypt`."""),
    cfg.StrOpt('vencrypt_client_cert', help="""
File with the certificate that nova-novncproxy shows to compute hosts, PEM; for `vencrypt`."""),
    cfg.StrOpt('vencrypt_ca_certs', help="""
File with the certificates by which those of compute hosts are checked, PEM. Unset: those this machine trusts."""),
]

NOVNCPROXY_OPTS = [
    cfg.HostAddressOpt('novncproxy_host', default='0.0.0.0', help="Address on which nova-novncproxy listens."),
    cfg.PortOpt('novncproxy_port', default=6080, help="Port on which nova-novncproxy listens."),
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
    cfg.BoolOpt('agent_enabled', default=True, help="""
Give guests the channel of SPICE's agent: clipboard and size of the screen, where the guest runs the agent."""),
    cfg.StrOpt('image_compression', choices=['auto_glz', 'auto_lz', 'quic', 'glz', 'lz', 'off'], help="""
How pictures are compressed without loss. Unset: as QEMU likes."""),
    cfg.StrOpt('jpeg_compression', choices=['auto', 'never', 'always'], help="""
Whether pictures are compressed with loss, for slow lines. Unset: as QEMU likes."""),
    cfg.StrOpt('zlib_compression', choices=['auto', 'never', 'always'], help="""
Whether pictures are compressed with zlib and a dictionary, for slow lines. Unset: as QEMU likes."""),
    cfg.BoolOpt('playback_compression', help="Whether sound is compressed. Unset: as QEMU likes."),
    cfg.StrOpt('streaming_mode', choices=['filter', 'all', 'off'], help="""
Which moving parts of a screen are sent as video. Unset: as QEMU likes."""),
    cfg.BoolOpt('require_secure', default=False, help="""
Refuse SPICE clients that do not encrypt; libvirt's qemu.conf must have `spice_tls`. spice-html5 cannot."""),
]

HTML5PROXY_OPTS = [
    cfg.HostAddressOpt('html5proxy_host', default='0.0.0.0', help="Address on which nova-spicehtml5proxy listens."),
    cfg.PortOpt('html5proxy_port', default=6082, help="Port on which nova-spicehtml5proxy listens."),
]

SERIAL_OPTS = [
    cfg.BoolOpt('enabled', default=False, help="Offer guests' serial ports through the serial proxy."),
    cfg.URIOpt('base_url', default='ws://127.0.0.1:6083/', help="Where users' clients find nova-serialproxy."),
    cfg.StrOpt('port_range', default='10000:20000', regex=r'^\d+:\d+$', help="TCP ports for guests' serial consoles."),
    cfg.StrOpt('proxyclient_address', default='127.0.0.1', help="""
Address of this host on which guests' serial ports listen and to which the serial proxy connects. Whoever reaches it can
type into guests: an internal network."""),
]

SERIALPROXY_OPTS = [
    cfg.HostAddressOpt('serialproxy_host', default='0.0.0.0', help="Address on which nova-serialproxy listens."),
    cfg.PortOpt('serialproxy_port', default=6083, help="Port on which nova-serialproxy listens."),
]

MKS_OPTS = [
    cfg.BoolOpt('enabled', default=False, help="Offer WebMKS consoles, of hypervisors that have them; ours have none."),
    cfg.URIOpt('mksproxy_base_url', default='http://127.0.0.1:6090/', help="Where users' browsers find an MKS proxy."),
]

CONSOLEAUTH_OPTS = [
    cfg.IntOpt('token_ttl', default=600, min=0, help="Seconds within which a console must be opened with its token."),
    cfg.BoolOpt('enforce_session_timeout', default=False, help="""
End a console that is open when its token's time is over. Otherwise the time is that in which it must be opened."""),
]

# What each proxy adds to its command line, by section.
CLI_OPTS = {'vnc': NOVNCPROXY_OPTS, 'spice': HTML5PROXY_OPTS, 'serial_console': SERIALPROXY_OPTS}


def register_opts(conf):
    for group, options in list_opts():
        conf.register_opts(options, group=group)


def register_cli_opts(conf, group):
    """Let the address of one proxy be given on its command line.

    :param group: 'vnc', 'spice' or 'serial_console'
    """
    conf.register_cli_opts(CLI_OPTS[group], group=group)


def list_opts():
    return [('vnc', VNC_OPTS + NOVNCPROXY_OPTS), ('spice', SPICE_OPTS + HTML5PROXY_OPTS),
            ('serial_console', SERIAL_OPTS + SERIALPROXY_OPTS), ('mks', MKS_OPTS), ('consoleauth', CONSOLEAUTH_OPTS)]

# SPDX-License-Identifier: Apache-2.0
"""What all console proxies have: nova-novncproxy, nova-serialproxy, nova-spicehtml5proxy.  Nova: nova/conf/novnc.py."""
from oslo_config import cfg

PROXY_OPTS = [
    cfg.StrOpt('record', help="""
Write what passes through each console to a file of this name, with a dot and the number of the connection behind it, to
find out why a client does not understand a screen. These files hold all that users type, passwords too."""),
    cfg.BoolOpt('daemon', default=False, help="""
Go on in the background, as a process of its own. Not for systemd, which wants its services in the foreground."""),
    cfg.BoolOpt('ssl_only', default=False, help="""
Refuse connections that are not encrypted; needs `cert`. Without it a proxy that has a certificate takes both kinds on
its one port."""),
    cfg.BoolOpt('source_is_ipv6', default=False, help="""
Listen on the IPv6 address of a host name that has addresses of both kinds."""),
    cfg.StrOpt('cert', default='self.pem', help="""
File with the proxy's certificate (chain), PEM; one that does not exist means no encryption."""),
    cfg.StrOpt('key', help="File with the certificate's private key, PEM; unset if it is in the file of `cert`."),
    cfg.StrOpt('web', default='/usr/share/spice-html5', help="""
Directory with the client that browsers load from the proxy. nova-novncproxy takes `/usr/share/novnc` unless it is set,
nova-serialproxy none: nothing but websockets is served then."""),
]


def register_opts(conf):
    conf.register_opts(PROXY_OPTS)


def register_cli_opts(conf):
    """Let them be given on the command line too; what a proxy does before it reads its command line."""
    conf.register_cli_opts(PROXY_OPTS)


def list_opts():
    return [('DEFAULT', PROXY_OPTS)]

# SPDX-License-Identifier: Apache-2.0
"""Section [console]: whose pages may open consoles, and how strong the proxies' TLS is.  Nova: nova/conf/console.py."""
from oslo_config import cfg

CONSOLE_OPTS = [
    cfg.ListOpt('allowed_origins', default=[], deprecated_group='DEFAULT', deprecated_name='console_allowed_origins',
                help="""
Host names, without port, of pages that may open a console besides those of the proxy itself: a dashboard's, when it
brings a console client of its own. A browser says where a page is from, and pages from elsewhere are refused."""),
    cfg.StrOpt('ssl_ciphers', help="OpenSSL's list of ciphers for connections to a proxy. Unset: OpenSSL's choice."),
    cfg.StrOpt('ssl_minimum_version', default='default', choices=['default', 'tlsv1_1', 'tlsv1_2', 'tlsv1_3'], help="""
Oldest version of TLS for connections to a proxy; `default` is what OpenSSL on this machine takes for safe."""),
]


def register_opts(conf):
    conf.register_opts(CONSOLE_OPTS, group='console')


def list_opts():
    return [('console', CONSOLE_OPTS)]

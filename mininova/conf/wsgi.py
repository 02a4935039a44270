# SPDX-License-Identifier: Apache-2.0
"""Options of the HTTP servers in nova-api.  Nova: nova/conf/wsgi.py, nova/conf/service.py."""
from oslo_config import cfg

API_NAMES = ['osapi_compute', 'metadata']

SERVER_OPTS = [
    cfg.ListOpt('enabled_apis', item_type=cfg.types.String(choices=API_NAMES), default=API_NAMES, help="""
APIs that `nova-api` serves, each on a port of its own."""),
    cfg.ListOpt('enabled_ssl_apis', default=[], help="""
Those of `enabled_apis` that are served over TLS; needs `[wsgi] ssl_cert_file`."""),
    cfg.HostAddressOpt('osapi_compute_listen', default='0.0.0.0', help="""
Address the compute API listens on."""),
    cfg.PortOpt('osapi_compute_listen_port', default=8774, help="""
Port of the compute API; 0 takes any free one, shown in the log."""),
    cfg.IntOpt('osapi_compute_workers', help="""
Processes that serve the compute API, 1 or more. Unset: one for each processor."""),
    cfg.HostAddressOpt('metadata_listen', default='0.0.0.0', help="""
Address the metadata API for guests listens on."""),
    cfg.PortOpt('metadata_listen_port', default=8775, help="""
Port of the metadata API; the built-in network redirects guests' requests here."""),
    cfg.IntOpt('metadata_workers', help="""
Processes that serve the metadata API, 1 or more. Unset: one for each processor."""),
]

WSGI_OPTS = [
    cfg.StrOpt('api_paste_config', default='api-paste.ini', help="""
Paste file with the pipelines: an absolute path, or a name looked for beside nova.conf, then among the files that
were installed with the program."""),
    cfg.StrOpt('ssl_ca_file', help="File of CA certificates that client certificates must be signed by."),
    cfg.StrOpt('ssl_cert_file', help="File with the server's certificate (chain), PEM."),
    cfg.StrOpt('ssl_key_file', help="File with the server's private key, PEM."),
    cfg.IntOpt('tcp_keepidle', default=600, min=1, help="""
Seconds a connection is silent before the kernel asks whether the client is still there."""),
    cfg.IntOpt('default_pool_size', default=1000, min=1, help="""
Requests that one worker handles at the same time; further connections wait."""),
    cfg.IntOpt('max_header_line', default=16384, min=1, help="""
Longest header line in bytes; a token with a large catalog needs room. A longer one is answered with 400."""),
    cfg.BoolOpt('keep_alive', default=True, help="""
Whether a connection stays open for further requests after an answer."""),
    cfg.IntOpt('client_socket_timeout', default=900, min=0, help="""
Seconds a client may be silent before its connection is closed; 0 waits for ever. Reading the head of one
request has its own limit, see `header_timeout`."""),
    cfg.IntOpt('header_timeout', default=10, min=1, max=10, help="""
Seconds in which a client must have sent the complete head of a request after its first byte. Keeps clients
that send a byte now and then from holding all connections."""),
]


def register_opts(conf):
    conf.register_opts(SERVER_OPTS)
    conf.register_opts(WSGI_OPTS, group='wsgi')


def list_opts():
    return [('DEFAULT', SERVER_OPTS), ('wsgi', WSGI_OPTS)]

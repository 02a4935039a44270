# SPDX-License-Identifier: Apache-2.0
"""Paste filter cors: oslo.middleware's, reading our configuration (nova-api).  Nova: nova/middleware.py.

The library's own factory reads the default files of a project by itself and so misses ``--config-file``;
this one hands it the configuration that the process has.
"""
from oslo_middleware import cors

import mininova.conf

HEADERS = ['X-Auth-Token', 'X-OpenStack-Request-ID', 'X-Compute-Request-ID', 'OpenStack-API-Version',
           'X-OpenStack-Nova-API-Version', 'X-Subject-Token', 'X-Service-Token']


def set_defaults():
    """Let pages of an allowed origin send and read the headers that the API uses."""
    cors.set_defaults(allow_headers=HEADERS, expose_headers=HEADERS,
                      allow_methods=['GET', 'PUT', 'POST', 'DELETE', 'PATCH'])


def filter_factory(global_config, **local_config):
    """Paste filter factory; [cors] of nova.conf says which origins."""
    set_defaults()
    return lambda application: cors.CORS(application, mininova.conf.CONF)

# SPDX-License-Identifier: Apache-2.0
"""The Compute API: print it as an OpenAPI document."""
import orjson

from mininova import exception
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import openapi
from mininova.api.openstack.compute import routes


def add_arguments(parser):
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    document = actions.add_parser('openapi', help='print the API at one microversion as OpenAPI 3.1 (JSON)')
    document.add_argument('--microversion', default='latest', metavar='X.Y', help='2.1 to the newest, the default')
    document.set_defaults(function=run_openapi)


def run_openapi(arguments):
    microversion, offered = versions.from_headers(f'{versions.SERVICE_TYPE} {arguments.microversion}', None)
    if not offered:
        raise exception.InvalidGlobalAPIVersion(req_ver=microversion, min_ver=versions.min_api_version(),
                                                max_ver=versions.max_api_version())
    document = openapi.document(routes.APIRouterV21(), microversion)
    print(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())

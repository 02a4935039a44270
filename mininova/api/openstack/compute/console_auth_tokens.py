# SPDX-License-Identifier: Apache-2.0
"""/os-console-auth-tokens: where a console is, for proxies that are no part of Nova (nova-api).

Nova: nova/api/openstack/compute/console_auth_tokens.py.
"""
import webob.exc

from mininova import objects
from mininova.api import validation
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import console_auth_tokens as schemas
from mininova.policies import console_auth_tokens as policies

# Before 2.31 this was for consoles of a kind that is gone.
_FIRST_TYPE = 'rdp-html5'


class ConsoleAuthTokensController(wsgi.Controller):
    """Tokens that were given out with URLs."""

    @wsgi.expected_errors((400, 401, 404))
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.ROOT)
        token = objects.ConsoleAuthToken.validate(context, id)
        if not versions.is_supported(req, '2.31') and token.console_type != _FIRST_TYPE:
            raise webob.exc.HTTPUnauthorized(
                explanation='The requested console type details are not accessible')
        shown = {name: getattr(token, name) for name in ('instance_uuid', 'host', 'port', 'internal_access_path')}
        if versions.is_supported(req, '2.99'):
            shown['tls_port'] = token.tls_port
        return {'console': shown}


class ConsoleAuthTokens(extensions.Extension):
    """/os-console-auth-tokens."""

    alias = 'os-console-auth-tokens'
    name = 'ConsoleAuthTokens'
    resources = (extensions.Resource('os-console-auth-tokens', ConsoleAuthTokensController),)

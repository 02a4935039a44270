# SPDX-License-Identifier: Apache-2.0
"""Paste filter noauth2: believes whoever comes (nova-api).  Nova: nova/api/openstack/auth.py (removed in 32.0.0).

For one machine and for tests. ``X-Auth-Token: user:project`` says who is calling; any other token, which
clients send even without an identity service, and no token at all mean the administrator. A project in the
URL is taken unless the token names one. The user ``admin`` is an administrator, all others are members.
"""
import re

import mininova.conf
from mininova import context
from mininova.api import auth

CONF = mininova.conf.CONF

ADMIN = 'admin'


class NoAuthMiddleware:
    """Sets ``nova.context`` from what the request says."""

    @classmethod
    def factory(cls, global_config, **local_config):
        return cls

    def __init__(self, application):
        self.application = application
        self._project = re.compile(CONF.osapi_v21.project_id_regex)

    def __call__(self, environ, start_response):
        user_id, separator, project_id = environ.get('HTTP_X_AUTH_TOKEN', '').partition(':')
        if not separator or not user_id:
            user_id, project_id = ADMIN, ''
        project_id = project_id or self._project_of_url(environ) or user_id
        roles = ['member', 'reader']
        if user_id == ADMIN:
            roles.insert(0, 'admin')
        environ['nova.context'] = context.RequestContext(
            user_id=user_id, project_id=project_id, roles=roles, is_admin=user_id == ADMIN,
            **auth.request_fields(environ))
        return self.application(environ, start_response)

    def _project_of_url(self, environ):
        first = environ['PATH_INFO'][1:].partition('/')[0]
        return first if self._project.fullmatch(first) else ''

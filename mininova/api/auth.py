# SPDX-License-Identifier: Apache-2.0
"""Which pipeline a request goes through, and who the caller is (nova-api).  Nova: nova/api/auth.py.

The context filters below run after whatever has proved the caller's identity: keystonemiddleware's
authtoken, oslo.middleware's basic_auth, or nothing (api/openstack/auth.py).
"""
import json
import logging

import webob.exc
from oslo_middleware import exceptions as middleware_exceptions

import mininova.conf
from mininova import context, exception
from mininova.api import compute_req_id

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)


def pipeline_factory_v21(loader, global_conf, **local_conf):
    """Paste composite: build the pipeline that [api] auth_strategy names.

    Only its own filters are loaded, so that keystonemiddleware costs nothing where it is not used.

    :raises ConfigNotFound: the file of the http_basic users cannot be read
    """
    strategy = CONF.api.auth_strategy
    if strategy not in local_conf:
        raise LookupError(f'api-paste.ini has no pipeline for [api] auth_strategy = {strategy}')
    *filter_names, application_name = local_conf[strategy].split()
    application = loader.get_app(application_name)
    for name in reversed(filter_names):
        try:
            wrapped = loader.get_filter(name)(application)
        except middleware_exceptions.ConfigInvalid as error:
            raise exception.ConfigNotFound(path=CONF.oslo_middleware.http_basic_auth_user_file) from error
        if not _is_idle(name, wrapped):
            application = wrapped
    return application


def _is_idle(name, wrapped):
    """Tell whether configuration leaves a filter nothing to do; then requests go past it (50 us for each).

    :param name: section of the filter in the Paste file
    :param wrapped: the filter, made
    """
    if name == 'cors':
        return getattr(wrapped, 'allowed_origins', None) == {}
    if name == 'http_proxy_to_wsgi':
        in_file = getattr(wrapped, 'conf', {}).get('enable_proxy_headers_parsing')
        return in_file is None and not CONF.oslo_middleware.enable_proxy_headers_parsing
    return False


def request_fields(environ):
    """Return what every context takes from the request."""
    return {'request_id': environ.get(compute_req_id.ENV_REQUEST_ID),
            'global_request_id': environ.get(compute_req_id.ENV_GLOBAL_REQUEST_ID),
            'remote_address': environ.get('REMOTE_ADDR')}


class _ContextFilter:
    """Base of the filters that set ``nova.context``."""

    @classmethod
    def factory(cls, global_config, **local_config):
        return cls

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        found = self.make_context(environ)
        if found is None:
            return webob.exc.HTTPUnauthorized()(environ, start_response)
        environ['nova.context'] = found
        return self.application(environ, start_response)


class NovaKeystoneContext(_ContextFilter):
    """The caller as authtoken describes them in headers, which it has stripped of what clients sent."""

    def make_context(self, environ):
        if not environ.get('HTTP_X_USER_ID'):
            LOG.debug('Neither X_USER_ID nor a token was found in the request')
            return None
        catalog = environ.get('HTTP_X_SERVICE_CATALOG')
        try:
            catalog = json.loads(catalog) if catalog else []
        except ValueError:
            return None
        return context.RequestContext.from_environ(
            environ, user_auth_plugin=environ.get('keystone.token_auth'), service_catalog=catalog,
            **request_fields(environ))


class BasicAuthContext(_ContextFilter):
    """The caller whom basic_auth has checked: user NAME of project NAME."""

    def make_context(self, environ):
        user = environ.get('HTTP_X_USER')
        if not user:
            return None
        roles = ['member', 'reader']
        if user in CONF.api.http_basic_admin_users:
            roles.insert(0, 'admin')
        return context.RequestContext(user_id=user, project_id=user, roles=roles, **request_fields(environ))

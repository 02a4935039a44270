# SPDX-License-Identifier: Apache-2.0
"""A small extension that uses every part of the framework, and the API around it."""
import contextlib
import json
import types

import webob
from oslo_db import exception as db_exception

import mininova.cmd  # noqa: F401  (chooses the concurrency mode before anything else)
import mininova.conf
from mininova import exception, policy, wsgi
from mininova.api import validation
from mininova.api.openstack import common, extensions
from mininova.api.openstack import wsgi as os_wsgi
from mininova.api.openstack.compute import extension_info, routes, versions
from mininova.api.validation import parameter_types

CONF = mininova.conf.CONF

CREATE = validation.extend({
    'type': 'object',
    'properties': {'widget': {
        'type': 'object',
        'properties': {'name': parameter_types.name, 'size': parameter_types.non_negative_integer,
                       'metadata': parameter_types.metadata},
        'required': ['name'], 'additionalProperties': False}},
    'required': ['widget'], 'additionalProperties': False,
}, '2.19', {'description': parameter_types.description})
SPIN = {'type': 'object', 'properties': {'spin': {
    'type': 'object', 'properties': {'speed': parameter_types.positive_integer}, 'additionalProperties': False}},
    'required': ['spin'], 'additionalProperties': False}
INDEX_QUERY = validation.query({
    **parameter_types.pagination_parameters,
    'colour': parameter_types.multi_params({'type': 'string'}),
    'locked': parameter_types.single_param(parameter_types.boolean)}, closed='2.75')
FAILURES = {
    'nova-404': lambda: exception.InstanceNotFound(instance_id='x'),
    'nova-409': lambda: exception.InstanceIsLocked(instance_uuid='x'),
    'nova-403': lambda: exception.TooManyInstances(overs='cores', req=2, used=1, allowed=2),
    'nova-503': lambda: exception.ServiceUnavailable(reason='tired'),
    'database': lambda: db_exception.DBConnectionError('SECRET'),
    'unsafe': lambda: exception.DiskNotEnough(path='/secret/path', reason='full'),
    'unexpected': lambda: OSError('SECRET /etc/x'),
    'driver': lambda: NotImplementedError('SECRET'),
    'webob-405': lambda: webob.exc.HTTPMethodNotAllowed(),
    'over-limit': lambda: webob.exc.HTTPTooManyRequests(headers={'Retry-After': '7'}),
    'long': lambda: exception.Invalid('\u20ac\x07' * 20000),
}


class ViewBuilder(common.ViewBuilder):
    _collection_name = 'widgets'

    def show(self, req, number):
        return {'widget': {'id': str(number), 'links': self._get_links(req, number)}}


class WidgetController(os_wsgi.Controller):
    _view_builder_class = ViewBuilder

    @validation.query_schema(INDEX_QUERY)
    def index(self, req):
        limit, marker = common.get_limit_and_marker(req)
        items = [{'uuid': str(number)} for number in range(5)][:limit]
        return {'widgets': items, 'query': sorted(req.GET.items()), 'limit': limit, 'marker': marker,
                'widgets_links': self._view_builder._get_collection_links(req, items, 'widgets')}

    def detail(self, req):
        return {'detail': True}

    def show(self, req, id):
        return self._view_builder.show(req, id)

    @os_wsgi.response(202)
    @validation.schema(CREATE)
    def create(self, req, body):
        return os_wsgi.ResponseObject({'got': body, 'version': str(req.api_version_request)},
                                      headers={'Location': 'http://here/1'})

    @os_wsgi.api_version('2.1', '2.9')
    @os_wsgi.response(202)
    def delete(self, req, id):
        pass

    @os_wsgi.api_version('2.20')
    @os_wsgi.response(204)
    def delete(self, req, id):  # noqa: F811
        pass

    @os_wsgi.expected_errors((404, 409))
    def update(self, req, id, body):
        raise FAILURES[id]()

    @os_wsgi.api_version('2.30', '2.40')
    def report(self, req, id):
        req.environ['nova.context'].can('admin_api', target={})
        return {'report': id}


class ActionController(os_wsgi.Controller):
    @os_wsgi.action('spin')
    @os_wsgi.response(202)
    @validation.schema(SPIN)
    def spin(self, req, id, body):
        if id == 'gone':
            raise exception.InstanceNotFound(instance_id=id)

    @os_wsgi.api_version('2.10', '2.20')
    @os_wsgi.action('halt')
    def halt(self, req, id):
        return {'halted': id}

    @os_wsgi.action('halt')
    @os_wsgi.api_version('2.21')
    def halt_now(self, req, id):
        return {'halted': 'now'}


class PartController(os_wsgi.Controller):
    def index(self, req, widget_id):
        return {'of': widget_id}

    def update_all(self, req, widget_id, body):
        return {'replaced': body}

    @os_wsgi.response(204)
    def delete_all(self, req, widget_id):
        pass


class WhoController(os_wsgi.Controller):
    def index(self, req):
        context = req.environ['nova.context']
        return {name: getattr(context, name) for name in (
            'user_id', 'project_id', 'is_admin', 'roles', 'request_id', 'global_request_id', 'remote_address')}


class Widgets(extensions.Extension):
    alias = 'os-widgets'
    name = 'Widgets'
    is_core = True
    resources = (
        extensions.Resource('widgets', WidgetController, collection_actions={'detail': 'GET'},
                            member_actions={'action': 'POST', 'report': 'GET'}),
        extensions.Resource('parts', PartController, parent=('widgets', 'widget_id')),
        extensions.Resource('who', WhoController),
        extensions.Resource('os-cells', os_wsgi.gone_controller('Cells', '20.0.0', 'Cells v1.', ('index', 'show'))),
    )


class Spinning(extensions.Extension):
    alias = 'os-spinning'
    name = 'Spinning'
    actions = (extensions.ControllerActions('widgets', ActionController),)


ALL = (versions.Versions, extension_info.ExtensionInfo, Widgets, Spinning)


@contextlib.contextmanager
def configuration(file=None, is_policy_kept=False, **groups):
    """Set options, {group: {name: value}}, and forget the policy before and after.

    :param file: path of a configuration file
    :param is_policy_kept: leave the policy as it is
    """
    CONF([], project='nova', default_config_files=[str(file)] if file else [])
    groups = {**groups, 'api': {'response_validation': 'error', **groups.get('api', {})}}
    changed = [(name, None if group == 'DEFAULT' else group, value)
               for group, options in groups.items() for name, value in options.items()]
    for name, group, value in changed:
        CONF.set_override(name, value, group)
    if not is_policy_kept:
        policy.reset()
    try:
        yield CONF
    finally:
        for name, group, _value in changed:
            CONF.clear_override(name, group)
        if not is_policy_kept:
            policy.reset()


@contextlib.contextmanager
def installed(monkeypatch, extension_classes=ALL, core=frozenset()):
    """Let the router find these extensions instead of those of setup.cfg."""
    with monkeypatch.context() as patch:
        entries = [types.SimpleNamespace(plugin=plugin) for plugin in extension_classes]
        patch.setattr(routes, '_installed', lambda: entries)
        patch.setattr(routes, 'CORE_ALIASES', core)
        yield


def load():
    """Return the application of the shipped Paste file."""
    return wsgi.Loader().load_app('osapi_compute')


class Client:
    """Sends requests to an application in this process."""

    def __init__(self, application):
        self.application = application

    def __call__(self, method, path, json_body=None, version=None, body=None, **headers):
        req = webob.Request.blank(path, method=method, environ={'REMOTE_ADDR': '192.0.2.7'})
        if json_body is not None:
            body = json.dumps(json_body).encode()
            req.content_type = 'application/json'
        if body is not None:
            req.body = body
        if version:
            req.headers['OpenStack-API-Version'] = f'compute {version}'
        for name, value in headers.items():
            req.headers[name.replace('_', '-')] = value
        return req.get_response(self.application)

    def get(self, path, version=None, **headers):
        return self('GET', path, version=version, **headers)

# SPDX-License-Identifier: Apache-2.0
"""/os-services: the daemons of the cloud (nova-api).  Nova: nova/api/openstack/compute/services.py.

Below 2.53 a nova-compute is changed by a verb, PUT /os-services/disable, and named in the body; from 2.53
on it is named by its uuid in the path and the body says what it shall be.
"""
from oslo_utils import strutils, uuidutils

from mininova import availability_zones, exception
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import services as schemas
from mininova.api.openstack.compute.views import services as views
from mininova.compute import hosts
from mininova.policies import services as policies


class ServiceController(wsgi.Controller):
    """Services, for administrators."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.host_api = hosts.HostAPI()
        self._verbs = {'enable': self._enable, 'disable': self._disable, 'disable-log-reason': self._disable_log_reason}

    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = req.environ['nova.context']
        context.can(policies.LIST, target={})
        found = self.host_api.service_get_all(host=req.GET.get('host') or None, binary=req.GET.get('binary') or None)
        services = [service for service in found if service.binary not in availability_zones.API_BINARIES]
        return self._view_builder.index(req, services, availability_zones.get_host_zones(context))

    @wsgi.api_version('2.1', '2.10')
    @wsgi.expected_errors((400, 404))
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.update_response)
    def update(self, req, id, body):
        return self._obey(req, self._verbs.get(id), body)

    @wsgi.api_version('2.11', '2.52')
    @wsgi.expected_errors((400, 404))
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.update_response)
    def update(self, req, id, body):  # noqa: F811
        return self._obey(req, self._force_down if id == 'force-down' else self._verbs.get(id), body)

    @wsgi.api_version('2.53')
    @wsgi.expected_errors((400, 404))
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.update_response)
    def update(self, req, id, body):  # noqa: F811
        context = req.environ['nova.context']
        context.can(policies.UPDATE, target={})
        service = self.host_api.service_get_by_id(context, _uuid(id))
        self.host_api.check_is_compute(service.binary)
        _apply(service, body)
        if not service.obj_what_changed():
            raise exception.InvalidInput(reason="No updates were requested. Fields 'status' or 'forced_down' should be "
                                                'specified.')
        self.host_api.service_update(context, service)
        return self._view_builder.show(req, service, availability_zones.get_host_zones(context))

    @wsgi.api_version('2.1', '2.52')
    @wsgi.response(204)
    @wsgi.expected_errors((400, 404, 409))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        self._delete(req, id, _integer)

    @wsgi.api_version('2.53')
    @wsgi.response(204)
    @wsgi.expected_errors((400, 404, 409))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):  # noqa: F811
        self._delete(req, id, _uuid)

    def _delete(self, req, service_id, read):
        context = req.environ['nova.context']
        context.can(policies.DELETE, target={})
        self.host_api.service_get_by_id(context, read(service_id)).destroy()

    # -- verbs below 2.53 --

    @staticmethod
    def _obey(req, verb, asked):
        context = req.environ['nova.context']
        context.can(policies.UPDATE, target={})
        if verb is None:
            raise exception.NotFound('Unknown action')
        return verb(context, asked)

    def _change(self, context, asked, **values):
        self.host_api.service_update_by_host_and_binary(context, asked['host'], asked['binary'], values)

    def _enable(self, context, asked):
        self._change(context, asked, disabled=False, disabled_reason=None)
        return self._view_builder.update(asked, status='enabled')

    def _disable(self, context, asked):
        self._change(context, asked, disabled=True, disabled_reason=None)
        return self._view_builder.update(asked, status='disabled')

    def _disable_log_reason(self, context, asked):
        if 'disabled_reason' not in asked:
            raise exception.InvalidInput(reason='Missing disabled reason field')
        reason = asked['disabled_reason']
        self._change(context, asked, disabled=True, disabled_reason=reason)
        return self._view_builder.update(asked, status='disabled', disabled_reason=reason)

    def _force_down(self, context, asked):
        if 'forced_down' not in asked:
            raise exception.InvalidInput(reason='Missing forced_down field')
        forced_down = strutils.bool_from_string(asked['forced_down'], strict=True)
        self._change(context, asked, forced_down=forced_down)
        return self._view_builder.update(asked, forced_down=forced_down)


def _apply(service, asked):
    """Set what a body of 2.53 asks for."""
    if asked.get('status') == 'enabled':
        if asked.get('disabled_reason'):
            raise exception.InvalidInput(reason="Specifying 'disabled_reason' with status 'enabled' is invalid.")
        service.disabled, service.disabled_reason = False, None
    elif asked.get('status') == 'disabled':
        service.disabled, service.disabled_reason = True, asked.get('disabled_reason')
    if 'forced_down' in asked:
        service.forced_down = strutils.bool_from_string(asked['forced_down'], strict=True)


def _uuid(text):
    if not uuidutils.is_uuid_like(text):
        raise exception.InvalidInput(reason=f'Invalid uuid {text}')
    return text


def _integer(text):
    try:
        return int(text)
    except ValueError:
        raise exception.InvalidInput(reason='id must be an integer') from None


class Services(extensions.Extension):
    """Services."""

    alias = 'os-services'
    name = 'Services'
    resources = (extensions.Resource('os-services', ServiceController),)

# SPDX-License-Identifier: Apache-2.0
"""/os-hosts: hosts by name, until 2.42 (nova-api).  Nova: nova/api/openstack/compute/hosts.py.

os-services and os-hypervisors took its place.  No driver here can take a host out of service or turn it on and off, as
Nova's libvirt driver cannot: that is answered without asking it.
"""
from mininova import availability_zones, exception
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import hosts as schemas
from mininova.api.openstack.compute.views import hosts as views
from mininova.compute import hosts
from mininova.policies import hosts as policies

LAST = '2.42'


class HostController(wsgi.Controller):
    """Hosts, for administrators."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.host_api = hosts.HostAPI()

    @wsgi.api_version('2.1', LAST)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = _allowed(req, policies.LIST)
        services = [service for service in self.host_api.service_get_all()
                    if not service.disabled and service.binary not in availability_zones.API_BINARIES]
        return self._view_builder.index(services, availability_zones.get_host_zones(context), req.GET.get('zone'))

    @wsgi.api_version('2.1', LAST)
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        _allowed(req, policies.SHOW)
        return self._view_builder.show(id, *self.host_api.get_host_resources(id))

    @wsgi.api_version('2.1', LAST)
    @wsgi.expected_errors((400, 404, 501))
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.update_response)
    def update(self, req, id, body):
        self._refuse(_allowed(req, policies.UPDATE), id,
                     'host maintenance mode' if 'maintenance_mode' in body else 'host disabled status')

    @wsgi.api_version('2.1', LAST)
    @wsgi.expected_errors((400, 404, 501))
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.startup_response)
    def startup(self, req, id):
        self._refuse(_allowed(req, policies.START), id, 'host power management')

    @wsgi.api_version('2.1', LAST)
    @wsgi.expected_errors((400, 404, 501))
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.shutdown_response)
    def shutdown(self, req, id):
        self._refuse(_allowed(req, policies.SHUTDOWN), id, 'host power management')

    @wsgi.api_version('2.1', LAST)
    @wsgi.expected_errors((400, 404, 501))
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.reboot_response)
    def reboot(self, req, id):
        self._refuse(_allowed(req, policies.REBOOT), id, 'host power management')

    def _refuse(self, context, host, what):
        """Say that the host's driver cannot do something.

        :raises ComputeHostNotFound: (404)
        :raises NotSupported: (501)
        """
        self.host_api.find_compute(context, host)
        raise exception.NotSupported(f'Virt driver does not implement {what}.')


def _allowed(req, rule):
    """Return the caller's context, once a rule has let them pass."""
    context = req.environ['nova.context']
    context.can(rule, target={})
    return context


class Hosts(extensions.Extension):
    """Hosts by name."""

    alias = 'os-hosts'
    name = 'Hosts'
    resources = (extensions.Resource('os-hosts', HostController, member_actions={
        'startup': 'GET', 'shutdown': 'GET', 'reboot': 'GET'}),)

# SPDX-License-Identifier: Apache-2.0
"""/os-hypervisors: compute nodes and what is used of them (nova-api).

Nova: nova/api/openstack/compute/hypervisors.py.  The id is a number below 2.53 and a uuid from there on.
"""
from oslo_utils import strutils, uuidutils

from mininova import exception, servicegroup
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import hypervisors as schemas
from mininova.api.openstack.compute.views import hypervisors as views
from mininova.compute import hosts
from mininova.policies import hypervisors as policies


class HypervisorsController(wsgi.Controller):
    """Hypervisors, for administrators."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.host_api = hosts.HostAPI()

    @wsgi.expected_errors((400, 404))
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        return self._list(req, policies.LIST, detail=False)

    @wsgi.expected_errors((400, 404))
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.detail_response)
    def detail(self, req):
        return self._list(req, policies.LIST_DETAIL, detail=True)

    def _list(self, req, rule, detail):
        """Query keys that a version does not have were dropped by its schema."""
        _authorize(req, rule)
        pattern = req.GET.get('hypervisor_hostname_pattern')
        if pattern is None:
            limit, marker = self._page(req)
            found = self.host_api.hypervisor_get_all(limit, marker)
        elif 'limit' in req.GET or 'marker' in req.GET:
            raise exception.InvalidInput(reason='Paging over hypervisors with the hypervisor_hostname_pattern query '
                                                'parameter is not supported.')
        else:
            found = self.host_api.hypervisor_search(pattern)
        return self._view_builder.index(req, found, self._servers(req, found), links=pattern is None, detail=detail,
                                        uptimes=_stored_uptime)

    @wsgi.api_version('2.1', '2.32')
    def _page(self, req):
        return None, None

    @wsgi.api_version('2.33')
    def _page(self, req):  # noqa: F811
        return common.get_limit_and_marker(req)

    def _servers(self, req, hypervisors):
        """Return {host: [server]} if the query asks for servers (from 2.53)."""
        if strutils.bool_from_string(req.GET.get('with_servers', 'false'), strict=True):
            return self.host_api.get_servers_by_host(hypervisors)
        return None

    @wsgi.api_version('2.1', '2.52')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        _authorize(req, policies.SHOW)
        return self._show(req, _number(id))

    @wsgi.api_version('2.53')
    @wsgi.expected_errors((400, 404))
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):  # noqa: F811
        _authorize(req, policies.SHOW)
        return self._show(req, _uuid(id))

    def _show(self, req, hypervisor_id):
        hypervisor = self.host_api.hypervisor_get(hypervisor_id)
        context = req.environ['nova.context']
        return self._view_builder.show(req, hypervisor, self._servers(req, [hypervisor]),
                                       uptimes=lambda found: self.host_api.find_host_uptime(context, found))

    @wsgi.api_version('2.1', '2.52')
    @wsgi.expected_errors((400, 404, 501))
    @validation.query_schema(schemas.uptime_query)
    @validation.response_schema(schemas.uptime_response)
    def uptime(self, req, id):
        _authorize(req, policies.UPTIME)
        return self._uptime(req, _number(id))

    @wsgi.api_version('2.53', '2.87')
    @wsgi.expected_errors((400, 404, 501))
    @validation.query_schema(schemas.uptime_query)
    @validation.response_schema(schemas.uptime_response)
    def uptime(self, req, id):  # noqa: F811
        _authorize(req, policies.UPTIME)
        return self._uptime(req, _uuid(id))

    def _uptime(self, req, hypervisor_id):
        hypervisor = self.host_api.hypervisor_get(hypervisor_id)
        return self._view_builder.uptime(
            req, hypervisor, self.host_api.get_host_uptime(req.environ['nova.context'], hypervisor))

    @wsgi.api_version('2.1', '2.52')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.search_query)
    @validation.response_schema(schemas.search_response)
    def search(self, req, id):
        _authorize(req, policies.SEARCH)
        return self._view_builder.index(req, self.host_api.hypervisor_search(id), links=False)

    @wsgi.api_version('2.1', '2.52')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.servers_query)
    @validation.response_schema(schemas.servers_response)
    def servers(self, req, id):
        _authorize(req, policies.SERVERS)
        found = self.host_api.hypervisor_search(id)
        return self._view_builder.index(req, found, self.host_api.get_servers_by_host(found), links=False)

    @wsgi.api_version('2.1', '2.87')
    @validation.query_schema(schemas.statistics_query)
    @validation.response_schema(schemas.statistics_response)
    def statistics(self, req):
        _authorize(req, policies.STATISTICS)
        return {'hypervisor_statistics': self.host_api.get_statistics()}


def _authorize(req, rule):
    req.environ['nova.context'].can(rule, target={})


def _stored_uptime(hypervisor):
    """Return what a host last reported: a list does not ask every host."""
    return hypervisor.uptime if servicegroup.service_is_up(hypervisor.service) else None


def _number(text):
    """Return an id below 2.53; what is no number names nothing."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise exception.NotFound(f"Hypervisor with ID '{text}' could not be found.")
    return int(text)


def _uuid(text):
    if not uuidutils.is_uuid_like(text):
        raise exception.InvalidInput(reason=f'Invalid uuid {text}')
    return text


class Hypervisors(extensions.Extension):
    """Hypervisors."""

    alias = 'os-hypervisors'
    name = 'Hypervisors'
    resources = (extensions.Resource(
        'os-hypervisors', HypervisorsController, collection_actions={'detail': 'GET', 'statistics': 'GET'},
        member_actions={'search': 'GET', 'servers': 'GET', 'uptime': 'GET'}),)

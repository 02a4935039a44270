# SPDX-License-Identifier: Apache-2.0
"""How usage is shown.  Nova: nova/api/openstack/compute/simple_tenant_usage.py and views/usages.py."""
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common
from mininova.api.openstack.compute.views import server_fields

_TIMES = ('started_at', 'ended_at')


class ViewBuilder(common.ViewBuilder):
    """Takes what ``mininova.compute.tenant_usage`` returns."""

    _collection_name = 'os-simple-tenant-usage'

    def index(self, req, projects, period, detailed):
        """:param detailed: whether the servers are listed too"""
        answer = {'tenant_usages': [self._project(project, period, detailed) for project in projects]}
        return self._linked(req, answer, 'tenant_usages_links', projects, self._collection_name)

    def show(self, req, projects, period):
        """Return the usage of one project, {} if nothing ran."""
        shown = self._project(projects[0], period, detailed=True) if projects else {}
        path = f'{self._collection_name}/{projects[0]["tenant_id"]}' if projects else self._collection_name
        return self._linked(req, {'tenant_usage': shown}, 'tenant_usage_links', projects, path)

    def _linked(self, req, answer, name, projects, path):
        """Add a link to the next page (2.40) if this one is full of servers."""
        if versions.is_supported(req, '2.40'):
            servers = [server for project in projects for server in project['servers']]
            links = self._get_collection_links(req, servers, path, 'instance_id')
            if links:
                answer[name] = links
        return answer

    @staticmethod
    def _project(project, period, detailed):
        shown = {name: value for name, value in project.items() if name != 'servers'}
        shown['start'], shown['stop'] = map(server_fields.exact, period)
        if detailed:
            shown['server_usages'] = [{**server, **{name: server_fields.exact(server[name]) for name in _TIMES}}
                                      for server in project['servers']]
        return shown

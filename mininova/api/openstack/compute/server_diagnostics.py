# SPDX-License-Identifier: Apache-2.0
"""The figures of a running guest (nova-api).  Nova: nova/api/openstack/compute/server_diagnostics.py."""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import server_diagnostics as schemas
from mininova.compute import api as compute
from mininova.policies import server_diagnostics as policies


class ServerDiagnosticsController(wsgi.Controller):
    """Below 2.48 in the hypervisor's own words, from then on in a form common to all."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, server_id):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id)
        context.can(policies.ROOT, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.api_version('2.1', '2.47')
    @wsgi.expected_errors((400, 404, 409, 501))
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.hypervisor_response)
    def index(self, req, server_id):
        return self.compute_api.get_diagnostics(*self._find(req, server_id))

    @wsgi.api_version('2.48')
    @wsgi.expected_errors((400, 404, 409, 501))
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, server_id):  # noqa: F811
        return self.compute_api.get_instance_diagnostics(*self._find(req, server_id))


class ServerDiagnostics(extensions.Extension):
    """/servers/{id}/diagnostics."""

    alias = 'os-server-diagnostics'
    name = 'ServerDiagnostics'
    resources = (extensions.Resource('diagnostics', ServerDiagnosticsController, parent=('servers', 'server_id')),)

# SPDX-License-Identifier: Apache-2.0
"""/os-volumes and /os-snapshots: proxies to the volume service, until 2.35 (nova-api).

Nova: nova/api/openstack/compute/volumes.py, snapshots.py.
"""
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import volumes as schemas
from mininova.policies import volumes as policies
from mininova.volume import api as volume_api


class VolumeController(wsgi.Controller):
    """Volumes, of which a cloud without a volume service has none."""

    def __init__(self):
        super().__init__()
        self.volume_api = volume_api.API()

    @staticmethod
    def _authorize(req, rule):
        context = req.environ['nova.context']
        context.can(rule)
        return context

    @wsgi.api_version('2.1', '2.35')
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        return {'volumes': self.volume_api.get_all(self._authorize(req, policies.LIST))}

    @wsgi.api_version('2.1', '2.35')
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def detail(self, req):
        return {'volumes': self.volume_api.get_all(self._authorize(req, policies.DETAIL))}

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        return {'volume': self.volume_api.get(self._authorize(req, policies.SHOW), id[:80])}

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors((400, 403, 404))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.show_response)
    def create(self, req, body):
        context = self._authorize(req, policies.CREATE)
        return {'volume': self.volume_api.create(context, body['volume'].get('snapshot_id'))}

    @wsgi.api_version('2.1', '2.35')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404))
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        self.volume_api.get(self._authorize(req, policies.DELETE), id[:80])


class SnapshotController(wsgi.Controller):
    """Snapshots of volumes."""

    def __init__(self):
        super().__init__()
        self.volume_api = volume_api.API()

    @staticmethod
    def _authorize(req, rule):
        context = req.environ['nova.context']
        context.can(rule)
        return context

    @wsgi.api_version('2.1', '2.35')
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.snapshot_index_response)
    def index(self, req):
        return {'snapshots': self.volume_api.get_all_snapshots(self._authorize(req, policies.SNAPSHOTS_LIST))}

    @wsgi.api_version('2.1', '2.35')
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.snapshot_index_response)
    def detail(self, req):
        return {'snapshots': self.volume_api.get_all_snapshots(self._authorize(req, policies.SNAPSHOTS_DETAIL))}

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.snapshot_show_response)
    def show(self, req, id):
        return {'snapshot': self.volume_api.get_snapshot(self._authorize(req, policies.SNAPSHOTS_SHOW), id[:80])}

    @wsgi.api_version('2.1', '2.35')
    @wsgi.expected_errors((400, 403))
    @validation.schema(schemas.snapshot_create)
    @validation.response_schema(schemas.snapshot_show_response)
    def create(self, req, body):
        context = self._authorize(req, policies.SNAPSHOTS_CREATE)
        return {'snapshot': self.volume_api.create_snapshot(context, body['snapshot']['volume_id'][:80])}

    @wsgi.api_version('2.1', '2.35')
    @wsgi.response(202)
    @wsgi.expected_errors(404)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        self.volume_api.get_snapshot(self._authorize(req, policies.SNAPSHOTS_DELETE), id[:80])


class Volumes(extensions.Extension):
    """/os-volumes and /os-snapshots."""

    alias = 'os-volumes'
    name = 'Volumes'
    resources = (extensions.Resource('os-volumes', VolumeController, collection_actions={'detail': 'GET'}),
                 extensions.Resource('os-snapshots', SnapshotController, collection_actions={'detail': 'GET'}))

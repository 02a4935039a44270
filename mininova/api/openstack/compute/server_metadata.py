# SPDX-License-Identifier: Apache-2.0
"""The metadata of a server (nova-api).  Nova: nova/api/openstack/compute/server_metadata.py."""
from mininova import exception
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import server_metadata as schemas
from mininova.compute import api as compute
from mininova.policies import server_metadata as policies


class ServerMetadataController(wsgi.Controller):
    """Keys and values that belong to the user; guests can read them."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, server_id, rule, expected_attrs=None):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id, expected_attrs)
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.empty_query)
    @validation.response_schema(schemas.metadata_response)
    def index(self, req, server_id):
        _context, instance = self._find(req, server_id, policies.INDEX, ['metadata'])
        return {'metadata': instance.metadata}

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.empty_query)
    @validation.response_schema(schemas.meta_response)
    def show(self, req, server_id, id):
        _context, instance = self._find(req, server_id, policies.SHOW, ['metadata'])
        if id not in instance.metadata:
            raise exception.NotFound('Metadata item was not found')
        return {'meta': {id: instance.metadata[id]}}

    @wsgi.expected_errors((403, 404, 409))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.metadata_response)
    def create(self, req, server_id, body):
        context, instance = self._find(req, server_id, policies.CREATE)
        return {'metadata': self.compute_api.update_metadata(context, instance, body['metadata'])}

    @wsgi.expected_errors((403, 404, 409))
    @validation.schema(schemas.update_all)
    @validation.response_schema(schemas.metadata_response)
    def update_all(self, req, server_id, body):
        context, instance = self._find(req, server_id, policies.UPDATE_ALL)
        return {'metadata': self.compute_api.update_metadata(context, instance, body['metadata'], replace=True)}

    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.meta_response)
    def update(self, req, server_id, id, body):
        context, instance = self._find(req, server_id, policies.UPDATE)
        if id not in body['meta']:
            raise exception.Invalid('Request body and URI mismatch')
        if len(body['meta']) != 1:
            raise exception.Invalid('Request body contains too many items')
        self.compute_api.update_metadata(context, instance, body['meta'])
        return {'meta': body['meta']}

    @wsgi.response(204)
    @wsgi.expected_errors((404, 409))
    @validation.query_schema(schemas.empty_query)
    @validation.response_schema(validation.EMPTY)
    def delete(self, req, server_id, id):
        context, instance = self._find(req, server_id, policies.DELETE)
        self.compute_api.delete_metadata_item(context, instance, id)


class ServerMetadata(extensions.Extension):
    """/servers/{id}/metadata."""

    alias = 'server-metadata'
    name = 'ServerMetadata'
    is_core = True
    resources = (extensions.Resource('metadata', ServerMetadataController, parent=('servers', 'server_id')),)

# SPDX-License-Identifier: Apache-2.0
"""/images/{image_id}/metadata: properties of an image, until 2.38 (nova-api).

Nova: nova/api/openstack/compute/image_metadata.py.
"""
from mininova import exception, quota
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import image_metadata as schemas
from mininova.image import api as image_api
from mininova.policies import image_metadata as policies


class ImageMetadataController(wsgi.Controller):
    """Keys and values below an image; the image service decides who may change them."""

    def __init__(self):
        super().__init__()
        self.image_api = image_api.API()

    @wsgi.api_version('2.1', '2.38')
    @wsgi.expected_errors((403, 404))
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, image_id):
        return {'metadata': self._properties(req, policies.VIEW, image_id)}

    @wsgi.api_version('2.1', '2.38')
    @wsgi.expected_errors((403, 404))
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, image_id, id):
        return {'meta': {id: _get(self._properties(req, policies.VIEW, image_id), id)}}

    @wsgi.api_version('2.1', '2.38')
    @wsgi.expected_errors((400, 403, 404))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, image_id, body):
        properties = self._properties(req, policies.CHANGE, image_id)
        return {'metadata': self._store(req, image_id, {**properties, **body['metadata']})}

    @wsgi.api_version('2.1', '2.38')
    @wsgi.expected_errors((400, 403, 404))
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.update_response)
    def update(self, req, image_id, id, body):
        if id not in body['meta']:
            raise exception.InvalidInput(reason='Request body and URI mismatch')
        properties = self._properties(req, policies.CHANGE, image_id)
        self._store(req, image_id, {**properties, **body['meta']})
        return body

    @wsgi.api_version('2.1', '2.38')
    @wsgi.expected_errors((400, 403, 404))
    @validation.schema(schemas.update_all)
    @validation.response_schema(schemas.update_all_response)
    def update_all(self, req, image_id, body):
        self._properties(req, policies.CHANGE, image_id)
        self._store(req, image_id, body['metadata'])
        return body

    @wsgi.api_version('2.1', '2.38')
    @wsgi.response(204)
    @wsgi.expected_errors((403, 404))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, image_id, id):
        properties = dict(self._properties(req, policies.CHANGE, image_id))
        _get(properties, id)
        del properties[id]
        self._store(req, image_id, properties)

    def _properties(self, req, rule, image_id):
        context = req.environ['nova.context']
        context.can(rule)
        return self.image_api.get(context, image_id)['properties']

    def _store(self, req, image_id, properties):
        context = req.environ['nova.context']
        quota.check_metadata_items(context, len(properties))
        image = self.image_api.update(context, image_id, {'properties': properties}, purge_props=True)
        return image['properties']


def _get(properties, name):
    if name not in properties:
        raise exception.NotFound('Invalid metadata key')
    return properties[name]


class ImageMetadata(extensions.Extension):
    """Image properties."""

    alias = 'image-metadata'
    name = 'ImageMetadata'
    resources = (extensions.Resource('metadata', ImageMetadataController, parent=('images', 'image_id')),)

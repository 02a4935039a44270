# SPDX-License-Identifier: Apache-2.0
"""The tags of a server, 2.26 and later (nova-api).  Nova: nova/api/openstack/compute/server_tags.py."""
from mininova import exception
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import server_tags as schemas
from mininova.api.validation import validators
from mininova.compute import api as compute
from mininova.policies import server_tags as policies

_check_tag = validators.Body(schemas.tag)


class ServerTagsController(wsgi.Controller):
    """Words that group servers for the user."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, server_id, rule, expected_attrs=None):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id, expected_attrs)
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.api_version('2.26')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.empty_query)
    @validation.response_schema(schemas.tags_response)
    def index(self, req, server_id):
        _context, instance = self._find(req, server_id, policies.INDEX, ['tags'])
        return {'tags': instance.tags}

    @wsgi.api_version('2.26')
    @wsgi.response(204)
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.empty_query)
    @validation.response_schema(validation.EMPTY)
    def show(self, req, server_id, id):
        _context, instance = self._find(req, server_id, policies.SHOW, ['tags'])
        if id not in instance.tags:
            raise exception.InstanceTagNotFound(instance_id=server_id, tag=id)

    @wsgi.api_version('2.26')
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.update)
    @validation.response_schema(validation.EMPTY)
    def update(self, req, server_id, id, body):
        try:
            _check_tag.validate(id)
        except exception.ValidationError as error:
            raise exception.Invalid(
                f"Tag '{id[:80]}' is invalid. It must be a non empty string without characters '/' and ','. "
                f'Validation error message: {error.format_message()}') from error
        context, instance = self._find(req, server_id, policies.UPDATE)
        if not self.compute_api.add_tag(context, instance, id):
            return wsgi.ResponseObject(None, 204)
        location = f'{common.application_url(req)}{req.path_info}'
        return wsgi.ResponseObject(None, 201, headers={'Location': location})

    @wsgi.api_version('2.26')
    @wsgi.expected_errors((404, 409))
    @validation.schema(schemas.update_all)
    @validation.response_schema(schemas.tags_response)
    def update_all(self, req, server_id, body):
        context, instance = self._find(req, server_id, policies.UPDATE_ALL)
        tags = sorted(set(body['tags']))
        self.compute_api.replace_tags(context, instance, tags)
        return {'tags': tags}

    @wsgi.api_version('2.26')
    @wsgi.response(204)
    @wsgi.expected_errors((404, 409))
    @validation.query_schema(schemas.empty_query)
    @validation.response_schema(validation.EMPTY)
    def delete(self, req, server_id, id):
        context, instance = self._find(req, server_id, policies.DELETE)
        self.compute_api.delete_tag(context, instance, id)

    @wsgi.api_version('2.26')
    @wsgi.response(204)
    @wsgi.expected_errors((404, 409))
    @validation.query_schema(schemas.empty_query)
    @validation.response_schema(validation.EMPTY)
    def delete_all(self, req, server_id):
        context, instance = self._find(req, server_id, policies.DELETE_ALL)
        self.compute_api.replace_tags(context, instance, [])


class ServerTags(extensions.Extension):
    """/servers/{id}/tags."""

    alias = 'os-server-tags'
    name = 'ServerTags'
    resources = (extensions.Resource('tags', ServerTagsController, parent=('servers', 'server_id')),)

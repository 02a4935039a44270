# SPDX-License-Identifier: Apache-2.0
"""/os-keypairs: public keys that servers get (nova-api).  Nova: nova/api/openstack/compute/keypairs.py.

Key pairs belong to a user, not to a project. An administrator may name another user from 2.10 on.
"""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import keypairs as schemas
from mininova.api.openstack.compute.views import keypairs as views
from mininova.compute import keypairs
from mininova.policies import keypairs as policies


class KeypairController(wsgi.Controller):
    """Key pairs of a user."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.api = keypairs.KeypairAPI()

    @wsgi.api_version('2.1', '2.1')
    @wsgi.expected_errors((400, 403, 409))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, body):
        return self._create(req, body['keypair'])

    @wsgi.api_version('2.2')
    @wsgi.response(201)
    @wsgi.expected_errors((400, 403, 409))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, body):  # noqa: F811
        return self._create(req, body['keypair'])

    def _create(self, req, asked):
        context = req.environ['nova.context']
        user_id = asked.get('user_id') or context.user_id
        context.can(policies.CREATE, target={'user_id': user_id})
        name, key_type = common.normalize_name(asked['name']), asked.get('type', keypairs.SSH)
        if 'public_key' in asked:
            keypair = self.api.import_key_pair(context, user_id, name, asked['public_key'], key_type)
            return self._view_builder.create(req, keypair)
        keypair, private_key = self.api.create_key_pair(context, user_id, name, key_type)
        return self._view_builder.create(req, keypair, private_key)

    @wsgi.api_version('2.1', '2.1')
    @wsgi.response(202)
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        self._delete(req, id)

    @wsgi.api_version('2.2')
    @wsgi.response(204)
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):  # noqa: F811
        self._delete(req, id)

    def _delete(self, req, name):
        context, user_id = _authorize(req, policies.DELETE)
        self.api.delete_key_pair(context, user_id, name)

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        context, user_id = _authorize(req, policies.SHOW)
        return self._view_builder.show(req, self.api.get_key_pair(context, user_id, id))

    @wsgi.api_version('2.1', '2.34')
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context, user_id = _authorize(req, policies.INDEX)
        return self._view_builder.index(req, self.api.get_key_pairs(context, user_id))

    @wsgi.api_version('2.35')
    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):  # noqa: F811
        context, user_id = _authorize(req, policies.INDEX)
        limit, marker = common.get_limit_and_marker(req)
        return self._view_builder.index(req, self.api.get_key_pairs(context, user_id, limit, marker))


def _authorize(req, rule):
    """Return (context, user meant). The query names another user from 2.10 on; below, the schema drops the key."""
    context = req.environ['nova.context']
    user_id = next(iter(req.GET.getall('user_id')), '') or context.user_id
    context.can(rule, target={'user_id': user_id})
    return context, user_id


class Keypairs(extensions.Extension):
    """Key pairs."""

    alias = 'os-keypairs'
    name = 'Keypairs'
    is_core = True
    resources = (extensions.Resource('os-keypairs', KeypairController),)

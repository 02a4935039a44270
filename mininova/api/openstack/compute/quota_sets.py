# SPDX-License-Identifier: Apache-2.0
"""/os-quota-sets: what projects, and users in them, may have (nova-api).

Nova: nova/api/openstack/compute/quota_sets.py.
"""
from oslo_utils import strutils

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import common, extensions, identity, wsgi
from mininova.api.openstack.compute.schemas import quota_sets as schemas
from mininova.api.openstack.compute.views import quota_sets as views
from mininova.compute import quota_sets
from mininova.policies import quota_sets as policies


class QuotaSetsController(wsgi.Controller):
    """The limits of a project; ``?user_id=`` means those of a user in it."""

    _view_builder_class = views.ViewBuilder

    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        context = _allowed(req, policies.SHOW, id)
        return self._view_builder.show(req, quota_sets.get_quotas(context, id, _user(req)), id)

    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.detail_response)
    def detail(self, req, id):
        context = _allowed(req, policies.DETAIL, id)
        return self._view_builder.show(req, quota_sets.get_usages(context, id, _user(req)), id)

    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.defaults_query)
    @validation.response_schema(schemas.defaults_response)
    def defaults(self, req, id):
        context = _allowed(req, policies.DEFAULTS, id)
        return self._view_builder.show(req, quota_sets.get_defaults(context), id)

    @wsgi.expected_errors(400)
    @validation.schema(schemas.update)
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.update_response)
    def update(self, req, id, body):
        context = _allowed(req, policies.UPDATE, id)
        asked = dict(body['quota_set'])
        if 'networks' in asked:
            raise exception.InvalidInput(reason='The networks quota has been removed')
        force = strutils.bool_from_string(asked.pop('force', False))
        limits = {views.RESOURCES[name]: common.to_number(value) for name, value in asked.items()}
        quota_sets.update(context, id, limits, _user(req), force)
        return self._view_builder.show(req, quota_sets.get_quotas(context, id, _user(req)))

    @wsgi.response(202)
    @wsgi.expected_errors(())
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.DELETE, target={'project_id': id})
        quota_sets.delete(context, id, _user(req))


def _allowed(req, rule, project_id):
    """Return the caller's context, once a rule has let them pass and the project is known to exist."""
    context = req.environ['nova.context']
    context.can(rule, target={'project_id': project_id})
    identity.verify_project_id(context, project_id)
    return context


def _user(req):
    return req.GET.get('user_id') or None


class QuotaSets(extensions.Extension):
    """Quotas of projects and users."""

    alias = 'os-quota-sets'
    name = 'Quotas'
    resources = (extensions.Resource('os-quota-sets', QuotaSetsController,
                                     member_actions={'defaults': 'GET', 'detail': 'GET'}),)

# SPDX-License-Identifier: Apache-2.0
"""/os-quota-class-sets: what projects may have for which nothing is set (nova-api).

Nova: nova/api/openstack/compute/quota_classes.py.  Class `default` is the one that counts; others are kept.
"""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import quota_classes as schemas
from mininova.api.openstack.compute.views import quota_sets as views
from mininova.compute import quota_sets
from mininova.policies import quota_class_sets as policies


class QuotaClassSetsController(wsgi.Controller):
    """The limits of quota classes."""

    _view_builder_class = views.ClassViewBuilder

    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.SHOW, target={})
        return self._view_builder.show(req, quota_sets.get_defaults(context, id), id)

    @wsgi.expected_errors(400)
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.update_response)
    def update(self, req, id, body):
        context = req.environ['nova.context']
        context.can(policies.UPDATE, target={})
        limits = {views.RESOURCES[name]: common.to_number(value) for name, value in body['quota_class_set'].items()}
        quota_sets.update_class(context, id, limits)
        return self._view_builder.show(req, quota_sets.get_defaults(context, id))


class QuotaClasses(extensions.Extension):
    """Quota classes."""

    alias = 'os-quota-class-sets'
    name = 'QuotaClasses'
    resources = (extensions.Resource('os-quota-class-sets', QuotaClassSetsController),)

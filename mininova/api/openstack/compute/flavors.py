# SPDX-License-Identifier: Apache-2.0
"""/flavors: the sizes of servers (nova-api).  Nova: nova/api/openstack/compute/flavors.py, flavor_manage.py.

``id`` in URLs and documents is the flavorid, a text that an administrator chooses; the database id is never shown.
"""
from oslo_utils import strutils

from mininova import exception, objects
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import flavors as schemas
from mininova.api.openstack.compute.views import flavors as views
from mininova.api.validation import parameter_types
from mininova.compute import flavors
from mininova.policies import flavors as policies


class FlavorsController(wsgi.Controller):
    """Flavors the caller may use; an administrator sees and makes all of them."""

    _view_builder_class = views.ViewBuilder

    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        return self._view_builder.index(req, self._get_flavors(req, wanted=()))

    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.detail_response)
    def detail(self, req):
        return self._view_builder.detail(req, self._get_flavors(req, self._wanted(req)))

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.VIEW)
        return self._view_builder.show(req, objects.Flavor.get_row(context, id, self._wanted(req)))

    @wsgi.expected_errors((400, 409))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, body):
        context = req.environ['nova.context']
        context.can(policies.CREATE, target={})
        asked = body['flavor']
        flavor = flavors.create(
            context, asked['name'], asked['ram'], asked['vcpus'], asked['disk'],
            ephemeral_gb=asked.get('OS-FLV-EXT-DATA:ephemeral', 0), flavorid=asked.get('id'), swap=asked.get('swap', 0),
            rxtx_factor=asked.get('rxtx_factor', 1.0), is_public=asked.get('os-flavor-access:is_public', True),
            description=asked.get('description'))
        return self._view_builder.show(req, views.mapping(flavor))

    @wsgi.api_version('2.55')
    @wsgi.expected_errors((400, 404))
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.update_response)
    def update(self, req, id, body):
        context = req.environ['nova.context']
        context.can(policies.UPDATE, target={})
        flavor = objects.Flavor.get_by_flavor_id(context, id)
        flavor.description = body['flavor']['description']
        flavor.save()
        return self._view_builder.show(req, views.mapping(flavor))

    @wsgi.response(202)
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.DELETE, target={})
        objects.Flavor.get_by_flavor_id(context, id).destroy()

    def _wanted(self, req):
        """Return what the answer needs besides the plain fields."""
        return ('extra_specs',) if self._view_builder.shows_extra_specs(req) else ()

    def _get_flavors(self, req, wanted):
        context = req.environ['nova.context']
        context.can(policies.VIEW)
        limit, marker = common.get_limit_and_marker(req)
        return objects.FlavorList.get_rows(
            context, _filters(req, context), sort_key=req.GET.get('sort_key', 'flavorid'),
            sort_dir=req.GET.get('sort_dir', 'asc'), limit=limit, marker=marker, wanted=wanted)


def _filters(req, context):
    found = {'viewer': context.project_id}
    if context.is_admin:
        found['is_public'] = _is_public(req.GET.get('is_public'))
    else:
        found['disabled'] = False
    for key, name in (('minRam', 'min_memory_mb'), ('minDisk', 'min_root_gb')):
        if key in req.GET:
            found[name] = _amount(key, req.GET[key])
    if 'name' in req.GET:
        found['name'] = req.GET['name']
    return found


def _is_public(text):
    """Read the filter of administrators: public ones unless said otherwise, 'none' for both kinds."""
    if text is None:
        return True
    if text.lower() == 'none':
        return None
    try:
        return strutils.bool_from_string(text, strict=True)
    except ValueError:
        raise exception.InvalidInput(reason=f'Invalid is_public filter [{text}]') from None


def _amount(key, text):
    try:
        return min(int(text), parameter_types.MAX_INT)
    except ValueError:
        raise exception.InvalidInput(reason=f'Invalid {key} filter [{text}]') from None


class Flavors(extensions.Extension):
    """Flavors."""

    alias = 'flavors'
    name = 'Flavors'
    is_core = True
    resources = (extensions.Resource('flavors', FlavorsController, collection_actions={'detail': 'GET'},
                                     member_actions={'action': 'POST'}),)

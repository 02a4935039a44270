# SPDX-License-Identifier: Apache-2.0
"""/os-aggregates: groups of hosts, and the availability zones that they make (nova-api).

Nova: nova/api/openstack/compute/aggregates.py.
"""
from mininova import exception
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import aggregates as schemas
from mininova.api.openstack.compute.views import aggregates as views
from mininova.compute import aggregates
from mininova.policies import aggregates as policies


class AggregateController(wsgi.Controller):
    """Aggregates, for administrators."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.api = aggregates.AggregateAPI()

    @wsgi.expected_errors(())
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = _allowed(req, policies.INDEX)
        return self._view_builder.index(req, self.api.get_aggregate_list(context))

    @wsgi.expected_errors((400, 404))
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        context = _allowed(req, policies.SHOW)
        return self._view_builder.show(req, self.api.get_aggregate(context, _number(id)))

    @wsgi.expected_errors((400, 409))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, body):
        context = _allowed(req, policies.CREATE)
        asked = _stripped(body['aggregate'])
        created = self.api.create_aggregate(context, asked['name'], asked.get('availability_zone'))
        return self._view_builder.create(req, created)

    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.update_response)
    def update(self, req, id, body):
        context = _allowed(req, policies.UPDATE)
        changed = self.api.update_aggregate(context, _number(id), _stripped(body['aggregate']))
        return self._view_builder.show(req, changed)

    @wsgi.expected_errors((400, 404))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        self.api.delete_aggregate(_allowed(req, policies.DELETE), _number(id))

    @wsgi.expected_errors((400, 404, 409))
    @wsgi.action('add_host')
    @validation.schema(schemas.add_host)
    @validation.response_schema(schemas.add_host_response)
    def add_host(self, req, id, body):
        context = _allowed(req, policies.ADD_HOST)
        changed = self.api.add_host_to_aggregate(context, _number(id), body['add_host']['host'])
        return self._view_builder.show(req, changed)

    @wsgi.expected_errors((400, 404, 409))
    @wsgi.action('remove_host')
    @validation.schema(schemas.remove_host)
    @validation.response_schema(schemas.remove_host_response)
    def remove_host(self, req, id, body):
        context = _allowed(req, policies.REMOVE_HOST)
        changed = self.api.remove_host_from_aggregate(context, _number(id), body['remove_host']['host'])
        return self._view_builder.show(req, changed)

    @wsgi.expected_errors((400, 404))
    @wsgi.action('set_metadata')
    @validation.schema(schemas.set_metadata)
    @validation.response_schema(schemas.set_metadata_response)
    def set_metadata(self, req, id, body):
        context = _allowed(req, policies.SET_METADATA)
        changed = self.api.update_aggregate_metadata(context, _number(id), body['set_metadata']['metadata'])
        return self._view_builder.show(req, changed)

    @wsgi.api_version('2.81')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404))
    @validation.schema(schemas.images)
    @validation.response_schema(schemas.images_response)
    def images(self, req, id, body):
        context = _allowed(req, policies.IMAGES)
        wanted = [image['id'] for image in body['cache']]
        if len(set(wanted)) < len(wanted):
            raise exception.InvalidInput(reason='Duplicate images in request')
        self.api.cache_images(context, _number(id), wanted)


def _allowed(req, rule):
    """Return the caller's context, once a rule has let them pass."""
    context = req.environ['nova.context']
    context.can(rule, target={})
    return context


def _number(text):
    """Return the id of an aggregate.

    :raises InvalidInput: it is no number (400)
    """
    try:
        return int(text)
    except ValueError:
        raise exception.InvalidInput(reason='id must be an integer') from None


def _stripped(asked):
    """Return what was asked for without blanks around names, which /v2 lets pass."""
    return {name: value.strip() if isinstance(value, str) else value for name, value in asked.items()}


class Aggregates(extensions.Extension):
    """Host aggregates."""

    alias = 'os-aggregates'
    name = 'Aggregates'
    resources = (extensions.Resource('os-aggregates', AggregateController,
                                     member_actions={'action': 'POST', 'images': 'POST'}),)

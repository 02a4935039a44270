# SPDX-License-Identifier: Apache-2.0
"""/flavors/{flavor_id}/os-extra_specs: what a flavor asks of hosts and gives to guests (nova-api).

Nova: nova/api/openstack/compute/flavors_extraspecs.py.  From 2.86 known ones are validated, see
``mininova/api/validation/extra_specs``. Numbers are accepted as values, kept as text and echoed as sent.
"""
from mininova import exception, objects
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import flavors_extraspecs as schemas
from mininova.api.validation.extra_specs import validators
from mininova.policies import flavors_extraspecs as policies

MAX_VALUE_LENGTH = 255


class FlavorExtraSpecsController(wsgi.Controller):
    """Keys and values below a flavor."""

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, flavor_id):
        context = req.environ['nova.context']
        context.can(policies.INDEX)
        return {'extra_specs': objects.Flavor.get_by_flavor_id(context, flavor_id).extra_specs}

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, flavor_id, id):
        context = req.environ['nova.context']
        context.can(policies.SHOW)
        specs = objects.Flavor.get_by_flavor_id(context, flavor_id).extra_specs
        if id not in specs:
            raise exception.FlavorExtraSpecsNotFound(flavor_id=flavor_id, extra_specs_key=id)
        return {id: specs[id]}

    @wsgi.api_version('2.1', '2.85')
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, flavor_id, body):
        self._store(req, policies.CREATE, flavor_id, _as_text(body['extra_specs']))
        return body

    @wsgi.api_version('2.86')
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, flavor_id, body):  # noqa: F811
        self._store(req, policies.CREATE, flavor_id, _as_text(body['extra_specs']), validate=validators.validate)
        return body

    @wsgi.api_version('2.1', '2.85')
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.update_response)
    def update(self, req, flavor_id, id, body):
        self._store(req, policies.UPDATE, flavor_id, _only(id, body))
        return body

    @wsgi.api_version('2.86')
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.update)
    @validation.response_schema(schemas.update_response)
    def update(self, req, flavor_id, id, body):  # noqa: F811
        self._store(req, policies.UPDATE, flavor_id, _only(id, body), validate=validators.validate)
        return body

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, flavor_id, id):
        context = req.environ['nova.context']
        context.can(policies.DELETE, target={})
        objects.Flavor.get_by_flavor_id(context, flavor_id).delete_extra_spec(id)

    @staticmethod
    def _store(req, rule, flavor_id, specs, validate=None):
        context = req.environ['nova.context']
        context.can(rule, target={})
        for name, value in specs.items() if validate else ():
            validate(name, value)
        objects.Flavor.get_by_flavor_id(context, flavor_id).set_extra_specs(specs)


def _only(name, body):
    if name not in body:
        raise exception.InvalidInput(reason='Request body and URI mismatch')
    return _as_text(body)


def _as_text(specs):
    """Return extra specs with numbers as text; a schema cannot limit the length of a number."""
    texts = {name: value if isinstance(value, str) else str(value) for name, value in specs.items()}
    for name, value in texts.items():
        if len(value) > MAX_VALUE_LENGTH:
            raise exception.InvalidInput(reason=f"the value of '{name}' has more than {MAX_VALUE_LENGTH} characters")
    return texts


class FlavorsExtraSpecs(extensions.Extension):
    """Extra specs of flavors."""

    alias = 'os-flavor-extra-specs'
    name = 'FlavorExtraSpecs'
    resources = (extensions.Resource('os-extra_specs', FlavorExtraSpecsController, parent=('flavors', 'flavor_id')),)

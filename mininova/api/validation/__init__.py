# SPDX-License-Identifier: Apache-2.0
"""What requests may contain, as JSON schemas by microversion (nova-api).  Nova: nova/api/validation/__init__.py.

A schema module writes one map per operation and the controller names it once::

    # schemas/keypairs.py
    create = validation.body({
        'type': 'object',
        'properties': {'keypair': {'type': 'object', 'properties': {'name': parameter_types.name},
                                   'required': ['name'], 'additionalProperties': False}},
        'required': ['keypair'], 'additionalProperties': False})
    create = validation.extend(create, '2.2', {'type': {'type': 'string', 'enum': ['ssh', 'x509']}})
    index_query = validation.query({})
    index_query = validation.extend(index_query, '2.35', {'limit': parameter_types.limit_param})

    # keypairs.py
    @validation.schema(schemas.create)
    def create(self, req, body): ...

The decorators attach the map; ``wsgi.Resource`` validates, after it has chosen the method's version.
Plain dicts are accepted in place of a map and then hold for every version.
"""
from mininova.api.validation import versioned

BODY_SCHEMA = 'wsgi_body_schema'
QUERY_SCHEMA = 'wsgi_query_schema'
RESPONSE_SCHEMA = 'wsgi_response_schema'

VersionMap = versioned.VersionMap
body = versioned.body
query = versioned.query
extend = versioned.extend
EMPTY = body({'type': 'null'})          # of an answer without a body


def schema(schema_map):
    """Validate the body of requests to a method."""
    return _attach(BODY_SCHEMA, schema_map)


def query_schema(schema_map):
    """Validate the query of requests to a method, and drop keys that it does not know."""
    return _attach(QUERY_SCHEMA, schema_map)


def response_schema(schema_map):
    """Say what a method answers; ``[api] response_validation`` decides whether answers are compared with it.

    Objects are closed and name all their keys as required. ``{'type': 'null'}`` is an empty answer.
    """
    return _attach(RESPONSE_SCHEMA, schema_map)


def _attach(name, schema_map):
    schema_map = versioned.body(schema_map)

    def decorate(method):
        function = method.functions[-1] if hasattr(method, 'functions') else method
        setattr(function, name, schema_map)
        return method
    return decorate

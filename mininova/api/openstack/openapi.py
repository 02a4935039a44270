# SPDX-License-Identifier: Apache-2.0
"""The Compute API at one microversion as an OpenAPI 3.1 document, made of its routes and schemas (nova-api).

``nova-manage api openapi`` prints it.  Nova has no such document; OpenStack's comes from outside of it.
"""
import re

from mininova import version
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import fault, operations

# Every operation may answer these too: bad request, no token, policy, unknown, media type.
COMMON_ERRORS = (400, 401, 403, 404, 406, 415)
_VARIABLE = re.compile(r'{(\w+)}')


def document(router, microversion):
    """Return the document.

    :param router: ``openstack.router.APIRouterV21``
    :param microversion: APIVersionRequest
    """
    paths, names = {}, {}
    for operation in operations.list_operations(router):
        if operation.serves(microversion) and not operation.is_removed:
            names.setdefault((operation.path, operation.method.lower()), []).append(operation)
    for (path, method), served in names.items():
        paths.setdefault(path, {'parameters': _path_parameters(path)})[method] = _entry(served, microversion)
    return {
        'openapi': '3.1.0',
        'info': {'title': 'Compute API', 'version': str(microversion),
                 'description': f'mini-Nova {version.version_string()}. The path may carry the id of the project in '
                                f'front: /v2.1/PROJECT/servers.'},
        'servers': [{'url': '/v2.1'}],
        'security': [{'token': []}],
        'paths': paths,
        'components': _components(microversion),
    }


def _path_parameters(path):
    return [{'name': name, 'in': 'path', 'required': True, 'schema': {'type': 'string'}}
            for name in _VARIABLE.findall(path)]


def _entry(served, microversion):
    """Return the entry of a path and method, which for .../action stands for all actions."""
    parameters = [{'$ref': '#/components/parameters/version'}]
    for operation in served:
        parameters += _query_parameters(operation.served_by.query_schema, microversion)
    entry = {
        'operationId': _identifier(served[0]), 'tags': [served[0].resource],
        'summary': served[0].summary if len(served) == 1 else 'Do something to it: one of the actions.',
        'parameters': parameters, 'responses': _responses(served, microversion),
    }
    bodies = [schema for operation in served
              if (schema := _schema(operation.served_by.body_schema, microversion)) is not None]
    if bodies:
        entry['requestBody'] = {'required': bodies != [{'type': 'null'}],
                                'content': _json(bodies[0] if len(bodies) == 1 else {'oneOf': bodies})}
    return entry


def _identifier(operation):
    words = re.findall(r'\w+', operation.path.replace('-', '_'))
    return '_'.join([operation.method.lower(), *words] or ['versions'])


def _query_parameters(schema_map, microversion):
    """Return the keys of a query; families of keys (patternProperties) have no form in OpenAPI and are left out."""
    schema = _schema(schema_map, microversion) or {}
    found = []
    for name, values in schema.get('properties', {}).items():
        single = values.get('maxItems') == 1
        found.append({'name': name, 'in': 'query', 'required': name in schema.get('required', ()),
                      'schema': values.get('items', {}) if single else values, 'explode': True})
    return found


def _responses(served, microversion):
    answers, errors = {}, set(COMMON_ERRORS)
    for operation in served:
        schema = _schema(operation.served_by.response_schema, microversion)
        answers.setdefault(operation.served_by.code, []).append(schema)
        errors |= set(operation.served_by.errors)
    found = {}
    for code, schemas in sorted(answers.items()):
        found[str(code)] = {'description': fault.status_line(code).partition(' ')[2]}
        bodies = [schema for schema in schemas if schema not in (None, {'type': 'null'})]
        if bodies:
            found[str(code)]['content'] = _json(bodies[0] if len(bodies) == 1 else {'anyOf': bodies})
    found.update({str(code): {'$ref': f'#/components/responses/{code}'} for code in sorted(errors)})
    return found


def _json(schema):
    return {'application/json': {'schema': schema}}


def _schema(schema_map, microversion):
    found = schema_map.schema_for(microversion) if schema_map else None
    return None if found is None else modern(found)


def modern(schema):
    """Return a schema in the dialect of OpenAPI 3.1, given one as requests are checked with (draft 4)."""
    if isinstance(schema, list):
        return [modern(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: value if key in ('enum', 'const', 'required') else modern(value) for key, value in schema.items()}
    for bound, exclusive in (('minimum', 'exclusiveMinimum'), ('maximum', 'exclusiveMaximum')):
        flag = found.get(exclusive)
        if flag is True:
            found[exclusive] = found.pop(bound)
        elif flag is False:
            del found[exclusive]
    if isinstance(found.get('pattern'), str):
        found['pattern'] = _portable(found['pattern'])
    if 'patternProperties' in found:
        found['patternProperties'] = {_portable(key): inner for key, inner in found['patternProperties'].items()}
    return found


def _portable(pattern):
    r"""Return a regular expression as other languages write it: they have no ``\Z``."""
    return re.sub(r'\\Z', '$', pattern)


def _components(microversion):
    codes = sorted({*COMMON_ERRORS, 409, 500, 501, 503})
    one_fault = {
        'type': 'object', 'minProperties': 1, 'maxProperties': 1,
        'additionalProperties': {'type': 'object', 'required': ['code', 'message'], 'properties': {
            'code': {'type': 'integer'}, 'message': {'type': 'string'}}}}
    return {
        'securitySchemes': {'token': {'type': 'apiKey', 'in': 'header', 'name': 'X-Auth-Token'}},
        'parameters': {'version': {
            'name': versions.API_VERSION_REQUEST_HEADER, 'in': 'header', 'required': microversion != _LOWEST,
            'schema': {'const': f'{versions.SERVICE_TYPE} {microversion}'}}},
        'schemas': {'fault': one_fault},
        'responses': {str(code): {'description': fault.status_line(code).partition(' ')[2],
                                  'content': _json({'$ref': '#/components/schemas/fault'})} for code in codes},
    }


_LOWEST = versions.min_api_version()

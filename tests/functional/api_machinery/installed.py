# SPDX-License-Identifier: Apache-2.0
"""Every operation of the installed API, and requests for it that its schemas accept."""
from oslo_utils import uuidutils

from mininova.api.openstack.compute import routes
from mininova.api.openstack.operations import list_operations

SERVER = uuidutils.generate_uuid()


def operations():
    """Yield (HTTP method, path, method of a controller) of every operation, actions one by one."""
    for found in list_operations(routes.APIRouterV21()):
        yield found.method, found.path, found.served_by


def name_of(operation):
    method, path, found = operation
    return f'{method} {path} {found.call.__qualname__} {found.min_version}'


def path_for(path, server_id):
    path = path.replace('{server_id}', server_id)
    if path.startswith(('/servers/{id}', '/os-volumes_boot/{id}')):
        path = path.replace('{id}', server_id)
    path = path.replace('/os-extra_specs/{id}', '/os-extra_specs/key')
    for place, value in (('{id}', '7'), ('{flavor_id}', '7'), ('{image_id}', SERVER)):
        path = path.replace(place, value)
    return path


TEXTS = {'uuid': SERVER, 'date-time': '2026-01-01T00:00:00Z', 'base64': 'YQ==', 'ipv4': '192.0.2.1', 'uri': 'http://a/b'}


def sample(schema):
    """Return a small document that a schema accepts."""
    for key in ('oneOf', 'anyOf'):
        if key in schema:
            return sample({**{name: value for name, value in schema.items() if name != key}, **schema[key][0]})
    if 'enum' in schema:
        return schema['enum'][0]
    kind = schema.get('type', 'string')
    kind = kind if isinstance(kind, str) else kind[0]
    if kind == 'object':
        found = {name: sample(schema.get('properties', {}).get(name, {})) for name in schema.get('required', ())}
        families = list(schema.get('patternProperties', {}).values())
        if families and not found:
            found = {'key': sample(families[0])}
        return found
    if kind == 'array':
        return [sample(schema['items'])] * schema.get('minItems', 0)
    if kind in ('integer', 'number'):
        return schema.get('minimum', 1)
    return {'null': None, 'boolean': True, 'string': TEXTS.get(schema.get('format'), 'a1')}[kind]


def body_for(operation, version):
    """Return a body that an operation accepts at a version; None where it takes none."""
    method, _path, found = operation
    if method not in ('POST', 'PUT'):
        return None
    schema = found.body_schema and found.body_schema.schema_for(version)
    return sample(schema) if schema else {found.action or 'x': None}


def send(client, operation, server_id=SERVER):
    method, path, found = operation
    return client.request(method, path_for(path, server_id), body_for(operation, found.min_version),
                          version=str(found.min_version))

# SPDX-License-Identifier: Apache-2.0
"""What holds for every operation of the installed API, whoever wrote it."""
import pytest
from oslo_utils import uuidutils

from mininova import policies, policy
from mininova.api.openstack import wsgi
from mininova.api.openstack.compute import routes
from tests.fixtures.api_client import api, cloud  # noqa: F401  (fixtures)

SERVER = uuidutils.generate_uuid()
# Operations that show nothing of anybody: Nova has no rule for them either.
OPEN = {('GET', '/'), ('GET', '/versions/{id}'), ('GET', '/flavors'), ('GET', '/flavors/detail'),
        ('GET', '/flavors/{id}'), ('GET', '/images'), ('GET', '/images/detail'), ('GET', '/images/{id}'),
        ('DELETE', '/images/{id}'), ('GET', '/images/{image_id}/metadata'), ('GET', '/images/{image_id}/metadata/{id}'),
        ('POST', '/images/{image_id}/metadata'), ('PUT', '/images/{image_id}/metadata'),
        ('PUT', '/images/{image_id}/metadata/{id}'), ('DELETE', '/images/{image_id}/metadata/{id}')}


# They answer 501 to everybody: what stands behind them is not there.
WITHOUT_DRIVER = {'/os-baremetal-nodes/{id}'}


def operations():
    """Yield (HTTP method, path, method of a controller) of every operation, actions one by one."""
    for route in routes.APIRouterV21().map.matchlist:
        if route.routepath.startswith('/{project_id}'):
            continue
        resource, action = route.defaults['controller'], route.defaults['action']
        candidates = sum(resource.actions.values(), []) if action == 'action' else resource.methods[action]
        for method in candidates:
            yield route.conditions['method'][0], route.routepath, method


def name_of(operation):
    method, path, found = operation
    return f'{method} {path} {found.call.__qualname__} {found.min_version}'


@pytest.fixture
def everything(api):  # noqa: F811
    return list(operations())


@pytest.fixture
def server(cloud):  # noqa: F811
    """A server in the database, of project b1."""
    cloud.insert('instances', uuid=SERVER, project_id='b1', user_id='u', vm_state='active', display_name='s',
                 memory_mb=1, vcpus=1, root_gb=1, ephemeral_gb=0, launch_index=0, reservation_id='r', hostname='s',
                 locked=False)


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


def send(client, operation, server_id=SERVER):
    method, path, found = operation
    body = None
    if method in ('POST', 'PUT'):
        schema = found.body_schema and found.body_schema.schema_for(found.min_version)
        body = sample(schema) if schema else {found.action or 'x': None}
    return client.request(method, path_for(path, server_id), body, version=str(found.min_version))


def test_every_operation_asks_a_rule(everything, api, server):  # noqa: F811
    policy.reset()
    policy.init(rules={rule.name: '!' for rule in policies.list_rules() if ':' in rule.name})
    open_ones = []
    for operation in everything:
        answer = send(api.user('demo', 'b1'), operation)
        if answer.status not in (403, 410) and operation[:2] not in OPEN:
            open_ones.append((answer.status, name_of(operation), answer.body[:200]))
    policy.reset()
    assert open_ones == []


def test_a_server_of_another_project_is_like_none(everything, api, server):  # noqa: F811
    different = []
    stranger = api.user('eve', 'e5')
    for operation in everything:
        if '/servers/{' not in operation[1]:
            continue
        foreign, missing = send(stranger, operation), send(stranger, operation, uuidutils.generate_uuid())
        if (foreign.status, missing.status) != (404, 404) and foreign.status not in (403, 410):
            different.append((foreign.status, missing.status, name_of(operation)))
    assert different == []


ODD = ['0', '-1', str(2**63), str(2**64), '%C3%A9', '%F0%9F%98%80', '%00', '%FF', 'a' * 300, "x'--", '%25s', '..', '.',
       ' ', '%0A', 'None', 'true', '1e9', '{}', '*']


@pytest.mark.parametrize('identifier', ODD)
def test_odd_ids_never_make_a_500(everything, api, identifier):  # noqa: F811
    failed = []
    for method, path, found in everything:
        if '{' not in path or method not in ('GET', 'DELETE'):
            continue
        odd = path
        for name in ('{id}', '{server_id}', '{flavor_id}', '{image_id}'):
            odd = odd.replace(name, identifier)
        answer = api.request(method, odd, version=str(found.max_version or '2.104'))
        if answer.status >= 500 and path not in WITHOUT_DRIVER:
            failed.append((answer.status, method, odd, answer.body[:200]))
    assert failed == []


def test_every_operation_has_a_schema_for_its_query_or_body(everything):
    bare = [name_of(operation) for operation in everything
            if not operation[2].removed and operation[0] in ('POST', 'PUT') and operation[2].body_schema is None]
    assert bare == []


def test_no_two_extensions_have_one_alias(api):  # noqa: F811
    aliases = [extension.alias for extension in routes.APIRouterV21().extensions]
    assert len(aliases) == len(set(aliases))
    assert all(isinstance(resource, wsgi.Resource) for resource in routes.APIRouterV21().resources.values())

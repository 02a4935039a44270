# SPDX-License-Identifier: Apache-2.0
"""Requests made up from the schemas of each operation, right ones and nearly right ones, never end in a 500.

An operation is tried at the first and the last microversion of each of its ranges, for things that are there, for
things that are not, and with identifiers that are none.  Answers are compared with their schemas as in all tests.
"""
import collections
import json
import os
import re
import urllib.parse

import hypothesis
import pytest
from hypothesis import strategies as st

from mininova import exception
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import operations, router
from mininova.api.openstack.compute import routes
from tests.functional.api_fuzz import documents

ODD_ID = (
    st.sampled_from(['0', '-1', '9' * 30, 'a' * 300, '%00', '%C3%A9', '%FF', "'", '..%2F', 'detail', 'null'])
    | st.text(st.characters(codec='utf-8', exclude_characters='/?#\r\n\t'), min_size=1, max_size=10).map(
        urllib.parse.quote))
ODD_VALUE = (st.sampled_from(['', '1', '0', '-1', 'true', 'name', 'asc', '2026-01-01T00:00:00Z', '[', '9' * 25])
             | st.text(max_size=8))
# What stands behind them is not there, which 501 and 503 say.
ALLOWED = frozenset({501, 503})
SETTINGS = hypothesis.settings(
    max_examples=100 if os.environ.get('MININOVA_THOROUGH') else 4, deadline=None, derandomize=True, database=None,
    phases=[hypothesis.Phase.generate], print_blob=False, suppress_health_check=list(hypothesis.HealthCheck))


def _chapters():
    """Return {chapter: {key of an operation: its ranges}} of what is not removed."""
    found = {}
    for operation in operations.list_operations(router.APIRouterV21(routes.installed())):
        if not operation.is_removed:
            found.setdefault(operation.resource, {}).setdefault(operation.key, []).append(operation)
    return found


def pytest_generate_tests(metafunc):
    chapters = _chapters()
    metafunc.parametrize('chapter', list(chapters.values()), ids=list(chapters))


def _names_something(path, world):
    """Return a strategy of paths: what is there, what is not, what cannot be."""
    def identifiers(name):
        collection = path.partition('{' + name + '}')[0].strip('/').split('/')[-1]
        known = world.get(collection) or world.get(name) or '1'
        return st.sampled_from([known, known, known, '8a0a0b1c-0000-4000-8000-000000000000']) | ODD_ID
    names = re.findall(r'{(\w+)}', path)
    return st.fixed_dictionaries({name: identifiers(name) for name in names}).map(lambda values: path.format(**values))


def _queries(schema):
    """Return a strategy of query strings: known keys with any values, and unknown keys."""
    known = sorted((schema or {}).get('properties', {})) or ['limit']
    key = st.sampled_from(known) | st.text(max_size=5)
    return st.lists(st.tuples(key, ODD_VALUE), max_size=3).map(urllib.parse.urlencode)


@pytest.fixture
def world(api, demo, lab, edge):
    """One of everything, by the name of its collection."""
    edge.answers = collections.defaultdict(lambda: exception.HypervisorUnavailable(host='cmp1'),
                                           get_console_output='text')
    lab.host()
    network = lab.network()
    server = lab.server(demo)
    demo.post('/os-keypairs', {'keypair': {'name': 'key1'}})
    group = demo.post('/os-server-groups', {'server_group': {'name': 'g', 'policies': ['affinity']}}).json
    aggregate = api.post('/os-aggregates', {'aggregate': {'name': 'a'}}).json
    action = demo.get(f'/servers/{server}/os-instance-actions').json['instanceActions'][0]['request_id']
    return {'servers': server, 'server_id': server, 'os-volumes_boot': server, 'flavors': '1', 'flavor_id': '1',
            'images': lab.default_image, 'image_id': lab.default_image, 'os-keypairs': 'key1', 'os-networks': network,
            'os-tenant-networks': network, 'os-server-groups': group['server_group']['id'], 'os-hosts': 'cmp1',
            'os-aggregates': str(aggregate['aggregate']['id']), 'os-instance-actions': action, 'os-hypervisors': '1',
            'os-services': '1', 'os-quota-sets': 'demo-project', 'os-simple-tenant-usage': 'demo-project',
            'os-quota-class-sets': 'default', 'ips': 'private', 'versions': 'v2.1', 'extensions': 'servers'}


def test_no_request_ends_in_a_500(chapter, api, demo, world):
    for served in chapter.values():
        _ask(served, (api, demo), world)


def _ask(served, clients, world):
    """Send requests for one operation.

    :param served: its ranges of microversions
    """
    @SETTINGS
    @hypothesis.given(st.data())
    def ask(data):
        operation = data.draw(st.sampled_from(served), 'range')
        version = data.draw(st.sampled_from([operation.first, operation.last or versions.max_api_version()]), 'version')
        method = operation.served_by
        path = data.draw(_names_something(operation.path, world), 'path')
        query = data.draw(_queries(method.query_schema and method.query_schema.schema_for(version)), 'query')
        document = None
        if operation.method in ('POST', 'PUT'):
            schema = method.body_schema.schema_for(version) if method.body_schema else True
            document = json.dumps(data.draw(documents.documents(schema), 'body')).encode()
        answer = data.draw(st.sampled_from(clients), 'client').request(
            operation.method, f'{path}?{query}', document, str(version), headers={'Content-Type': 'application/json'})
        _check(answer)
    ask()


def _check(answer):
    """Look for a 500, and for a fault that has not Nova's form."""
    assert answer.status < 500 or answer.status in ALLOWED, answer.body
    if answer.status >= 400 and answer.headers.get('Content-Type', '').startswith('application/json'):
        fault, = answer.json.values() if 'code' not in answer.json else (answer.json,)
        assert fault['code'] == answer.status

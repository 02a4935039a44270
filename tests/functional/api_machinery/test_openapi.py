# SPDX-License-Identifier: Apache-2.0
"""``nova-manage api openapi``: the API as a document that other programs can read."""
import json

import openapi_spec_validator
import pytest

from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import openapi, operations
from mininova.api.openstack.compute import routes
from mininova.cmd import manage


@pytest.fixture
def router(conf):
    return routes.APIRouterV21()


@pytest.mark.parametrize('microversion', ['2.1', '2.60', '2.104'])
def test_the_document_is_openapi_and_complete(router, microversion):
    version = versions.parse(microversion)
    document = openapi.document(router, version)
    openapi_spec_validator.validate(document)
    served = {(operation.path, operation.method.lower()) for operation in operations.list_operations(router)
              if operation.serves(version) and not operation.is_removed}
    described = {(path, method) for path, entry in document['paths'].items() for method in entry}
    assert {entry for entry in described if entry[1] != 'parameters'} == served
    assert r'\Z' not in json.dumps(document)


def test_what_a_microversion_changes_is_seen(router):
    old, new = (openapi.document(router, versions.parse(text)) for text in ('2.1', '2.104'))
    assert '/images' in old['paths']
    assert '/images' not in new['paths']
    assert list(old['paths']['/os-keypairs']['post']['responses'])[0] == '200'
    assert list(new['paths']['/os-keypairs']['post']['responses'])[0] == '201'
    flavor = new['paths']['/flavors/{id}']['get']['responses']['200']['content']['application/json']['schema']
    assert 'rxtx_factor' not in flavor['properties']['flavor']['properties']


def test_all_actions_of_servers_are_bodies_of_one_path(router):
    entry = openapi.document(router, versions.max_api_version())['paths']['/servers/{id}/action']['post']
    actions = {name for body in entry['requestBody']['content']['application/json']['schema']['oneOf']
               for name in body['required']}
    assert {'os-stop', 'reboot', 'createImage', 'evacuate'} <= actions
    assert 'os-getVNCConsole' not in actions


def test_bounds_and_patterns_are_in_the_newer_dialect():
    assert openapi.modern({'properties': {'minimum': {'type': 'number', 'minimum': 0, 'exclusiveMinimum': True}}}) == {
        'properties': {'minimum': {'type': 'number', 'exclusiveMinimum': 0}}}
    assert openapi.modern({'maximum': 3, 'exclusiveMaximum': False, 'pattern': r'^a\Z'}) == {
        'maximum': 3, 'pattern': '^a$'}


def test_the_command_prints_it(conf, capsys, monkeypatch):
    monkeypatch.setattr('mininova.config.parse_args', lambda argv: None)
    assert manage.main(['api', 'openapi', '--microversion', '2.79']) == 0
    assert json.loads(capsys.readouterr().out)['info']['version'] == '2.79'
    assert manage.main(['api', 'openapi', '--microversion', '2.999']) == 1
    assert '2.999' in capsys.readouterr().err

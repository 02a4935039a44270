# SPDX-License-Identifier: Apache-2.0
"""Answers are compared with their schemas as the operator wants it."""
import types

import pytest

from mininova import exception
from mininova.api.openstack import api_version_request as versions
from mininova.api.validation import response_types, responses

SERVER = response_types.closed({'id': response_types.uuid, 'adminPass': response_types.string}, optional=['adminPass'])
ANSWER = response_types.extend(response_types.many('servers', SERVER), '2.9', {'locked': response_types.boolean},
                               at=('servers',))
UUID = 'c3a1ff0c-3b3a-4a3e-9f0e-1d5a5a0b5c11'


@pytest.fixture
def check(conf):
    def check(body, version='2.1', mode='error', legacy=False):
        conf.config(group='api', response_validation=mode)
        req = types.SimpleNamespace(api_version_request=versions.parse(version), is_legacy_v2=lambda: legacy)
        responses.check('ServersController.index', ANSWER, req, body)
    return check


def test_an_answer_as_described_is_sent(check):
    check(b'{"servers": [{"id": "%s"}]}' % UUID.encode())
    check(b'{"servers": [{"id": "%s", "locked": true}]}' % UUID.encode(), version='2.9')
    check(b'{"servers": [], "servers_links": [{"href": "http://a/b?marker=1", "rel": "next"}]}')


@pytest.mark.parametrize('body, version, said', [
    (b'{"servers": [{"id": "%s", "locked": true}]}' % UUID.encode(), '2.8', "$.servers[0]: Additional properties"),
    (b'{"servers": [{"id": "%s"}]}' % UUID.encode(), '2.10', "'locked' is a required property"),
    (b'{"servers": [{"id": "vm1"}]}', '2.1', "$.servers[0].id: format: 'uuid' is broken"),
    (b'{"servers": null}', '2.1', "$.servers: type: 'array' is broken"),
    (b'', '2.1', "$: type: 'object' is broken"),
])
def test_an_answer_that_differs_is_refused_by_name(check, body, version, said):
    with pytest.raises(exception.ResponseSchemaMismatch) as caught:
        check(body, version)
    assert said in str(caught.value)
    assert f'ServersController.index at {version}' in str(caught.value)


def test_what_is_said_holds_no_value(check):
    with pytest.raises(exception.ResponseSchemaMismatch) as caught:
        check(b'{"servers": [{"id": "%s", "adminPass": ["hunter2"]}]}' % UUID.encode())
    assert 'adminPass' in str(caught.value)
    assert 'hunter2' not in str(caught.value)


def test_a_warning_is_logged_and_nothing_more(check, caplog):
    check(b'{"servers": [{}]}', mode='warn')
    assert "'id' is a required property" in caplog.text


def test_nothing_is_compared_where_it_is_not_wanted(check, caplog):
    check(b'not even JSON', mode='ignore')
    assert caplog.text == ''


def test_an_empty_answer_has_no_body(conf):
    conf.config(group='api', response_validation='error')
    req = types.SimpleNamespace(api_version_request=versions.parse('2.1'), is_legacy_v2=lambda: False)
    responses.check('delete', response_types.EMPTY, req, b'')
    with pytest.raises(exception.ResponseSchemaMismatch):
        responses.check('delete', response_types.EMPTY, req, b'{}')

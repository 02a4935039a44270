# SPDX-License-Identifier: Apache-2.0
"""Asking the identity service for a project: only a clear "no" counts."""
import pytest
from keystoneauth1 import token_endpoint

from mininova import context, exception
from mininova.api.openstack import identity
from tests.fixtures.image_service import image_service  # noqa: F401


@pytest.fixture
def caller(image_service):  # noqa: F811
    image_service.projects.add('known')
    plugin = token_endpoint.Token(f'{image_service.url}/v3', 'user:demo')
    return context.RequestContext(user_id='u', project_id='demo', roles=['admin'], user_auth_plugin=plugin)


def test_a_project_that_exists_is_fine(caller, image_service):  # noqa: F811
    identity.verify_project_id(caller, 'known')
    assert image_service.requests[-1].path == '/v3/projects/known'
    assert image_service.requests[-1].headers['X-Auth-Token'] == 'user:demo'


@pytest.mark.parametrize('project', ['unknown', 'a/b', '..', '\U0001f600', '?x'])
def test_a_project_that_does_not_exist_is_refused(caller, project):
    with pytest.raises(exception.InvalidInput) as caught:
        identity.verify_project_id(caller, project)
    assert caught.value.code == 400 and project in str(caught.value)


@pytest.mark.parametrize('status', [401, 403, 500, 503])
def test_an_identity_service_that_does_not_say_is_believed_to_know_it(caller, image_service, status):  # noqa: F811
    image_service.failures += [status] * 5
    identity.verify_project_id(caller, 'unknown')


def test_an_identity_service_that_is_away_refuses_nothing(conf):
    plugin = token_endpoint.Token('http://127.0.0.1:1/v3', 'x')
    identity.verify_project_id(context.RequestContext(user_id='u', project_id='p', roles=[], user_auth_plugin=plugin),
                               'unknown')


def test_without_an_identity_service_nothing_is_asked(conf):
    identity.verify_project_id(context.RequestContext(user_id='u', project_id='p', roles=[]), 'unknown')

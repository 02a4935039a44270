# SPDX-License-Identifier: Apache-2.0
"""Controllers and their decorators."""
import itertools

import pytest

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import extensions, fault, media, request, wsgi
from mininova.api.openstack.compute import routes, versions


def req(version='2.1'):
    return request.Request.blank('/', version=version)


def test_decorators_mean_the_same_in_any_order():
    decorators = {'version': wsgi.api_version('2.5'), 'code': wsgi.response(202), 'action': wsgi.action('go'),
                  'schema': validation.schema({}), 'errors': wsgi.expected_errors(404)}
    for order in itertools.permutations(decorators):
        def go(self, req, body):
            pass
        for name in order:
            go = decorators[name](go)
        function = go.functions[-1]
        assert function.wsgi_versions == ((2, 5), None)
        assert (function.wsgi_code, function.wsgi_action, function.wsgi_expected_errors) == (202, 'go', (404,))
        assert getattr(function, validation.BODY_SCHEMA)


def test_a_versioned_method_can_be_called_directly():
    class Controller(wsgi.Controller):
        @wsgi.api_version('2.1', '2.4')
        def index(self, req):
            return 'old'

        @wsgi.api_version('2.6')
        def index(self, req):  # noqa: F811
            return 'new'

    controller = Controller()
    assert (controller.index(req('2.4')), controller.index(req('2.6'))) == ('old', 'new')
    with pytest.raises(exception.VersionNotFoundForAPIMethod):
        controller.index(req('2.5'))


def test_ranges_of_one_method_must_not_overlap():
    class Controller(wsgi.Controller):
        @wsgi.api_version('2.1', '2.4')
        def index(self, req):
            pass

        @wsgi.api_version('2.4')
        def index(self, req):  # noqa: F811
            pass

    with pytest.raises(ValueError, match="both claim 'index'"):
        wsgi.Resource(Controller)


def test_a_controller_of_removed_operations_lists_them():
    made = wsgi.gone_controller('Agents', '18.0.0', 'Gone with the driver.', ('index', 'update'), ('vanish',))
    resource = wsgi.Resource(made)
    assert set(resource.methods) == {'index', 'update'}
    assert set(resource.actions) == {'vanish'}
    assert resource.methods['index'][0].removed == ('18.0.0', 'Gone with the driver.')


def test_a_resource_has_routes_only_where_its_controller_has_methods():
    class Controller(wsgi.Controller):
        def index(self, req):
            pass

        def delete(self, req, id):
            pass

        def detail(self, req):
            pass

    resource = extensions.Resource('things', Controller, parent=('servers', 'server_id'), member='thing_id',
                                   collection_actions={'detail': 'GET'}, member_actions={'action': ['POST', 'PUT']})
    assert [(route.method, route.path, route.action) for route in resource.routes()] == [
        ('GET', '/servers/{server_id}/things/detail', 'detail'),
        ('GET', '/servers/{server_id}/things', 'index'),
        ('POST', '/servers/{server_id}/things/{thing_id}/action', 'action'),
        ('PUT', '/servers/{server_id}/things/{thing_id}/action', 'action'),
        ('DELETE', '/servers/{server_id}/things/{thing_id}', 'delete')]


def test_names_lead_where_articles_look_for_them():
    from mininova.api import openstack
    from mininova.api.openstack import compute
    assert compute.APIRouterV21 is routes.APIRouterV21
    assert issubclass(routes.APIRouterV21, openstack.APIRouterV21)
    assert openstack.FaultWrapper is fault.FaultWrapper
    assert openstack.ProjectMapper.__name__ == 'ProjectMapper'
    with pytest.raises(AttributeError):
        openstack.nothing  # noqa: B018
    assert versions.Versions.is_core


@pytest.mark.parametrize('text', ['', 'a', '\x00' * 5000, '\U0001f600' * 5000, '\ud800' * 5000, 'a' * 100000,
                                  '"\\' * 4000])
def test_a_fault_is_small_json_whatever_it_says(text):
    body = fault.Fault(400, text).body
    assert len(body) < 4096
    assert media.loads(body.replace(b'\\u0000', b'0'))['badRequest']['code'] == 400


def test_an_exception_from_a_remote_service_is_named_without_the_suffix_of_the_library():
    class Lost_Remote(Exception):  # noqa: N801, N818
        __module__ = 'mininova.exception_Remote'

    message = fault.from_exception(Lost_Remote('SECRET')).message
    assert 'SECRET' not in message
    assert message.endswith("Lost'>")
    assert '_Remote' not in message


def test_a_date_must_be_formatted_by_the_view():
    import datetime
    with pytest.raises(TypeError):
        media.dumps({'at': datetime.datetime(2026, 1, 1)})


def test_numbers_beyond_64_bits_are_written():
    assert media.dumps({'n': 2**64}) == b'{"n": 18446744073709551616}'

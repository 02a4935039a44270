# SPDX-License-Identifier: Apache-2.0
"""How the network service is reached: as whom, where, and what its refusals become."""
import pytest

from mininova import context, exception
from mininova.network.neutron import client
from tests.fixtures import image_service
from tests.fixtures.neutron import FakeNeutron, serving


class WithIdentity(FakeNeutron):
    """A network service that asks for tokens, and the identity service that gives them."""

    def __init__(self):
        super().__init__()
        self.password, self.accepted = 'secret', {'service', 'user:demo'}

    def _answer(self, req):
        if req.path.startswith('/v3'):
            return self._identity(req)
        if req.headers.get('X-Auth-Token') not in self.accepted:
            return image_service.to_json({'error': {'message': 'who?'}}, status=401)
        return super()._answer(req)

    def _identity(self, req):
        if req.path != '/v3/auth/tokens':
            return image_service.to_json({'version': {'id': 'v3.14', 'status': 'stable', 'links': [
                {'rel': 'self', 'href': f'{self.url}/v3'}]}})
        if req.json['auth']['identity']['password']['user']['password'] != self.password:
            return image_service.to_json({'error': {'message': 'no'}}, status=401)
        endpoint = {'interface': 'internal', 'region': 'RegionOne', 'region_id': 'RegionOne',
                    'url': self.url, 'id': 'i'}
        return image_service.to_json({'token': {
            'methods': ['password'], 'expires_at': '2099-01-01T00:00:00.000000Z',
            'issued_at': '2026-01-01T00:00:00.000000Z', 'roles': [],
            'user': {'id': 'u', 'name': 'nova', 'domain': {'id': 'default', 'name': 'Default'}},
            'project': {'id': 'p', 'name': 'service', 'domain': {'id': 'default', 'name': 'Default'}},
            'catalog': [{'type': 'network', 'name': 'neutron', 'id': 'n', 'endpoints': [endpoint]}]}},
            status=201, headers={'X-Subject-Token': 'service'})


@pytest.fixture
def service(conf):
    with serving(WithIdentity()) as application:
        conf.config(group='neutron', auth_url=f'{application.url}/v3', username='nova', password='secret',
                    http_retries=0, timeout=5)
        yield application


def caller(token='user:demo', catalog=()):
    return context.RequestContext(user_id='u', project_id='demo', is_admin=False, auth_token=token,
                                  service_catalog=catalog)


def tokens(service):
    return [req.headers.get('X-Auth-Token') for req in service.requests if req.path.startswith('/v2.0')]


def test_the_service_user_finds_it_in_the_catalog(service):
    assert client.Client().list(context.get_admin_context(), 'ports') == []
    assert tokens(service) == ['service']


def test_the_caller_asks_as_himself_where_that_decides_what_is_seen(service):
    catalog = [{'type': 'network', 'endpoints': [{'internalURL': f'{service.url}/v2.0/', 'region': 'RegionOne'}]}]
    asked = client.Client()
    asked.list(caller(catalog=catalog), 'networks', as_caller=True)
    asked.list(caller(catalog=catalog), 'ports')
    assert tokens(service) == ['user:demo', 'service']


def test_a_token_that_ended_is_replaced_by_the_service_user_s(service):
    client.Client().list(caller('user:late'), 'networks', as_caller=True)
    assert tokens(service) == ['user:late', 'service']


def test_wrong_credentials_are_the_operator_s_fault(service, conf):
    service.accepted.clear()
    with pytest.raises(exception.NeutronAdminCredentialConfigurationInvalid):
        client.Client().list(context.get_admin_context(), 'ports')
    conf.config(group='neutron', username=None)
    with pytest.raises(exception.NeutronConnectionFailed, match='endpoint_override'):
        client.Client().list(context.get_admin_context(), 'ports')


def test_an_answer_that_refuses_keeps_its_status_and_reason(service):
    with pytest.raises(exception.NeutronRefused) as caught:
        client.Client().show(context.get_admin_context(), 'ports', 'x')
    assert (caught.value.code, caught.value.kwargs['kind']) == (404, 'PortNotFound')
    assert client.refused_for(caught.value, 'PortNotFound')


def test_a_service_that_is_away_is_tried_again_and_then_named(service, conf):
    conf.config(group='neutron', http_retries=1, endpoint_override=service.url)
    service.failures = [503]
    assert client.Client().list(context.get_admin_context(), 'ports') == []
    service.failures = [503, 503]
    with pytest.raises(exception.NeutronConnectionFailed, match=service.url) as caught:
        client.Client().list(context.get_admin_context(), 'ports')
    assert caught.value.code == 503


def test_many_ids_are_asked_for_in_parts(service):
    wanted = [str(number) for number in range(250)]
    client.Client().list(context.get_admin_context(), 'ports', id=wanted, fields=['id', 'name'])
    asked = [req.GET.getall('id') for req in service.requests if req.path == '/v2.0/ports']
    assert [len(part) for part in asked] == [100, 100, 50]
    assert sum(asked, []) == wanted
    assert client.Client().list(context.get_admin_context(), 'ports', id=[]) == []


def test_extensions_are_asked_for_now_and_then(service, conf):
    conf.config(group='neutron', extension_sync_interval=1000)
    asked = client.Client()
    for _time in range(3):
        assert asked.has_extension(context.get_admin_context(), 'router')
    assert not asked.has_extension(context.get_admin_context(), 'nothing')
    assert len([req for req in service.requests if req.path == '/v2.0/extensions']) == 1

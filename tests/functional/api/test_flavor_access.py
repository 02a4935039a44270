# SPDX-License-Identifier: Apache-2.0
"""Access to private flavors."""
import pytest


@pytest.fixture
def flavors(api):
    for flavor_id, public in (('private', False), ('public', True)):
        body = {'flavor': {'name': flavor_id, 'id': flavor_id, 'ram': 1, 'vcpus': 1, 'disk': 0,
                           'os-flavor-access:is_public': public}}
        assert api.post('/flavors', body).status == 200


def act(api, name, tenant, version=None, flavor='private'):
    return api.post(f'/flavors/{flavor}/action', {name: {'tenant': tenant}}, version)


def test_access_is_given_listed_and_taken(api, flavors):
    given = act(api, 'addTenantAccess', 'demo')
    assert (given.status, given.json) == (200, {'flavor_access': [{'flavor_id': 'private', 'tenant_id': 'demo'}]})
    act(api, 'addTenantAccess', 'other', '2.104')
    listed = api.get('/flavors/private/os-flavor-access', '2.104').json['flavor_access']
    assert [entry['tenant_id'] for entry in listed] == ['demo', 'other']
    taken = act(api, 'removeTenantAccess', 'demo')
    assert (taken.status, taken.json) == (200, {'flavor_access': [{'flavor_id': 'private', 'tenant_id': 'other'}]})


def test_giving_twice_conflicts_and_taking_twice_finds_nothing(api, flavors):
    assert act(api, 'addTenantAccess', 'demo').status == 200
    assert act(api, 'addTenantAccess', 'demo').fault[0] == 'conflictingRequest'
    assert act(api, 'removeTenantAccess', 'demo').status == 200
    assert act(api, 'removeTenantAccess', 'demo').fault[0] == 'itemNotFound'


def test_public_flavors_refuse_access_from_2_7(api, flavors):
    assert act(api, 'addTenantAccess', 'demo', '2.6', flavor='public').status == 200
    assert act(api, 'addTenantAccess', 'other', '2.7', flavor='public').status == 409
    assert api.get('/flavors/public/os-flavor-access').status == 404


def test_unknown_flavors_are_not_found(api, flavors):
    for name in ('addTenantAccess', 'removeTenantAccess'):
        assert act(api, name, 'demo', '2.7', flavor='nope').status == 404
    assert api.get('/flavors/nope/os-flavor-access').status == 404


@pytest.mark.parametrize('body', [
    {'addTenantAccess': {}}, {'addTenantAccess': {'tenant': ''}}, {'addTenantAccess': {'tenant': 5}},
    {'addTenantAccess': None},
    {'addTenantAccess': {'tenant': 'x' * 256}}, {'removeTenantAccess': {'tenant': 'x', 'y': 1}}, {'unknown': {}}, {},
    {'addTenantAccess': {'tenant': 'x'}, 'removeTenantAccess': {'tenant': 'x'}}])
def test_bad_bodies_are_refused(api, flavors, body):
    assert api.post('/flavors/private/action', body).fault[0] == 'badRequest'


def test_only_an_administrator_may(api, flavors):
    demo = api.user('demo')
    assert act(demo, 'addTenantAccess', 'demo').status == 403
    assert act(demo, 'removeTenantAccess', 'demo').status == 403
    assert demo.get('/flavors/private/os-flavor-access').status == 403


def test_the_query_is_closed_at_2_102(api, flavors):
    assert api.get('/flavors/private/os-flavor-access?x=1', '2.101').status == 200
    assert api.get('/flavors/private/os-flavor-access?x=1', '2.102').status == 400

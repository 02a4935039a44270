# SPDX-License-Identifier: Apache-2.0
"""Another project's server is as absent as one that never was: same status, same words, whatever is asked."""
import pytest

from mininova import context
from mininova.api.openstack import auth

UNKNOWN = '99999999-9999-4999-8999-999999999999'
REQUESTS = [
    ('GET', '', None), ('PUT', '', {'server': {'name': 'x'}}), ('DELETE', '', None),
    ('POST', '/action', {'os-start': None}), ('POST', '/action', {'os-stop': None}),
    ('POST', '/action', {'reboot': {'type': 'HARD'}}), ('POST', '/action', {'os-getConsoleOutput': {}}),
    ('POST', '/action', {'os-resetState': {'state': 'active'}}),
    ('GET', '/ips', None), ('GET', '/ips/private', None), ('GET', '/metadata', None), ('GET', '/metadata/a', None),
    ('POST', '/metadata', {'metadata': {}}), ('PUT', '/metadata', {'metadata': {}}),
    ('PUT', '/metadata/a', {'meta': {'a': 'b'}}),
    ('DELETE', '/metadata/a', None), ('GET', '/tags', None), ('GET', '/tags/a', None), ('PUT', '/tags/a', None),
    ('PUT', '/tags', {'tags': []}), ('DELETE', '/tags', None), ('DELETE', '/tags/a', None),
    ('GET', '/os-instance-actions', None), ('GET', '/os-instance-actions/req-1', None), ('GET', '/diagnostics', None)]


@pytest.mark.parametrize('state', ['active', 'locked', 'deleted'])
def test_foreign_servers_do_not_exist(lab, demo, api, edge, state):
    lab.host()
    uuid = lab.server(demo, metadata={'a': 'b'}, version='2.52', tags=['a'])
    lab.settle(uuid, locked=state == 'locked')
    if state == 'deleted':
        lab.instance(uuid).destroy()
    before = lab.instance(uuid, read_deleted='yes').updated_at
    edge.sent.clear()
    stranger = api.user('stranger', 'stranger')
    for method, suffix, body in REQUESTS:
        answers = [stranger.request(method, f'/servers/{id_}{suffix}', body, '2.26') for id_ in (uuid, UNKNOWN)]
        assert [answer.status for answer in answers] == [404, 404], (method, suffix, body)
        assert answers[0].fault[1].replace(uuid, '-') == answers[1].fault[1].replace(UNKNOWN, '-')
    assert edge.sent == []
    assert lab.instance(uuid, read_deleted='yes').updated_at == before


def test_readers_change_nothing(lab, demo, api, edge, monkeypatch):
    uuid = lab.server(demo)
    real = context.RequestContext
    monkeypatch.setattr(auth.context, 'RequestContext',
                        lambda **kwargs: real(**{**kwargs, 'roles': ['reader'], 'is_admin': False}))
    edge.sent.clear()
    for method, suffix, body in REQUESTS:
        if method != 'GET':
            answer = demo.request(method, f'/servers/{uuid}{suffix}', body, '2.26')
            assert answer.fault[0] == 'forbidden', (method, suffix, body)
    assert demo.get(f'/servers/{uuid}').status == 200
    assert edge.sent == []


def test_an_administrator_reaches_servers_of_all_projects(lab, demo, api):
    uuid = lab.server(demo)
    assert api.get(f'/servers/{uuid}').status == 200
    assert api.put(f'/servers/{uuid}', {'server': {'name': 'x'}}).status == 200

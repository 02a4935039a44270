# SPDX-License-Identifier: Apache-2.0
"""The security groups that servers have, over HTTP; which hosts hear of a change."""
import pytest
from oslo_utils import uuidutils

from mininova import concurrency, policy, rpc
from mininova.api.openstack.compute.schemas import security_groups as schemas
from mininova.db import models, session
from tests.functional.api.servers.test_quota_race import run_together
from tests.functional.api.servers.test_security_groups import (
    GROUPS,
    RULES,
    UNKNOWN,
    allow,
    default_of,
    make,
    matches,
)


@pytest.fixture
def server(lab, demo, edge):
    """A server of demo on cmp1 with the group default."""
    lab.host()
    uuid = lab.server(demo)
    edge.sent.clear()
    return uuid


def told(edge):
    """Return the hosts that were told, and forget them."""
    hosts = [message.server for message in edge.sent if message.method == 'refresh_security_groups']
    edge.sent.clear()
    return hosts


def names_of(client, server):
    groups = matches(schemas.server_index_response, client.get(f'/servers/{server}/os-security-groups', '2.104'))
    return [group['name'] for group in groups['security_groups']]


def test_a_server_gets_default_or_what_it_asks_for(lab, demo, edge):
    web, db = make(demo)['id'], make(demo, 'db')['id']
    for asked, names in ((..., ['default']), ([], ['default']), ([{'name': 'web'}], ['web']),
                         ([{'name': db}, {'name': 'web'}, {'name': web}], ['db', 'web']),
                         ([{'name': 'default'}, {'name': 'db'}], ['db', 'default'])):
        answer = lab.boot(demo, security_groups=asked)
        created = answer.json['server']
        assert created['security_groups'] == ([{'name': 'default'}] if asked in (..., []) else asked)
        shown = [{'name': name} for name in names]
        assert demo.get(f'/servers/{created["id"]}').json['server']['security_groups'] == shown
        assert demo.get('/servers/detail?limit=1').json['servers'][0]['security_groups'] == shown
        assert names_of(demo, created['id']) == names


def test_a_server_is_not_made_with_a_group_that_there_is_not(lab, demo, api):
    foreign = make(api.user('eve'), 'theirs')['id']
    for name in ('web', UNKNOWN, 'theirs', foreign):
        assert lab.boot(demo, security_groups=[{'name': 'default'}, {'name': name}]).fault == (
            'badRequest', f'Security group {name} not found.')
    assert demo.get('/servers').json['servers'] == []


def test_groups_come_and_go_and_the_hosts_hear_of_it(server, demo, edge):
    web = make(demo)['id']
    path = f'/servers/{server}/action'
    answer = demo.post(path, {'addSecurityGroup': {'name': 'web'}}, '2.104')
    assert (answer.status, answer.body, told(edge)) == (202, b'', ['cmp1'])
    assert names_of(demo, server) == ['default', 'web']
    assert demo.post(path, {'addSecurityGroup': {'name': web}}).status == 202
    assert told(edge) == [], 'it had it already'
    assert demo.post(path, {'removeSecurityGroup': {'name': web}}).status == 202
    assert (told(edge), names_of(demo, server)) == (['cmp1'], ['default'])
    assert demo.post(path, {'removeSecurityGroup': {'name': 'web'}}).fault == (
        'itemNotFound', f'Security group web is not associated with the instance {server}.')
    assert demo.post(path, {'removeSecurityGroup': {'name': 'default'}}).status == 202
    assert (told(edge), names_of(demo, server)) == (['cmp1'], [])
    assert 'security_groups' not in demo.get(f'/servers/{server}').json['server']


@pytest.mark.parametrize('action', ['addSecurityGroup', 'removeSecurityGroup'])
def test_groups_that_a_server_cannot_get(server, demo, api, action):
    path = f'/servers/{server}/action'
    make(api.user('eve'))
    assert demo.post(path, {action: {'name': 'web'}}, '2.104').fault == (
        'itemNotFound', 'Security group web not found.')
    for asked in (None, {}, {'name': ''}, {'name': ' '}, {'name': 1}):
        assert demo.post(path, {action: asked}).fault[0] == 'badRequest', asked
    assert api.user('eve').post(path, {action: {'name': 'default'}}).status == 404
    assert demo.post(f'/servers/{UNKNOWN}/action', {action: {'name': 'default'}}).status == 404
    assert demo.get(f'/servers/{UNKNOWN}/os-security-groups').status == 404
    policy.reset()
    policy.init(rules={f'os_compute_api:os-security-groups:{name}': '!' for name in ('add', 'remove', 'list')})
    assert demo.post(path, {action: {'name': 'default'}}).status == 403
    assert demo.get(f'/servers/{server}/os-security-groups').status == 403


def test_an_administrator_gives_groups_of_the_servers_project(server, demo, api):
    own, theirs = make(api, 'ours')['id'], make(demo, 'theirs')['id']
    path = f'/servers/{server}/action'
    assert api.post(path, {'addSecurityGroup': {'name': own}}).status == 404
    assert api.post(path, {'addSecurityGroup': {'name': theirs}}).status == 202
    assert names_of(demo, server) == ['default', 'theirs']


def test_the_hosts_of_members_hear_of_rules(server, lab, demo, edge):
    lab.host('cmp2')
    other = lab.server(demo, host='cmp2')
    make(demo)
    group = default_of(demo)['id']
    edge.sent.clear()
    rule = allow(demo, group, ip_protocol='tcp', from_port=22, to_port=22)
    assert told(edge) == ['cmp1', 'cmp2']
    assert demo.delete(f'/servers/{other}').status == 204
    lab.settle(other, host=None)
    edge.sent.clear()
    assert demo.delete(f'{RULES}/{rule["id"]}').status == 202
    assert told(edge) == ['cmp1']


def test_the_hosts_of_those_who_let_in_a_member_hear_of_it(server, lab, demo, edge):
    lab.host('cmp2')
    clients, group = make(demo, 'clients')['id'], default_of(demo)['id']
    allow(demo, group, group_id=clients)
    client = lab.server(demo, host='cmp2', security_groups=[{'name': 'clients'}])
    edge.sent.clear()
    demo.post(f'/servers/{client}/action', {'removeSecurityGroup': {'name': 'clients'}})
    assert told(edge) == ['cmp1', 'cmp2']
    demo.post(f'/servers/{client}/action', {'addSecurityGroup': {'name': 'clients'}})
    assert told(edge) == ['cmp1', 'cmp2']


def test_a_change_counts_while_the_bus_is_away(server, demo, edge):
    group = default_of(demo)['id']
    edge.broken = rpc.MessagingException('away')
    allow(demo, group, ip_protocol='tcp', from_port=22, to_port=22)
    assert len(default_of(demo)['rules']) == 2


def test_a_group_in_use_is_not_deleted(server, demo, lab):
    web = make(demo)['id']
    demo.post(f'/servers/{server}/action', {'addSecurityGroup': {'name': 'web'}})
    assert demo.delete(f'{GROUPS}/{web}').fault == (
        'badRequest', f'Security group {web} is still in use: 1 servers have it.')
    lab.cloud.execute(models.instances.update().values(deleted=7))
    assert demo.delete(f'{GROUPS}/{web}').status == 202
    with session.reader() as connection:
        names = connection.execute(models.security_group_instance_association.select()).all()
    assert len(names) == 1, 'the server was in default too'


def test_a_group_is_not_deleted_under_a_server_that_is_being_made(lab, demo):
    """Whoever comes first wins; there is never a server in a group that is gone."""
    for number in range(6):
        web = make(demo, f'web{number}')['id']
        answers = run_together([lambda web=web: lab.boot(demo, security_groups=[{'name': web}]),
                                lambda web=web: demo.delete(f'{GROUPS}/{web}')])
        assert [answer.status for answer in answers] in ([202, 400], [400, 202])
        concurrency.sleep(0)
    with session.reader() as connection:
        groups = set(connection.execute(models.security_groups.select()).scalars())
        members = connection.execute(models.security_group_instance_association.select()).mappings().all()
    assert {member['security_group_id'] for member in members} <= groups


def test_details_cost_one_statement_more_whatever_there_is(cloud, lab, demo):
    counts = set()
    for _number in range(3):
        lab.boot(demo)
        with cloud.statements() as sent:
            demo.get('/servers/detail')
        counts.add(sum('security_groups' in statement for statement in sent))
    assert counts == {1}


def test_unknown_servers_have_none(lab, demo):
    assert demo.get(f'/servers/{uuidutils.generate_uuid()}/os-security-groups').fault[0] == 'itemNotFound'

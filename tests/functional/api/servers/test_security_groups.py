# SPDX-License-Identifier: Apache-2.0
"""Security groups and their rules over HTTP; those of servers are in test_security_groups_of_servers.py."""
import jsonschema
import pytest

from mininova import context, objects, policy
from mininova.api.openstack.compute.schemas import security_groups as schemas
from mininova.db import models, session
from mininova.network import guest_firewall
from tests.functional.api.servers.test_quota_race import run_together

GROUPS, RULES = '/os-security-groups', '/os-security-group-rules'
UNKNOWN = '99999999-9999-4999-8999-999999999999'
NOT_FOUND = ('itemNotFound', 'The resource could not be found.')
ANYBODY = {'group': {}, 'ip_range': {'cidr': '0.0.0.0/0'}}


def matches(schema, answer):
    """Return the document of an answer, which must be what the schema says."""
    jsonschema.Draft202012Validator(schema.schema_for('2.35')).validate(answer.json)
    return answer.json


def make(client, name='web', description='', version='2.35'):
    answer = client.post(GROUPS, {'security_group': {'name': name, 'description': description}}, version)
    assert answer.status == 200, answer.body
    return matches(schemas.create_response, answer)['security_group']


def add(client, group, version='2.35', **rule):
    return client.post(RULES, {'security_group_rule': {'parent_group_id': group, **rule}}, version)


def allow(client, group, **rule):
    answer = add(client, group, **rule)
    assert answer.status == 200, answer.body
    return matches(schemas.create_rule_response, answer)['security_group_rule']


def listed(client, query=''):
    return matches(schemas.index_response, client.get(GROUPS + query, '2.35'))['security_groups']


def default_of(client):
    return next(group for group in listed(client) if group['name'] == 'default')


# -- versions ---------------------------------------------------------------------------


@pytest.mark.parametrize(('method', 'path', 'body'), [
    ('GET', GROUPS, None), ('GET', f'{GROUPS}/{UNKNOWN}', None), ('DELETE', f'{GROUPS}/{UNKNOWN}', None),
    ('POST', GROUPS, {'security_group': {'name': 'a', 'description': ''}}),
    ('PUT', f'{GROUPS}/{UNKNOWN}', {'security_group': {'name': 'a', 'description': ''}}),
    ('POST', RULES, {'security_group_rule': {'parent_group_id': UNKNOWN}}), ('DELETE', f'{RULES}/{UNKNOWN}', None)])
def test_groups_and_rules_end_with_2_35(lab, demo, method, path, body):
    for version in ('2.36', '2.104'):
        assert demo.request(method, path, body, version).fault == NOT_FOUND
    for version in ('2.1', '2.35'):
        answer = demo.request(method, path, body, version)
        assert answer.status == 200 or answer.fault[1] in (
            f'Security group {UNKNOWN} not found.', f'Security group with rule {UNKNOWN} not found.',
            'Security group a already exists for project demo-project.')


# -- groups -----------------------------------------------------------------------------


def test_a_project_has_default_which_lets_in_its_own_members(lab, demo):
    group, = listed(demo)
    assert (group['name'], group['description'], group['tenant_id']) == ('default', 'Default security group',
                                                                        'demo-project')
    rule, = group['rules']
    assert rule == {'id': rule['id'], 'parent_group_id': group['id'], 'ip_protocol': None, 'from_port': None,
                    'to_port': None, 'group': {'name': 'default', 'tenant_id': 'demo-project'}, 'ip_range': {}}
    assert listed(demo) == [group]
    assert demo.get(f'{GROUPS}/{group["id"]}').json == {'security_group': group}


def test_default_is_made_once_however_many_ask_for_it(lab, demo):
    def boot():
        return lab.boot(demo)

    def look():
        return demo.get(GROUPS)
    answers = run_together([boot, look] * 8)
    assert {answer.status for answer in answers} == {200, 202}
    with session.reader() as connection:
        assert len(connection.execute(models.security_groups.select()).all()) == 1
        assert len(connection.execute(models.security_group_rules.select()).all()) == 1
        assert len(connection.execute(models.security_group_instance_association.select()).all()) == 8


def test_a_group_is_made_renamed_and_deleted(lab, demo):
    made = make(demo, ' web ', 'for the web')
    assert made == {'id': made['id'], 'name': ' web ', 'description': 'for the web', 'tenant_id': 'demo-project',
                    'rules': []}
    answer = demo.put(f'{GROUPS}/{made["id"]}', {'security_group': {'name': 'www', 'description': ''}}, '2.35')
    assert matches(schemas.update_response, answer) == {'security_group': {**made, 'name': 'www', 'description': ''}}
    assert demo.get(f'{GROUPS}/{made["id"]}').json == answer.json
    assert [group['name'] for group in listed(demo)] == ['default', 'www']
    answer = demo.delete(f'{GROUPS}/{made["id"]}')
    assert (answer.status, answer.body) == (202, b'')
    assert demo.get(f'{GROUPS}/{made["id"]}').status == demo.delete(f'{GROUPS}/{made["id"]}').status == 404
    assert [group['name'] for group in listed(demo)] == ['default']


@pytest.mark.parametrize('asked', [
    None, {}, {'name': 'x'}, {'description': 'x'}, {'name': '', 'description': ''}, {'name': '  ', 'description': ''},
    {'name': 'x' * 256, 'description': ''}, {'name': 'x', 'description': 'x' * 256}, {'name': 1, 'description': ''},
    {'name': 'x', 'description': None}])
def test_bad_names_make_nothing(lab, demo, asked):
    kept = make(demo)
    assert demo.post(GROUPS, {'security_group': asked}).fault[0] == 'badRequest'
    assert demo.put(f'{GROUPS}/{kept["id"]}', {'security_group': asked}).fault[0] == 'badRequest'
    assert [group['name'] for group in listed(demo)] == ['default', 'web']


def test_a_name_is_given_once_in_a_project(lab, demo, api):
    group = make(demo)
    said = ('badRequest', 'Security group web already exists for project demo-project.')
    assert demo.post(GROUPS, {'security_group': {'name': 'web', 'description': ''}}).fault == said
    other = make(demo, 'other')
    assert demo.put(f'{GROUPS}/{other["id"]}', {'security_group': {'name': 'web', 'description': ''}}).fault == said
    assert make(api.user('eve'))['id'] != group['id'] and make(demo, 'WEB')


def test_default_stays(lab, demo):
    group = default_of(demo)
    path = f'{GROUPS}/{group["id"]}'
    assert demo.delete(path).fault == ('badRequest', 'Group default, which every project has, cannot be deleted.')
    assert demo.put(path, {'security_group': {'name': 'x', 'description': ''}}).fault == (
        'badRequest', 'Group default, which every project has, cannot be renamed.')
    assert demo.put(path, {'security_group': {'name': 'default', 'description': 'ours'}}).status == 200
    assert listed(demo) == [{**group, 'description': 'ours'}]


def test_ids_that_are_none(lab, demo):
    """The client looks for a name here, and goes on to the list after 404 only."""
    assert demo.get(f'{GROUPS}/default').fault == ('itemNotFound', 'Security group default not found.')
    wrong = ('badRequest', 'The id of a security group or a rule is a UUID.')
    assert demo.delete(f'{GROUPS}/default').fault == wrong
    assert demo.put(f'{GROUPS}/1', {'security_group': {'name': 'x', 'description': ''}}).fault == wrong
    assert demo.delete(f'{RULES}/1').fault == wrong
    assert add(demo, '1').fault == add(demo, default_of(demo)['id'], group_id='1').fault == wrong


def test_groups_of_others_are_unknown_but_to_administrators(lab, demo, api):
    group, eve = make(demo), api.user('eve')
    rule = allow(demo, group['id'], ip_protocol='tcp', from_port=22, to_port=22)
    path = f'{GROUPS}/{group["id"]}'
    named = {'security_group': {'name': 'x', 'description': ''}}
    assert [eve.get(path).status, eve.put(path, named).status, eve.delete(path).status] == [404] * 3
    assert eve.delete(f'{RULES}/{rule["id"]}').status == 404
    assert add(eve, group['id'], ip_protocol='tcp', from_port=1, to_port=2).status == 404
    own = make(eve)
    assert add(eve, own['id'], group_id=group['id']).status == 404
    assert [entry['tenant_id'] for entry in listed(eve, '?all_tenants=1')] == ['eve', 'eve']
    assert [entry['tenant_id'] for entry in listed(api)] == ['admin']
    everything = [(entry['tenant_id'], entry['name']) for entry in listed(api, '?all_tenants=1')]
    assert everything == sorted(everything) and len(everything) == 5
    assert api.get(path).status == 200 and api.delete(f'{RULES}/{rule["id"]}').status == 202
    assert api.delete(path).status == 202


def test_lists_come_in_pages(cloud, lab, demo):
    for name in 'abcd':
        make(demo, name)
    everything = listed(demo)
    assert [group['name'] for group in everything] == ['a', 'b', 'c', 'd', 'default']
    assert listed(demo, '?limit=2&offset=1') == everything[1:3]
    cloud.conf(max_limit=3, group='api')
    assert listed(demo, '?limit=99') == everything[:3]
    assert demo.get(f'{GROUPS}?limit=-1').status == demo.get(f'{GROUPS}?offset=x').status == 400


def test_a_list_costs_the_same_statements_whatever_there_is(cloud, lab, demo):
    counts = set()
    for number in range(3):
        make(demo, f'g{number}')
        allow(demo, default_of(demo)['id'], ip_protocol='tcp', from_port=number + 1, to_port=99)
        with cloud.statements() as sent:
            listed(demo)
        counts.add(len(sent))
    assert counts == {3}


def test_the_rules_of_policy_are_asked(lab, demo):
    group = make(demo)
    rule = allow(demo, group['id'], ip_protocol='tcp', from_port=1, to_port=2)
    path, named = f'{GROUPS}/{group["id"]}', {'security_group': {'name': 'x', 'description': ''}}
    requests = {'get': ('GET', GROUPS, None), 'show': ('GET', path, None), 'create': ('POST', GROUPS, named),
                'update': ('PUT', path, named), 'delete': ('DELETE', path, None),
                'rule:create': ('POST', RULES, {'security_group_rule': {'parent_group_id': group['id']}}),
                'rule:delete': ('DELETE', f'{RULES}/{rule["id"]}', None)}
    for name, request in requests.items():
        policy.reset()
        policy.init(rules={f'os_compute_api:os-security-groups:{name}': '!'})
        assert demo.request(*request).status == 403, name
    policy.reset()
    policy.init(rules={'os_compute_api:os-security-groups:show': '!'})
    assert demo.get(f'{GROUPS}/web').status == 403


# -- rules --------------------------------------------------------------------------------


@pytest.mark.parametrize(('asked', 'shown'), [
    ({'ip_protocol': 'tcp', 'from_port': 22, 'to_port': 22}, {'ip_protocol': 'tcp', 'from_port': 22, 'to_port': 22,
                                                              **ANYBODY}),
    ({'ip_protocol': 'TCP', 'from_port': '1', 'to_port': '65535', 'cidr': '10.1.2.3/8'},
     {'ip_protocol': 'tcp', 'from_port': 1, 'to_port': 65535, 'group': {}, 'ip_range': {'cidr': '10.1.2.3/8'}}),
    ({'ip_protocol': 'udp', 'from_port': 53, 'to_port': 54, 'cidr': '2001:db8::/32'},
     {'ip_protocol': 'udp', 'from_port': 53, 'to_port': 54, 'group': {}, 'ip_range': {'cidr': '2001:db8::/32'}}),
    ({'ip_protocol': 'icmp', 'from_port': -1, 'to_port': -1, 'cidr': None, 'group_id': None},
     {'ip_protocol': 'icmp', 'from_port': -1, 'to_port': -1, **ANYBODY}),
    ({'ip_protocol': 'icmp', 'from_port': 8, 'to_port': 0, 'cidr': '::/0'},
     {'ip_protocol': 'icmp', 'from_port': 8, 'to_port': 0, 'group': {}, 'ip_range': {'cidr': '::/0'}}),
    ({'ip_protocol': 'tcp', 'from_port': 1, 'to_port': 2, 'cidr': '10.0.0.0%2F8', 'what': 'else'},
     {'ip_protocol': 'tcp', 'from_port': 1, 'to_port': 2, 'group': {}, 'ip_range': {'cidr': '10.0.0.0/8'}})])
def test_rules_for_networks(lab, demo, asked, shown):
    group = make(demo)['id']
    rule = allow(demo, group, **asked)
    assert rule == {'id': rule['id'], 'parent_group_id': group, **shown}
    assert demo.get(f'{GROUPS}/{group}').json['security_group']['rules'] == [rule]


@pytest.mark.parametrize('protocol', ['tcp', 'TCP', 'Tcp', 'UDP', 'Icmp', 6, '6', '17', ' tcp', 'tcp\n', 'ｔｃｐ'])
def test_a_protocol_is_what_hosts_make_of_it_or_is_refused(lab, demo, protocol):
    """No rule is taken that then lets nothing in (CVE-2012-2654)."""
    group = make(demo)['id']
    add(demo, group, ip_protocol=protocol, from_port=8, to_port=8, cidr='10.1.2.3/8')
    rules = demo.get(f'{GROUPS}/{group}').json['security_group']['rules']
    if protocol not in ('tcp', 'TCP', 'Tcp', 'UDP', 'Icmp'):
        assert rules == []
        return
    stored = objects.SecurityGroup.get_by_uuid(context.get_admin_context(), group).rules[0]
    line, = guest_firewall.rule_lines({'protocol': stored.protocol, 'from_port': 8, 'to_port': 8, 'cidr': stored.cidr,
                                       'group_id': None}, {})
    kind = protocol.lower()
    what = 'icmp type 8 icmp code 8' if kind == 'icmp' else f'{kind} dport 8'
    assert line == f'ip saddr 10.0.0.0/8 {what} accept' and rules[0]['ip_protocol'] == kind


@pytest.mark.parametrize(('asked', 'ports'), [
    ({}, (None, None, None)), ({'ip_protocol': None}, (None, None, None)), ({'ip_protocol': ''}, (None, None, None)),
    ({'ip_protocol': 'tcp'}, ('tcp', 1, 65535)), ({'ip_protocol': 'udp'}, ('udp', 1, 65535)),
    ({'ip_protocol': 'icmp'}, ('icmp', -1, -1)), ({'ip_protocol': 'tcp', 'from_port': 5, 'to_port': 6}, ('tcp', 5, 6)),
    ({'ip_protocol': 'tcp', 'cidr': 'not looked at'}, ('tcp', 1, 65535))])
def test_rules_for_the_members_of_a_group(lab, demo, asked, ports):
    group, source = make(demo)['id'], default_of(demo)
    rule = allow(demo, group, group_id=source['id'], **asked)
    assert (rule['ip_protocol'], rule['from_port'], rule['to_port']) == ports
    assert (rule['group'], rule['ip_range']) == ({'name': 'default', 'tenant_id': 'demo-project'}, {})


@pytest.mark.parametrize(('asked', 'said'), [
    ({}, 'Not enough parameters to build a valid rule'), ({'ip_protocol': 'tcp'}, 'Not enough parameters'),
    ({'ip_protocol': 'tcp', 'from_port': 1}, 'Not enough parameters'),
    ({'from_port': 1, 'to_port': 2}, 'Not enough parameters'),
    ({'ip_protocol': 'gre', 'from_port': 1, 'to_port': 2}, 'Invalid IP protocol gre'),
    ({'ip_protocol': 'tcp', 'from_port': 0, 'to_port': 2}, 'Ports lie between 1 and 65535'),
    ({'ip_protocol': 'udp', 'from_port': 1, 'to_port': 65536}, 'Ports lie between'),
    ({'ip_protocol': 'tcp', 'from_port': 3, 'to_port': 2}, 'greater than the last'),
    ({'ip_protocol': 'icmp', 'from_port': 256, 'to_port': 0}, 'Type and code of ICMP'),
    ({'ip_protocol': 'icmp', 'from_port': 0, 'to_port': -2}, 'Type and code of ICMP'),
    ({'ip_protocol': 'tcp', 'from_port': 'x', 'to_port': 2}, 'from_port'),
    ({'ip_protocol': 'tcp', 'from_port': 1.5, 'to_port': 2}, 'from_port'),
    ({'ip_protocol': 'tcp', 'from_port': 9 ** 99, 'to_port': 2}, 'from_port'), ({'ip_protocol': 6}, 'ip_protocol'),
    *(({'ip_protocol': 'tcp', 'from_port': 1, 'to_port': 2, 'cidr': cidr}, 'is not a valid IP network')
      for cidr in ('10.0.0.0', '10.0.0.0/33', 'x', '10.0.0/8', '/8', '::/129', '10.0.0.0/255.0.0.0', 'fe80::1%eth0/64',
                   '10.0.0.0/', '10.0.0.0/8/8', 'ü')),
    ({'ip_protocol': 'tcp', 'from_port': 1, 'to_port': 2, 'cidr': '10.0.0.0/0'}, 'Bad prefix for network'),
    ({'ip_protocol': 'tcp', 'from_port': 1, 'to_port': 2, 'cidr': 'fd00::/0'}, 'Bad prefix for network')])
def test_rules_that_make_no_sense(lab, demo, asked, said):
    group = make(demo)['id']
    name, text = add(demo, group, **asked).fault
    assert name == 'badRequest' and said in text
    assert demo.get(f'{GROUPS}/{group}').json['security_group']['rules'] == []


@pytest.mark.parametrize('asked', [{'ip_protocol': 'gre'}, {'ip_protocol': 'tcp', 'from_port': 1},
                                   {'from_port': 1, 'to_port': 2}])
def test_half_a_rule_does_not_open_everything_to_a_group(lab, demo, asked):
    """Nova would forget the half and let in all that comes from the members."""
    group = make(demo)['id']
    assert add(demo, group, group_id=group, **asked).fault[0] == 'badRequest'


def test_a_rule_is_there_once_and_is_deleted(lab, demo):
    group = make(demo)['id']
    rule = allow(demo, group, ip_protocol='tcp', from_port=22, to_port=22, cidr='10.0.0.0/8')
    assert add(demo, group, ip_protocol='tcp', from_port='22', to_port=22, cidr='10.0.0.0/8').fault == (
        'badRequest', f'This rule already exists in group {group}: it is {rule["id"]}.')
    member = allow(demo, group, group_id=group)
    assert add(demo, group, group_id=group).fault[0] == 'badRequest'
    answer = demo.delete(f'{RULES}/{rule["id"]}', '2.35')
    assert (answer.status, answer.body) == (202, b'')
    assert demo.delete(f'{RULES}/{rule["id"]}').fault == (
        'itemNotFound', f'Security group with rule {rule["id"]} not found.')
    assert demo.get(f'{GROUPS}/{group}').json['security_group']['rules'] == [member]


def test_the_groups_come_before_the_rest(lab, demo):
    nonsense = {'ip_protocol': 'gre', 'cidr': 'x'}
    assert add(demo, UNKNOWN, **nonsense).fault == ('itemNotFound', f'Security group {UNKNOWN} not found.')
    assert add(demo, default_of(demo)['id'], group_id=UNKNOWN, **nonsense).status == 404


def test_rules_that_name_a_deleted_group_go_with_it(lab, demo):
    source, group = make(demo, 'source')['id'], make(demo)['id']
    allow(demo, group, group_id=source)
    allow(demo, source, ip_protocol='tcp', from_port=22, to_port=22)
    assert demo.delete(f'{GROUPS}/{source}').status == 202
    assert demo.get(f'{GROUPS}/{group}').json['security_group']['rules'] == []
    with session.reader() as connection:
        assert len(connection.execute(models.security_group_rules.select()).all()) == 1


# -- quota --------------------------------------------------------------------------------


def test_the_quota_of_groups_is_exact(lab, demo, conf):
    conf.config(group='quota', security_groups=4)
    listed(demo)
    answers = run_together([lambda number=number: demo.post(GROUPS, {
        'security_group': {'name': f'g{number}', 'description': ''}}) for number in range(12)])
    assert sorted(answer.status for answer in answers) == [200] * 3 + [403] * 9
    assert {answer.fault for answer in answers if answer.status == 403} == {
        ('forbidden', 'Quota exceeded, too many security groups.')}
    assert len(listed(demo)) == 4
    used = demo.get('/limits', '2.35').json['limits']['absolute']
    assert (used['totalSecurityGroupsUsed'], used['maxSecurityGroups'], used['maxSecurityGroupRules']) == (4, 4, 20)
    assert 'totalSecurityGroupsUsed' not in demo.get('/limits', '2.36').json['limits']['absolute']
    details = demo.get('/os-quota-sets/demo-project/detail', '2.35').json['quota_set']
    assert details['security_groups'] == {'limit': 4, 'in_use': 4, 'reserved': 0}
    assert details['security_group_rules']['in_use'] == 0


def test_the_quota_of_rules_is_a_groups_and_exact(lab, demo, api):
    body = {'quota_set': {'security_group_rules': 3}}
    assert api.put('/os-quota-sets/demo-project', body, '2.35').status == 200
    first, second = make(demo, 'a')['id'], make(demo, 'b')['id']
    answers = run_together([lambda port=port: add(demo, first, ip_protocol='tcp', from_port=port, to_port=port)
                            for port in range(1, 9)])
    assert sorted(answer.status for answer in answers) == [200] * 3 + [403] * 5
    assert {answer.fault for answer in answers if answer.status == 403} == {
        ('forbidden', 'Quota exceeded, too many security group rules.')}
    assert len(demo.get(f'{GROUPS}/{first}').json['security_group']['rules']) == 3
    allow(demo, second, ip_protocol='tcp', from_port=1, to_port=1)


def test_default_is_made_even_where_the_quota_is_used_up(lab, demo, conf):
    conf.config(group='quota', security_groups=0)
    assert [group['name'] for group in listed(demo)] == ['default']
    assert demo.post(GROUPS, {'security_group': {'name': 'x', 'description': ''}}).status == 403

# SPDX-License-Identifier: Apache-2.0
"""Servers that shall be on one host, or on different ones."""
import collections

import pytest

from mininova import concurrency


@pytest.fixture
def hosts(whole):
    """Three hosts."""
    whole.add_host('cmp2')
    whole.add_host('cmp3')


def make(whole, policy, **more):
    answer = whole.api.post('/os-server-groups', {'server_group': {'name': policy, 'policy': policy, **more}},
                            version='2.64')
    return answer.json['server_group']['id']


def boot(whole, group, count=1):
    """Ask for servers of a group; returns the answer."""
    return whole.api.post('/servers', {
        'server': {'name': 'vm', 'flavorRef': '1', 'imageRef': whole.image, 'networks': 'none', 'min_count': count,
                   'max_count': count}, 'os:scheduler_hints': {'group': group}}, version='2.96')


def places(whole, group):
    """Return {host: how many servers of a group are active there}, None for those in ERROR, when all have settled."""
    members = whole.api.get(f'/os-server-groups/{group}').json['server_group']['members']
    settled = [whole.wait(server, 'ACTIVE', 'ERROR') for server in members]
    return collections.Counter(server['OS-EXT-SRV-ATTR:host'] if server['status'] == 'ACTIVE' else None
                               for server in settled)


@pytest.mark.parametrize('policy, more, count, wanted', [
    ('affinity', {}, 4, [4]), ('anti-affinity', {}, 3, [1, 1, 1]),
    ('anti-affinity', {'rules': {'max_server_per_host': 2}}, 6, [2, 2, 2]), ('soft-affinity', {}, 4, [4]),
    ('soft-anti-affinity', {}, 6, [2, 2, 2])])
@pytest.mark.parametrize('at_once', [True, False])
def test_where_the_servers_of_a_group_go(whole, hosts, policy, more, count, wanted, at_once):
    group = make(whole, policy, **more)
    if at_once:
        assert boot(whole, group, count).status == 202
    else:
        asking = [concurrency.spawn(boot, whole, group) for _ in range(count)]
        for one in asking:
            one.wait()
    assert sorted(places(whole, group).values()) == wanted
    assert whole.findings() == []


def test_one_too_many_is_told_why(whole, hosts):
    group = make(whole, 'anti-affinity')
    assert boot(whole, group, 3).status == 202
    assert sorted(places(whole, group).values()) == [1, 1, 1]
    server = boot(whole, group).json['server']['id']
    fault = whole.wait(server, 'ERROR')['fault']['message']
    assert '3 ServerGroupAntiAffinityFilter (cmp1, cmp2, cmp3 has 1 of 1 servers of its group' in fault


def test_a_move_keeps_to_the_policy(whole, hosts):
    group = make(whole, 'anti-affinity')
    boot(whole, group, 2)
    one, two = whole.api.get(f'/os-server-groups/{group}').json['server_group']['members']
    before = {server: whole.wait(server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] for server in (one, two)}
    assert whole.act(one, {'migrate': None}).status == 202
    assert whole.wait(one, 'VERIFY_RESIZE')['OS-EXT-SRV-ATTR:host'] not in before.values()


def test_a_server_shows_its_group(whole):
    group = make(whole, 'affinity')
    server = boot(whole, group).json['server']['id']
    assert whole.wait(server, 'ACTIVE')['server_groups'] == [group]
    assert whole.api.delete(f'/os-server-groups/{group}').status == 204
    assert whole.show(server)['server_groups'] == []
    assert boot(whole, group).fault[0] == 'badRequest'


def test_the_number_of_its_servers_is_limited(whole):
    whole.cloud.conf(server_group_members=3, group='quota')
    group = make(whole, 'soft-affinity')
    assert boot(whole, group, 2).status == 202
    answers = []
    asking = [concurrency.spawn(lambda: answers.append(boot(whole, group))) for _ in range(3)]
    for one in asking:
        one.wait()
    assert sorted(answer.status for answer in answers) == [202, 403, 403]
    refused = next(answer for answer in answers if answer.status == 403)
    assert refused.fault == ('forbidden', 'Quota exceeded, too many servers in group')
    assert sum(places(whole, group).values()) == 3
    members = whole.api.get(f'/os-server-groups/{group}').json['server_group']['members']
    whole.api.delete(f'/servers/{members[0]}')
    whole.wait_gone(members[0])
    assert boot(whole, group).status == 202

# SPDX-License-Identifier: Apache-2.0
"""nova-api is killed between writing a change of security groups and telling the hosts.

What was written holds and can be asked for again; that hosts find it by themselves is shown with real packets in
tests/integration/namespaces/test_security_groups.py.
"""
import pytest

from tests.campaign.crash_lab import MARKS, points

pytestmark = MARKS
GROUPS, RULES = '/os-security-groups', '/os-security-group-rules'


def default(campaign):
    """Return the group default as it is now."""
    return next(group for group in campaign.nova.get(GROUPS, version='2.35')['security_groups']
                if group['name'] == 'default')


def ping(group):
    return {'security_group_rule': {'parent_group_id': group['id'], 'ip_protocol': 'icmp', 'from_port': -1,
                                    'to_port': -1, 'cidr': '192.0.2.0/24'}}


def pings(group):
    return [rule for rule in group['rules'] if rule['ip_range'].get('cidr') == '192.0.2.0/24']


@pytest.mark.parametrize('name, service', points('security_group.R'))
def test_a_rule_is_there_once_after_a_kill_at(campaign, server, name, service):
    group = default(campaign)
    if 'removed' in name:
        campaign.nova.post(RULES, ping(group), version='2.35')
    campaign.arm(name, service)
    if 'removed' in name:
        rule, = pings(default(campaign))
        campaign.ask(campaign.nova.request, 'DELETE', f'{RULES}/{rule["id"]}', version='2.35')
    else:
        campaign.ask(campaign.nova.request, 'POST', RULES, ping(group), version='2.35')
    campaign.revive(service)
    left = pings(default(campaign))
    assert len(left) == ('removed' not in name)
    for rule in left:
        assert campaign.nova.request('POST', RULES, ping(group), version='2.35').status_code == 400
        campaign.nova.delete(f'{RULES}/{rule["id"]}', version='2.35')
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', points('security_group.M'))
def test_a_server_has_a_group_or_not_after_a_kill_at(campaign, server, name, service):
    action = 'removeSecurityGroup' if 'removed' in name else 'addSecurityGroup'
    if action == 'addSecurityGroup':
        campaign.nova.action(server, 'removeSecurityGroup', {'name': 'default'})
    campaign.arm(name, service)
    campaign.ask(campaign.nova.action, server, action, {'name': 'default'})
    campaign.revive(service)
    groups = campaign.nova.get(f'/servers/{server}/os-security-groups')['security_groups']
    assert [group['name'] for group in groups] == (['default'] if action == 'addSecurityGroup' else [])
    campaign.assert_clean()

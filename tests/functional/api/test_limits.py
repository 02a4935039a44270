# SPDX-License-Identifier: Apache-2.0
"""GET /limits over its whole range of versions."""
import uuid

import pytest

OLDEST = {
    'maxTotalRAMSize': 51200, 'maxTotalInstances': 10, 'maxTotalCores': 20, 'maxTotalKeypairs': 100,
    'maxTotalFloatingIps': 10,
    'maxServerMeta': 128, 'maxImageMeta': 128, 'maxPersonality': 5, 'maxPersonalitySize': 10240,
    'maxSecurityGroups': 10,
    'maxSecurityGroupRules': 20, 'maxServerGroups': 10, 'maxServerGroupMembers': 10, 'totalRAMUsed': 0,
    'totalCoresUsed': 0,
    'totalInstancesUsed': 0, 'totalFloatingIpsUsed': 0, 'totalSecurityGroupsUsed': 0, 'totalServerGroupsUsed': 0}
NETWORK = {'maxTotalFloatingIps', 'maxSecurityGroups', 'maxSecurityGroupRules', 'totalFloatingIpsUsed',
           'totalSecurityGroupsUsed'}
FILES = {'maxPersonality', 'maxPersonalitySize'}


def add_server(cloud, project_id, **values):
    cloud.insert('instances', uuid=str(uuid.uuid4()), project_id=project_id, user_id='u', vcpus=2, memory_mb=512,
                 **values)


@pytest.mark.parametrize('version, missing', [
    ('2.1', set()), ('2.35', set()), ('2.36', NETWORK), ('2.38', NETWORK), ('2.39', NETWORK | {'maxImageMeta'}),
    ('2.56', NETWORK | {'maxImageMeta'}), ('2.57', NETWORK | {'maxImageMeta'} | FILES),
    ('2.104', NETWORK | {'maxImageMeta'} | FILES)])
def test_limits_leave_with_what_they_limited(api, version, missing):
    limits = api.user('demo').get('/limits', version).json
    assert limits == {'limits': {'rate': [], 'absolute': {
        name: value for name, value in OLDEST.items() if name not in missing}}}


def test_usage_is_what_the_project_has(api, cloud):
    add_server(cloud, 'demo')
    add_server(cloud, 'demo', vm_state='error')
    add_server(cloud, 'demo', vm_state='soft-delete')
    add_server(cloud, 'demo', deleted=1)
    add_server(cloud, 'other')
    cloud.insert('instance_groups', uuid=str(uuid.uuid4()), project_id='demo', name='g')
    absolute = api.user('x', 'demo').get('/limits?reserved=1').json['limits']['absolute']
    assert {name: value for name, value in absolute.items() if name.startswith('total') and value} == {
        'totalInstancesUsed': 2, 'totalCoresUsed': 4, 'totalRAMUsed': 1024, 'totalServerGroupsUsed': 1}


def test_limits_of_the_project_are_shown(api, cloud):
    cloud.insert('quotas', project_id='demo', resource='cores', hard_limit=-1)
    cloud.insert('quotas', project_id='demo', user_id='u', resource='ram', hard_limit=1)
    cloud.insert('quota_classes', class_name='default', resource='instances', hard_limit=4)
    absolute = api.user('u', 'demo').get('/limits').json['limits']['absolute']
    assert (absolute['maxTotalCores'], absolute['maxTotalRAMSize'], absolute['maxTotalInstances']) == (-1, 51200, 4)


def test_only_an_administrator_sees_those_of_another_project(api, cloud):
    add_server(cloud, 'demo')
    assert api.get('/limits?tenant_id=demo').json['limits']['absolute']['totalInstancesUsed'] == 1
    assert api.get('/limits').json['limits']['absolute']['totalInstancesUsed'] == 0
    assert api.user('x', 'demo').get('/limits?tenant_id=other').status == 403


def test_unknown_query_keys_are_refused_from_2_75(api):
    assert api.get('/limits?reserved=1', '2.74').status == 200
    assert api.get('/limits?reserved=1', '2.75').status == 400
    assert api.get('/limits?tenant_id=%00&tenant_id=%F0%9F%98%80', '2.104').status == 200


def test_it_costs_the_same_statements_whatever_there_is(api, cloud):
    counts = set()
    for _ in range(3):
        add_server(cloud, 'demo')
        with cloud.statements() as sent:
            api.user('demo').get('/limits')
        counts.add(len(sent))
    assert counts == {4}


def test_other_methods_do_not_exist(api):
    assert api.post('/limits', {}).status == 404
    assert api.get('/limits/1').status == 404

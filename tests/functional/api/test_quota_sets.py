# SPDX-License-Identifier: Apache-2.0
"""/os-quota-sets and /os-quota-class-sets over their whole range of versions."""
import pytest

from tests.functional.api import hosts

PATH = '/os-quota-sets'
CLASSES = '/os-quota-class-sets'
ALWAYS = {'instances', 'cores', 'ram', 'metadata_items', 'key_pairs'}
GROUPS = {'server_groups', 'server_group_members'}
NETWORK = {'fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules'}
INJECTED = {'injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes'}


def show(client, project='demo', version=None, query='', part=''):
    answer = client.get(f'{PATH}/{project}{part}{query}', version)
    assert answer.status == 200, answer.body
    return answer.json['quota_set']


def put(client, project='demo', version=None, query='', **limits):
    return client.put(f'{PATH}/{project}{query}', {'quota_set': limits}, version)


@pytest.mark.parametrize('version, fields', [
    ('2.1', ALWAYS | GROUPS | NETWORK | INJECTED), ('2.35', ALWAYS | GROUPS | NETWORK | INJECTED),
    ('2.36', ALWAYS | GROUPS | INJECTED), ('2.56', ALWAYS | GROUPS | INJECTED), ('2.57', ALWAYS | GROUPS),
    ('2.104', ALWAYS | GROUPS)])
def test_fields_of_each_version(api, version, fields):
    for part in ('', '/defaults', '/detail'):
        shown = show(api, version=version, part=part)
        assert set(shown) == fields | {'id'} and shown['id'] == 'demo'
    assert show(api, version=version, part='/detail')['cores'] == {'limit': 20, 'in_use': 0, 'reserved': 0}
    assert set(put(api, version=version, cores=7).json['quota_set']) == fields


def test_limits_are_set_and_forgotten(api):
    before = show(api)
    assert put(api, cores=7, ram='4096', instances=-1).json['quota_set']['ram'] == 4096
    assert show(api) == {**before, 'cores': 7, 'ram': 4096, 'instances': -1}
    assert put(api, cores=8).status == 200
    assert show(api)['cores'] == 8 and show(api, 'other') == {**before, 'id': 'other'}
    assert show(api, part='/defaults') == before
    answer = api.delete(f'{PATH}/demo')
    assert (answer.status, answer.body) == (202, b'')
    assert show(api) == before


def test_limits_that_are_set_hold(api, cloud):
    demo = api.user('demo')
    put(api, key_pairs=1)
    assert [demo.post('/os-keypairs', {'keypair': {'name': name}}).status for name in ('one', 'two')] == [200, 403]
    put(api, server_groups=1)
    group = {'server_group': {'name': 'g', 'policy': 'affinity'}}
    assert [demo.post('/os-server-groups', group, '2.64').status for _ in range(2)] == [200, 403]


def test_a_user_of_a_project_has_limits_of_their_own(api):
    put(api, cores=10, ram=-1)
    assert put(api, query='?user_id=ann', cores=6).json['quota_set']['cores'] == 6
    assert show(api, query='?user_id=ann')['cores'] == 6 and show(api, query='?user_id=bob')['cores'] == 10
    assert show(api)['cores'] == 10
    too_much = put(api, query='?user_id=ann', cores=11)
    assert too_much.fault[1].endswith('Quota limit 11 for cores must be less than or equal to 10.')
    assert put(api, query='?user_id=ann', cores=-1).status == 400
    assert put(api, query='?user_id=ann', ram=-1).status == 200
    # What is set for users bounds what the project may be given.
    assert put(api, cores=5).status == 400 and put(api, cores=5, force=True).status == 200
    assert api.delete(f'{PATH}/demo?user_id=ann').status == 202
    assert show(api, query='?user_id=ann')['cores'] == 5


def test_what_is_used_is_shown_and_bounds_the_limit(api, cloud):
    for user in ('ann', 'ann', 'bob'):
        hosts.add_server(cloud, 'cmp1', user_id=user, vcpus=2, memory_mb=512)
    detail = show(api, part='/detail')
    assert (detail['instances']['in_use'], detail['cores']['in_use'], detail['ram']['in_use']) == (3, 6, 1536)
    assert show(api, part='/detail', query='?user_id=ann')['cores'] == {'limit': 20, 'in_use': 4, 'reserved': 0}
    refused = put(api, cores=5, ram=9999)
    assert refused.status == 400 and 'already used and reserved 6' in refused.fault[1]
    assert show(api)['ram'] == 51200, 'all or nothing'
    assert put(api, cores=5, ram=9999, force='true').status == 200
    assert (show(api)['cores'], show(api)['ram']) == (5, 9999)
    assert put(api, cores=-1).status == 200


@pytest.mark.parametrize('version, limits, status', [
    ('2.1', {'cores': -2}, 400), ('2.1', {'cores': '-2'}, 400), ('2.1', {'cores': 'many'}, 400),
    ('2.1', {'cores': ''}, 400), ('2.1', {'cores': None}, 400), ('2.1', {'cores': 2 ** 31}, 400),
    ('2.1', {'cores': 1.5}, 400), ('2.1', {'colour': 1}, 400), ('2.1', {'networks': 1}, 400),
    ('2.1', {'fixed_ips': 3}, 200), ('2.35', {'floating_ips': 3}, 200), ('2.36', {'fixed_ips': 3}, 400),
    ('2.56', {'injected_file_path_bytes': 3}, 200), ('2.57', {'injected_files': 3}, 400), ('2.1', {'force': 'x'}, 400),
    ('2.1', {}, 200), ('2.1', {'cores': 2 ** 31 - 1}, 200), ('2.1', {'cores': '-1'}, 200)])
def test_bodies(api, version, limits, status):
    before = show(api)
    assert put(api, version=version, **limits).status == status
    assert status == 200 or show(api) == before


def test_queries_are_closed_at_2_75(api):
    for part in ('', '/detail'):
        assert api.get(f'{PATH}/demo{part}?colour=red', '2.74').status == 200
        assert api.get(f'{PATH}/demo{part}?colour=red', '2.75').status == 400


def test_who_may_see_and_set_them(api):
    demo = api.user('demo')
    assert show(demo)['cores'] == show(demo, part='/detail')['cores']['limit'] == 20
    assert demo.get(f'{PATH}/other').status == demo.get(f'{PATH}/other/detail').status == 403
    assert demo.get(f'{PATH}/other/defaults').status == 200
    assert put(demo, cores=99).status == demo.delete(f'{PATH}/demo').status == 403
    assert demo.get(f'{CLASSES}/default').status == 403
    assert demo.put(f'{CLASSES}/default', {'quota_class_set': {'cores': 1}}).status == 403


# -- classes ----------------------------------------------------------------------------------

@pytest.mark.parametrize('version, fields', [
    ('2.1', ALWAYS | NETWORK | INJECTED), ('2.49', ALWAYS | NETWORK | INJECTED), ('2.50', ALWAYS | GROUPS | INJECTED),
    ('2.56', ALWAYS | GROUPS | INJECTED), ('2.57', ALWAYS | GROUPS), ('2.104', ALWAYS | GROUPS)])
def test_fields_of_a_class_in_each_version(api, version, fields):
    shown = api.get(f'{CLASSES}/default', version).json['quota_class_set']
    assert set(shown) == fields | {'id'} and shown['id'] == 'default'
    changed = api.put(f'{CLASSES}/default', {'quota_class_set': {'cores': 3}}, version).json['quota_class_set']
    assert set(changed) == fields and changed['cores'] == 3


def test_the_default_class_holds_where_nothing_is_set(api):
    put(api, 'rich', cores=99)
    assert api.put(f'{CLASSES}/default', {'quota_class_set': {'cores': 3, 'ram': '1024'}}).status == 200
    assert api.put(f'{CLASSES}/gold', {'quota_class_set': {'cores': 50}}).status == 200
    assert show(api)['cores'] == show(api, part='/defaults')['cores'] == 3
    assert (show(api, 'rich')['cores'], show(api, 'rich')['ram']) == (99, 1024)
    assert api.get(f'{CLASSES}/gold').json['quota_class_set']['cores'] == 50
    assert api.get('/limits').json['limits']['absolute']['maxTotalCores'] == 3


@pytest.mark.parametrize('version, limits', [
    ('2.1', {'cores': -2}), ('2.1', {'server_groups': 2}), ('2.50', {'fixed_ips': 2}), ('2.57', {'injected_files': 2}),
    ('2.1', {'colour': 1}), ('2.1', {'cores': 'x'})])
def test_bad_bodies_of_classes(api, version, limits):
    assert api.put(f'{CLASSES}/default', {'quota_class_set': limits}, version).status == 400
    assert show(api, part='/defaults')['cores'] == 20

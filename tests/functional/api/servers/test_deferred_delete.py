# SPDX-License-Identifier: Apache-2.0
"""DELETE with reclaim_instance_interval, restore, forceDelete."""
import datetime

import pytest

from mininova import objects, policy, rpc
from mininova.compute import task_states, vm_states
from tests.functional.api.servers.test_quota_race import run_together

RESTORE, FORCE = {'restore': None}, {'forceDelete': None}
TASKS = [None] + [value for name, value in vars(task_states).items() if name.isupper() and isinstance(value, str)]
STATES = [state for state in vm_states.ALL if state != vm_states.DELETED]
MOVING = {'resize_prep', 'resize_migrating', 'resize_migrated', 'resize_finish', 'resize_reverting',
          'resize_confirming', 'migrating', 'rebuilding', 'rebuild_block_device_mapping', 'rebuild_spawning',
          'deleting'}
A_WHILE_AGO = datetime.datetime(2020, 1, 1)


def act(client, uuid, body, version=None):
    return client.post(f'/servers/{uuid}/action', body, version)


@pytest.fixture
def server(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo)
    edge.sent.clear()
    return uuid


@pytest.fixture
def deferring(cloud):
    cloud.conf(reclaim_instance_interval=3600)


def all_states(lab, uuid):
    """Put a server into each pair of states; give the pair."""
    for vm_state in STATES:
        for task_state in TASKS:
            lab.settle(uuid, vm_state=vm_state, task_state=task_state, action_id=None, deleted_at=None)
            yield vm_state, task_state


def test_delete_is_accepted_in_every_pair_of_states(server, lab, demo):
    for pair in all_states(lab, server):
        assert demo.delete(f'/servers/{server}').status == 204, pair
        found = lab.instance(server)
        assert (found.task_state, found.vm_state) == ('deleting', pair[0]), pair


def test_force_delete_is_accepted_in_every_pair_of_states(server, lab, demo, deferring):
    for pair in all_states(lab, server):
        answer = act(demo, server, FORCE)
        assert (answer.status, answer.body) == (202, b''), pair
        assert lab.instance(server).task_state == 'deleting', pair


def test_a_deferred_delete_is_accepted_in_every_pair_of_states(server, lab, demo, deferring):
    for pair in all_states(lab, server):
        assert demo.delete(f'/servers/{server}').status == 204, pair
        found = lab.instance(server)
        assert found.task_state == ('deleting' if pair[1] in MOVING else 'soft-deleting'), pair
        assert bool(found.deleted_at) == (pair[1] not in MOVING), pair


def test_a_host_is_told_to_keep_the_guest(server, lab, demo, edge, deferring):
    assert demo.delete(f'/servers/{server}').status == 204
    message, = edge.sent
    assert (message.method, message.server) == ('soft_delete_instance', 'cmp1')
    assert [action.action for action in lab.actions(server)] == ['delete', 'create']


@pytest.mark.parametrize('launched', [True, False])
@pytest.mark.parametrize('interval', [-1, 0, 60])
def test_when_a_delete_is_deferred(server, lab, demo, cloud, launched, interval):
    cloud.conf(reclaim_instance_interval=interval)
    if not launched:
        lab.settle(server, launched_at=None)
    demo.delete(f'/servers/{server}')
    assert lab.instance(server).task_state == ('soft-deleting' if launched and interval > 0 else 'deleting')


def test_deleting_again_drives_it_again_under_the_first_request(server, lab, demo, edge, deferring):
    first = demo.delete(f'/servers/{server}')
    edge.sent.clear()
    assert demo.delete(f'/servers/{server}').status == 204
    message, = edge.sent
    assert message.method == 'soft_delete_instance'
    assert message.context.request_id == first.headers['x-openstack-request-id']
    assert [action.action for action in lab.actions(server)] == ['delete', 'create']


def test_force_delete_overtakes_a_deferred_delete_and_never_the_other_way(server, lab, demo, edge, deferring):
    demo.delete(f'/servers/{server}')
    before = lab.instance(server).action_id
    assert act(demo, server, FORCE).status == 202
    forced = lab.instance(server)
    assert forced.task_state == 'deleting' and forced.action_id != before
    assert demo.delete(f'/servers/{server}').status == 204
    assert lab.instance(server).action_id == forced.action_id
    assert edge.methods == ['soft_delete_instance', 'terminate_instance', 'terminate_instance']


@pytest.mark.parametrize('forced_down, host', [(True, 'cmp1'), (False, None)])
def test_without_a_living_host_conductor_does_it(server, lab, demo, api, edge, deferring, forced_down, host):
    api.put('/os-services/force-down', {'host': 'cmp1', 'binary': 'nova-compute', 'forced_down': forced_down}, '2.11')
    lab.settle(server, host=host, vm_state='shelved_offloaded' if host is None else 'active')
    assert demo.delete(f'/servers/{server}').status == 204
    assert edge.methods == ['delete_unhosted']
    assert lab.instance(server).task_state == 'soft-deleting'


def test_a_shelved_server_without_host_is_left_to_conductor(server, lab, demo, edge):
    """It has addresses and an image: whoever removes them must be able to die in the middle."""
    lab.settle(server, host=None, vm_state='shelved_offloaded')
    assert demo.delete(f'/servers/{server}').status == 204
    assert edge.methods == ['delete_unhosted']
    assert lab.instance(server).task_state == 'deleting'


def test_a_deleted_server_that_is_kept_is_out_of_the_quota_and_of_the_list(server, lab, demo, deferring):
    def used():
        return demo.get('/limits').json['limits']['absolute']['totalInstancesUsed']
    assert used() == 1
    lab.settle(server, vm_state=vm_states.SOFT_DELETED, deleted_at=A_WHILE_AGO)
    assert used() == 0
    assert demo.get(f'/servers/{server}').json['server']['status'] == 'SOFT_DELETED'
    assert demo.get('/servers').json['servers'] == []


# -- restore ---------------------------------------------------------------------------------------


@pytest.fixture
def kept(server, lab):
    lab.settle(server, vm_state=vm_states.SOFT_DELETED, deleted_at=A_WHILE_AGO)
    return server


def test_restore(kept, lab, demo, edge):
    answer = act(demo, kept, RESTORE)
    assert (answer.status, answer.body) == (202, b'')
    message, = edge.sent
    assert (message.method, message.server) == ('restore_instance', 'cmp1')
    instance = lab.instance(kept)
    assert (instance.vm_state, instance.task_state, instance.deleted_at) == ('soft-delete', 'restoring', None)
    assert lab.actions(kept)[0].action == 'restore'


def test_restore_works_for_deleted_servers_only(kept, lab, demo):
    for vm_state in STATES:
        lab.settle(kept, vm_state=vm_state, task_state=None)
        answer = act(demo, kept, RESTORE)
        if vm_state == vm_states.SOFT_DELETED:
            assert answer.status == 202
        else:
            assert answer.fault == ('conflictingRequest', f"Cannot 'restore' instance {kept} while it is in vm_state "
                                                          f'{vm_state}')


@pytest.mark.parametrize('resource, limit, words', [
    ('instances', 1, 'Requested 1, but already used 1 of 1 instances'),
    ('cores', 1, 'Requested 1, but already used 1 of 1 cores'),
    ('ram', 900, 'Requested 512, but already used 512 of 900 ram')])
def test_restore_respects_the_quota(kept, lab, demo, cloud, resource, limit, words):
    cloud.conf(group='quota', **{resource: limit})
    lab.server(demo)
    name, text = act(demo, kept, RESTORE).fault
    assert name == 'forbidden' and words in text
    instance = lab.instance(kept)
    assert (instance.task_state, bool(instance.deleted_at)) == (None, True)
    assert [action.action for action in lab.actions(kept)] == ['create']


def test_of_two_restores_for_one_place_one_wins(kept, lab, demo, cloud):
    other = lab.server(demo)
    lab.settle(other, vm_state=vm_states.SOFT_DELETED, deleted_at=A_WHILE_AGO)
    cloud.conf(group='quota', instances=1)
    answers = run_together([lambda uuid=uuid: act(demo, uuid, RESTORE) for uuid in (kept, other)])
    assert sorted(answer.status for answer in answers) == [202, 403]
    assert lab.boot(demo).status == 403, 'what is being restored counts'


def test_an_administrator_restores_against_the_quota_of_the_owner(kept, lab, demo, api, cloud):
    lab.server(demo)
    cloud.conf(group='quota', instances=1)
    assert act(api, kept, RESTORE).status == 403


# -- locks, policies, bodies -------------------------------------------------------------------------


@pytest.mark.parametrize('body', [RESTORE, FORCE])
def test_a_lock_keeps_members_out(kept, lab, demo, api, body):
    lab.settle(kept, locked=True, locked_by='owner')
    assert act(demo, kept, body).fault == ('conflictingRequest', f'Instance {kept} is locked')
    assert act(api, kept, body).status == 202


@pytest.mark.parametrize('body', [RESTORE, FORCE])
def test_others_do_not_find_it(kept, api, body):
    stranger = api.user('eve', 'another-project')
    assert act(stranger, kept, body).fault == ('itemNotFound', f'Instance {kept} could not be found.')


@pytest.mark.parametrize('body, rule', [(RESTORE, 'restore'), (FORCE, 'force')])
def test_policies(kept, demo, body, rule):
    policy.reset()
    policy.init(rules={f'os_compute_api:os-deferred-delete:{rule}': '!'})
    name, text = act(demo, kept, body).fault
    assert name == 'forbidden' and f'os_compute_api:os-deferred-delete:{rule}' in text


@pytest.mark.parametrize('version', ['2.1', '2.104'])
def test_bodies(kept, lab, demo, version):
    for body in ({'restore': {}}, {'restore': 'x'}, {'restore': None}):
        lab.settle(kept, task_state=None)
        assert act(demo, kept, body, version).status == 202
    for body in ({'restore': None, 'forceDelete': None}, {'forcedelete': None}):
        assert act(demo, kept, body, version).fault[0] == 'badRequest'


def test_a_broken_message_bus_loses_nothing(kept, lab, demo, edge):
    edge.broken = rpc.MessagingException('no bus')
    assert act(demo, kept, RESTORE).status == 202
    assert lab.instance(kept).task_state == 'restoring'
    assert act(demo, kept, FORCE).status == 202
    assert lab.instance(kept).task_state == 'deleting'


def test_reset_state_of_a_restore_is_over_for_its_message(kept, lab, demo, api):
    act(demo, kept, RESTORE)
    assert act(api, kept, {'os-resetState': {'state': 'error'}}).status == 202
    assert objects.Instance.get_by_uuid(lab.admin, kept).action_id is None

# SPDX-License-Identifier: Apache-2.0
"""DELETE /servers/{id}: in every state, more than once, with and without a host."""
import datetime

import pytest
import sqlalchemy as sa

from mininova import objects, rpc
from mininova.compute import task_states, vm_states
from mininova.db import models, session
from tests.functional.api.servers.test_quota_race import run_together

ALL_TASKS = [value for name, value in vars(task_states).items() if name.isupper() and isinstance(value, str)]


def test_a_server_that_was_never_scheduled_is_gone_at_once(lab, demo, edge):
    uuid = lab.boot(demo, metadata={'a': 'b'}).json['server']['id']
    edge.sent.clear()
    assert demo.delete(f'/servers/{uuid}').status == 204
    assert demo.get(f'/servers/{uuid}').status == 404
    assert demo.delete(f'/servers/{uuid}').status == 404
    assert edge.sent == []
    instance = lab.instance(uuid, read_deleted='yes')
    assert instance.deleted and instance.terminated_at and instance.vm_state == 'deleted'
    assert [(action.action, action.finish_time is None) for action in lab.actions(uuid)] == [('delete', False),
                                                                                             ('create', False)]


def test_nothing_of_it_stays_behind(lab, demo, cloud):
    uuid = lab.boot(demo, adminPass='x', metadata={'a': 'b'}).json['server']['id']
    demo.delete(f'/servers/{uuid}')
    with_rows = sa.select(models.request_specs.c.intent).where(models.request_specs.c.instance_uuid == uuid)
    with session.reader() as connection:
        assert connection.execute(with_rows).scalar() is None
        assert connection.execute(sa.select(models.instance_metadata)).first() is None


def test_a_server_on_a_living_host_is_left_to_it(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo)
    edge.sent.clear()
    answer = demo.delete(f'/servers/{uuid}')
    assert (answer.status, answer.body) == (204, b'')
    message, = edge.sent
    assert (message.method, message.server) == ('terminate_instance', 'cmp1')
    instance = lab.instance(uuid)
    assert instance.task_state == 'deleting'
    assert message.instance.action_id == instance.action_id == lab.actions(uuid)[0].action_id
    assert demo.get(f'/servers/{uuid}').json['server']['status'] == 'ACTIVE'


@pytest.mark.parametrize('service', [{'forced_down': True}, {'last_seen_up': datetime.datetime(2020, 1, 1)}, None])
def test_a_server_on_a_dead_host_is_left_to_conductor(lab, demo, edge, service):
    if service is not None:
        lab.host(**service)
    uuid = lab.server(demo)
    edge.sent.clear()
    assert demo.delete(f'/servers/{uuid}').status == 204
    assert edge.methods == ['delete_unhosted']
    assert lab.instance(uuid).task_state == 'deleting'


def test_a_server_that_a_living_conductor_schedules_is_left_to_it(lab, demo, edge):
    uuid = lab.boot(demo).json['server']['id']
    worker = objects.Worker(lab.admin, uuid='33333333-3333-4333-8333-333333333333', binary='nova-conductor', host='c',
                            pid=1)
    worker.heartbeat()
    assert lab.instance(uuid).take_ownership(worker.uuid, 15)
    edge.sent.clear()
    assert demo.delete(f'/servers/{uuid}').status == 204
    assert edge.methods == ['delete_unhosted']
    instance = lab.instance(uuid)
    assert (instance.task_state, instance.owner) == ('deleting', None)
    other = objects.Worker(lab.admin, uuid='44444444-4444-4444-8444-444444444444', binary='nova-conductor', host='c',
                           pid=2)
    assert instance.take_ownership(other.uuid, 15), 'the deletion must not wait for the worker that schedules'


def test_a_server_of_a_dead_conductor_is_gone_at_once(lab, demo, edge, cloud):
    uuid = lab.boot(demo).json['server']['id']
    cloud.execute(sa.update(models.instances).values(owner='44444444-4444-4444-8444-444444444444'))
    edge.sent.clear()
    assert demo.delete(f'/servers/{uuid}').status == 204
    assert demo.get(f'/servers/{uuid}').status == 404
    assert edge.sent == []


def test_delete_is_accepted_in_every_state_and_during_every_task(lab, demo):
    lab.host()
    uuid = lab.server(demo)
    states = [('active', task) for task in (None, *ALL_TASKS)]
    states += [(state, None) for state in vm_states.ALL if state != 'deleted']
    for vm_state, task_state in states:
        lab.settle(uuid, vm_state=vm_state, task_state=task_state, action_id=None)
        assert demo.delete(f'/servers/{uuid}').status == 204, (vm_state, task_state)
        assert lab.instance(uuid).task_state == 'deleting', (vm_state, task_state)


def test_deleting_again_drives_it_again_under_the_first_request(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo)
    first = demo.delete(f'/servers/{uuid}')
    edge.sent.clear()
    assert demo.delete(f'/servers/{uuid}').status == 204
    message, = edge.sent
    assert message.method == 'terminate_instance'
    assert message.context.request_id == first.headers['x-openstack-request-id']
    assert [action.action for action in lab.actions(uuid)] == ['delete', 'create']


def test_ten_deletes_at_once_are_one_action(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo)
    answers = run_together([lambda: demo.delete(f'/servers/{uuid}') for _ in range(10)])
    assert {answer.status for answer in answers} == {204}
    assert [action.action for action in lab.actions(uuid)] == ['delete', 'create']
    assert {message.instance.action_id for message in edge.sent if message.method == 'terminate_instance'} == {
        lab.instance(uuid).action_id}


def test_ten_deletes_of_an_unscheduled_server(lab, demo, edge):
    uuid = lab.boot(demo).json['server']['id']
    answers = run_together([lambda: demo.delete(f'/servers/{uuid}') for _ in range(10)])
    assert {answer.status for answer in answers} <= {204, 404} and 204 in {answer.status for answer in answers}
    assert [action.action for action in lab.actions(uuid)] == ['delete', 'create']


def test_a_broken_message_bus_does_not_lose_a_delete(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo)
    edge.broken = rpc.MessagingException('no bus')
    assert demo.delete(f'/servers/{uuid}').status == 204
    assert lab.instance(uuid).task_state == 'deleting'


def test_a_locked_server_is_deleted_by_administrators_only(lab, demo, api, edge):
    lab.host()
    uuid = lab.server(demo)
    lab.settle(uuid, locked=True, locked_by='owner')
    assert demo.delete(f'/servers/{uuid}').fault == ('conflictingRequest', f'Instance {uuid} is locked')
    assert lab.instance(uuid).task_state is None
    assert api.delete(f'/servers/{uuid}').status == 204


def test_a_host_found_while_deleting_is_told(lab, demo, edge, monkeypatch):
    """Conductor writes the host between the look at the server and the acceptance of the deletion."""
    lab.host()
    uuid = lab.boot(demo).json['server']['id']
    edge.sent.clear()
    real = objects.Instance.destroy_unowned

    def too_late(instance, *args):
        lab.settle(uuid, host='cmp1', launched_at=None)
        return real(instance, *args)
    monkeypatch.setattr(objects.Instance, 'destroy_unowned', too_late)
    assert demo.delete(f'/servers/{uuid}').status == 204
    assert edge.methods == ['terminate_instance']
    assert edge.sent[0].server == 'cmp1'


def test_a_deletion_ends_the_actions_it_overtook(lab, demo):
    lab.host()
    uuid = lab.server(demo)
    demo.delete(f'/servers/{uuid}')
    assert [action.finish_time for action in lab.actions(uuid)] == [None, None]
    lab.instance(uuid).destroy()
    assert all(action.finish_time for action in lab.actions(uuid))

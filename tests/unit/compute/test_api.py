# SPDX-License-Identifier: Apache-2.0
"""How an action is accepted; what it does through HTTP is in tests/functional/api/servers."""
import pytest

from mininova import context, exception, objects, rpc
from mininova.compute import action, api, power_state, state_machine, vm_states
from mininova.db import create


@pytest.fixture
def member(database):
    return context.RequestContext('demo', 'demo-project', is_admin=False, roles=['member', 'reader'])


@pytest.fixture
def server(member):
    """An active server on a host."""
    uuid = '11111111-1111-4111-8111-111111111111'
    create.create_instances([{
        'instance': {'uuid': uuid, 'project_id': 'demo-project', 'user_id': 'demo', 'vm_state': vm_states.ACTIVE,
                     'host': 'h',
                     'launched_at': None, 'power_state': power_state.RUNNING, 'flavor': {}, 'system_metadata': {}},
        'request_spec': {}, 'action': objects.InstanceAction.pack_start(member, uuid, 'create')}])
    found = objects.Instance.get_by_uuid(member, uuid)
    found.launched_at = found.created_at
    found.save()
    return found


class Asked:
    """Has one action; remembers what was sent."""

    def __init__(self, error=None):
        self.sent, self.error = [], error

    @action.instance_action
    def stop(self, context_, instance, **arguments):
        if self.error:
            raise self.error
        self.sent.append((instance.task_state, instance.action_id, arguments))


def test_the_message_is_sent_after_state_and_record_are_written(member, server):
    asked = Asked()
    asked.stop(member, server, clean=True)
    (task_state, action_id, arguments), = asked.sent
    stored = objects.Instance.get_by_uuid(member, server.uuid)
    record = objects.InstanceAction.get_current(member, server.uuid, action_id)
    assert (task_state, stored.task_state, stored.action_id) == ('powering-off', 'powering-off', action_id)
    assert (record.action, record.arguments, record.request_id) == ('stop', {'clean': True}, member.request_id)
    assert arguments == {'clean': True}


def test_an_action_stands_although_its_message_cannot_be_sent(member, server, caplog):
    Asked(rpc.MessagingException('no bus')).stop(member, server)
    assert objects.Instance.get_by_uuid(member, server.uuid).task_state == 'powering-off'
    assert 'waits for the next round of the reconciler' in caplog.text


def test_a_refused_action_writes_and_sends_nothing(member, server):
    asked = Asked()
    server.vm_state = vm_states.PAUSED
    with pytest.raises(exception.InstanceInvalidState):
        asked.stop(member, server)
    assert asked.sent == []
    assert len(objects.InstanceActionList.get_by_instance_uuid(member, server.uuid)) == 1


def test_who_read_an_older_state_loses(member, server):
    older = objects.Instance.get_by_uuid(member, server.uuid)
    Asked().stop(member, server)
    asked = Asked()
    with pytest.raises(exception.UnexpectedTaskStateError):
        asked.stop(member, older)
    assert asked.sent == []
    assert len(objects.InstanceActionList.get_by_instance_uuid(member, server.uuid)) == 2


def test_every_decorated_method_has_a_row():
    decorated = {getattr(api.API, name).action_name for name in dir(api.API)
                 if hasattr(getattr(api.API, name), 'action_name')}
    assert {'start', 'stop'} <= decorated <= set(state_machine.ACTIONS)


def test_no_family_of_actions_shadows_a_method_of_another():
    owners = {}
    for base in api.API.__bases__:
        for name in vars(base):
            if not name.startswith('__'):
                owners.setdefault(name, []).append(base.__name__)
    assert {name: found for name, found in owners.items() if len(found) > 1} == {}


def test_no_family_of_actions_hides_a_method_of_another():
    owners = {}
    for family in api.API.__bases__:
        for name in vars(family):
            if not name.startswith('__'):
                owners.setdefault(name, []).append(family.__name__)
    assert {name: families for name, families in owners.items() if len(families) > 1} == {}

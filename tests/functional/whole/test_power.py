# SPDX-License-Identifier: Apache-2.0
"""Stop, start, reboot; power states that change behind our back; tasks that a killed service left."""
import pytest
from oslo_utils import uuidutils

from mininova import exception, objects
from mininova.compute import power_state, task_states, vm_states


@pytest.fixture
def server(whole):
    made = whole.boot('vm1')
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


def driver(whole):
    return whole.hosts['cmp1'].manager.driver


def instance(whole, server):
    return objects.Instance.get_by_uuid(whole.admin, server)


def test_a_server_is_stopped_and_started(whole, server):
    assert whole.act(server, {'os-stop': None}).status == 202
    shown = whole.wait(server, 'SHUTOFF')
    assert shown['OS-EXT-STS:power_state'] == power_state.SHUTDOWN
    assert whole.act(server, {'os-start': None}).status == 202
    assert whole.wait(server, 'ACTIVE')['OS-EXT-STS:power_state'] == power_state.RUNNING
    records = whole.actions(server)
    assert [event['result'] for name in ('stop', 'start') for event in records[name]['events']] == ['Success',
                                                                                                    'Success']


@pytest.mark.parametrize('kind', ['SOFT', 'HARD'])
def test_a_server_is_rebooted(whole, server, kind):
    assert whole.act(server, {'reboot': {'type': kind}}).status == 202
    whole.until(lambda: whole.actions(server)['reboot']['events'][:1]
                and whole.actions(server)['reboot']['events'][0]['result'] == 'Success')
    assert whole.wait(server)['status'] == 'ACTIVE'


def test_an_action_that_fails_leaves_a_fault_and_no_task(whole, server):
    whole.faults('cmp1').add('power_off', 'fail', value='the plug is stuck')
    assert whole.act(server, {'os-stop': None}).status == 202
    whole.until(lambda: whole.actions(server)['stop']['message'] == 'Error')
    shown = whole.show(server)
    assert (shown['status'], shown['OS-EXT-STS:task_state']) == ('ACTIVE', None)
    assert whole.act(server, {'os-stop': None}).status == 202
    whole.wait(server, 'SHUTOFF')


def test_a_guest_that_shuts_itself_down_is_seen(whole, server):
    driver(whole).change_state(server, power_state.SHUTDOWN)
    assert whole.wait(server, 'SHUTOFF')['OS-EXT-STS:power_state'] == power_state.SHUTDOWN


def test_a_stopped_guest_that_somebody_starts_is_stopped_again(whole, server):
    whole.act(server, {'os-stop': None})
    whole.wait(server, 'SHUTOFF')
    driver(whole).change_state(server, power_state.RUNNING)
    whole.until(lambda: driver(whole).get_info(instance(whole, server)).state == power_state.SHUTDOWN)
    assert whole.show(server)['status'] == 'SHUTOFF'


def test_an_event_that_was_lost_is_made_up_for(whole, server, monkeypatch):
    monkeypatch.setattr(whole.hosts['cmp1'].manager.lifecycle, 'on_event', lambda event: None)
    driver(whole).register_event_listener(lambda event: None)
    driver(whole).change_state(server, power_state.SHUTDOWN)
    manager = whole.hosts['cmp1'].manager
    whole.until(lambda: not manager.parts.is_busy_with(server))
    manager.periodic.sync_power_states()
    assert whole.show(server)['status'] == 'SHUTOFF'


@pytest.mark.parametrize('wanted', [True, False])
def test_after_a_power_failure_guests_run_again_if_the_operator_wants_it(whole, server, monkeypatch, wanted):
    whole.cloud.conf(resume_guests_state_on_host_boot=wanted)
    stopped = whole.boot('vm2')
    whole.wait(stopped, 'ACTIVE')
    whole.act(stopped, {'os-stop': None})
    whole.wait(stopped, 'SHUTOFF')
    driver(whole).register_event_listener(lambda event: None)
    driver(whole).change_state(server, power_state.SHUTDOWN)
    manager = whole.hosts['cmp1'].manager
    whole.until(lambda: not manager.parts.is_busy_with(server))
    manager.reconciler.recover()
    manager.periodic.sync_power_states()
    shown = [whole.show(each)['status'] for each in (server, stopped)]
    assert shown == ['ACTIVE' if wanted else 'SHUTOFF', 'SHUTOFF']
    runs = driver(whole).get_info(instance(whole, server)).state == power_state.RUNNING
    assert runs is wanted


def test_a_guest_that_was_started_after_the_list_was_read_runs_on(whole, server, monkeypatch):
    whole.act(server, {'os-stop': None})
    whole.wait(server, 'SHUTOFF')
    listed = instance(whole, server)
    whole.act(server, {'os-start': None})
    whole.wait(server, 'ACTIVE')
    monkeypatch.setattr(objects.InstanceList, 'get_by_host', lambda *args, **kwargs: [listed])
    whole.hosts['cmp1'].manager.periodic.sync_power_states()
    assert driver(whole).get_info(listed).state == power_state.RUNNING
    assert whole.show(server)['status'] == 'ACTIVE'


def test_a_guest_that_cannot_be_asked_hides_no_other(whole, server, monkeypatch):
    manager = whole.hosts['cmp1'].manager
    other = whole.boot('vm2')
    whole.wait(other)
    monkeypatch.setattr(manager.lifecycle, 'on_event', lambda event: None)
    driver(whole).register_event_listener(lambda event: None)
    driver(whole).change_state(other, power_state.SHUTDOWN)
    ask = manager.driver.get_info

    def fail(asked):
        if asked.uuid == server:
            raise RuntimeError('broken')
        return ask(asked)
    monkeypatch.setattr(manager.driver, 'get_info', fail)
    whole.until(lambda: not manager.parts.is_busy_with(other))
    manager.periodic.sync_power_states()
    assert whole.show(other)['status'] == 'SHUTOFF'


@pytest.mark.parametrize(('task', 'vm_state', 'ends'), [
    (task_states.POWERING_OFF, vm_states.ACTIVE, 'SHUTOFF'),
    (task_states.POWERING_ON, vm_states.STOPPED, 'ACTIVE'),
    (task_states.REBOOTING, vm_states.ACTIVE, 'ACTIVE'),
    (task_states.REBOOTING_HARD, vm_states.ACTIVE, 'ACTIVE'),
])
def test_a_task_that_nobody_works_on_is_taken_up(whole, server, task, vm_state, ends):
    abandoned = instance(whole, server)
    abandoned.vm_state, abandoned.task_state = vm_state, task
    abandoned.save()
    assert whole.wait(server, ends, seconds=20)['status'] == ends


def test_a_task_of_another_action_is_not_cleared(whole, server):
    manager = whole.hosts['cmp1'].manager
    seen = instance(whole, server)
    current = instance(whole, server)
    seen.task_state = current.task_state = task_states.IMAGE_SNAPSHOT
    current.action_id = uuidutils.generate_uuid()
    with manager.parts.busy_with(server):
        current.save()
        with pytest.raises(exception.StaleAction):
            manager.reconciler.clear_task(whole.admin, seen)
        assert instance(whole, server).task_state == task_states.IMAGE_SNAPSHOT


@pytest.mark.parametrize('task', [*task_states.BUILD_STATES, task_states.REBUILDING, task_states.RESCUING])
def test_a_task_that_nobody_asked_for_ends_and_costs_no_disk(whole, server, task):
    whole.act(server, {'os-stop': None})
    whole.wait(server, 'SHUTOFF')
    stopped = instance(whole, server)
    disks = driver(whole).host.guests[server].disk_number
    stopped.task_state = task
    stopped.save()
    whole.wait(server, 'SHUTOFF')
    kept = driver(whole).host.guests[server]
    assert (kept.disks, kept.disk_number) == (True, disks)


def test_a_build_that_was_killed_after_the_guest_ran_ends_active(whole, server):
    abandoned = instance(whole, server)
    abandoned.vm_state, abandoned.task_state, abandoned.launched_at = vm_states.BUILDING, task_states.SPAWNING, None
    abandoned.save()
    assert whole.wait(server, seconds=20)['status'] == 'ACTIVE'


def test_a_build_that_was_killed_before_the_guest_ran_is_done_again(whole, server):
    driver(whole).destroy(whole.admin, instance(whole, server), None)
    abandoned = instance(whole, server)
    abandoned.vm_state, abandoned.task_state, abandoned.launched_at = vm_states.BUILDING, task_states.NETWORKING, None
    abandoned.save()
    assert whole.wait(server, seconds=20)['status'] == 'ACTIVE'
    assert len(driver(whole).list_instances()) == 1


def test_a_host_that_changed_its_name_refuses_to_start(whole):
    manager = type(whole.hosts['cmp1'].manager)('cmp1-renamed', 'nova-compute')
    with pytest.raises(exception.HostRenamed, match='was called cmp1'):
        manager.init_host(None)

# SPDX-License-Identifier: Apache-2.0
"""Pause, suspend, lock, passwords, crash dumps and reboots through all services; what fails, dies or is lost."""
import base64
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding

from mininova import concurrency, context, crashpoint, crypto, objects, rpc
from mininova.compute import power_state, task_states, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.image import local

WAYS = [
    ('pause', 'ACTIVE', 'PAUSED', power_state.PAUSED), ('unpause', 'PAUSED', 'ACTIVE', power_state.RUNNING),
    ('suspend', 'ACTIVE', 'SUSPENDED', power_state.SHUTDOWN), ('resume', 'SUSPENDED', 'ACTIVE', power_state.RUNNING)]
TO_REACH = {'ACTIVE': None, 'PAUSED': 'pause', 'SUSPENDED': 'suspend', 'SHUTOFF': 'os-stop'}
PASSWORD = {'changePassword': {'adminPass': 'n3w-secret'}}


@pytest.fixture
def server(whole):
    made = whole.boot('vm1')
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


@pytest.fixture
def reach(whole, server):
    """Bring the server into a status: ``reach('PAUSED')``."""
    def run(status):
        if TO_REACH[status]:
            assert whole.act(server, {TO_REACH[status]: None}).status == 202
        return whole.wait(server, status)
    return run


def driver(whole):
    return whole.hosts['cmp1'].manager.driver


def guest(whole, server):
    return driver(whole).host.guests[server]


def instance(whole, server):
    return objects.Instance.get_by_uuid(whole.admin, server)


def fault(whole, server):
    return objects.InstanceFault.get_latest_for_instance(whole.admin, server)


def ended(whole, server, action):
    """Wait until an action is over and return its newest event."""
    def over():
        record = whole.actions(server).get(action)
        return record if record and record['events'] and record['events'][0]['finish_time'] else None
    return whole.until(over)['events'][0]


# -- pause and suspend -------------------------------------------------------------------------

@pytest.mark.parametrize('action, before, after, power', WAYS)
def test_there_and_back(whole, server, reach, action, before, after, power):
    reach(before)
    assert whole.act(server, {action: None}).status == 202
    shown = whole.wait(server, after)
    assert shown['OS-EXT-STS:power_state'] == power == driver(whole).get_info(instance(whole, server)).state
    event = ended(whole, server, action)
    assert (event['event'], event['result']) == (f'compute_{action}_instance', 'Success')
    assert whole.findings() == []


@pytest.mark.parametrize('action, before, after, power', WAYS)
def test_a_failure_leaves_the_server_where_it_was(whole, server, reach, action, before, after, power):
    reach(before)
    whole.faults('cmp1').add(action, 'fail', value='the disk is full')
    whole.act(server, {action: None})
    assert ended(whole, server, action)['result'] == 'Error'
    assert whole.wait(server, before)
    assert whole.act(server, {action: None}).status == 202
    whole.wait(server, after)


@pytest.mark.parametrize('action, before, after, power', WAYS)
def test_a_lost_message_is_made_up_for(whole, server, reach, monkeypatch, action, before, after, power):
    reach(before)
    with monkeypatch.context() as patch:
        patch.setattr(compute_rpcapi.ComputeAPI, f'{action}_instance', lambda *args: None)
        assert whole.act(server, {action: None}).status == 202
    whole.wait(server, after, seconds=20)
    assert ended(whole, server, action)['result'] == 'Success'


@pytest.mark.parametrize('name', [
    'pause.P1.accepted.after', 'pause.P2.frozen.after', 'unpause.P3.accepted.after', 'unpause.P4.running.after',
    'suspend.S1.accepted.after', 'suspend.S2.saved.after', 'resume.S3.accepted.after', 'resume.S4.running.after'])
def test_a_service_that_dies_in_a_step_ends_it_later(whole, server, reach, die_at, name):
    action, before, after, power = next(way for way in WAYS if way[0] == name.partition('.')[0])
    reach(before)
    died = die_at(name)
    whole.act(server, {action: None})
    whole.until(lambda: died)
    shown = whole.wait(server, after, seconds=20)
    assert shown['OS-EXT-STS:power_state'] == power
    assert whole.findings() == []


class Killed(BaseException):
    """The process died here: nothing that handles errors may run."""


@pytest.fixture
def die_at():
    """Break off the work at a crash point, once: ``died = die_at(name)``; ``died`` fills when it happened."""
    def plan(name):
        died = []

        def observe(reached):
            if reached == name and not died:
                died.append(reached)
                raise Killed(name)
        crashpoint.observers.append(observe)
        return died
    yield plan
    crashpoint.observers.clear()


def test_a_suspended_server_outlives_its_service(whole, server, reach):
    reach('SUSPENDED')
    whole.hosts['cmp1'].stop()
    whole.services.remove(whole.hosts['cmp1'])
    whole.add_host('cmp1')
    assert whole.show(server)['status'] == 'SUSPENDED'
    whole.act(server, {'resume': None})
    whole.wait(server, 'ACTIVE')
    assert guest(whole, server).console.endswith('memory loaded\n')


@pytest.mark.parametrize('status', ['PAUSED', 'SUSPENDED'])
def test_a_server_is_deleted_from_there(whole, server, reach, status):
    reach(status)
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server)
    assert server not in driver(whole).host.guests
    whole.until(lambda: whole.findings() == [])


# -- reboot and stop -----------------------------------------------------------------------------

@pytest.mark.parametrize('status', TO_REACH)
def test_a_hard_reboot_helps_from_everywhere(whole, server, reach, status):
    reach(status)
    assert whole.act(server, {'reboot': {'type': 'HARD'}}).status == 202
    shown = whole.wait(server, 'ACTIVE')
    assert shown['OS-EXT-STS:power_state'] == power_state.RUNNING
    assert guest(whole, server).console.endswith('started\n') and not guest(whole, server).saved


def test_a_hard_reboot_takes_a_server_out_of_error(whole, server):
    whole.api.post(f'/servers/{server}/action', {'os-resetState': {'state': 'error'}})
    assert whole.act(server, {'reboot': {'type': 'SOFT'}}).status == 409
    assert whole.act(server, {'reboot': {'type': 'HARD'}}).status == 202
    whole.wait(server, 'ACTIVE')


def test_a_failed_reboot_is_an_error_if_the_guest_is_off(whole, server):
    whole.faults('cmp1').add('reboot.start', 'fail')
    whole.act(server, {'reboot': {'type': 'HARD'}})
    shown = whole.wait(server, 'ERROR')
    assert shown['OS-EXT-STS:power_state'] == power_state.SHUTDOWN and 'fault asked for' in shown['fault']['message']
    whole.act(server, {'reboot': {'type': 'HARD'}})
    whole.wait(server, 'ACTIVE')


def test_a_failed_reboot_is_none_if_the_guest_runs(whole, server):
    whole.faults('cmp1').add('reboot', 'fail')
    whole.act(server, {'reboot': {'type': 'HARD'}})
    assert ended(whole, server, 'reboot')['result'] == 'Error'
    assert whole.wait(server)['status'] == 'ACTIVE'


@pytest.mark.parametrize('first, seen', [({'reboot': {'type': 'SOFT'}}, 'REBOOT'), ({'os-stop': None}, 'ACTIVE')])
def test_a_wait_for_a_guest_ends_when_the_server_is_deleted(whole, server, first, seen):
    whole.cloud.conf(group='fake', shutdown_delay=60)
    whole.cloud.conf(shutdown_timeout=60)
    whole.act(server, first)
    whole.until(lambda: whole.hosts['cmp1'].manager.parts.is_busy_with(server))
    assert whole.show(server)['status'] == seen
    begin = time.monotonic()
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server)
    assert time.monotonic() - begin < 10


def test_a_hard_reboot_cuts_a_soft_one_short(whole, server):
    whole.cloud.conf(group='fake', shutdown_delay=60)
    whole.act(server, {'reboot': {'type': 'SOFT'}})
    whole.until(lambda: whole.show(server)['OS-EXT-STS:task_state'] == task_states.REBOOT_STARTED)
    assert whole.act(server, {'reboot': {'type': 'HARD'}}).status == 202
    assert whole.wait(server, 'ACTIVE')['OS-EXT-STS:power_state'] == power_state.RUNNING


@pytest.mark.parametrize('asked, of_flavor, configured, given', [
    ('7', None, 60, 7), (None, None, 3, 3), ('0', None, 60, 0), ('-1', None, 4, 4), ('soon', None, 4, 4),
    (None, '9', 60, 9), ('7', '9', 60, 7), ('soon', '0', 60, 0), (None, 'soon', 4, 4)])
def test_a_guest_gets_the_time_that_its_image_or_flavor_says(whole, monkeypatch, asked, of_flavor, configured, given):
    if of_flavor is not None:
        specs = {'extra_specs': {'os_shutdown_timeout': of_flavor}}
        assert whole.api.post('/flavors/1/os-extra_specs', specs, version='2.86').status == 200
    server = whole.boot('vm1')
    whole.wait(server)
    whole.cloud.conf(shutdown_timeout=configured)
    whole.cloud.conf(group='compute', shutdown_retry_interval=2)
    if asked is not None:
        instance(whole, server).update_system_metadata({'image_os_shutdown_timeout': asked})
    calls = []
    monkeypatch.setattr(driver(whole), 'power_off', lambda found, timeout, retry: calls.append((timeout, retry)))
    whole.act(server, {'os-stop': None})
    whole.wait(server, 'SHUTOFF')
    assert calls == [(given, 2 if given else 0)]


def test_a_server_without_a_guest_can_be_stopped_and_started(whole, server, monkeypatch):
    with monkeypatch.context() as unnoticed:
        unnoticed.setattr(driver(whole), '_tell', lambda guest, transition: None)
        driver(whole).destroy(whole.admin, instance(whole, server), None, destroy_disks=False)
    assert whole.act(server, {'os-stop': None}).status == 202
    assert whole.wait(server, 'SHUTOFF')['OS-EXT-STS:power_state'] == power_state.NOSTATE
    whole.act(server, {'os-start': None})
    assert whole.wait(server, 'ACTIVE')['OS-EXT-STS:power_state'] == power_state.RUNNING


# -- states that change by themselves --------------------------------------------------------------

@pytest.mark.parametrize('status, power, ends, power_after', [
    ('ACTIVE', power_state.SHUTDOWN, 'SHUTOFF', power_state.SHUTDOWN),
    ('ACTIVE', power_state.CRASHED, 'SHUTOFF', power_state.SHUTDOWN),
    ('ACTIVE', power_state.SUSPENDED, 'SHUTOFF', power_state.SHUTDOWN),
    ('ACTIVE', power_state.PAUSED, 'ACTIVE', power_state.PAUSED),
    ('PAUSED', power_state.SHUTDOWN, 'SHUTOFF', power_state.SHUTDOWN),
    ('PAUSED', power_state.CRASHED, 'SHUTOFF', power_state.SHUTDOWN),
    ('PAUSED', power_state.RUNNING, 'PAUSED', power_state.RUNNING),
    ('SHUTOFF', power_state.RUNNING, 'SHUTOFF', power_state.SHUTDOWN),
    ('SHUTOFF', power_state.PAUSED, 'SHUTOFF', power_state.SHUTDOWN),
    ('SUSPENDED', power_state.RUNNING, 'SUSPENDED', power_state.RUNNING)])
def test_what_follows_from_a_power_state(whole, server, reach, status, power, ends, power_after):
    reach(status)
    driver(whole).change_state(server, power)
    whole.until(lambda: (whole.show(server)['status'], whole.show(server)['OS-EXT-STS:power_state'],
                         guest(whole, server).state) == (ends, power_after, power_after))
    if ends != status:
        event = ended(whole, server, 'stop')
        assert (event['event'], event['result'], event['host']) == ('compute_stop_instance', 'Success', 'cmp1')


# -- crash dump --------------------------------------------------------------------------------------

def test_a_crash_dump_is_asked_for_once(whole, server):
    assert whole.act(server, {'trigger_crash_dump': None}).status == 202
    assert ended(whole, server, 'trigger_crash_dump')['event'] == 'compute_trigger_crash_dump'
    record = objects.InstanceActionList.get_by_instance_uuid(whole.admin, server)[0]
    for _repeat in range(2):
        compute_rpcapi.ComputeAPI().trigger_crash_dump(whole.admin, instance(whole, server), record.action_id)
    compute_rpcapi.ComputeAPI().inject_network_info(whole.admin, instance(whole, server))
    whole.until(lambda: not whole.hosts['cmp1'].manager.parts.is_busy_with(server))
    assert guest(whole, server).interrupts == 1
    assert whole.show(server)['status'] == 'ACTIVE'


def test_a_crash_dump_that_fails_says_so(whole, server):
    whole.faults('cmp1').add('inject_nmi', 'fail', value='no such interrupt')
    whole.act(server, {'trigger_crash_dump': None})
    event = ended(whole, server, 'trigger_crash_dump')
    assert event['result'] == 'Error' and 'no such interrupt' in event['details']
    assert whole.wait(server)['status'] == 'ACTIVE'


def test_a_lost_crash_dump_is_asked_for_later(whole, server, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(compute_rpcapi.ComputeAPI, 'trigger_crash_dump', lambda *args: None)
        whole.act(server, {'trigger_crash_dump': None})
    assert ended(whole, server, 'trigger_crash_dump')['result'] == 'Success'
    assert guest(whole, server).interrupts == 1


@pytest.mark.parametrize('name, sent', [('crash_dump.I1.accepted.after', 0), ('crash_dump.I2.sent.after', 1)])
def test_a_crash_dump_whose_service_died_is_not_repeated(whole, server, die_at, name, sent):
    died = die_at(name)
    whole.act(server, {'trigger_crash_dump': None})
    whole.until(lambda: died)
    assert ended(whole, server, 'trigger_crash_dump')['result'] == 'Error'
    assert guest(whole, server).interrupts == sent


def test_a_crash_dump_stands_beside_other_actions(whole, server, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(compute_rpcapi.ComputeAPI, 'trigger_crash_dump', lambda *args: None)
        whole.act(server, {'trigger_crash_dump': None})
    whole.act(server, {'pause': None})
    whole.wait(server, 'PAUSED')
    assert ended(whole, server, 'trigger_crash_dump')['result'] == 'Success'


# -- passwords ---------------------------------------------------------------------------------------

@pytest.fixture
def with_agent(whole):
    """Servers whose image has the agent in it, with an RSA key of which the private half is returned."""
    whole.image = local.LocalBackend().create(whole.admin, {
        'name': 'agent', 'properties': {'hw_qemu_guest_agent': 'yes', 'os_admin_user': 'boss'}},
        data=b'\0' * 4096)['id']
    private, public, _fingerprint = crypto.generate_key_pair()
    whole.api.post('/os-keypairs', {'keypair': {'name': 'rsa', 'public_key': public}})
    return serialization.load_pem_private_key(private.encode(), None)


def test_a_password_is_set_and_the_owner_can_read_it(whole, with_agent):
    server = whole.boot('vm1', key_name='rsa')
    whole.wait(server)
    assert whole.act(server, PASSWORD).status == 202
    shown = whole.show(server)
    assert (shown['status'], shown['OS-EXT-STS:task_state']) == ('ACTIVE', None)
    assert 'password of boss changed' in guest(whole, server).console
    encrypted = whole.api.get(f'/servers/{server}/os-server-password').json['password']
    assert with_agent.decrypt(base64.b64decode(encrypted), padding.PKCS1v15()) == b'n3w-secret'
    assert ended(whole, server, 'changePassword')['result'] == 'Success'
    assert whole.act(server, {'changePassword': {'adminPass': 'x' * 400}}).status == 202


def test_without_an_rsa_key_no_password_is_kept(whole, with_agent):
    server = whole.boot('vm1')
    whole.wait(server)
    assert whole.act(server, PASSWORD).status == 202
    assert whole.api.get(f'/servers/{server}/os-server-password').json == {'password': ''}


def test_a_server_without_an_agent_is_not_changed(whole, server, caplog):
    assert whole.act(server, PASSWORD).fault == ('conflictingRequest', 'QEMU guest agent is not enabled')
    shown = whole.show(server)
    assert (shown['status'], shown['OS-EXT-STS:task_state']) == ('ACTIVE', None)
    assert ended(whole, server, 'changePassword')['result'] == 'Error'
    assert 'Traceback' not in caplog.text


@pytest.mark.parametrize('kind, status, text', [
    ('fail', 409, 'because error setting admin password'), ('lost', 409, 'because error setting admin password')])
def test_a_password_that_cannot_be_set(whole, server, kind, status, text, caplog):
    whole.faults('cmp1').add('set_admin_password', kind, value='the agent was told n3w-secret')
    answer = whole.act(server, PASSWORD)
    assert answer.status == status and text in answer.fault[1]
    assert 'n3w-secret' not in caplog.text + str(answer.fault) + str(whole.actions(server))
    assert whole.wait(server)['status'] == 'ACTIVE'


def test_a_guest_that_does_not_run_gets_no_password(whole, with_agent):
    server = whole.boot('vm1')
    whole.wait(server)
    whole.hosts['cmp1'].manager.driver.register_event_listener(lambda event: None)
    driver(whole).change_state(server, power_state.PAUSED)
    assert whole.act(server, PASSWORD).fault == (
        'conflictingRequest', f'Failed to set admin password on {server} because instance {server} is not running')


def test_a_password_whose_message_is_lost_is_given_up(whole, server, monkeypatch):
    def lose(*args):
        raise rpc.MessagingTimeout('nobody answered')
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, 'set_admin_password', lose)
    assert whole.act(server, PASSWORD).status == 503
    assert whole.show(server)['status'] == 'PASSWORD'
    assert whole.wait(server, 'ACTIVE', seconds=20)
    assert whole.actions(server)['changePassword']['message'] == 'Error'
    assert 'may be the old or the new one' in fault(whole, server).message


# -- networks, notifications ---------------------------------------------------------------------------

def test_networks_are_set_up_again(whole, server, monkeypatch):
    done = []
    monkeypatch.setattr(whole.hosts['cmp1'].manager.parts.network_api, 'setup_instance_on_host',
                        lambda context_, found: done.append(found.uuid))
    assert whole.act(server, {'injectNetworkInfo': None}).status == 202
    whole.until(lambda: done == [server])


@pytest.mark.parametrize('action, before, after, power', WAYS)
def test_notifications_come_in_pairs(whole, server, reach, notifier, action, before, after, power):
    reach(before)
    notifier.sent.clear()
    whole.act(server, {action: None})
    whole.until(lambda: len(notifier.events(f'.{action}.')) == 4)
    assert notifier.events(f'.{action}.') == [
        f'compute.instance.{action}.start', f'instance.{action}.start', f'compute.instance.{action}.end',
        f'instance.{action}.end']
    assert {publisher for publisher, *_rest in notifier.sent} == {'compute.cmp1', 'nova-compute:cmp1'}


def test_notifications_of_other_actions(whole, server, notifier):
    whole.act(server, {'trigger_crash_dump': None})
    whole.until(lambda: len(notifier.sent) == 4)
    whole.act(server, {'lock': {'locked_reason': 'why'}})
    whole.act(server, {'unlock': None})
    assert notifier.events('dump', 'lock') == [
        'compute.instance.trigger_crash_dump.start', 'instance.trigger_crash_dump.start',
        'compute.instance.trigger_crash_dump.end', 'instance.trigger_crash_dump.end',
        'instance.lock', 'instance.unlock']
    publisher, _event, payload = notifier.sent[-2]
    data = payload['nova_object.data']
    assert publisher.startswith('nova-api:') and (data['locked'], data['locked_reason']) == (True, 'why')
    assert notifier.sent[-1][2]['nova_object.data']['locked_reason'] is None


# -- at the same time -------------------------------------------------------------------------------------

@pytest.mark.parametrize('other', [{'suspend': None}, {'os-stop': None}, {'reboot': {'type': 'SOFT'}}, {'pause': None}])
def test_of_two_at_once_one_wins(whole, server, other):
    whole.faults('cmp1').add('pause', 'delay', count=0, value='0.3')
    answers = [concurrency.spawn(whole.act, server, body) for body in ({'pause': None}, other)]
    assert sorted(answer.wait().status for answer in answers) == [202, 409]
    assert whole.wait(server, 'PAUSED', 'SUSPENDED', 'SHUTOFF', 'ACTIVE')
    whole.until(lambda: whole.findings() == [])


def test_an_unknown_error_of_the_driver_is_not_shown(whole, server, monkeypatch):
    def explode(*args):
        raise OSError('SECRET /etc/x')
    monkeypatch.setattr(driver(whole), 'pause', explode)
    whole.act(server, {'pause': None})
    assert ended(whole, server, 'pause')['result'] == 'Error'
    assert 'SECRET' not in fault(whole, server).message
    assert instance(whole, server).vm_state == vm_states.ACTIVE


def test_the_context_of_a_remedy_is_the_accepted_one(whole, server, monkeypatch):
    seen = []
    monkeypatch.setattr(driver(whole), 'pause', lambda found: seen.append(found._context.request_id))
    with monkeypatch.context() as patch:
        patch.setattr(compute_rpcapi.ComputeAPI, 'pause_instance', lambda *args: None)
        whole.act(server, {'pause': None})
    whole.until(lambda: seen)
    record = objects.InstanceActionList.get_by_instance_uuid(context.get_admin_context(), server)[0]
    assert seen == [record.request_id]

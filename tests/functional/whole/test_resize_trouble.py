# SPDX-License-Identifier: Apache-2.0
"""Moves that break off: a service dies at each step, messages are lost or come twice, hosts are down, users delete."""
import pytest

from mininova import crashpoint, exception, objects
from mininova.compute import moves, power_state, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.conductor import rpcapi as conductor_rpcapi
from mininova.conductor.tasks import migrate
from tests.functional.whole import test_resize
from tests.functional.whole.test_resize import OTHER, claims, guest, record, tidy

RESIZE_STEPS = ['resize.R2.claimed.before', 'resize.R2.claimed.after', 'resize.R3.prep_cast.before',
                'resize.R3.prep_cast.after', 'resize.R3.prep.before', 'resize.R3.prep.after',
                'resize.R4.migrating.after', 'resize.R4.powered_off.after', 'resize.R5.renamed.after',
                'resize.R7.copied.after', 'resize.R7.handed_over.after', 'resize.R8.network.before',
                'resize.R8.network.after', 'resize.R9.grown.after', 'resize.R10.running.after',
                'resize.R11.verify.after']
CONFIRM_STEPS = ['resize.R12.removed.before', 'resize.R12.removed.after', 'resize.R14.done.after']
REVERT_STEPS = ['revert.V2.destroyed.before', 'revert.V2.destroyed.after', 'revert.V3.handed_back.after',
                'revert.V4.restored.before', 'revert.V4.restored.after', 'revert.V5.running.after',
                'revert.V6.done.after']


@pytest.fixture
def server(clouds):
    made = clouds.boot('vm1')
    assert clouds.wait(made)['status'] == 'ACTIVE'
    return made


@pytest.fixture(autouse=True)
def impatient(whole):
    """Let the reconcilers not wait for those who may still be at work: here nobody is slow."""
    whole.cloud.conf(group='reconciler', grace=0)


class Killed(BaseException):
    """The process died here: nothing that handles errors may run."""


@pytest.fixture
def die_at():
    """Let whoever gets to a crash point for the first time stop there: ``die_at(name)`` returns whether it happened."""
    def plan(name):
        reached = []

        def observe(passed):
            if passed == name and not reached:
                reached.append(passed)
                raise Killed(name)
        crashpoint.observers.append(observe)
        return reached
    yield plan
    crashpoint.observers.clear()


def host_of(whole, server):
    return whole.show(server)['OS-EXT-SRV-ATTR:host']


@pytest.mark.parametrize(('step', 'allow_same_host'), [
    *((step, False) for step in RESIZE_STEPS),
    *((step, True) for step in RESIZE_STEPS if step.startswith(('resize.R2', 'resize.R5', 'resize.R7', 'resize.R9')))])
def test_a_resize_that_died_at_a_step_is_finished(clouds, server, die_at, step, allow_same_host):
    old = host_of(clouds, server)
    content = guest(clouds, old, server).content
    if allow_same_host:
        clouds.cloud.conf(allow_resize_to_same_host=True)
        clouds.hosts[OTHER[old]].service_ref.disabled = True
        clouds.hosts[OTHER[old]].service_ref.save()
    reached = die_at(step)
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    shown = clouds.wait(server, 'VERIFY_RESIZE', seconds=30)
    assert reached
    new = old if allow_same_host else OTHER[old]
    assert (shown['OS-EXT-SRV-ATTR:host'], shown['flavor']['ram']) == (new, 1024)
    assert (guest(clouds, new, server).content, guest(clouds, new, server).running) == (content, True)
    assert guest(clouds, old, server).kept
    assert claims(clouds, server) == [('instance', 1024), ('migration', 512)]
    tidy(clouds)
    clouds.act(server, {'revertResize': None})
    assert clouds.wait(server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == old
    assert guest(clouds, old, server).content == content
    tidy(clouds)


@pytest.mark.parametrize('step', CONFIRM_STEPS)
def test_a_confirmation_that_died_at_a_step_is_finished(clouds, server, die_at, step):
    old = host_of(clouds, server)
    test_resize.resize(clouds, server)
    reached = die_at(step)
    clouds.act(server, {'confirmResize': None})
    clouds.wait(server, 'ACTIVE', seconds=30)
    clouds.until(lambda: reached)
    clouds.until(lambda: guest(clouds, old, server) is None)
    assert claims(clouds, server) == [('instance', 1024)]
    tidy(clouds)


@pytest.mark.parametrize(('step', 'allow_same_host'), [
    *((step, False) for step in REVERT_STEPS),
    *((step, True) for step in REVERT_STEPS if step.startswith(('revert.V2', 'revert.V3', 'revert.V4')))])
def test_a_revert_that_died_at_a_step_is_finished(clouds, server, die_at, step, allow_same_host):
    old = host_of(clouds, server)
    content = guest(clouds, old, server).content
    if allow_same_host:
        clouds.cloud.conf(allow_resize_to_same_host=True)
        clouds.hosts[OTHER[old]].service_ref.disabled = True
        clouds.hosts[OTHER[old]].service_ref.save()
    test_resize.resize(clouds, server)
    guest(clouds, old if allow_same_host else OTHER[old], server).content = 'new'
    reached = die_at(step)
    clouds.act(server, {'revertResize': None})
    shown = clouds.wait(server, 'ACTIVE', seconds=30)
    clouds.until(lambda: reached)
    assert (shown['OS-EXT-SRV-ATTR:host'], shown['flavor']['ram']) == (old, 512)
    assert (guest(clouds, old, server).content, guest(clouds, old, server).running) == (content, True)
    clouds.until(lambda: guest(clouds, OTHER[old], server) is None)
    assert claims(clouds, server) == [('instance', 512)]
    tidy(clouds)


LOST = [(conductor_rpcapi.ComputeTaskAPI, 'migrate_server'), (compute_rpcapi.ComputeAPI, 'prep_resize'),
        (compute_rpcapi.ComputeAPI, 'resize_instance'), (compute_rpcapi.ComputeAPI, 'finish_resize')]


@pytest.mark.parametrize(('client', 'name'), LOST, ids=[name for _, name in LOST])
def test_a_lost_message_only_delays_a_resize(clouds, server, monkeypatch, client, name):
    original, lost = getattr(client, name), []

    def lose_once(self, *args, **kwargs):
        if lost:
            return original(self, *args, **kwargs)
        return lost.append(args)
    monkeypatch.setattr(client, name, lose_once)
    old = host_of(clouds, server)
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    assert clouds.wait(server, 'VERIFY_RESIZE', seconds=30)['OS-EXT-SRV-ATTR:host'] == OTHER[old]
    assert lost
    tidy(clouds)


@pytest.mark.parametrize(('name', 'action', 'ends'), [
    ('confirm_resize', 'confirmResize', 1024), ('revert_resize', 'revertResize', 512),
    ('finish_revert_resize', 'revertResize', 512)])
def test_a_lost_message_only_delays_a_decision(clouds, server, monkeypatch, name, action, ends):
    test_resize.resize(clouds, server)
    original, lost = getattr(compute_rpcapi.ComputeAPI, name), []

    def lose_once(self, *args, **kwargs):
        if lost:
            return original(self, *args, **kwargs)
        return lost.append(args)
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, name, lose_once)
    clouds.act(server, {action: None})
    assert clouds.wait(server, 'ACTIVE', seconds=30)['flavor']['ram'] == ends
    assert lost
    tidy(clouds)


def test_messages_that_come_twice_and_late_change_nothing(clouds, server, monkeypatch):
    sent, originals = [], {}
    for name in ('prep_resize', 'resize_instance', 'finish_resize', 'confirm_resize'):
        originals[name] = getattr(compute_rpcapi.ComputeAPI, name)

        def twice(self, *args, _name=name, **kwargs):
            sent.append((_name, args, kwargs))
            originals[_name](self, *args, **kwargs)
            originals[_name](self, *args, **kwargs)
        monkeypatch.setattr(compute_rpcapi.ComputeAPI, name, twice)
    test_resize.resize(clouds, server)
    clouds.act(server, {'confirmResize': None})
    before = clouds.wait(server, 'ACTIVE')
    assert {name for name, _, _ in sent} == set(originals)
    for name, args, kwargs in sent:
        originals[name](compute_rpcapi.ComputeAPI(), *args, **kwargs)
    clouds.boot('another')
    clouds.until(lambda: len(clouds.api.get('/servers?status=ACTIVE').json['servers']) == 2)
    assert clouds.show(server) == before
    tidy(clouds)


DELETE_AT = ['resize.R2.claimed.after', 'resize.R3.prep.after', 'resize.R4.migrating.after', 'resize.R5.renamed.after',
             'resize.R7.copied.after', 'resize.R7.handed_over.after', 'resize.R8.network.after',
             'resize.R10.running.after', 'resize.R11.verify.after', 'resize.R12.removed.before',
             'revert.V2.destroyed.after', 'revert.V3.handed_back.after', 'revert.V4.restored.after']


@pytest.mark.parametrize('step', DELETE_AT)
def test_a_delete_at_any_step_leaves_nothing_on_either_host(clouds, server, step):
    deleted = []

    def observe(passed):
        if passed == step and not deleted:
            deleted.append(clouds.api.delete(f'/servers/{server}').status)
    crashpoint.observers.append(observe)
    try:
        clouds.act(server, {'resize': {'flavorRef': '2'}})
        if step.startswith(('resize.R12', 'revert')):
            clouds.wait(server, 'VERIFY_RESIZE')
            clouds.act(server, {'revertResize' if step.startswith('revert') else 'confirmResize': None})
        clouds.wait_gone(server, seconds=30)
    finally:
        crashpoint.observers.clear()
    assert deleted == [204]
    for host in ('cmp1', 'cmp2'):
        clouds.until(lambda host=host: guest(clouds, host, server) is None, seconds=20)
    assert clouds.used() == {'cmp1': 0, 'cmp2': 0}
    assert record(clouds, server)['status'] in ('error', 'confirmed', 'reverted')
    tidy(clouds)


# -- hosts that are down ---------------------------------------------------------------------

def stop(whole, host):
    """Stop a compute host and declare it down."""
    service = whole.hosts[host]
    service.stop()
    whole.services.remove(service)
    force_down(whole, host, True)


def force_down(whole, host, value):
    whole.api.put('/os-services/force-down', {'host': host, 'binary': 'nova-compute', 'forced_down': value},
                  version='2.11')


def come_back(whole, host):
    force_down(whole, host, False)
    whole.add_host(host)


def test_a_server_of_a_host_that_is_down_is_not_moved(clouds, server):
    stop(clouds, host_of(clouds, server))
    for body in ({'resize': {'flavorRef': '2'}}, {'migrate': None}):
        assert clouds.act(server, body).status == 409
    assert clouds.show(server)['status'] == 'ACTIVE'


def test_a_host_that_goes_down_before_it_answers_is_passed_over(clouds, server, monkeypatch):
    clouds.add_host('cmp3')
    old = host_of(clouds, server)
    asked = []
    original = compute_rpcapi.ComputeAPI.prep_resize

    def prep(self, context, host, **kwargs):
        if not asked:
            asked.append(host)
            force_down(clouds, host, True)
            return None
        return original(self, context, host, **kwargs)
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, 'prep_resize',
                        lambda self, context, host, instance, migration: prep(
                            self, context, host, instance=instance, migration=migration))
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    shown = clouds.wait(server, 'VERIFY_RESIZE', seconds=30)
    assert shown['OS-EXT-SRV-ATTR:host'] not in (asked[0], old)
    assert clouds.used()[asked[0]] == 0
    force_down(clouds, asked[0], False)
    tidy(clouds)


def test_a_confirmed_move_whose_old_host_is_down_is_cleaned_up_when_it_is_back(clouds, server):
    old = host_of(clouds, server)
    test_resize.resize(clouds, server)
    stop(clouds, old)
    assert clouds.act(server, {'confirmResize': None}).status == 204
    assert clouds.wait(server, 'ACTIVE', seconds=30)['OS-EXT-SRV-ATTR:host'] == OTHER[old]
    assert clouds.used()[old] == 0
    come_back(clouds, old)
    clouds.until(lambda: guest(clouds, old, server) is None)
    tidy(clouds)


def test_a_host_lost_while_it_sends_leaves_an_error_and_its_disks(clouds, server, die_at, monkeypatch):
    old = host_of(clouds, server)
    die_at('resize.R5.renamed.after')
    monkeypatch.setattr(clouds.hosts[old].manager.reconciler, '_remedy', lambda instance: None)
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    clouds.until(lambda: guest(clouds, old, server).kept)
    stop(clouds, old)
    shown = clouds.wait(server, 'ERROR', seconds=30)
    assert 'went down for good' in shown['fault']['message']
    assert (shown['OS-EXT-SRV-ATTR:host'], record(clouds, server)['status']) == (old, 'error')
    assert claims(clouds, server) == [('instance', 512)]
    come_back(clouds, old)
    clouds.until(lambda: guest(clouds, old, server).disks)
    assert clouds.act(server, {'reboot': {'type': 'HARD'}}).status == 202
    assert clouds.wait(server, 'ACTIVE')['flavor']['ram'] == 512
    tidy(clouds)


def test_a_host_lost_before_it_ran_what_arrived_leaves_an_error_of_the_new_size(clouds, server, die_at, monkeypatch):
    old = host_of(clouds, server)
    new = OTHER[old]
    die_at('resize.R8.network.before')
    monkeypatch.setattr(clouds.hosts[new].manager.reconciler, '_remedy', lambda instance: None)
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    clouds.until(lambda: host_of(clouds, server) == new)
    stop(clouds, new)
    shown = clouds.wait(server, 'ERROR', seconds=30)
    assert 'went down for good' in shown['fault']['message']
    assert (shown['flavor']['ram'], clouds.used()[new]) == (1024, 1024)
    found = objects.Instance.get_by_uuid(clouds.admin, server)
    assert (found.memory_mb, found.vcpus) == (1024, 2)
    come_back(clouds, new)


# -- what administrators do ---------------------------------------------------------------------

def test_a_server_whose_state_is_reset_on_the_way_is_given_back(clouds, server, monkeypatch):
    old = host_of(clouds, server)
    clouds.faults(old).add('migrate_disk_and_power_off.copy', 'delay', value='1')
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    clouds.until(lambda: guest(clouds, old, server).kept)
    assert clouds.act(server, {'os-resetState': {'state': 'active'}}).status == 202
    clouds.until(lambda: record(clouds, server)['status'] == 'error', seconds=20)
    clouds.until(lambda: guest(clouds, old, server).running)
    assert claims(clouds, server) == [('instance', 512)]
    instance = objects.Instance.get_by_uuid(clouds.admin, server)
    assert (instance.memory_mb, instance.flavor.memory_mb, instance.host) == (512, 512, old)
    assert clouds.show(server)['OS-EXT-STS:power_state'] == power_state.RUNNING
    tidy(clouds)


def test_a_failed_move_whose_guest_runs_again_needs_the_kept_disks_no_more(clouds, server):
    old = host_of(clouds, server)
    clouds.faults(OTHER[old]).add('finish_migration.start', 'fail')
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    clouds.wait(server, 'ERROR')
    clouds.until(lambda: clouds.findings() == [])
    clouds.act(server, {'reboot': {'type': 'HARD'}})
    assert clouds.wait(server, 'ACTIVE')['flavor']['ram'] == 1024
    clouds.until(lambda: guest(clouds, old, server) is None, seconds=20)
    clouds.until(lambda: claims(clouds, server) == [('instance', 1024)])
    tidy(clouds)


def test_disks_of_an_undecided_move_are_nobodys_stray(clouds, server):
    old = host_of(clouds, server)
    objects.RequestSpec.add_attempt(clouds.admin, server, old, 'a build failed here long ago')
    test_resize.resize(clouds, server)
    for _ in range(3):
        for host in clouds.hosts.values():
            host.manager.reconciler.remove_strays()
    assert guest(clouds, old, server).kept
    clouds.act(server, {'revertResize': None})
    assert clouds.wait(server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == old
    tidy(clouds)


def test_no_error_of_a_move_is_shown_to_the_owner_in_words_of_the_system(clouds, server, monkeypatch):
    old = host_of(clouds, server)

    def explode(*args, **kwargs):
        raise OSError('SECRET /etc/x')
    monkeypatch.setattr(clouds.hosts[old].manager.driver, 'migrate_disk_and_power_off', explode)
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    clouds.until(lambda: record(clouds, server)['status'] == 'error')
    owner = clouds.api.user('member', 'admin')
    assert 'SECRET' not in str(owner.get(f'/servers/{server}', version='2.96').json)
    assert clouds.wait(server, 'ACTIVE')


def test_a_record_in_another_status_stops_a_step(clouds, server):
    """A step that finds the record decided leaves everything alone."""
    test_resize.resize(clouds, server)
    instance = objects.Instance.get_by_uuid(clouds.admin, server)
    move = objects.Migration.get_current(clouds.admin, server)
    with pytest.raises(exception.MigrationNotFoundByStatus):
        instance.vm_state = vm_states.ACTIVE
        instance.finish_operation(None, expected={'host': instance.host}, migration=moves.change(
            move, 'confirmed', ('confirming',)))
    shown = clouds.show(server)
    assert (shown['status'], record(clouds, server)['status']) == ('VERIFY_RESIZE', 'finished')


def test_a_host_that_counted_as_down_and_took_the_server_keeps_its_claim(clouds, server):
    test_resize.resize(clouds, server)
    move, before = objects.Migration.get_current(clouds.admin, server), claims(clouds, server)
    with pytest.raises(exception.MigrationNotFoundByStatus):
        migrate.MigrateTask._refuse(clouds.admin, move, 'the host went down before it answered')
    assert claims(clouds, server) == before

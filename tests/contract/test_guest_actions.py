# SPDX-License-Identifier: Apache-2.0
"""What every driver owes for a guest where it is: pause, suspend, interrupts, passwords; on each driver."""

import pytest

from mininova import concurrency, exception
from mininova.compute import power_state
from mininova.virt import driver, event
from tests.contract import libvirtd_process, samples
from tests.contract.test_driver_contract import (  # noqa: F401  (fixtures)
    cards,
    make,
    running,
    spawn,
    state,
    traces,
    transitions,
)


def resume(subject, instance, cards):  # noqa: F811
    subject.driver.resume(subject.context, instance, cards)


def number(subject, instance):
    return subject.driver.get_info(instance).internal_id


@pytest.mark.parametrize('ask', [
    lambda s, i: s.driver.pause(i),
    lambda s, i: s.driver.unpause(i),
    lambda s, i: s.driver.suspend(s.context, i),
    lambda s, i: s.driver.resume(s.context, i, None),
    lambda s, i: s.driver.inject_nmi(i),
], ids=['pause', 'unpause', 'suspend', 'resume', 'nmi'])
def test_an_unknown_guest_is_not_found(subject, make, ask):  # noqa: F811
    with pytest.raises(exception.InstanceNotFound):
        ask(subject, make())


def test_both_drivers_say_that_they_can(subject):
    assert subject.driver.capabilities['supports_pause'] and subject.driver.capabilities['supports_suspend']


# -- pause --------------------------------------------------------------------------------------

def test_a_paused_guest_goes_on_as_the_same(subject, running, eventually):  # noqa: F811
    before = number(subject, running)
    subject.driver.pause(running)
    assert state(subject, running) == power_state.PAUSED
    eventually(lambda: event.EVENT_LIFECYCLE_PAUSED in transitions(subject, running))
    subject.driver.unpause(running)
    assert state(subject, running) == power_state.RUNNING
    assert number(subject, running) == before
    eventually(lambda: event.EVENT_LIFECYCLE_RESUMED in transitions(subject, running))


def test_pausing_and_unpausing_twice_is_once(subject, running):  # noqa: F811
    subject.driver.pause(running)
    subject.driver.pause(running)
    assert state(subject, running) == power_state.PAUSED
    subject.driver.unpause(running)
    subject.driver.unpause(running)
    assert state(subject, running) == power_state.RUNNING


def test_a_guest_that_is_off_is_not_paused(subject, running):  # noqa: F811
    subject.driver.power_off(running)
    for method in (subject.driver.pause, subject.driver.unpause):
        with pytest.raises(exception.InstanceInvalidState, match='power state shutdown'):
            method(running)


# -- suspend --------------------------------------------------------------------------------------

# Within these a guest that booted would have said so.
BOOT_SECONDS = 2


def boots(subject, instance):
    """Count how often a guest booted, by what it says on its console."""
    text = b'started' if subject.name == 'fake' else samples.BOOT_TEXT.strip()
    return subject.driver.get_console_output(subject.context, instance).count(text)


def test_a_suspended_guest_is_off_and_comes_back_with_its_memory(
        subject, running, cards, memory, eventually):  # noqa: F811
    eventually(lambda: boots(subject, running) == 1)
    subject.driver.suspend(subject.context, running)
    assert state(subject, running) == power_state.SHUTDOWN
    assert subject.driver.instance_exists(running) and memory(running)
    resume(subject, running, cards)
    assert state(subject, running) == power_state.RUNNING
    assert not memory(running)
    before = boots(subject, running)
    concurrency.sleep(BOOT_SECONDS)
    assert boots(subject, running) == before
    subject.driver.reboot(subject.context, running, cards, driver.REBOOT_HARD)
    eventually(lambda: boots(subject, running) == 1 + (before if subject.name == 'fake' else 0))


def test_suspending_and_resuming_twice_is_once(subject, running, cards, memory):  # noqa: F811
    subject.driver.suspend(subject.context, running)
    subject.driver.suspend(subject.context, running)
    assert memory(running)
    resume(subject, running, cards)
    before = number(subject, running)
    resume(subject, running, cards)
    assert number(subject, running) == before


def test_a_restarted_service_resumes_what_was_suspended(subject, running, cards, restart, memory):  # noqa: F811
    subject.driver.suspend(subject.context, running)
    restart()
    assert memory(running)
    resume(subject, running, cards)
    assert state(subject, running) == power_state.RUNNING


def test_a_paused_guest_can_be_resumed_too(subject, running, cards):  # noqa: F811
    before = number(subject, running)
    subject.driver.pause(running)
    resume(subject, running, cards)
    assert (state(subject, running), number(subject, running)) == (power_state.RUNNING, before)


def test_without_saved_memory_a_resume_is_a_start(subject, running, cards):  # noqa: F811
    subject.driver.power_off(running)
    resume(subject, running, cards)
    assert state(subject, running) == power_state.RUNNING


def test_a_guest_that_is_off_is_not_suspended(subject, running, memory):  # noqa: F811
    subject.driver.power_off(running)
    with pytest.raises(exception.InstanceInvalidState, match='power state shutdown'):
        subject.driver.suspend(subject.context, running)
    assert not memory(running)


def test_the_memory_goes_with_the_guest(subject, running, cards, memory):  # noqa: F811
    subject.driver.suspend(subject.context, running)
    subject.driver.destroy(subject.context, running, cards)
    assert traces(subject, running) == [] and not memory(running)


@pytest.mark.parametrize('way', ['hard reboot', 'start'])
@pytest.mark.parametrize('before', ['suspended', 'paused'])
def test_a_boot_forgets_the_memory(subject, running, cards, memory, way, before):  # noqa: F811
    first = number(subject, running)
    if before == 'suspended':
        subject.driver.suspend(subject.context, running)
    else:
        subject.driver.pause(running)
    if way == 'hard reboot':
        subject.driver.reboot(subject.context, running, cards, driver.REBOOT_HARD)
    else:
        subject.driver.power_on(subject.context, running, cards)
    assert state(subject, running) == power_state.RUNNING
    assert number(subject, running) != first and not memory(running)


# -- a wait for a shutdown that is pointless --------------------------------------------------------

@pytest.mark.parametrize('wait', [
    lambda s, i, nics: s.driver.power_off(i, timeout=30, retry_interval=10),
    lambda s, i, nics: s.driver.reboot(s.context, i, nics, driver.REBOOT_SOFT),
], ids=['power_off', 'soft reboot'])
def test_a_wait_ends_when_something_else_was_asked(subject, conf, running, cards, wait):  # noqa: F811
    conf.config(group='fake', shutdown_delay=30)
    conf.config(group='libvirt', wait_soft_reboot_seconds=30)
    asked = []
    subject.manager.is_overtaken = lambda instance: asked.append(instance.uuid) or len(asked) > 1
    running.action_id = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa'
    started = concurrency.spawn(wait, subject, running, cards)
    with pytest.raises(exception.StaleAction):
        started.wait()
    assert state(subject, running) == power_state.RUNNING
    assert set(asked) == {running.uuid}


# -- interrupts and passwords -----------------------------------------------------------------------

def test_an_interrupt_is_sent_to_a_guest_that_runs(subject, running):  # noqa: F811
    subject.driver.inject_nmi(running)
    assert state(subject, running) == power_state.RUNNING
    subject.driver.pause(running)
    subject.driver.inject_nmi(running)
    subject.driver.power_off(running)
    with pytest.raises(exception.InstanceInvalidState, match='power state shutdown'):
        subject.driver.inject_nmi(running)


def test_a_password_needs_an_agent(subject, running):  # noqa: F811
    with pytest.raises(exception.QemuGuestAgentNotEnabled):
        subject.driver.set_admin_password(running, 'secret')


def test_an_agent_that_does_not_answer(subject, make, spawn):  # noqa: F811
    subject.image.properties = {'hw_qemu_guest_agent': 'yes'}
    instance = make()
    spawn(instance)
    if subject.name == 'fake':
        subject.driver.pause(instance)
    with pytest.raises(exception.SetAdminPasswordUnavailable):
        subject.driver.set_admin_password(instance, 'secret')


# -- how a test looks behind the driver --------------------------------------------------------------

@pytest.fixture
def memory(subject, request):
    """Tell whether the memory of a guest is kept on the host: ``memory(instance)``."""
    if subject.name == 'fake':
        return lambda instance: any(guest.saved for guest in subject.driver.host.guests.values()
                                    if guest.uuid == instance.uuid)
    daemon = request.getfixturevalue('libvirtd')
    if not isinstance(daemon, libvirtd_process.PrivateLibvirtd):
        pytest.fail('this test looks at the files of libvirtd, so it needs one of its own: run it as root')
    return lambda instance: f'{instance.name}.save' in daemon.run('ls', '/var/lib/libvirt/qemu/save')


@pytest.fixture
def restart(subject, request):
    """Restart what runs the guests, as far as they survive it."""
    def run():
        if subject.name == 'libvirt':
            daemon = request.getfixturevalue('libvirtd')
            daemon.kill()
            daemon.start()
            subject.driver._host.check_connection()
    return run

# SPDX-License-Identifier: Apache-2.0
"""What the fake driver can that real ones cannot; the rest is in tests/contract."""
import time

import pytest

from mininova import context, exception
from mininova.compute import power_state
from mininova.virt import driver, event, fake, fake_host, fault_plan
from tests.contract import samples


@pytest.fixture(autouse=True)
def clean(conf):
    fake_host.clear()
    yield
    fake_host.clear()


def make_driver(host='one'):
    made = fake.FakeDriver(samples.Manager())
    made.init_host(host)
    return made


def spawn(made, instance):
    made.spawn(context.get_admin_context(), instance, samples.image_meta(), [], None, None,
               samples.network_info('br0'))


def test_hosts_of_one_process_are_apart():
    one, two, again = make_driver('one'), make_driver('two'), make_driver('one')
    instance = samples.instance()
    spawn(one, instance)
    assert one.instance_exists(instance) and again.instance_exists(instance)
    assert not two.instance_exists(instance)
    assert (one.get_available_nodes(), two.get_available_nodes()) == (['one'], ['two'])


def test_resources_are_as_configured(conf):
    conf.config(group='fake', vcpus=3, memory_mb=1000, local_gb=20)
    made = make_driver()
    spawn(made, samples.instance({'vcpus': 2, 'memory_mb': 300, 'root_gb': 5, 'ephemeral_gb': 1}))
    found = made.get_available_resource('one')
    assert (found['vcpus'], found['vcpus_used']) == (3, 2)
    assert (found['memory_mb'], found['memory_mb_used']) == (1000, 300)
    assert (found['local_gb'], found['local_gb_used'], found['disk_available_least']) == (20, 6, 14)


def test_persistent_guests_outlive_the_process(conf):
    conf.config(group='fake', persistent=True)
    instance, gone = samples.instance(config_drive='True'), samples.instance()
    made = make_driver()
    spawn(made, instance)
    spawn(made, gone)
    made.destroy(None, gone, None)
    before = made.get_info(instance)
    fake_host.reload('one')
    made = make_driver()
    assert made.get_info(instance) == before
    assert not made.instance_exists(gone)
    assert {item['uuid'] for item in made.inventory()} == {instance.uuid}
    other = samples.instance()
    spawn(made, other)
    assert made.get_info(other).internal_id != before.internal_id


def test_other_guests_die_with_the_process():
    made = make_driver()
    spawn(made, samples.instance())
    fake_host.reload('one')
    assert make_driver().list_instances() == []


def test_faults_come_from_the_configuration(conf):
    conf.config(group='fake', faults=['spawn:fail:2:broken on purpose', 'get_info:lost'])
    made = make_driver()
    instance = samples.instance()
    for _attempt in range(2):
        with pytest.raises(exception.InstanceDeployFailure, match='broken on purpose'):
            spawn(made, instance)
    spawn(made, instance)
    with pytest.raises(exception.HypervisorUnavailable):
        made.get_info(instance)
    assert made.get_info(instance).state == power_state.RUNNING


@pytest.mark.parametrize('step, disks', [('spawn', False), ('spawn.disk', False), ('spawn.define', True),
                                         ('spawn.start', True)])
def test_a_spawn_that_fails_on_the_way_runs_nothing(step, disks):
    made = make_driver()
    instance = samples.instance()
    made.faults.add(step, 'full')
    with pytest.raises(exception.DiskNotEnough):
        spawn(made, instance)
    assert not made.instance_exists(instance)
    assert [item['kind'] for item in made.inventory()] == (['disks'] if disks else [])
    made.destroy(None, instance, None)
    assert made.inventory() == []


def test_guests_can_change_by_themselves():
    made = make_driver()
    heard = []
    made.register_event_listener(heard.append)
    instance = samples.instance()
    spawn(made, instance)
    made.change_state(instance.uuid, power_state.CRASHED)
    assert made.get_info(instance).state == power_state.CRASHED
    made.change_state(instance.uuid, power_state.RUNNING)
    assert made.get_info(instance).state == power_state.RUNNING
    deadline = time.monotonic() + 5
    while len(heard) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [one.transition for one in heard] == [
        event.EVENT_LIFECYCLE_STARTED, event.EVENT_LIFECYCLE_STOPPED, event.EVENT_LIFECYCLE_STARTED]


def test_starts_take_the_configured_time(conf):
    conf.config(group='fake', spawn_delay=0.3)
    made = make_driver()
    begin = time.monotonic()
    spawn(made, samples.instance())
    assert time.monotonic() - begin >= 0.3


def test_an_obedient_guest_shuts_down_in_its_own_time(conf):
    conf.config(group='fake', shutdown_delay=0.2)
    made = make_driver()
    instance = samples.instance()
    spawn(made, instance)
    begin = time.monotonic()
    made.power_off(instance, timeout=60)
    assert 0.2 <= time.monotonic() - begin < 10


def test_a_reboot_shows_on_the_console():
    made = make_driver()
    instance = samples.instance()
    spawn(made, instance)
    made.reboot(None, instance, None, driver.REBOOT_HARD)
    assert made.get_console_output(None, instance).count(b'started') == 2


@pytest.mark.parametrize('text', ['spawn:explode', ':fail', 'spawn:fail:often'])
def test_a_fault_that_is_not_understood_is_refused(text):
    with pytest.raises(ValueError):
        fault_plan.FaultPlan([text])


def test_a_fault_for_all_calls_stays_until_cleared():
    plan = fault_plan.FaultPlan(['x:fail:0'])
    for _attempt in range(3):
        with pytest.raises(exception.InstanceDeployFailure):
            plan.hit('x')
    plan.clear()
    plan.hit('x')


def test_a_delay_delays():
    plan = fault_plan.FaultPlan(['x:delay:1:0.2'])
    begin = time.monotonic()
    plan.hit('x')
    plan.hit('x')
    assert 0.2 <= time.monotonic() - begin < 0.4 + 5

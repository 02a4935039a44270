# SPDX-License-Identifier: Apache-2.0
"""What every hypervisor driver owes the compute manager; each test runs on each driver."""
import json

import pytest

from mininova import concurrency, exception
from mininova.compute import power_state
from mininova.compute.monitors.cpu import virt_driver
from mininova.virt import consoles, driver, event, hardware
from tests.contract import samples

BUILD_STEPS = ['create.C13.disks_made.after', 'create.C14.plugged.after', 'create.C15.defined.after']
DELETE_STEPS = ['delete.D4.powered_off.after', 'delete.D5.undefined.after']


@pytest.fixture
def make(subject):
    """Return an instance that is destroyed at the end: ``make(flavor_values=..., **fields)``."""
    made = []

    def new(flavor_values=None, image=None, **fields):
        instance = samples.instance(flavor_values, **fields)
        samples.remember_image(instance, image or subject.image)
        made.append(instance)
        return instance
    yield new
    for instance in made:
        subject.driver.destroy(subject.context, instance, None)


@pytest.fixture
def cards(subject):
    return samples.network_info(subject.bridge)


@pytest.fixture
def spawn(subject, cards):
    """Spawn an instance: ``spawn(instance, **changes)``."""
    def run(instance, image=None, files=(), password=None, network_info=cards, devices=None):
        subject.driver.spawn(subject.context, instance, image or subject.image, list(files), password, None,
                             network_info, devices)
    return run


@pytest.fixture
def running(make, spawn):
    """An instance that runs."""
    instance = make()
    spawn(instance)
    return instance


def state(subject, instance):
    return subject.driver.get_info(instance).state


def traces(subject, instance):
    return [item for item in subject.driver.inventory() if item['uuid'] == instance.uuid]


def transitions(subject, instance):
    return [heard.transition for heard in subject.events if heard.uuid == instance.uuid]


# -- a guest that is not there -------------------------------------------------------------

@pytest.mark.parametrize('ask', [
    lambda s, i: s.driver.get_info(i),
    lambda s, i: s.driver.power_off(i),
    lambda s, i: s.driver.power_on(s.context, i, None),
    lambda s, i: s.driver.reboot(s.context, i, None, driver.REBOOT_HARD),
    lambda s, i: s.driver.reboot(s.context, i, None, driver.REBOOT_SOFT),
    lambda s, i: s.driver.get_console_output(s.context, i),
    lambda s, i: s.driver.get_vnc_console(s.context, i),
    lambda s, i: s.driver.get_serial_console(s.context, i),
    lambda s, i: s.driver.get_diagnostics(i),
    lambda s, i: s.driver.get_instance_diagnostics(i),
], ids=['get_info', 'power_off', 'power_on', 'hard reboot', 'soft reboot', 'console', 'vnc', 'serial', 'diagnostics',
        'standard diagnostics'])
def test_an_unknown_guest_is_not_found(subject, make, ask):
    with pytest.raises(exception.InstanceNotFound):
        ask(subject, make())


def test_an_unknown_guest_does_not_exist_and_may_be_destroyed(subject, make):
    instance = make()
    assert not subject.driver.instance_exists(instance)
    subject.driver.destroy(subject.context, instance, None)
    subject.driver.cleanup(subject.context, instance, None)
    assert traces(subject, instance) == []


# -- spawn --------------------------------------------------------------------------------

def test_a_spawned_guest_runs_and_is_listed(subject, running, eventually):
    info = subject.driver.get_info(running)
    assert isinstance(info, hardware.InstanceInfo)
    assert info.state == power_state.RUNNING
    assert info.internal_id is not None
    assert running.name in subject.driver.list_instances()
    assert running.uuid in subject.driver.list_instance_uuids()
    assert subject.driver.instance_exists(running)
    assert subject.driver.get_num_instances() >= 1
    assert {item['kind'] for item in traces(subject, running)} == {'domain', 'disks'}
    eventually(lambda: event.EVENT_LIFECYCLE_STARTED in transitions(subject, running))


def test_spawning_a_running_guest_leaves_it_alone(subject, running, spawn):
    before = subject.driver.get_info(running)
    spawn(running)
    assert subject.driver.get_info(running) == before


@pytest.mark.parametrize('step', BUILD_STEPS)
def test_a_spawn_that_died_can_be_repeated(subject, make, spawn, die_at, step):
    instance = make(config_drive='True')
    die_at(step)
    with pytest.raises(die_at.error):
        spawn(instance)
    assert traces(subject, instance), 'the process did not die where it should'
    spawn(instance)
    assert state(subject, instance) == power_state.RUNNING


@pytest.mark.parametrize('step', BUILD_STEPS)
def test_what_a_dead_spawn_left_can_be_destroyed(subject, make, spawn, die_at, step):
    instance = make(config_drive='True')
    die_at(step)
    with pytest.raises(die_at.error):
        spawn(instance)
    subject.driver.destroy(subject.context, instance, None)
    assert traces(subject, instance) == []


def test_an_image_larger_than_the_flavors_disk_is_refused(subject, make, spawn, image_service, tmp_path):
    big = image_service.add('big', samples.write_boot_image(tmp_path / 'big.img', size=(1 << 30) + (1 << 20)))
    instance = make(image=big)
    with pytest.raises(exception.FlavorDiskSmallerThanImage):
        spawn(instance, image=big)
    assert not subject.driver.instance_exists(instance)
    subject.driver.destroy(subject.context, instance, None)
    assert traces(subject, instance) == []


def test_the_content_of_a_config_drive_comes_from_the_manager(subject, make, spawn):
    instance = make(config_drive='True')
    files = [('/etc/motd', b'hello')]
    spawn(instance, files=files, password='secret')
    assert subject.manager.asked == [(instance.uuid, 'secret', files)]


def test_no_config_drive_is_made_unless_asked_for(subject, running):
    assert subject.manager.asked == []


def test_any_display_name_can_be_spawned(subject, make, spawn):
    instance = make(display_name='<a href="x">&amp;\'\x00\x1b]]>\U0001f600')
    spawn(instance)
    assert state(subject, instance) == power_state.RUNNING


def test_several_guests_start_at_once_and_die_apart(subject, make):
    instances = [make() for _number in range(3)]
    infos = [samples.network_info(subject.bridge, f'10.66.0.{n + 20}', f'fa:16:3e:00:01:{n:02x}') for n in range(3)]
    starts = [concurrency.spawn(subject.driver.spawn, subject.context, instance, subject.image, [], None, None, cards)
              for instance, cards in zip(instances, infos, strict=True)]
    for start in starts:
        start.wait()
    assert {state(subject, instance) for instance in instances} == {power_state.RUNNING}
    assert len({subject.driver.get_info(instance).internal_id for instance in instances}) == 3
    subject.driver.destroy(subject.context, instances[0], infos[0])
    assert not subject.driver.instance_exists(instances[0])
    assert {state(subject, instance) for instance in instances[1:]} == {power_state.RUNNING}


def test_a_guest_without_cards_runs(subject, make, spawn):
    instance = make()
    spawn(instance, network_info=None)
    assert state(subject, instance) == power_state.RUNNING


# -- destroy --------------------------------------------------------------------------------

def test_a_destroyed_guest_leaves_nothing(subject, make, spawn, cards, eventually):
    instance = make({'swap': 1}, config_drive='True')
    spawn(instance)
    subject.driver.destroy(subject.context, instance, cards)
    assert traces(subject, instance) == []
    assert not subject.driver.instance_exists(instance)
    assert instance.uuid not in subject.driver.list_instance_uuids()
    eventually(lambda: event.EVENT_LIFECYCLE_STOPPED in transitions(subject, instance))


def test_destroying_twice_is_destroying_once(subject, running, cards):
    subject.driver.destroy(subject.context, running, cards)
    subject.driver.destroy(subject.context, running, cards)
    subject.driver.cleanup(subject.context, running, cards)
    assert traces(subject, running) == []


@pytest.mark.parametrize('step', DELETE_STEPS)
def test_a_destroy_that_died_can_be_repeated(subject, running, cards, die_at, step):
    die_at(step)
    with pytest.raises(die_at.error):
        subject.driver.destroy(subject.context, running, cards)
    subject.driver.destroy(subject.context, running, cards)
    assert traces(subject, running) == []


def test_disks_can_outlive_the_guest_and_bear_it_again(subject, running, cards):
    subject.driver.destroy(subject.context, running, cards, destroy_disks=False)
    assert not subject.driver.instance_exists(running)
    assert [item['kind'] for item in traces(subject, running)] == ['disks']
    subject.driver.power_on(subject.context, running, cards)
    assert state(subject, running) == power_state.RUNNING


# -- power ----------------------------------------------------------------------------------

def test_power_off_and_on(subject, running, cards, eventually):
    subject.driver.power_off(running)
    assert state(subject, running) == power_state.SHUTDOWN
    assert subject.driver.get_info(running).internal_id is None
    assert subject.driver.instance_exists(running)
    eventually(lambda: event.EVENT_LIFECYCLE_STOPPED in transitions(subject, running))
    subject.driver.power_on(subject.context, running, cards)
    assert state(subject, running) == power_state.RUNNING


def test_switching_off_what_is_off_is_fine(subject, running):
    subject.driver.power_off(running)
    subject.driver.power_off(running, timeout=5, retry_interval=1)
    assert state(subject, running) == power_state.SHUTDOWN


def test_switching_on_what_is_on_changes_nothing(subject, running, cards):
    before = subject.driver.get_info(running)
    subject.driver.power_on(subject.context, running, cards)
    assert subject.driver.get_info(running) == before


def test_a_guest_that_ignores_a_shutdown_is_switched_off_when_its_time_is_over(subject, conf, running):
    conf.config(group='fake', shutdown_delay=60)
    subject.driver.power_off(running, timeout=1, retry_interval=1)
    assert state(subject, running) == power_state.SHUTDOWN


@pytest.mark.parametrize('kind', [driver.REBOOT_SOFT, driver.REBOOT_HARD])
@pytest.mark.parametrize('power', ['on', 'off'])
def test_after_a_reboot_a_guest_runs_anew(subject, running, cards, kind, power):
    before = subject.driver.get_info(running)
    if power == 'off':
        subject.driver.power_off(running)
    subject.driver.reboot(subject.context, running, cards, kind)
    after = subject.driver.get_info(running)
    assert after.state == power_state.RUNNING
    assert after.internal_id != before.internal_id


def test_a_host_that_came_back_starts_its_guests(subject, running, cards):
    subject.driver.power_off(running)
    subject.driver.resume_state_on_host_boot(subject.context, running, cards)
    assert state(subject, running) == power_state.RUNNING


def test_plugging_cards_can_be_repeated(subject, running, cards):
    subject.driver.plug_vifs(running, cards)
    subject.driver.plug_vifs(running, cards)
    subject.driver.power_off(running)
    subject.driver.unplug_vifs(running, cards)
    subject.driver.unplug_vifs(running, cards)


# -- looking at a guest -----------------------------------------------------------------------

def test_the_console_output_is_a_limited_number_of_bytes(subject, running, eventually):
    output = eventually(lambda: subject.driver.get_console_output(subject.context, running))
    assert isinstance(output, bytes)
    assert len(output) <= consoles.MAX_CONSOLE_BYTES


def test_the_screen_is_served_somewhere(subject, running):
    console = subject.driver.get_vnc_console(subject.context, running)
    assert isinstance(console, consoles.Console)
    assert console.host and 0 < console.port < 65536


def test_a_serial_console_must_be_enabled(subject, running):
    with pytest.raises(exception.ConsoleTypeUnavailable):
        subject.driver.get_serial_console(subject.context, running)


def test_an_enabled_serial_console_is_served_somewhere(subject, conf, make, spawn):
    conf.config(group='serial_console', enabled=True)
    instance = make()
    spawn(instance)
    console = subject.driver.get_serial_console(subject.context, instance)
    assert isinstance(console, consoles.Console)
    assert console.host and 0 < console.port < 65536


def test_diagnostics_are_numbers_by_name(subject, running):
    counters = subject.driver.get_diagnostics(running)
    assert counters['memory'] == running.flavor.memory_mb * 1024
    assert 'cpu0_time' in counters and 'vda_read' in counters
    assert all(isinstance(value, int) for value in counters.values())
    json.dumps(counters)


def test_standard_diagnostics_have_the_same_keys_everywhere(subject, make, spawn):
    instance = make({'vcpus': 2}, config_drive='True')
    spawn(instance)
    found = subject.driver.get_instance_diagnostics(instance)
    assert set(found) == {
        'state', 'driver', 'hypervisor', 'hypervisor_os', 'uptime', 'config_drive', 'num_cpus', 'num_nics', 'num_disks',
        'cpu_details', 'nic_details', 'disk_details', 'memory_details'}
    assert (found['state'], found['config_drive'], found['num_cpus'], found['num_nics']) == ('running', True, 2, 1)
    assert found['driver'] == 'libvirt', 'clients know the names of five drivers; the pretender is none of them'
    assert [entry['id'] for entry in found['cpu_details']] == [0, 1]
    assert found['num_disks'] == len(found['disk_details']) >= 1
    assert set(found['disk_details'][0]) == {'read_bytes', 'read_requests', 'write_bytes', 'write_requests',
                                             'errors_count'}
    assert set(found['nic_details'][0]) == {'mac_address'} | {
        f'{way}_{key}' for way in ('rx', 'tx') for key in ('octets', 'packets', 'errors', 'drop', 'rate')}
    assert found['memory_details']['maximum'] == instance.flavor.memory_mb
    json.dumps(found)


def test_standard_diagnostics_of_a_stopped_guest(subject, running):
    subject.driver.power_off(running)
    assert subject.driver.get_instance_diagnostics(running)['state'] == 'shutdown'


# -- the host ----------------------------------------------------------------------------------

def test_the_host_says_what_it_has(subject):
    (node,) = subject.driver.get_available_nodes()
    assert subject.driver.node_is_available(node) and not subject.driver.node_is_available('elsewhere')
    found = subject.driver.get_available_resource(node)
    for key in ('vcpus', 'vcpus_used', 'memory_mb', 'memory_mb_used', 'local_gb', 'local_gb_used', 'hypervisor_version',
                'disk_available_least'):
        assert isinstance(found[key], int), key
    assert found['vcpus'] > 0 and found['memory_mb'] > 0 and found['hypervisor_version'] >= 1000000
    assert found['hypervisor_hostname'] == node
    assert set(json.loads(found['cpu_info'])) == {'arch', 'model', 'vendor', 'topology', 'features'}
    assert all(len(entry) == 3 and entry[2] == 'hvm' for entry in found['supported_instances'])
    json.dumps(found)


def test_guests_count_as_used(subject, running):
    (node,) = subject.driver.get_available_nodes()
    used = subject.driver.get_available_resource(node)['vcpus_used']
    subject.driver.destroy(subject.context, running, None)
    assert subject.driver.get_available_resource(node)['vcpus_used'] == used - 1


def test_the_host_says_how_long_it_has_been_up(subject):
    uptime = subject.driver.get_host_uptime()
    assert ' up ' in uptime and 'load average' in uptime


def test_the_host_says_what_its_processors_do(subject):
    first, second = subject.driver.get_host_cpu_stats(), subject.driver.get_host_cpu_stats()
    assert set(first) == {'kernel', 'idle', 'user', 'iowait', 'frequency'}
    assert all(isinstance(value, int) for value in first.values())
    assert first['frequency'] > 0 and first['idle'] > 0
    assert sum(first.values()) <= sum(second.values())
    monitor = virt_driver.Monitor(subject.driver)
    assert 0 <= monitor.measure()['cpu.percent'] <= 1


def test_the_host_has_an_address(subject):
    assert subject.driver.get_host_ip_addr() == '127.0.0.1'


def test_the_overhead_of_a_guest_is_known(subject, make):
    assert set(subject.driver.estimate_instance_overhead(make())) == {'memory_mb', 'disk_gb', 'vcpus'}


def test_the_root_disk_has_a_name_before_there_is_a_guest(subject, make):
    assert subject.driver.default_root_device_name(make(), subject.image) == '/dev/vda'


def test_an_image_is_fetched_before_a_guest_needs_it(subject, boot_image, image_service):
    assert subject.driver.cache_image(subject.context, boot_image.id) is True
    assert subject.driver.cache_image(subject.context, boot_image.id) is False
    with pytest.raises(exception.ImageNotFound):
        subject.driver.cache_image(subject.context, 'unknown')


def test_the_image_cache_is_looked_after_while_guests_run(subject, running):
    subject.driver.manage_image_cache(subject.context, [running])
    assert state(subject, running) == power_state.RUNNING


def test_events_of_a_failing_listener_do_no_harm(subject, running, cards):
    def fail(heard):
        raise ValueError('the listener is broken')
    subject.driver.register_event_listener(fail)
    subject.driver.reboot(subject.context, running, cards, driver.REBOOT_HARD)
    assert state(subject, running) == power_state.RUNNING


def test_what_a_driver_lacks_it_says(subject, make):
    with pytest.raises(driver.MethodNotSupported) as caught:
        subject.driver.detach_volume(subject.context, {}, make(), '/dev/vdb')
    assert isinstance(caught.value, NotImplementedError)
    assert caught.value.code == 501
    assert 'detach_volume' in str(caught.value)

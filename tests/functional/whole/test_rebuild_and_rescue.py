# SPDX-License-Identifier: Apache-2.0
"""Rebuild, rescue and unrescue to their end, with hosts that fail, die, and messages that are lost."""
import pytest

from mininova import crashpoint, objects
from mininova.compute import power_state
from mininova.image import local
from mininova.notifications import instance as notifications
from mininova.virt import fake_host


@pytest.fixture
def server(whole):
    made = whole.boot('vm1')
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


@pytest.fixture
def other_image(whole):
    return local.LocalBackend().create(whole.admin, {'name': 'other', 'properties': {'os_type': 'linux'}},
                                       data=b'\1' * 4096)['id']


@pytest.fixture
def killed_at(whole):
    """Let the operation "die" once where it gets to; what was killed there records nothing more."""
    class Killed(BaseException):
        pass

    def plan(name):
        def observe(reached):
            if reached == name:
                crashpoint.observers.clear()
                plan.died = True
                raise Killed(name)
        plan.died = False
        crashpoint.observers[:] = [observe]
    yield plan
    crashpoint.observers.clear()


def guest(whole, server):
    return fake_host.get('cmp1').guests[server]


def spec(whole, server):
    return objects.RequestSpec.get_by_instance_uuid(whole.admin, server)


def rest(whole, server, action, status='ACTIVE', seconds=20):
    """Wait until the server rests and the action is closed; return the record of the action."""
    whole.wait(server, status, seconds=seconds)
    return whole.until(lambda: (found := whole.actions(server)[action])['events'] and found['events'][0]['result']
                       and found, seconds)


def rebuild(whole, server, image=None, version='2.94', **more):
    answer = whole.act(server, {'rebuild': {'imageRef': image or whole.image, **more}}, version=version)
    assert answer.status == 202, answer.body
    return answer.json['server']


# -- rebuild ----------------------------------------------------------------------------------


@pytest.mark.parametrize('same', [True, False])
def test_a_server_gets_a_new_disk_and_keeps_its_place(whole, server, other_image, same):
    before, disk = whole.show(server), guest(whole, server).disk_number
    used = whole.used()
    image = whole.image if same else other_image
    assert rebuild(whole, server, image)['status'] == 'REBUILD'
    record = rest(whole, server, 'rebuild')
    assert (record['message'], record['events'][0]['event']) == (None, 'compute_rebuild_instance')
    after = whole.show(server)
    assert after['image']['id'] == image and guest(whole, server).image_id == image
    assert guest(whole, server).disk_number != disk
    for key in ('id', 'name', 'addresses', 'hostId', 'flavor', 'OS-EXT-SRV-ATTR:host', 'created'):
        assert after[key] == before[key]
    assert after['OS-SRV-USG:launched_at'] > before['OS-SRV-USG:launched_at']
    assert whole.used() == used and whole.findings() == []
    assert spec(whole, server).image.id == image


def test_rebuilds_do_not_add_up(whole, server, other_image):
    used = whole.used()
    for number in range(6):
        rebuild(whole, server, other_image if number % 2 else whole.image)
        rest(whole, server, 'rebuild')
    assert whole.used() == used


def test_a_stopped_server_stays_stopped(whole, server, other_image):
    whole.act(server, {'os-stop': None})
    whole.wait(server, 'SHUTOFF')
    rebuild(whole, server, other_image)
    rest(whole, server, 'rebuild', 'SHUTOFF')
    assert guest(whole, server).state == power_state.SHUTDOWN and guest(whole, server).image_id == other_image
    whole.act(server, {'os-start': None})
    whole.wait(server, 'ACTIVE')


def test_a_server_in_error_is_made_good(whole, server):
    whole.act(server, {'os-resetState': {'state': 'error'}})
    rebuild(whole, server)
    rest(whole, server, 'rebuild', 'ACTIVE')


def test_the_config_drive_is_made_anew(whole, monkeypatch):
    server = whole.boot('vm1', config_drive=True)
    whole.wait(server)
    seen = []
    driver = whole.hosts['cmp1'].manager.driver
    real = driver.virtapi.config_drive_files

    def look(instance, network_info, password, files):
        seen.append((instance.display_name, dict(instance.metadata), password, files))
        return real(instance, network_info, password, files)
    monkeypatch.setattr(driver.virtapi, 'config_drive_files', look)
    rebuild(whole, server, name='new', metadata={'k': 'v'}, adminPass='secret')
    rest(whole, server, 'rebuild')
    assert seen == [('new', {'k': 'v'}, 'secret', [])]


@pytest.mark.parametrize('preserve', [True, False])
def test_other_disks_are_kept_if_asked_for(whole, server, preserve, monkeypatch):
    driver, calls = whole.hosts['cmp1'].manager.driver, []
    real = driver.destroy

    def destroy(*args, destroy_disks=True, **kwargs):
        calls.append(destroy_disks)
        real(*args, destroy_disks=destroy_disks, **kwargs)
    monkeypatch.setattr(driver, 'destroy', destroy)
    rebuild(whole, server, preserve_ephemeral=preserve)
    rest(whole, server, 'rebuild')
    assert calls == [not preserve]


def test_an_image_that_is_no_good_leaves_everything_as_it_was(whole, server, other_image):
    disk = guest(whole, server).disk_number
    whole.faults('cmp1').add('prefetch_image', 'fail', value='it is broken')
    rebuild(whole, server, other_image, name='renamed')
    record = rest(whole, server, 'rebuild', 'ACTIVE')
    assert record['message'] == 'Error' and 'it is broken' in record['events'][0]['details']
    after = whole.show(server)
    assert after['image']['id'] == whole.image and after['name'] == 'renamed'
    assert guest(whole, server).running and guest(whole, server).disk_number == disk
    instance = objects.Instance.get_by_uuid(whole.admin, server)
    assert instance.os_type is None and instance.image_meta.id == whole.image
    assert spec(whole, server).image.id == whole.image
    rebuild(whole, server, other_image)
    rest(whole, server, 'rebuild')


def test_a_disk_that_cannot_be_made_is_an_error_with_its_reason(whole, server, other_image):
    whole.faults('cmp1').add('spawn.disk', 'full')
    rebuild(whole, server, other_image)
    record = rest(whole, server, 'rebuild', 'ERROR')
    assert record['message'] == 'Error'
    shown = whole.show(server)
    assert shown['fault']['message'] and shown['image']['id'] == other_image
    rebuild(whole, server, other_image)
    rest(whole, server, 'rebuild', 'ACTIVE')
    assert whole.findings() == []


@pytest.mark.parametrize('place', [
    'rebuild.B2.image_ready.after', 'rebuild.B3.off.after', 'rebuild.B4.disks_gone.after', 'delete.D5.undefined.after',
    'create.C13.disks_made.after', 'create.C15.defined.after', 'rebuild.B5.spawned.after'])
@pytest.mark.parametrize('stopped', [False, True])
def test_a_rebuild_that_was_killed_is_repeated_to_its_end(whole, other_image, killed_at, monkeypatch, place, stopped):
    server = whole.boot('vm1', config_drive=True)
    whole.wait(server)
    if stopped:
        whole.act(server, {'os-stop': None})
        whole.wait(server, 'SHUTOFF')
    passwords = []
    driver = whole.hosts['cmp1'].manager.driver
    real = driver.virtapi.config_drive_files
    monkeypatch.setattr(driver.virtapi, 'config_drive_files',
                        lambda *args: (passwords.append(args[2]), real(*args))[1])
    killed_at(place)
    rebuild(whole, server, other_image, adminPass='secret')
    record = rest(whole, server, 'rebuild', 'SHUTOFF' if stopped else 'ACTIVE')
    assert killed_at.died and record['message'] is None
    assert guest(whole, server).image_id == other_image and guest(whole, server).running is not stopped
    assert set(passwords) == {'secret'}
    assert whole.findings() == []


def test_a_lost_message_of_a_rebuild_is_made_up_for_with_its_password(whole, other_image, monkeypatch):
    server = whole.boot('vm1', config_drive=True)
    whole.wait(server)
    manager = whole.hosts['cmp1'].manager
    lost, passwords = [], []
    monkeypatch.setattr(type(manager.rebuild), 'rebuild_instance', lambda *args, **kwargs: lost.append(kwargs))
    rebuild(whole, server, other_image, adminPass='secret')
    whole.until(lambda: lost)
    monkeypatch.undo()
    real = manager.driver.virtapi.config_drive_files
    monkeypatch.setattr(manager.driver.virtapi, 'config_drive_files',
                        lambda *args: (passwords.append(args[2]), real(*args))[1])
    rest(whole, server, 'rebuild')
    assert passwords == ['secret'] and guest(whole, server).image_id == other_image


def test_a_server_that_is_rebuilt_can_be_deleted(whole, server, other_image):
    whole.faults('cmp1').add('spawn.disk', 'delay', value='1')
    rebuild(whole, server, other_image)
    whole.until(lambda: whole.show(server)['OS-EXT-STS:task_state'] == 'rebuild_spawning')
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server)
    assert fake_host.get('cmp1').guests == {} and whole.findings() == []


# -- rescue -----------------------------------------------------------------------------------


def test_a_server_is_rescued_and_comes_back(whole, server, other_image):
    password = whole.act(server, {'rescue': {'rescue_image_ref': other_image}}).json['adminPass']
    assert password
    record = rest(whole, server, 'rescue', 'RESCUE')
    assert record['message'] is None
    assert guest(whole, server).rescue_image_id == other_image and guest(whole, server).running
    assert guest(whole, server).image_id == whole.image
    assert whole.act(server, {'os-stop': None}).status == 409
    assert whole.act(server, {'unrescue': None}).status == 202
    rest(whole, server, 'unrescue', 'ACTIVE')
    assert guest(whole, server).rescue_image_id is None and guest(whole, server).running
    assert whole.findings() == []


def test_without_an_image_it_is_rescued_with_its_own(whole, server):
    whole.act(server, {'rescue': None})
    rest(whole, server, 'rescue', 'RESCUE')
    assert guest(whole, server).rescue_image_id == whole.image


def test_a_stopped_server_is_rescued_and_runs_afterwards(whole, server):
    whole.act(server, {'os-stop': None})
    whole.wait(server, 'SHUTOFF')
    whole.act(server, {'rescue': None})
    rest(whole, server, 'rescue', 'RESCUE')
    whole.act(server, {'unrescue': None})
    rest(whole, server, 'unrescue', 'ACTIVE')


def test_a_rescue_that_fails_lets_the_server_run_on(whole, server, other_image):
    whole.faults('cmp1').add('rescue', 'fail', value='no such bus')
    whole.act(server, {'rescue': {'rescue_image_ref': other_image}})
    record = rest(whole, server, 'rescue', 'ACTIVE')
    assert record['message'] == 'Error' and 'no such bus' in record['events'][0]['details']
    assert guest(whole, server).running and guest(whole, server).rescue_image_id is None


def test_a_rescue_image_that_is_no_good_does_not_even_stop_the_server(whole, server, other_image):
    started = guest(whole, server).started_at
    whole.faults('cmp1').add('prefetch_image', 'fail')
    whole.act(server, {'rescue': {'rescue_image_ref': other_image}})
    rest(whole, server, 'rescue', 'ACTIVE')
    assert guest(whole, server).started_at == started


def test_an_unrescue_that_fails_can_be_repeated(whole, server):
    whole.act(server, {'rescue': None})
    rest(whole, server, 'rescue', 'RESCUE')
    whole.faults('cmp1').add('unrescue', 'fail')
    whole.act(server, {'unrescue': None})
    assert rest(whole, server, 'unrescue', 'RESCUE')['message'] == 'Error'
    whole.act(server, {'unrescue': None})
    rest(whole, server, 'unrescue', 'ACTIVE')


def test_a_rescued_server_is_deleted_without_a_trace(whole, server):
    whole.act(server, {'rescue': None})
    rest(whole, server, 'rescue', 'RESCUE')
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server)
    assert fake_host.get('cmp1').guests == {} and whole.findings() == []


@pytest.mark.parametrize('place', ['rescue.U2.image_ready.after', 'rescue.U3.off.after', 'rescue.U3.disks_made.after',
                                   'rescue.U4.running.after'])
def test_a_rescue_that_was_killed_is_done_again(whole, server, other_image, killed_at, place):
    killed_at(place)
    whole.act(server, {'rescue': {'rescue_image_ref': other_image}})
    record = rest(whole, server, 'rescue', 'RESCUE')
    assert killed_at.died and record['message'] is None
    assert guest(whole, server).rescue_image_id == other_image and guest(whole, server).running


@pytest.mark.parametrize('place', ['unrescue.U5.accepted.after', 'unrescue.U5.removed.after',
                                   'unrescue.U6.running.after'])
def test_an_unrescue_that_was_killed_is_done_again(whole, server, killed_at, place):
    whole.act(server, {'rescue': None})
    rest(whole, server, 'rescue', 'RESCUE')
    killed_at(place)
    whole.act(server, {'unrescue': None})
    record = rest(whole, server, 'unrescue', 'ACTIVE')
    assert killed_at.died and record['message'] is None
    assert guest(whole, server).rescue_image_id is None and guest(whole, server).running


def test_notifications_come_in_pairs(whole, server, other_image, monkeypatch):
    sent = []
    monkeypatch.setattr(notifications, 'notify_about_instance_action',
                        lambda ctx, inst, host, action, phase=None, error=None, source=None, more=None:
                        sent.append((action, phase, more)))
    rebuild(whole, server, other_image)
    rest(whole, server, 'rebuild')
    whole.act(server, {'rescue': {'rescue_image_ref': other_image}})
    rest(whole, server, 'rescue', 'RESCUE')
    whole.act(server, {'unrescue': None})
    rest(whole, server, 'unrescue')
    rescue = {'rescue_image_ref': other_image}
    certs = {'trusted_image_certificates': None}
    whole.until(lambda: len(sent) >= 6)
    assert sent == [('rebuild', 'start', certs), ('rebuild', 'end', certs), ('rescue', 'start', rescue),
                    ('rescue', 'end', rescue), ('unrescue', 'start', None), ('unrescue', 'end', None)]

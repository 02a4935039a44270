# SPDX-License-Identifier: Apache-2.0
"""createImage and createBackup to their end; what fails, is killed, lost or overtaken leaves no half image."""
import logging

import pytest

from mininova import concurrency, crashpoint, objects
from mininova.compute import api as compute_api
from mininova.compute import server_images, task_states
from mininova.image import local

NO_SUCH_PLACE = 'nowhere'


@pytest.fixture
def server(whole):
    made = whole.boot('vm1')
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


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


def images(whole):
    """Return the images of servers, by name."""
    return {image['name']: image for image in local.LocalBackend().get_all(whole.admin)
            if 'instance_uuid' in image['properties']}


def rest(whole, server, status='ACTIVE', action='createImage', seconds=20):
    """Wait until the server rests and the action is closed; return the record of the action."""
    whole.wait(server, status, seconds=seconds)
    return whole.until(lambda: (found := whole.actions(server)[action])['events'] and found['events'][0]['result']
                       and found, seconds)


def create(whole, server, name='snap', version='2.45'):
    answer = whole.act(server, {'createImage': {'name': name}}, version=version)
    assert answer.status == 202, answer.body
    return answer.json['image_id']


@pytest.mark.parametrize('status', ['ACTIVE', 'SHUTOFF'])
def test_an_image_of_a_server_gets_its_bytes_and_the_server_stays_as_it_is(whole, server, status):
    if status == 'SHUTOFF':
        whole.act(server, {'os-stop': None})
        whole.wait(server, 'SHUTOFF')
    made = create(whole, server)
    record = rest(whole, server, status)
    assert (record['message'], record['events'][0]['result']) == (None, 'Success')
    image = images(whole)['snap']
    assert (image['id'], image['status'], image['disk_format'], image['size']) == (made, 'active', 'raw', 512)
    assert image['properties']['image_location'] == 'snapshot'
    assert whole.findings() == []


def test_a_server_is_made_of_the_image_of_a_server(whole, server):
    made = create(whole, server)
    rest(whole, server)
    second = whole.boot('vm2', imageRef=made)
    assert whole.wait(second)['image']['id'] == made


@pytest.mark.parametrize('step', ['snapshot', 'snapshot.copy', 'snapshot.upload'])
def test_a_snapshot_that_fails_leaves_no_image_and_a_server_that_works(whole, server, step):
    whole.faults('cmp1').add(step, 'fail', value='the disk is stuck')
    create(whole, server)
    record = rest(whole, server)
    assert record['message'] == 'Error' and 'the disk is stuck' in record['events'][0]['details']
    assert images(whole) == {}
    create(whole, server)
    assert rest(whole, server) and images(whole)['snap']['status'] == 'active'


@pytest.mark.parametrize('place', ['snapshot.S3.begun.after', 'snapshot.S4.phase_written.after',
                                   'snapshot.S4.copied.after'])
def test_a_snapshot_that_was_killed_leaves_no_half_image(whole, server, killed_at, place):
    killed_at(place)
    create(whole, server)
    record = rest(whole, server)
    assert killed_at.died and record['message'] == 'Error'
    assert images(whole) == {}
    assert not whole.hosts['cmp1'].manager.driver.host.guests[server].copying
    killed_at(NO_SUCH_PLACE)
    create(whole, server, 'again')
    rest(whole, server)
    assert images(whole)['again']['status'] == 'active'


@pytest.mark.parametrize('place', ['snapshot.S5.uploaded.after', 'snapshot.S6.settled.before'])
def test_a_snapshot_that_was_killed_when_all_was_there_is_a_success(whole, server, killed_at, place):
    killed_at(place)
    create(whole, server)
    record = rest(whole, server)
    assert killed_at.died and record['message'] is None
    assert images(whole)['snap']['status'] == 'active'
    assert not whole.hosts['cmp1'].manager.driver.host.guests[server].copying


def test_a_lost_message_is_made_up_for(whole, server, monkeypatch):
    manager = whole.hosts['cmp1'].manager
    lost = []
    monkeypatch.setattr(type(manager.snapshot), 'snapshot_instance', lambda *args, **kwargs: lost.append(kwargs))
    create(whole, server)
    whole.until(lambda: lost)
    monkeypatch.undo()
    rest(whole, server)
    assert images(whole)['snap']['status'] == 'active'


def test_a_request_that_died_before_the_image_was_made_is_closed(whole, server, monkeypatch):
    class Died(BaseException):
        pass

    def die(*args, **kwargs):
        raise Died
    monkeypatch.setattr(server_images, 'create', die)
    with pytest.raises(Died):
        compute_api.API().snapshot(whole.admin, objects.Instance.get_by_uuid(whole.admin, server), 'snap')
    monkeypatch.undo()
    whole.until(lambda: whole.actions(server)['createImage']['message'] == 'Error')
    assert whole.wait(server)['status'] == 'ACTIVE' and images(whole) == {}


def test_a_message_that_comes_three_times_makes_one_image(whole, server, monkeypatch):
    manager = whole.hosts['cmp1'].manager
    real, uploads = type(manager.snapshot).snapshot_instance, []

    def three(self, context, instance, image_id):
        for _number in range(3):
            real(self, context, instance, image_id)
    monkeypatch.setattr(type(manager.snapshot), 'snapshot_instance', three)
    upload = local.LocalBackend.upload

    def count(self, *args):
        uploads.append(args)
        return upload(self, *args)
    monkeypatch.setattr(local.LocalBackend, 'upload', count)
    create(whole, server)
    rest(whole, server)
    assert len(uploads) == 1 and images(whole)['snap']['status'] == 'active'


def test_a_server_that_is_deleted_under_its_snapshot_goes_with_the_image(whole, server):
    whole.faults('cmp1').add('snapshot.copy', 'delay', value='1')
    create(whole, server)
    whole.until(lambda: whole.show(server)['OS-EXT-STS:task_state'] == task_states.IMAGE_PENDING_UPLOAD)
    assert whole.api.delete(f'/servers/{server}').status == 204
    whole.wait_gone(server)
    assert images(whole) == {}
    assert whole.findings() == []


def test_an_image_that_is_deleted_under_its_snapshot_troubles_nobody(whole, server, caplog):
    whole.faults('cmp1').add('snapshot.copy', 'delay', value='1')
    image = create(whole, server)
    whole.until(lambda: whole.show(server)['OS-EXT-STS:task_state'] == task_states.IMAGE_PENDING_UPLOAD)
    local.LocalBackend().delete(whole.admin, image)
    record = rest(whole, server)
    assert record['message'] == 'Error' and image in record['events'][0]['details']
    assert images(whole) == {} and whole.findings() == []
    assert [entry.getMessage() for entry in caplog.records if entry.levelno >= logging.ERROR] == []


def test_only_so_many_snapshots_at_a_time(whole, monkeypatch):
    manager = whole.hosts['cmp1'].manager
    monkeypatch.setattr(manager.snapshot, '_room', concurrency.Pool(2))
    servers = [whole.boot(f'vm{number}') for number in range(4)]
    for server in servers:
        whole.wait(server)
    running, most = set(), []
    real = manager.driver.snapshot

    def watch(context, instance, *args):
        running.add(instance.uuid)
        most.append(len(running))
        concurrency.sleep(0.3)
        real(context, instance, *args)
        running.discard(instance.uuid)
    monkeypatch.setattr(manager.driver, 'snapshot', watch)
    for server in servers:
        create(whole, server, f'of-{server}')
    for server in servers:
        rest(whole, server)
    assert max(most) == 2 and len(images(whole)) == 4


# -- backups ------------------------------------------------------------------------------


def backup(whole, server, name, rotation=2, kind='daily'):
    assert whole.act(server, {'createBackup': {'name': name, 'backup_type': kind, 'rotation': rotation}},
                     version='2.45').status == 202
    return rest(whole, server, action='createBackup')


def test_the_oldest_backups_of_a_kind_go(whole, server):
    create(whole, server, 'no backup')
    rest(whole, server)
    backup(whole, server, 'weekly', kind='weekly')
    for number in range(4):
        record = backup(whole, server, f'daily{number}')
        assert record['events'][0]['result'] == 'Success'
    assert set(images(whole)) == {'no backup', 'weekly', 'daily2', 'daily3'}
    backup(whole, server, 'daily4', rotation=0)
    assert set(images(whole)) == {'no backup', 'weekly'}


@pytest.mark.parametrize('place', ['backup.S6.rotated.before', 'backup.S6.rotated.after', 'snapshot.S5.uploaded.after'])
def test_a_backup_that_was_killed_when_it_was_there_still_rotates(whole, server, killed_at, place):
    backup(whole, server, 'first', rotation=1)
    killed_at(place)
    record = backup(whole, server, 'second', rotation=1)
    assert killed_at.died and record['message'] is None
    assert set(images(whole)) == {'second'}


def test_a_backup_that_fails_removes_none(whole, server):
    backup(whole, server, 'first', rotation=1)
    whole.faults('cmp1').add('snapshot.upload', 'fail')
    backup(whole, server, 'second', rotation=1)
    assert set(images(whole)) == {'first'}

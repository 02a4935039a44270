# SPDX-License-Identifier: Apache-2.0
"""Servers are put away as images and come back: on the same host and on others, through failures and killed steps."""
import datetime

import pytest

from mininova import crashpoint, exception, objects
from mininova.compute import power_state, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.conductor import rpcapi as conductor_rpcapi
from mininova.image import api as image_api
from mininova.network import ipam
from tests.functional.whole.test_deferred_delete import Killed, age, driver, force_down, instance, lose

SHELVE, OFFLOAD, UNSHELVE = {'shelve': None}, {'shelveOffload': None}, {'unshelve': None}
LATEST = '2.104'
SLOW = 40


@pytest.fixture
def network(whole):
    return ipam.create_network(whole.admin, 'private', '10.9.0.0/24').uuid


@pytest.fixture
def server(whole):
    made = whole.boot('vm1')
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


@pytest.fixture
def offloaded(whole, server):
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED')
    return server


@pytest.fixture
def staying(whole):
    """Shelved servers stay on their host."""
    whole.cloud.conf(shelved_offload_time=-1)


def images(whole, server):
    """Return the images that were made of a server."""
    return [image for image in image_api.API().get_all(whole.admin)
            if image['properties'].get('instance_uuid') == server]


def guests(whole):
    return {host: service.manager.driver.list_instances() for host, service in whole.hosts.items()
            if service.manager.driver.list_instances()}


def results(whole, server, action):
    return {event['event']: event['result'] for event in whole.actions(server)[action]['events']}


def marks(whole, server):
    return sorted(key for key in instance(whole, server).system_metadata if key.startswith('shelved_'))


def die_at(monkeypatch, name):
    passed = []

    def observe(point):
        if point == name:
            passed.append(point)
            if len(passed) == 1:
                raise Killed(point)
    monkeypatch.setattr(crashpoint, 'observers', [observe])
    return passed


# -- the main path ---------------------------------------------------------------------------------------


def test_a_server_is_put_away_and_comes_back(whole, server):
    assert whole.act(server, SHELVE).status == 202
    shown = whole.wait(server, 'SHELVED_OFFLOADED')
    assert shown['OS-EXT-SRV-ATTR:host'] is None and shown['OS-EXT-AZ:availability_zone'] == ''
    assert shown['OS-EXT-STS:power_state'] == power_state.SHUTDOWN
    assert whole.used() == {'cmp1': 0} and guests(whole) == {}
    image, = images(whole, server)
    assert (image['name'], image['status']) == ('vm1-shelved', 'active')
    assert results(whole, server, 'shelve') == {'compute_shelve_instance': 'Success',
                                                'compute_shelve_offload_instance': 'Success'}
    assert marks(whole, server) == ['shelved_at', 'shelved_host', 'shelved_image_id']
    assert whole.findings() == []

    before = instance(whole, server).launched_at
    assert whole.act(server, UNSHELVE).status == 202
    shown = whole.wait(server, 'ACTIVE')
    assert (shown['OS-EXT-SRV-ATTR:host'], shown['OS-EXT-STS:power_state']) == ('cmp1', power_state.RUNNING)
    assert shown['image']['id'] == whole.image
    assert instance(whole, server).launched_at > before
    assert results(whole, server, 'unshelve') == {'compute_unshelve_instance': 'Success'}
    whole.until(lambda: images(whole, server) == [] and marks(whole, server) == [])
    assert whole.used() == {'cmp1': 512}
    assert whole.findings() == []


def test_its_addresses_stay_its_own(whole, network):
    server = whole.boot('vm1', networks=[{'uuid': network}])
    before = whole.wait(server)['addresses']
    whole.act(server, SHELVE)
    assert whole.wait(server, 'SHELVED_OFFLOADED')['addresses'] == before
    assert {card.host for card in objects.FixedIPList.get_by_instance_uuid(whole.admin, server)} == {None}
    assert whole.findings() == []
    whole.add_host('cmp2')
    whole.act(server, {'unshelve': {'host': 'cmp2'}}, LATEST)
    shown = whole.wait(server, 'ACTIVE')
    assert (shown['addresses'], shown['OS-EXT-SRV-ATTR:host']) == (before, 'cmp2')
    assert {card.host for card in objects.FixedIPList.get_by_instance_uuid(whole.admin, server)} == {'cmp2'}
    assert whole.findings() == []
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED')
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server)
    assert len(objects.FixedIPList.get_by_instance_uuid(whole.admin, server)) == 0
    whole.until(lambda: whole.findings() == [])


def test_a_server_that_stays_on_its_host_is_started_there(whole, server, staying):
    whole.act(server, SHELVE)
    shown = whole.wait(server, 'SHELVED')
    assert (shown['OS-EXT-SRV-ATTR:host'], shown['OS-EXT-STS:power_state']) == ('cmp1', power_state.SHUTDOWN)
    assert whole.used() == {'cmp1': 512}
    whole.act(server, UNSHELVE)
    whole.wait(server, 'ACTIVE')
    whole.until(lambda: images(whole, server) == [] and marks(whole, server) == [])
    assert results(whole, server, 'unshelve') == {'compute_start_instance': 'Success'}
    assert whole.findings() == []


def test_it_is_offloaded_when_asked(whole, server, staying):
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED')
    assert whole.act(server, OFFLOAD).status == 202
    whole.wait(server, 'SHELVED_OFFLOADED')
    assert guests(whole) == {} and whole.used() == {'cmp1': 0}
    assert results(whole, server, 'shelveOffload') == {'compute_shelve_offload_instance': 'Success'}


def test_it_is_offloaded_when_its_time_is_over(whole, server):
    whole.cloud.conf(shelved_offload_time=3600)
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED')
    periodic = whole.hosts['cmp1'].manager.periodic
    periodic.offload_shelved()
    assert whole.show(server)['status'] == 'SHELVED'
    instance(whole, server).update_system_metadata({'shelved_at': datetime.datetime(2020, 1, 1).isoformat()})
    for seconds, status in ((-1, 'SHELVED'), (3600, 'SHELVED_OFFLOADED')):
        whole.cloud.conf(shelved_offload_time=seconds)
        periodic.offload_shelved()
        assert whole.wait(server, status)


@pytest.mark.parametrize('first', [{'os-stop': None}, {'pause': None}, {'suspend': None}])
def test_a_server_that_does_not_run_is_shelved_too(whole, server, first):
    whole.act(server, first)
    whole.wait(server, 'SHUTOFF', 'PAUSED', 'SUSPENDED')
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED')
    whole.act(server, UNSHELVE)
    whole.wait(server, 'ACTIVE')
    assert whole.findings() == []


def test_it_comes_back_on_the_host_that_was_asked_for(whole, offloaded):
    whole.add_host('cmp2')
    whole.act(offloaded, {'unshelve': {'host': 'cmp2'}}, LATEST)
    assert whole.wait(offloaded, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'cmp2'
    assert whole.used() == {'cmp1': 0, 'cmp2': 512}


def test_a_host_on_which_its_build_failed_once_is_not_ruled_out(whole, offloaded):
    objects.RequestSpec.add_attempt(whole.admin, offloaded, 'cmp1', 'it was full then')
    whole.act(offloaded, UNSHELVE)
    whole.wait(offloaded, 'ACTIVE')


def test_a_host_that_was_forced_at_the_beginning_does_not_bind(whole):
    server = whole.boot('vm1', availability_zone='nova:cmp1')
    whole.wait(server)
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED')
    whole.add_host('cmp2')
    force_down(whole, 'cmp1', True)
    whole.act(server, {'unshelve': {'availability_zone': None}}, LATEST)
    assert whole.wait(server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'cmp2'


# -- when it does not work -------------------------------------------------------------------------------


@pytest.mark.parametrize('fault', ['power_off', 'snapshot', 'snapshot.upload'])
def test_a_shelving_that_fails_leaves_the_server_as_it_was(whole, server, fault):
    whole.faults('cmp1').add(fault, 'fail', value='broken')
    whole.act(server, SHELVE)
    whole.until(lambda: whole.actions(server)['shelve']['message'] == 'Error')
    shown = whole.wait(server, 'ACTIVE')
    assert shown['OS-EXT-STS:power_state'] == power_state.RUNNING
    assert images(whole, server) == [] and marks(whole, server) == []
    assert whole.findings() == []
    assert whole.act(server, SHELVE).status == 202
    whole.wait(server, 'SHELVED_OFFLOADED')


def test_an_offload_that_fails_is_tried_again(whole, server):
    whole.faults('cmp1').add('destroy', 'fail', count=2)
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED', seconds=SLOW)
    assert guests(whole) == {} and whole.used() == {'cmp1': 0}


def test_without_room_it_stays_away_and_says_why(whole, offloaded):
    force_down(whole, 'cmp1', True)
    whole.act(offloaded, UNSHELVE)
    whole.until(lambda: whole.actions(offloaded).get('unshelve', {}).get('message') == 'Error')
    shown = whole.wait(offloaded, 'SHELVED_OFFLOADED')
    assert shown['OS-EXT-SRV-ATTR:host'] is None and whole.used() == {'cmp1': 0}
    event, = whole.actions(offloaded)['unshelve']['events']
    assert (event['event'], event['result']) == ('conductor_unshelve_instance', 'Error')
    assert 'No valid host was found' in event['details']
    force_down(whole, 'cmp1', False)
    whole.act(offloaded, UNSHELVE)
    whole.wait(offloaded, 'ACTIVE')


def test_a_spawn_that_fails_leaves_it_away_and_nothing_on_the_host(whole, offloaded):
    whole.faults('cmp1').add('spawn', 'full', value='no room')
    whole.act(offloaded, UNSHELVE)
    whole.until(lambda: whole.actions(offloaded).get('unshelve', {}).get('message') == 'Error')
    shown = whole.wait(offloaded, 'SHELVED_OFFLOADED')
    assert shown['OS-EXT-SRV-ATTR:host'] is None and guests(whole) == {} and whole.used() == {'cmp1': 0}
    assert len(images(whole, offloaded)) == 1
    assert whole.findings() == []
    whole.act(offloaded, UNSHELVE)
    whole.wait(offloaded, 'ACTIVE')


def test_without_its_image_it_is_lost_and_says_so(whole, offloaded):
    image, = images(whole, offloaded)
    image_api.API().delete(whole.admin, image['id'])
    whole.act(offloaded, UNSHELVE)
    shown = whole.wait(offloaded, 'ERROR')
    assert shown['fault']['message'] == f'Unshelve attempted but the image {image["id"]} cannot be found.'
    whole.api.delete(f'/servers/{offloaded}')
    whole.wait_gone(offloaded)


def test_while_the_image_service_is_away_it_waits(whole, offloaded, monkeypatch):
    calls, original = [], image_api.API.get

    def get(self, context, image_id):
        calls.append(image_id)
        if len(calls) == 1:
            raise exception.GlanceConnectionFailed(server='g', reason='away')
        return original(self, context, image_id)
    monkeypatch.setattr(image_api.API, 'get', get)
    whole.act(offloaded, UNSHELVE)
    whole.wait(offloaded, 'ACTIVE', seconds=SLOW)
    assert len(calls) > 1


def test_an_image_that_cannot_be_removed_does_not_end_the_server(whole, offloaded, monkeypatch):
    monkeypatch.setattr(image_api.API, 'delete', lambda *args: (_ for _ in ()).throw(
        exception.GlanceConnectionFailed(server='g', reason='away')))
    whole.act(offloaded, UNSHELVE)
    whole.wait(offloaded, 'ACTIVE')
    whole.until(lambda: marks(whole, offloaded) == ['shelved_image_id'])
    monkeypatch.undo()
    whole.api.delete(f'/servers/{offloaded}')
    whole.wait_gone(offloaded)
    assert images(whole, offloaded) == []


def test_an_image_that_an_administrator_made_goes_with_the_server_of_a_member(whole):
    member = whole.api.user('demo', 'demo-project')
    answer = member.post('/servers', {'server': {'name': 'vm1', 'flavorRef': '1', 'imageRef': whole.image,
                                                 'networks': 'none'}}, version='2.96')
    server = answer.json['server']['id']
    whole.wait(server)
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED')
    assert member.post(f'/servers/{server}/action', UNSHELVE).status == 202
    whole.wait(server, 'ACTIVE')
    whole.until(lambda: images(whole, server) == [])


# -- lost messages and killed steps ------------------------------------------------------------------------


@pytest.mark.parametrize('owner, method', [
    (compute_rpcapi.ComputeAPI, 'shelve_instance'), (conductor_rpcapi.ComputeTaskAPI, 'unshelve_instance'),
    (compute_rpcapi.ComputeAPI, 'unshelve_instance')])
def test_a_lost_message_is_made_up_for(whole, server, monkeypatch, owner, method):
    lost = lose(monkeypatch, owner, method)
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED', seconds=SLOW)
    whole.act(server, UNSHELVE)
    whole.wait(server, 'ACTIVE', seconds=SLOW)
    assert lost
    whole.until(lambda: images(whole, server) == [])
    assert whole.findings() == []


@pytest.mark.parametrize('method', ['shelve_offload_instance', 'start_instance'])
def test_a_lost_message_of_a_server_that_stays_is_made_up_for(whole, server, staying, monkeypatch, method):
    lost = lose(monkeypatch, compute_rpcapi.ComputeAPI, method)
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED', seconds=SLOW)
    if method == 'start_instance':
        whole.act(server, UNSHELVE)
        whole.wait(server, 'ACTIVE', seconds=SLOW)
    else:
        whole.act(server, OFFLOAD)
        whole.wait(server, 'SHELVED_OFFLOADED', seconds=SLOW)
    assert lost


KILLED = ['shelve.H3.taken_up.after', 'shelve.H4.powered_off.after', 'shelve.H5.image_complete.after',
          'shelve.H6.shelved.before', 'shelve.H6.shelved.after', 'offload.J1.taken_up.after',
          'offload.J2.removed.after', 'offload.J3.written.after', 'snapshot.S4.copied.after',
          'snapshot.S5.uploaded.after', 'unshelve.U2.conductor.after', 'unshelve.U3.claimed.after',
          'unshelve.U4.host_written.after', 'unshelve.U5.taken_up.after', 'unshelve.U6.network.after',
          'unshelve.U7.running.after']


@pytest.mark.parametrize('point', KILLED)
def test_a_step_that_was_killed_is_done_again(whole, server, monkeypatch, point):
    passed = die_at(monkeypatch, point)
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED', seconds=SLOW)
    assert len(images(whole, server)) == 1
    whole.act(server, UNSHELVE)
    whole.wait(server, 'ACTIVE', seconds=SLOW)
    assert passed
    whole.until(lambda: images(whole, server) == [] and marks(whole, server) == [])
    whole.until(lambda: whole.findings() == [])
    assert whole.used() == {'cmp1': 512}


def test_an_image_left_by_a_kill_after_the_last_step_is_removed_at_the_next_start(whole, offloaded, monkeypatch):
    passed = die_at(monkeypatch, 'unshelve.U8.active.after')
    whole.act(offloaded, UNSHELVE)
    whole.wait(offloaded, 'ACTIVE')
    assert passed and len(images(whole, offloaded)) == 1
    whole.hosts['cmp1'].manager.reconciler.recover()
    assert images(whole, offloaded) == [] and marks(whole, offloaded) == []


def test_a_clean_up_that_was_killed_leaves_it_away(whole, offloaded, monkeypatch):
    whole.faults('cmp1').add('spawn', 'full', count=1)
    passed = die_at(monkeypatch, 'unshelve.U9.cleaned.after')
    whole.act(offloaded, UNSHELVE)
    whole.wait(offloaded, 'ACTIVE', seconds=SLOW)
    assert passed and whole.used() == {'cmp1': 512}


def test_an_unshelving_leaves_a_host_that_goes_down(whole, offloaded, monkeypatch):
    whole.add_host('cmp2')
    lost = lose(monkeypatch, compute_rpcapi.ComputeAPI, 'unshelve_instance')
    whole.act(offloaded, {'unshelve': {'host': 'cmp1'}}, LATEST)
    whole.until(lambda: lost)
    compute = whole.hosts['cmp1']
    compute.stop()
    whole.services.remove(compute)
    force_down(whole, 'cmp1', True)
    record = objects.InstanceAction.get_current(whole.admin, offloaded, instance(whole, offloaded).action_id)
    assert record.arguments == {'host': 'cmp1'}
    whole.until(lambda: whole.actions(offloaded)['unshelve']['message'] == 'Error', SLOW)
    shown = whole.wait(offloaded, 'SHELVED_OFFLOADED')
    assert shown['OS-EXT-SRV-ATTR:host'] is None and whole.used()['cmp1'] == 0
    whole.act(offloaded, UNSHELVE)
    assert whole.wait(offloaded, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'cmp2'


def test_a_guest_that_a_host_made_before_it_went_down_is_removed_when_it_is_back(whole, offloaded):
    record = instance(whole, offloaded)
    driver(whole).spawn(whole.admin, record, record.image_meta, [], None, None)
    # The end of the offload may still be in hand, and a server in hand is left alone.
    whole.until(lambda: (whole.hosts['cmp1'].manager.reconciler.remove_strays(), guests(whole) == {})[1])


# -- deletions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize('stays', [True, False])
def test_a_deletion_takes_the_image_with_it(whole, server, stays):
    whole.cloud.conf(shelved_offload_time=-1 if stays else 0)
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED' if stays else 'SHELVED_OFFLOADED')
    assert whole.api.delete(f'/servers/{server}').status == 204
    whole.wait_gone(server)
    assert images(whole, server) == [] and guests(whole) == {} and whole.used() == {'cmp1': 0}
    whole.until(lambda: whole.findings() == [])


@pytest.mark.parametrize('point', KILLED)
def test_a_deletion_at_any_step_leaves_nothing(whole, server, monkeypatch, point):
    """The step was killed, and the user deletes before anybody takes it up again."""
    whole.cloud.conf(group='reconciler', grace=30)
    passed = die_at(monkeypatch, point)
    whole.act(server, SHELVE)
    if point.startswith('unshelve'):
        whole.wait(server, 'SHELVED_OFFLOADED')
        whole.act(server, UNSHELVE)
    whole.until(lambda: passed)
    assert whole.api.delete(f'/servers/{server}').status == 204
    whole.wait_gone(server, seconds=SLOW)
    whole.until(lambda: guests(whole) == {} and images(whole, server) == [])
    assert whole.used() == {'cmp1': 0}
    whole.until(lambda: whole.findings() == [])


def test_a_deletion_while_the_image_is_made(whole, server):
    whole.faults('cmp1').add('snapshot.copy', 'delay', value='1')
    whole.act(server, SHELVE)
    whole.until(lambda: whole.show(server)['OS-EXT-STS:task_state'] == 'shelving_image_pending_upload')
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server)
    assert images(whole, server) == [] and guests(whole) == {}
    whole.until(lambda: whole.findings() == [])


def test_a_deferred_deletion_of_a_shelved_server_keeps_its_image(whole, offloaded):
    whole.cloud.conf(reclaim_instance_interval=3600)
    whole.api.delete(f'/servers/{offloaded}')
    whole.wait(offloaded, 'SOFT_DELETED')
    assert len(images(whole, offloaded)) == 1
    whole.act(offloaded, {'restore': None})
    whole.wait(offloaded, 'SHELVED_OFFLOADED')
    whole.act(offloaded, UNSHELVE)
    whole.wait(offloaded, 'ACTIVE')
    whole.act(offloaded, SHELVE)
    whole.wait(offloaded, 'SHELVED_OFFLOADED')
    whole.api.delete(f'/servers/{offloaded}')
    whole.wait(offloaded, 'SOFT_DELETED')
    age(whole, offloaded)
    whole.services[0].manager.compute_task.deletes.reclaim()
    whole.wait_gone(offloaded)
    assert images(whole, offloaded) == []


def test_a_deferred_deletion_of_a_server_that_stayed_on_its_host_frees_the_host(whole, server, staying):
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED')
    whole.cloud.conf(reclaim_instance_interval=3600)
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED')
    assert guests(whole) == {} and whole.used() == {'cmp1': 0}
    whole.act(server, {'restore': None})
    whole.wait(server, 'SHELVED_OFFLOADED')
    whole.act(server, UNSHELVE)
    whole.wait(server, 'ACTIVE')


def test_a_second_shelving_leaves_one_image(whole, server, monkeypatch):
    """The image of the first could not be removed when the server came back."""
    original = image_api.API.delete
    monkeypatch.setattr(image_api.API, 'delete', lambda *args: (_ for _ in ()).throw(
        exception.GlanceConnectionFailed(server='g', reason='away')))
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED')
    whole.act(server, UNSHELVE)
    whole.wait(server, 'ACTIVE')
    whole.until(lambda: marks(whole, server) == ['shelved_image_id'])
    monkeypatch.setattr(image_api.API, 'delete', original)
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED')
    assert len(images(whole, server)) == 1
    assert instance(whole, server).vm_state == vm_states.SHELVED_OFFLOADED

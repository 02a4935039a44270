# SPDX-License-Identifier: Apache-2.0
"""shelve, shelveOffload, unshelve: states, bodies of all versions, zones, hosts, policies."""
import pytest

from mininova import exception, objects, policy, rpc
from mininova.compute import state_machine, vm_states
from mininova.image import api as image_api

SHELVE, OFFLOAD, UNSHELVE = {'shelve': None}, {'shelveOffload': None}, {'unshelve': None}
BODIES = {'shelve': SHELVE, 'shelve_offload': OFFLOAD, 'unshelve': UNSHELVE}
METHODS = {'shelve': 'shelve_instance', 'shelve_offload': 'shelve_offload_instance', 'unshelve': 'unshelve_instance'}
TASKS = {'shelve': 'shelving', 'shelve_offload': 'shelving_offloading', 'unshelve': 'unshelving'}
RECORDS = {'shelve': 'shelve', 'shelve_offload': 'shelveOffload', 'unshelve': 'unshelve'}
LATEST = '2.104'


def act(client, uuid, body, version=None):
    return client.post(f'/servers/{uuid}/action', body, version)


@pytest.fixture
def server(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo)
    edge.sent.clear()
    return uuid


@pytest.fixture
def offloaded(server, lab):
    lab.settle(server, vm_state=vm_states.SHELVED_OFFLOADED, host=None, node=None, availability_zone=None)
    return server


def settle(lab, uuid, name):
    lab.settle(uuid, vm_state=sorted(state_machine.ACTIONS[name].vm_states)[0], task_state=None)


@pytest.mark.parametrize('name', BODIES)
def test_what_an_action_writes_and_sends(server, lab, api, edge, name):
    settle(lab, server, name)
    answer = act(api, server, BODIES[name])
    assert (answer.status, answer.body) == (202, b'')
    message, = edge.sent
    instance = lab.instance(server)
    record = lab.actions(server)[0]
    assert (message.method, instance.task_state, record.action) == (METHODS[name], TASKS[name], RECORDS[name])
    assert message.instance.action_id == instance.action_id == record.action_id
    assert message.server == (None if name == 'unshelve' else 'cmp1')


@pytest.mark.parametrize('name', BODIES)
def test_the_table_decides_in_which_state(server, lab, api, name):
    word = state_machine.METHOD_NAMES.get(name, name)
    for vm_state in [state for state in vm_states.ALL if state != 'deleted']:
        lab.settle(server, vm_state=vm_state, task_state=None)
        answer = act(api, server, BODIES[name])
        if vm_state in state_machine.ACTIONS[name].vm_states:
            assert answer.status == 202, vm_state
        else:
            assert answer.fault == (
                'conflictingRequest', f"Cannot '{word}' instance {server} while it is in vm_state {vm_state}")


@pytest.mark.parametrize('name', BODIES)
def test_another_task_is_in_the_way(server, lab, api, name):
    settle(lab, server, name)
    lab.settle(server, task_state='spawning')
    assert act(api, server, BODIES[name]).status == 409


@pytest.mark.parametrize('name', ['shelve', 'unshelve'])
def test_a_lock_keeps_members_out(server, lab, demo, api, name):
    settle(lab, server, name)
    lab.settle(server, locked=True, locked_by='owner')
    assert act(demo, server, BODIES[name]).fault == ('conflictingRequest', f'Instance {server} is locked')
    assert act(api, server, BODIES[name]).status == 202


def test_who_may(server, lab, demo, api):
    settle(lab, server, 'shelve_offload')
    assert act(demo, server, OFFLOAD).status == 403
    stranger = api.user('eve', 'another-project')
    for body in BODIES.values():
        assert act(stranger, server, body).fault == ('itemNotFound', f'Instance {server} could not be found.')
    policy.reset()
    policy.init(rules={f'os_compute_api:os-shelve:{name}': '!' for name in BODIES})
    for body in BODIES.values():
        assert act(demo, server, body).status == 403


def test_a_broken_message_bus_loses_nothing(server, lab, demo, edge):
    edge.broken = rpc.MessagingException('no bus')
    assert act(demo, server, SHELVE).status == 202
    assert lab.instance(server).task_state == 'shelving'


# -- the image -----------------------------------------------------------------------------------------


def test_the_image_is_announced(server, lab, demo):
    assert act(demo, server, SHELVE).status == 202
    instance = lab.instance(server)
    image_id = instance.system_metadata['shelved_image_id']
    image = image_api.API().get(lab.admin, image_id)
    assert (image['name'], image['status'], image['owner']) == ('vm1-shelved', 'queued', 'demo-project')
    assert image['properties']['instance_uuid'] == server
    assert lab.actions(server)[0].arguments == {'image_id': image_id}


def test_a_long_name_gives_an_image_all_the_same(server, lab, demo):
    lab.settle(server, display_name='x' * 255)
    assert act(demo, server, SHELVE).status == 202
    image = image_api.API().get(lab.admin, lab.instance(server).system_metadata['shelved_image_id'])
    assert len(image['name']) == 255 and image['name'].endswith('-shelved')


@pytest.mark.parametrize('error, status', [
    (exception.ImageNotAuthorized(image_id='x'), 403), (exception.GlanceConnectionFailed(server='g', reason='r'), 503),
    (OSError('No space left on device'), 500)])
def test_without_an_image_nothing_is_done(server, lab, demo, edge, monkeypatch, error, status):
    def refuse(*args, **kwargs):
        raise error
    monkeypatch.setattr(image_api.API, 'create', refuse)
    assert act(demo, server, SHELVE).status == status
    instance = lab.instance(server)
    assert (instance.vm_state, instance.task_state) == ('active', None)
    record = lab.actions(server)[0]
    assert (record.action, record.message, bool(record.finish_time)) == ('shelve', 'Error', True)
    assert edge.sent == []
    monkeypatch.undo()


# -- bodies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize('version, body, accepted', [
    ('2.1', None, True), ('2.1', {}, True), ('2.76', {'availability_zone': 5}, True), ('2.76', 'x', True),
    ('2.77', None, True), ('2.77', {}, False), ('2.77', {'availability_zone': None}, False),
    ('2.77', {'availability_zone': ''}, False), ('2.77', {'host': 'cmp1'}, False), ('2.77', 'x', False),
    ('2.77', {'availability_zone': 'nova', 'host': 'cmp1'}, False), ('2.90', {'availability_zone': 'nova'}, True),
    ('2.91', None, True), ('2.91', {}, True), ('2.91', {'availability_zone': None}, True),
    ('2.91', {'availability_zone': 'nova'}, True), ('2.91', {'host': 'cmp1'}, True),
    ('2.91', {'availability_zone': None, 'host': 'cmp1'}, True),
    ('2.91', {'availability_zone': 'nova', 'host': 'cmp1'}, True), ('2.91', {'host': None}, False),
    ('2.91', {'host': 1}, False), ('2.91', {'x': 1}, False), (LATEST, {'availability_zone': 1}, False)])
def test_bodies_of_unshelve(offloaded, api, version, body, accepted):
    answer = act(api, offloaded, {'unshelve': body}, version)
    assert answer.status == (202 if accepted else 400), answer.body


@pytest.mark.parametrize('version', ['2.1', LATEST])
def test_bodies_of_the_others(server, lab, api, version):
    for name in ('shelve', 'shelve_offload'):
        (key, _), = BODIES[name].items()
        for value in (None, {}, 'x'):
            settle(lab, server, name)
            assert act(api, server, {key: value}, version).status == 202
        assert act(api, server, {key: None, 'x': 1}, version).status == 400


# -- where to ------------------------------------------------------------------------------------------


@pytest.fixture
def zones(lab, offloaded):
    lab.host('east1', zone='east')
    lab.host('west1', zone='west')
    return offloaded


def spec(lab, uuid):
    return objects.RequestSpec.get_by_instance_uuid(lab.admin, uuid)


def test_another_zone_is_pinned(zones, lab, demo, edge):
    assert act(demo, zones, {'unshelve': {'availability_zone': 'east'}}, '2.77').status == 202
    assert spec(lab, zones).availability_zone == 'east'
    assert lab.actions(zones)[0].arguments == {'availability_zone': 'east'}
    assert demo.get(f'/servers/{zones}', LATEST).json['server']['pinned_availability_zone'] == 'east'


def test_no_word_about_the_zone_keeps_the_pin_and_null_unpins(zones, lab, demo):
    act(demo, zones, {'unshelve': {'availability_zone': 'east'}}, '2.77')
    lab.settle(zones, task_state=None)
    assert act(demo, zones, UNSHELVE, LATEST).status == 202
    assert spec(lab, zones).availability_zone == 'east'
    lab.settle(zones, task_state=None)
    assert act(demo, zones, {'unshelve': {'availability_zone': None}}, LATEST).status == 202
    assert spec(lab, zones).availability_zone is None


def test_a_zone_that_does_not_exist(zones, lab, demo):
    assert act(demo, zones, {'unshelve': {'availability_zone': 'north'}}, '2.77').fault == (
        'badRequest', 'The requested availability zone is not available')
    assert lab.instance(zones).task_state is None


@pytest.mark.parametrize('asked', [{'availability_zone': 'nova'}, {'availability_zone': None}, {'host': 'cmp1'}])
def test_only_what_is_on_no_host_can_be_put_elsewhere(server, lab, api, asked):
    lab.settle(server, vm_state=vm_states.SHELVED)
    name, text = act(api, server, {'unshelve': asked}, LATEST).fault
    assert name == 'conflictingRequest' and text == (
        f'Specifying an availability zone or a host when unshelving server "{server}" with status "shelved" is not '
        'supported. The server status must be SHELVED_OFFLOADED.')
    assert lab.instance(server).task_state is None


def test_a_host_of_choice(zones, lab, api):
    assert act(api, zones, {'unshelve': {'host': 'west1'}}, LATEST).status == 202
    assert lab.actions(zones)[0].arguments == {'host': 'west1'}
    assert spec(lab, zones).requested_host is None, 'it holds for this time only'


def test_a_host_is_for_administrators(zones, demo):
    name, text = act(demo, zones, {'unshelve': {'host': 'west1'}}, LATEST).fault
    assert name == 'forbidden' and 'unshelve_to_host' in text


def test_a_host_that_does_not_exist(zones, lab, api):
    name, text = act(api, zones, {'unshelve': {'host': 'nowhere'}}, LATEST).fault
    assert name == 'badRequest' and 'nowhere' in text
    assert lab.instance(zones).task_state is None


@pytest.mark.parametrize('pinned, asked, status', [
    (None, {'host': 'east1'}, 202), ('west', {'host': 'east1'}, 409), ('east', {'host': 'east1'}, 202),
    ('west', {'host': 'east1', 'availability_zone': 'east'}, 202),
    ('west', {'host': 'east1', 'availability_zone': None}, 202),
    ('east', {'host': 'east1', 'availability_zone': 'west'}, 409)])
def test_host_and_zone_must_agree(zones, lab, api, pinned, asked, status):
    stored = spec(lab, zones)
    stored.availability_zone = pinned
    stored.save()
    answer = act(api, zones, {'unshelve': asked}, LATEST)
    assert answer.status == status
    if status == 409:
        zone = asked.get('availability_zone', pinned)
        assert answer.fault[1] == f'Host "east1" is not in the availability zone "{zone}".'
        assert spec(lab, zones).availability_zone == pinned


def test_below_2_77_what_the_body_says_is_passed_over(zones, lab, api):
    assert act(api, zones, {'unshelve': {'availability_zone': 'east', 'host': 'east1'}}, '2.76').status == 202
    assert lab.actions(zones)[0].arguments == {}
    assert spec(lab, zones).availability_zone is None


def test_a_server_on_no_host_shows_none(offloaded, api):
    shown = api.get(f'/servers/{offloaded}', LATEST).json['server']
    assert (shown['status'], shown['OS-EXT-SRV-ATTR:host'], shown['hostId'], shown['OS-EXT-AZ:availability_zone'],
            shown['host_status']) == ('SHELVED_OFFLOADED', None, '', '', '')


def test_a_shelved_server_counts_in_the_quota(offloaded, demo, cloud, lab):
    cloud.conf(group='quota', instances=1)
    assert lab.boot(demo).status == 403

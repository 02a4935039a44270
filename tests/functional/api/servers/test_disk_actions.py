# SPDX-License-Identifier: Apache-2.0
"""POST /servers/{id}/action: rebuild, createImage, createBackup, rescue, unrescue, up to the message to the host."""
import base64

import pytest

from mininova import context, exception, objects, rpc
from mininova.compute import sealing, server_images, state_machine, vm_states
from mininova.db import aggregates
from mininova.image import api as image_api

NOWHERE = '99999999-9999-4999-8999-999999999999'
IMAGE = {'createImage': {'name': 'snap'}}
BACKUP = {'createBackup': {'name': 'snap', 'backup_type': 'daily', 'rotation': 1}}
RESCUE, UNRESCUE = {'rescue': None}, {'unrescue': None}


@pytest.fixture
def bodies(lab):
    """Bodies that are accepted, by the name of the action in the table."""
    return {'rebuild': {'rebuild': {'imageRef': lab.default_image}}, 'snapshot': IMAGE, 'backup': BACKUP,
            'rescue': RESCUE, 'unrescue': UNRESCUE}


ACTIONS = ('rebuild', 'snapshot', 'backup', 'rescue', 'unrescue')
UNLOCKED = ('rebuild', 'rescue', 'unrescue')


@pytest.fixture
def server(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo)
    edge.sent.clear()
    return uuid


def act(client, uuid, body, version=None):
    return client.post(f'/servers/{uuid}/action', body, version)


def _admin():
    return context.get_admin_context()


def image(image_id):
    return image_api.API().get(_admin(), image_id)


def ok(name):
    return sorted(state_machine.ACTIONS[name].vm_states)[0]


# -- what they have in common -----------------------------------------------------------------


@pytest.mark.parametrize('name', ACTIONS)
def test_the_table_decides_in_which_state(server, lab, demo, bodies, name):
    word = state_machine.METHOD_NAMES.get(name, name)
    for vm_state in [state for state in vm_states.ALL if state != 'deleted']:
        lab.settle(server, vm_state=vm_state, task_state=None)
        before = len(lab.actions(server)), len(image_api.API().get_all(_admin()))
        answer = act(demo, server, bodies[name])
        if vm_state in state_machine.ACTIONS[name].vm_states:
            assert answer.status in (200, 202), answer.body
        else:
            assert answer.fault == (
                'conflictingRequest', f"Cannot '{word}' instance {server} while it is in vm_state {vm_state}")
            assert (len(lab.actions(server)), len(image_api.API().get_all(_admin()))) == before


@pytest.mark.parametrize('name', ACTIONS)
def test_a_server_that_never_ran_has_nothing_to_work_on(server, lab, demo, bodies, name):
    lab.settle(server, vm_state=ok(name), task_state=None, launched_at=None)
    word = state_machine.METHOD_NAMES.get(name, name)
    assert act(demo, server, bodies[name]).fault == (
        'conflictingRequest', f"Instance {server} is in an invalid state for '{word}'")


@pytest.mark.parametrize('name', ACTIONS)
def test_another_task_is_in_the_way(server, lab, demo, bodies, name):
    lab.settle(server, vm_state=ok(name), task_state='image_snapshot')
    word = state_machine.METHOD_NAMES.get(name, name)
    assert act(demo, server, bodies[name]).fault == (
        'conflictingRequest', f"Cannot '{word}' instance {server} while it is in task_state image_snapshot")


@pytest.mark.parametrize('name', ACTIONS)
def test_a_lock_keeps_members_from_the_disk_but_not_from_images_of_it(server, lab, demo, bodies, name):
    lab.settle(server, vm_state=ok(name), locked=True, locked_by='owner')
    answer = act(demo, server, bodies[name])
    if name in UNLOCKED:
        assert answer.fault == ('conflictingRequest', f'Instance {server} is locked')
    else:
        assert answer.status == 202


@pytest.mark.parametrize('name', ACTIONS)
def test_servers_of_others_are_not_there_and_readers_may_not(server, lab, api, demo, bodies, name):
    lab.settle(server, vm_state=ok(name))
    assert act(api.user('x', 'other'), server, bodies[name]).status == 404
    assert act(demo, NOWHERE, bodies[name]).fault == ('itemNotFound', f'Instance {NOWHERE} could not be found.')


@pytest.mark.parametrize('name', ACTIONS)
def test_a_broken_message_bus_does_not_lose_the_action(server, lab, demo, edge, bodies, name):
    lab.settle(server, vm_state=ok(name))
    edge.broken = rpc.MessagingException('no bus')
    assert act(demo, server, bodies[name]).status in (200, 202)
    assert lab.instance(server).task_state == state_machine.ACTIONS[name].starts


@pytest.mark.parametrize('version', ['2.1', '2.104'])
def test_bodies_that_are_refused(server, api, lab, version):
    good = lab.default_image
    for body in [
            {'rebuild': None}, {'rebuild': {}}, {'rebuild': {'imageRef': 'x'}}, {'rebuild': {'imageRef': ''}},
            {'rebuild': {'imageRef': good, 'name': ''}}, {'rebuild': {'imageRef': good, 'flavorRef': '1'}},
            {'rebuild': {'imageRef': good, 'name': ' x'}}, {'rebuild': {'imageRef': good, 'metadata': {'a': 1}}},
            {'rebuild': {'imageRef': good, 'accessIPv4': '::1'}},
            {'rebuild': {'imageRef': good, 'OS-DCF:diskConfig': 'auto'}},
            {'rebuild': {'imageRef': good, 'preserve_ephemeral': 2}},
            {'createImage': {}}, {'createImage': {'name': ''}}, {'createImage': {'name': 'a', 'x': 1}},
            {'createImage': {'name': 'a' * 256}}, {'createImage': {'name': 'a', 'metadata': {'k': None}}},
            {'createBackup': {'name': 'a', 'rotation': 1}}, {'createBackup': {'name': 'a', 'backup_type': 'b'}},
            {'createBackup': {'name': 'a', 'backup_type': 'b', 'rotation': -1}},
            {'createBackup': {'name': 'a', 'backup_type': 'b', 'rotation': 'x'}},
            {'rescue': {'rescue_image_ref': 'x'}}, {'rescue': {'adminPass': 1}}, {'rescue': {'x': 1}},
            {'unrescue': None, 'x': 1}]:
        assert act(api, server, body, version).fault[0] == 'badRequest', body
    assert lab.instance(server).task_state is None


@pytest.mark.parametrize('key, value, since, until', [
    ('description', 'x', '2.19', None), ('key_name', None, '2.54', None), ('user_data', None, '2.57', None),
    ('personality', [], '2.1', '2.56'), ('trusted_image_certificates', None, '2.63', None),
    ('hostname', 'new-name', '2.90', None)])
def test_keys_of_rebuild_by_version(server, lab, demo, key, value, since, until):
    body = {'rebuild': {'imageRef': lab.default_image, key: value}}
    below = f'2.{int(since[2:]) - 1}'
    above = f'2.{int((until or "2.0")[2:]) + 1}'
    for refused in ([below] if since != '2.1' else []) + ([above] if until else []):
        assert act(demo, server, body, refused).fault[0] == 'badRequest', refused
    for accepted in (since, until or '2.104'):
        lab.settle(server, task_state=None)
        assert act(demo, server, body, accepted).status == 202, accepted


# -- rebuild ----------------------------------------------------------------------------------


def test_a_rebuild_writes_everything_with_the_intent(server, lab, demo, edge):
    new = lab.image(name='new', properties={'os_type': 'linux', 'hw_disk_bus': 'scsi'}, min_ram=256)
    data = base64.b64encode(b'#!/bin/sh').decode()
    answer = act(demo, server, {'rebuild': {
        'imageRef': new, 'name': 'other', 'description': 'd', 'adminPass': 'secret', 'metadata': {'k': 'v'},
        'preserve_ephemeral': True, 'accessIPv4': '1.2.3.4', 'accessIPv6': '::1', 'user_data': data,
        'OS-DCF:diskConfig': 'AUTO', 'hostname': 'other-host'}}, '2.94')
    assert answer.status == 202, answer.body
    shown = answer.json['server']
    assert (shown['status'], shown['name'], shown['image']['id']) == ('REBUILD', 'other', new)
    assert (shown['adminPass'], shown['user_data'], shown['metadata']) == ('secret', data, {'k': 'v'})
    assert answer.headers['Location'] == shown['links'][0]['href']
    instance = lab.instance(server)
    assert (instance.task_state, instance.vm_state) == ('rebuilding', 'active')
    assert (instance.display_name, instance.display_description, instance.hostname) == ('other', 'd', 'other-host')
    assert (instance.access_ip_v4, instance.access_ip_v6, instance.auto_disk_config) == ('1.2.3.4', '::1', True)
    assert (instance.user_data, instance.metadata, instance.os_type) == (data, {'k': 'v'}, 'linux')
    assert instance.image_meta.id == new and instance.image_meta.properties['hw_disk_bus'] == 'scsi'
    spec = objects.RequestSpec.get_by_instance_uuid(lab.admin, server)
    assert (spec.image.id, spec.image.min_ram) == (new, 256)
    message, = edge.sent
    assert (message.method, message.server, message.password) == ('rebuild_instance', 'cmp1', 'secret')
    assert message.preserve_ephemeral is True and message.instance.metadata == {'k': 'v'}
    record = lab.actions(server)[0]
    assert (record.action, record.action_id) == ('rebuild', instance.action_id)
    assert 'secret' not in str(record.arguments)
    assert sealing.unseal(record.arguments['sealed']) == ('secret', [])
    assert record.arguments['before']['image_ref'] == lab.default_image


def test_what_is_not_named_stays(server, lab, demo):
    lab.settle(server, display_description='d', user_data='eA==', key_name='k')
    before = lab.instance(server)
    answer = act(demo, server, {'rebuild': {'imageRef': lab.default_image}}, '2.94')
    assert answer.status == 202 and len(answer.json['server']['adminPass']) == 12
    after = lab.instance(server)
    for name in ('display_name', 'display_description', 'user_data', 'key_name', 'metadata', 'hostname', 'image_ref',
                 'host', 'node', 'launched_at', 'network_info'):
        assert getattr(after, name) == getattr(before, name), name


def test_files_of_old_versions_reach_the_host(server, lab, demo, edge):
    content = base64.b64encode(b'x').decode()
    assert act(demo, server, {'rebuild': {'imageRef': lab.default_image, 'personality': [
        {'path': '/etc/motd', 'contents': content}]}}, '2.56').status == 202
    assert edge.sent[0].injected_files == [['/etc/motd', content]]


def test_a_key_pair_is_replaced_or_taken_away(server, lab, demo, api):
    demo.post('/os-keypairs', {'keypair': {'name': 'mine', 'public_key': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8L'
                                           'qVKXh4mXCMEHpGfDTTqzXn8yQ6jkS1e5LxYqFQJz a@b'}})
    body = {'rebuild': {'imageRef': lab.default_image, 'key_name': 'mine'}}
    answer = act(demo, server, body, '2.54')
    assert answer.json['server']['key_name'] == 'mine', answer.body
    assert lab.instance(server).key_data.startswith('ssh-ed25519')
    lab.settle(server, task_state=None)
    body['rebuild']['key_name'] = None
    assert act(demo, server, body, '2.54').json['server']['key_name'] is None
    assert lab.instance(server).key_data is None
    lab.settle(server, task_state=None)
    body['rebuild']['key_name'] = 'unknown'
    assert act(demo, server, body, '2.54').fault == ('badRequest', 'Invalid key_name provided.')


@pytest.mark.parametrize('version, keys, missing', [
    ('2.1', set(), {'key_name', 'description', 'user_data', 'locked', 'config_drive', 'OS-EXT-STS:vm_state'}),
    ('2.19', {'description', 'locked'}, {'key_name', 'tags'}), ('2.54', {'key_name', 'tags'}, {'user_data'}),
    ('2.57', {'user_data', 'key_name'}, {'trusted_image_certificates', 'OS-EXT-STS:vm_state'}),
    ('2.71', {'server_groups', 'trusted_image_certificates'}, {'locked_reason', 'security_groups'}),
    ('2.75', {'locked_reason', 'OS-EXT-STS:vm_state', 'security_groups', 'config_drive', 'user_data'}, set())])
def test_the_answer_by_version(server, lab, demo, version, keys, missing):
    shown = act(demo, server, {'rebuild': {'imageRef': lab.default_image}}, version).json['server']
    assert keys <= set(shown) and not missing & set(shown)
    assert {'id', 'name', 'status', 'image', 'flavor', 'addresses', 'adminPass', 'progress', 'hostId'} <= set(shown)


@pytest.mark.parametrize('version', ['2.57', '2.75', '2.104'])
def test_an_administrator_sees_user_data_once(server, lab, api, version):
    shown = act(api, server, {'rebuild': {'imageRef': lab.default_image, 'user_data': 'eA=='}}, version).json['server']
    assert {name: value for name, value in shown.items() if 'user_data' in name} == {'user_data': 'eA=='}
    assert ('OS-EXT-SRV-ATTR:ramdisk_id' in shown) == (version != '2.57')


def test_a_password_is_not_shown_where_it_would_mislead(server, lab, demo, cloud):
    cloud.conf(group='api', enable_instance_password=False)
    assert 'adminPass' not in act(demo, server, {'rebuild': {'imageRef': lab.default_image}}).json['server']
    lab.settle(server, task_state=None)
    assert act(demo, server, RESCUE).json == {}


@pytest.mark.parametrize('values, text', [
    ({'min_ram': 1024}, 'memory is too small'), ({'min_disk': 2}, 'smaller than'),
    ({'properties': {'hw_architecture': 'aarch64'}}, 'image wants aarch64'),
    ({'properties': {'img_hv_type': 'xen'}}, 'image wants xen'),
    ({'properties': {'kernel_id': NOWHERE}}, 'Can not find requested image')])
def test_images_that_the_server_cannot_be_made_of(server, lab, demo, edge, values, text):
    node = objects.ComputeNode.get_by_host_and_nodename(lab.admin, 'cmp1', 'cmp1.lab')
    node.supported_instances = [['x86_64', 'kvm', 'hvm']]
    node.report()
    bad = lab.image(**values)
    name, message = act(demo, server, {'rebuild': {'imageRef': bad}}).fault
    assert name == 'badRequest' and text in message, message
    instance = lab.instance(server)
    assert (instance.image_ref, instance.task_state, edge.sent) == (lab.default_image, None, [])


def test_a_rebuild_is_no_way_past_isolation(server, lab, demo, edge, cloud):
    isolated, windows = lab.image(), lab.image(properties={'os_type': 'windows'})
    aggregates.create('linux', {'os_type': 'linux'}, ['cmp1'])
    cloud.conf(group='filter_scheduler', isolated_images=[isolated], isolated_hosts=['cmp2'])
    filters = ['ComputeFilter', 'IsolatedHostsFilter', 'AggregateImagePropertiesIsolation']
    cloud.conf(group='filter_scheduler', enabled_filters=filters)
    for bad in (isolated, windows):
        answer = act(demo, server, {'rebuild': {'imageRef': bad}})
        assert answer.fault == (
            'badRequest', f'Image {bad} is unacceptable: the host of the server is for other images')
    assert (lab.instance(server).image_ref, edge.sent) == (lab.default_image, [])
    for good, enabled in ((lab.image(properties={'os_type': 'linux'}), filters), (lab.default_image, filters),
                          (isolated, filters[:1]), (windows, filters[:1])):
        cloud.conf(group='filter_scheduler', enabled_filters=enabled)
        assert act(demo, server, {'rebuild': {'imageRef': good}}).status == 202
        lab.settle(server, task_state=None)


def test_a_server_on_an_isolated_host_is_not_rebuilt_from_a_common_image(server, lab, demo, cloud):
    cloud.conf(group='filter_scheduler', isolated_images=[lab.default_image], isolated_hosts=['cmp1'],
               enabled_filters=['IsolatedHostsFilter'])
    common = lab.image()
    assert act(demo, server, {'rebuild': {'imageRef': common}}).fault[1].endswith('is for other images')
    cloud.conf(group='filter_scheduler', restrict_isolated_hosts_to_isolated_images=False)
    assert act(demo, server, {'rebuild': {'imageRef': common}}).status == 202


def test_images_that_are_not_there(server, lab, demo, api):
    assert act(demo, server, {'rebuild': {'imageRef': NOWHERE}}).fault == (
        'badRequest', 'Cannot find image for rebuild')
    private = lab.image(owner='other', visibility='private')
    assert act(demo, server, {'rebuild': {'imageRef': private}}).fault[1] == 'Cannot find image for rebuild'
    queued = image_api.API().create(lab.admin, {'name': 'q', 'visibility': 'public'})
    assert 'not active' in act(demo, server, {'rebuild': {'imageRef': queued['id']}}).fault[1]


def test_limits_of_metadata(server, lab, demo, cloud):
    cloud.conf(group='quota', metadata_items=1)
    two = {'a': '1', 'b': '2'}
    assert act(demo, server, {'rebuild': {'imageRef': lab.default_image, 'metadata': two}}).status == 403
    assert act(demo, server, {'createImage': {'name': 'a', 'metadata': two}}, '2.38').status == 403
    assert act(demo, server, {'createImage': {'name': 'a', 'metadata': two}}, '2.39').status == 202


# -- createImage and createBackup ----------------------------------------------------------------


def test_an_image_is_queued_with_all_that_is_known(cloud, lab, demo, edge):
    lab.host()
    base = lab.image(min_ram=64, properties={'os_type': 'linux', 'cache_in_nova': 'yes', 'img_signature': 's'})
    server = lab.server(demo, imageRef=base)
    answer = act(demo, server, {'createImage': {'name': ' snap '.strip(), 'metadata': {'note': 'x'}}}, '2.45')
    assert answer.status == 202 and set(answer.json) == {'image_id'}
    made = image(answer.json['image_id'])
    assert (made['name'], made['status'], made['visibility'], made['owner']) == (
        'snap', 'queued', 'private', 'demo-project')
    assert (made['min_ram'], made['min_disk']) == (64, 1)
    properties = dict(made['properties'])
    assert properties.pop('boot_roles')
    properties.pop('owner_user_name', None), properties.pop('owner_project_name', None)
    assert properties == {'base_image_ref': base, 'instance_uuid': server, 'user_id': 'demo', 'image_type': 'snapshot',
                          'os_type': 'linux', 'note': 'x'}
    message = edge.sent[-1]
    instance = lab.instance(server)
    assert (message.method, message.server, message.image_id) == ('snapshot_instance', 'cmp1', made['id'])
    assert instance.task_state == 'image_snapshot_pending'
    assert lab.actions(server)[0].action == 'createImage'
    assert lab.actions(server)[0].arguments == {'image_id': made['id']}


def test_below_2_45_a_location_leads_to_the_image(server, demo):
    answer = act(demo, server, IMAGE, '2.44')
    assert (answer.status, answer.body) == (202, b'')
    location = answer.headers['Location']
    assert '/images/' in location and image(location.rpartition('/')[2])['name'] == 'snap'


def test_an_administrators_image_of_anothers_server_is_shared_with_its_project(server, api, demo):
    made = act(api, server, IMAGE, '2.45').json['image_id']
    assert image(made)['visibility'] == 'shared'
    assert image(made)['properties']['instance_owner'] == 'demo-project'
    assert demo.get(f'/images/{made}', '2.35').status == 200
    assert api.user('x', 'other').get(f'/images/{made}', '2.35').status == 404


def test_a_backup_names_its_kind(server, lab, demo, edge):
    answer = act(demo, server, {'createBackup': {'name': 'b', 'backup_type': 'weekly', 'rotation': '2',
                                                 'metadata': {'a': 'b'}}}, '2.45')
    made = image(answer.json['image_id'])
    assert (made['properties']['image_type'], made['properties']['backup_type'], made['properties']['a']) == (
        'backup', 'weekly', 'b')
    message = edge.sent[-1]
    assert (message.method, message.backup_type, message.rotation) == ('backup_instance', 'weekly', 2)
    assert lab.instance(server).task_state == 'image_backup'
    lab.settle(server, task_state=None)
    assert '/images/' in act(demo, server, BACKUP, '2.44').headers['Location']


@pytest.mark.parametrize('version', ['2.1', '2.45'])
def test_a_backup_of_which_none_is_kept_points_at_nothing(server, demo, version):
    answer = act(demo, server, {'createBackup': {'name': 'b', 'backup_type': 'weekly', 'rotation': 0}}, version)
    assert (answer.status, answer.body) == (202, b'') and 'Location' not in answer.headers


def test_an_image_service_that_is_away_takes_the_action_back(server, lab, demo, edge, monkeypatch):
    def fail(*args, **kwargs):
        raise exception.GlanceConnectionFailed(server='x', reason='y')
    monkeypatch.setattr(server_images, 'create', fail)
    assert act(demo, server, IMAGE).status == 503
    assert (lab.instance(server).task_state, edge.sent) == (None, [])
    record = lab.actions(server)[0]
    assert (record.action, record.message) == ('createImage', 'Error') and record.finish_time


def test_an_action_that_was_taken_away_meanwhile_leaves_no_image(server, lab, demo, edge, monkeypatch):
    real, made = server_images.create, []

    def slow(*args, **kwargs):
        made.append(real(*args, **kwargs))
        lab.settle(server, task_state='deleting')
        return made[0]
    monkeypatch.setattr(server_images, 'create', slow)
    assert act(demo, server, IMAGE).status == 409
    with pytest.raises(exception.ImageNotFound):
        image(made[0]['id'])
    assert edge.sent == []
    record = lab.actions(server)[0]
    assert (record.action, record.message) == ('createImage', 'Error') and record.finish_time


# -- rescue ------------------------------------------------------------------------------------


def test_rescue_answers_with_a_password_that_is_nowhere_else(server, lab, demo, edge):
    answer = act(demo, server, RESCUE)
    password = answer.json['adminPass']
    assert answer.status == 200 and len(password) == 12
    message, = edge.sent
    assert (message.method, message.server, message.password, message.image_id) == (
        'rescue_instance', 'cmp1', password, None)
    assert lab.instance(server).task_state == 'rescuing'
    record = lab.actions(server)[0]
    assert record.action == 'rescue' and password not in str(record.arguments)
    assert sealing.unseal(record.arguments['sealed']) == (password, [])


def test_rescue_with_an_image_and_a_password_of_ones_own(server, lab, demo, edge):
    other = lab.image(name='rescue')
    answer = act(demo, server, {'rescue': {'adminPass': 'mine', 'rescue_image_ref': other}})
    assert answer.json == {'adminPass': 'mine'} and edge.sent[0].image_id == other
    lab.settle(server, task_state=None)
    name, text = act(demo, server, {'rescue': {'rescue_image_ref': NOWHERE}}).fault
    assert (name, text) == ('badRequest', f"Requested rescue image '{NOWHERE}' is not supported")
    assert lab.instance(server).task_state is None


def test_unrescue(server, lab, demo, edge):
    lab.settle(server, vm_state=vm_states.RESCUED)
    answer = act(demo, server, UNRESCUE)
    assert (answer.status, answer.body) == (202, b'')
    assert edge.sent[0].method == 'unrescue_instance' and lab.instance(server).task_state == 'unrescuing'

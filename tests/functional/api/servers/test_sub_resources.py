# SPDX-License-Identifier: Apache-2.0
"""What is below a server besides: topology, volumes, shares, and what was there once."""
import json

import pytest
from oslo_utils import uuidutils

from mininova.compute import state_machine, vm_states

UNKNOWN = '99999999-9999-4999-8999-999999999999'
VOLUME = '11111111-1111-4111-8111-111111111111'


@pytest.fixture
def server(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo)
    edge.sent.clear()
    return uuid


# -- topology ----------------------------------------------------------------------------------


def test_topology_from_2_78(server, demo, api):
    for client in (demo, api):
        assert client.get(f'/servers/{server}/topology', '2.78').json == {'nodes': [], 'pagesize_kb': None}
    assert demo.get(f'/servers/{server}/topology', '2.77').fault == (
        'itemNotFound', 'The resource could not be found.')
    assert demo.get(f'/servers/{server}/topology?x=1', '2.78').fault[0] == 'badRequest'
    assert demo.get(f'/servers/{UNKNOWN}/topology', '2.78').fault[0] == 'itemNotFound'
    assert api.user('eve').get(f'/servers/{server}/topology', '2.78').status == 404


# -- volumes of a server ---------------------------------------------------------------------------


@pytest.fixture
def attached(server, cloud):
    """A volume that the record says the server has."""
    bdm_uuid = uuidutils.generate_uuid()
    cloud.insert('block_device_mapping', uuid=bdm_uuid, instance_uuid=server, source_type='volume',
                 destination_type='volume', device_name='/dev/vdb', volume_id=VOLUME, tag='data', boot_index=-1,
                 delete_on_termination=False, attachment_id=UNKNOWN)
    return bdm_uuid


def attachments(uuid, volume=None):
    return f'/servers/{uuid}/os-volume_attachments' + (f'/{volume}' if volume else '')


@pytest.mark.parametrize(('version', 'keys'), [
    ('2.1', {'id', 'volumeId', 'serverId', 'device'}), ('2.69', {'id', 'volumeId', 'serverId', 'device'}),
    ('2.70', {'id', 'volumeId', 'serverId', 'device', 'tag'}),
    ('2.79', {'id', 'volumeId', 'serverId', 'device', 'tag', 'delete_on_termination'}),
    ('2.88', {'id', 'volumeId', 'serverId', 'device', 'tag', 'delete_on_termination'}),
    ('2.89', {'attachment_id', 'bdm_uuid', 'volumeId', 'serverId', 'device', 'tag', 'delete_on_termination'})])
def test_what_is_recorded_is_shown(attached, server, demo, version, keys):
    one, = demo.get(attachments(server), version).json['volumeAttachments']
    assert (set(one), one['volumeId'], one['serverId'], one['device']) == (keys, VOLUME, server, '/dev/vdb')
    assert demo.get(attachments(server, VOLUME), version).json == {'volumeAttachment': one}


def test_a_server_without_volumes(server, demo):
    assert demo.get(attachments(server)).json == {'volumeAttachments': []}
    assert demo.get(attachments(server, VOLUME)).fault == (
        'itemNotFound', f'Instance {server} is not attached to volume {VOLUME}')
    assert demo.get(attachments(UNKNOWN)).status == 404


@pytest.mark.parametrize(('query', 'count'), [('', 1), ('?limit=1', 1), ('?offset=1', 0), ('?limit=0', 1)])
def test_attachments_are_paged_by_offset(attached, server, demo, query, count):
    assert len(demo.get(attachments(server) + query).json['volumeAttachments']) == count


def test_queries_of_attachments(server, demo):
    assert demo.get(attachments(server) + '?limit=x').fault[0] == 'badRequest'
    assert demo.get(attachments(server) + '?x=1', '2.74').status == 200
    assert demo.get(attachments(server) + '?x=1', '2.75').fault[0] == 'badRequest'


def test_no_volume_can_be_attached(server, demo):
    for version in ('2.1', '2.100', '2.101', '2.104'):
        assert demo.post(attachments(server), {'volumeAttachment': {'volumeId': VOLUME}}, version).fault == (
            'itemNotFound', f'Volume {VOLUME} could not be found.')


def test_lock_and_state_come_before_the_volume(server, lab, demo):
    body = {'volumeAttachment': {'volumeId': VOLUME}}
    for vm_state in [state for state in vm_states.ALL
                     if state not in ('deleted', *state_machine.ACTIONS['attach_volume'].vm_states)]:
        lab.settle(server, vm_state=vm_state)
        assert demo.post(attachments(server), body).fault == (
            'conflictingRequest', f"Cannot 'attach_volume' instance {server} while it is in vm_state {vm_state}")
    lab.settle(server, vm_state=vm_states.ACTIVE, locked=True)
    assert demo.post(attachments(server), body).fault == ('conflictingRequest', f'Instance {server} is locked')


@pytest.mark.parametrize('vm_state', [vm_states.SHELVED, vm_states.SHELVED_OFFLOADED])
def test_volumes_of_shelved_servers_from_2_20(server, lab, demo, vm_state):
    lab.settle(server, vm_state=vm_state)
    body = {'volumeAttachment': {'volumeId': VOLUME}}
    for version, status in (('2.19', 409), ('2.20', 404)):
        assert demo.post(attachments(server), body, version).status == status
        assert demo.delete(attachments(server, VOLUME), version).status == status


@pytest.mark.parametrize(('asked', 'since'), [
    ({'volumeId': VOLUME, 'device': '/dev/vdb'}, '2.1'), ({'volumeId': VOLUME, 'tag': 't'}, '2.49'),
    ({'volumeId': VOLUME, 'delete_on_termination': True}, '2.79')])
def test_bodies_by_version(server, demo, asked, since):
    assert demo.post(attachments(server), {'volumeAttachment': asked}, since).status == 404
    if since != '2.1':
        before = f'2.{int(since[2:]) - 1}'
        assert demo.post(attachments(server), {'volumeAttachment': asked}, before).status == 400


@pytest.mark.parametrize('asked', [{}, {'volumeId': 'x'}, {'volumeId': VOLUME, 'device': 'vdb'},
                                   {'volumeId': VOLUME, 'x': 1}])
def test_bodies_that_are_refused(server, demo, asked):
    for version in ('2.1', '2.104'):
        assert demo.post(attachments(server), {'volumeAttachment': asked}, version).fault[0] == 'badRequest'


def test_what_cannot_be_detached_or_swapped(attached, server, api, demo):
    gone = ('itemNotFound', f'Volume {VOLUME} could not be found.')
    assert demo.delete(attachments(server, VOLUME)).fault == gone
    other = {'volumeAttachment': {'volumeId': UNKNOWN}}
    for version in ('2.1', '2.84', '2.85', '2.104'):
        assert api.put(attachments(server, VOLUME), other, version).fault == gone
        assert demo.put(attachments(server, VOLUME), other, version).status == 403, 'swaps are for services'


def test_an_attachment_is_changed_from_2_85(attached, server, demo, api):
    body = {'volumeAttachment': {'volumeId': VOLUME, 'delete_on_termination': True}}
    assert api.put(attachments(server, VOLUME), body, '2.84').status == 400
    answer = demo.put(attachments(server, VOLUME), body, '2.85')
    assert (answer.status, answer.body) == (202, b'')
    assert demo.get(attachments(server, VOLUME), '2.85').json['volumeAttachment']['delete_on_termination'] is True
    for key, value in (('id', UNKNOWN), ('serverId', UNKNOWN), ('device', '/dev/vdc'), ('tag', 'other')):
        body = {'volumeAttachment': {'volumeId': VOLUME, key: value}}
        assert demo.put(attachments(server, VOLUME), body, '2.85').fault == (
            'badRequest', f'The {key} property is not mutable')
    same = {'volumeId': VOLUME, 'id': VOLUME, 'serverId': server, 'device': '/dev/vdb', 'tag': 'data'}
    assert demo.put(attachments(server, VOLUME), {'volumeAttachment': same}, '2.85').status == 202
    assert demo.put(attachments(server, UNKNOWN), {'volumeAttachment': {'volumeId': UNKNOWN}}, '2.85').status == 404


# -- proxies -----------------------------------------------------------------------------------------


def test_there_are_no_volumes_and_no_snapshots(demo):
    for kind, key in (('os-volumes', 'volume'), ('os-snapshots', 'snapshot')):
        assert demo.get(f'/{kind}').json == {f'{key}s': []} == demo.get(f'/{kind}/detail', '2.35').json
        for answer in (demo.get(f'/{kind}/{VOLUME}'), demo.delete(f'/{kind}/{VOLUME}')):
            assert answer.fault == ('itemNotFound', f'{key.capitalize()} {VOLUME} could not be found.')


PROXIES = [('GET', '/os-volumes', None), ('GET', '/os-volumes/detail', None), ('GET', f'/os-volumes/{VOLUME}', None),
           ('DELETE', f'/os-volumes/{VOLUME}', None), ('POST', '/os-volumes', {'volume': {'size': 1}}),
           ('GET', '/os-snapshots', None), ('GET', '/os-snapshots/detail', None),
           ('GET', f'/os-snapshots/{VOLUME}', None), ('DELETE', f'/os-snapshots/{VOLUME}', None),
           ('POST', '/os-snapshots', {'snapshot': {'volume_id': VOLUME}})]


@pytest.mark.parametrize(('method', 'path', 'body'), PROXIES)
def test_proxies_end_with_2_35(demo, method, path, body):
    assert demo.request(method, path, body, '2.36').fault == ('itemNotFound', 'The resource could not be found.')


def test_nothing_can_be_created(demo):
    assert demo.post('/os-volumes', {'volume': {'size': 1}}).fault[0] == 'badRequest'
    assert demo.post('/os-volumes', {'volume': {'size': 1, 'snapshot_id': VOLUME}}).status == 404
    assert demo.post('/os-snapshots', {'snapshot': {'volume_id': VOLUME}}).fault == (
        'badRequest', f'Volume {VOLUME} could not be found.')
    for path, body in (('/os-volumes', {'volume': {}}), ('/os-volumes', {}), ('/os-snapshots', {'snapshot': {}}),
                       ('/os-volumes', {'volume': {'size': 0}}), ('/os-volumes', {'volume': {'size': 1, 'x': 1}})):
        assert demo.post(path, body).fault[0] == 'badRequest', body


SNAPSHOT = {'snapshot': {
    'volume_id': VOLUME, 'create_info': {'snapshot_id': UNKNOWN, 'type': 'qcow2', 'new_file': 'f'}}}


def test_assisted_snapshots_have_nothing_to_work_on(api, demo):
    said = ('badRequest', f'No volume Block Device Mapping with id {VOLUME}.')
    info = json.dumps({'volume_id': VOLUME})
    for version in ('2.1', '2.104'):
        assert api.post('/os-assisted-volume-snapshots', SNAPSHOT, version).fault == said
        assert api.delete(f'/os-assisted-volume-snapshots/{UNKNOWN}?delete_info={info}', version).fault == said
        for query in ('', '?delete_info=x', '?delete_info={}', '?delete_info=[]'):
            assert api.delete(f'/os-assisted-volume-snapshots/{UNKNOWN}{query}', version).fault[0] == 'badRequest'
    assert api.post('/os-assisted-volume-snapshots', {'snapshot': {}}).fault[0] == 'badRequest'
    assert demo.post('/os-assisted-volume-snapshots', SNAPSHOT).status == 403
    assert demo.delete(f'/os-assisted-volume-snapshots/{UNKNOWN}?delete_info={info}').status == 403


# -- os-volumes_boot ----------------------------------------------------------------------------------


def test_volumes_boot_is_servers_until_2_102(lab, demo, edge):
    lab.host()
    body = {'server': {'name': 'old', 'flavorRef': '1', 'imageRef': lab.default_image, 'networks': 'none'}}
    answer = demo.post('/os-volumes_boot', body, '2.102')
    assert answer.status == 202, answer.body
    uuid = answer.json['server']['id']
    for version in ('2.1', '2.102'):
        assert [one['id'] for one in demo.get('/os-volumes_boot', version).json['servers']] == [uuid]
        assert demo.get('/os-volumes_boot/detail', version).json['servers'][0]['name'] == 'old'
        assert demo.get(f'/os-volumes_boot/{uuid}', version).json == demo.get(f'/servers/{uuid}', version).json
    assert demo.put(f'/os-volumes_boot/{uuid}', {'server': {'name': 'new'}}, '2.102').json['server']['name'] == 'new'
    lab.settle(uuid, host='cmp1', vm_state=vm_states.ACTIVE, task_state=None)
    assert demo.post(f'/os-volumes_boot/{uuid}/action', {'os-stop': None}, '2.102').status == 202
    assert demo.delete(f'/os-volumes_boot/{uuid}', '2.102').status == 204


@pytest.mark.parametrize(('method', 'path', 'body'), [
    ('GET', '/os-volumes_boot', None), ('GET', '/os-volumes_boot/detail', None),
    ('GET', f'/os-volumes_boot/{UNKNOWN}', None), ('POST', '/os-volumes_boot', {'server': {}}),
    ('DELETE', f'/os-volumes_boot/{UNKNOWN}', None),
    ('PUT', f'/os-volumes_boot/{UNKNOWN}', {'server': {'name': 'x'}}),
    *(('POST', f'/os-volumes_boot/{UNKNOWN}/action', {name: None}) for name in (
        'confirmResize', 'revertResize', 'reboot', 'resize', 'rebuild', 'createImage', 'os-start', 'os-stop',
        'trigger_crash_dump'))])
def test_volumes_boot_ends_with_2_102(lab, demo, method, path, body):
    assert demo.request(method, path, body, '2.103').fault == ('itemNotFound', 'The resource could not be found.')
    assert demo.request(method, path, body, '2.102').status in (200, 400, 404)


def test_volumes_boot_has_some_actions_only(server, demo):
    assert demo.post(f'/os-volumes_boot/{server}/action', {'pause': None}, '2.50').fault == (
        'badRequest', 'There is no such action: pause')
    assert demo.post(f'/os-volumes_boot/{server}/action', {'trigger_crash_dump': None}, '2.16').status == 404


# -- shares ----------------------------------------------------------------------------------------------


def shares(uuid, share=None):
    return f'/servers/{uuid}/shares' + (f'/{share}' if share else '')


def test_a_server_has_no_shares(server, lab, demo):
    gone = ('itemNotFound', f'Share {VOLUME} could not be found.')
    assert demo.get(shares(server), '2.97').json == {'shares': []}
    assert demo.get(shares(server, VOLUME), '2.97').fault == gone
    lab.settle(server, vm_state=vm_states.STOPPED)
    assert demo.post(shares(server), {'share': {'share_id': VOLUME}}, '2.97').fault == gone
    assert demo.delete(shares(server, VOLUME), '2.97').fault == gone


def test_shares_want_a_server_that_is_off(server, demo):
    assert demo.post(shares(server), {'share': {'share_id': VOLUME}}, '2.97').fault == (
        'conflictingRequest', f"Cannot 'create share' instance {server} while it is in vm_state active")
    assert demo.delete(shares(server, VOLUME), '2.97').status == 409


def test_shares_begin_with_2_97(server, demo):
    for method, path, body in (('GET', shares(server), None), ('GET', shares(server, VOLUME), None),
                               ('POST', shares(server), {'share': {'share_id': VOLUME}}),
                               ('DELETE', shares(server, VOLUME), None)):
        assert demo.request(method, path, body, '2.96').fault == ('itemNotFound', 'The resource could not be found.')


@pytest.mark.parametrize('asked', [
    {}, {'share_id': 'x'}, {'share_id': VOLUME, 'tag': ''}, {'share_id': VOLUME, 'x': 1}])
def test_shares_that_make_no_sense(server, demo, asked):
    assert demo.post(shares(server), {'share': asked}, '2.97').fault[0] == 'badRequest'
    assert demo.get(shares(server) + '?x=1', '2.97').fault[0] == 'badRequest'


# -- gone ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('version', ['2.1', '2.12', '2.44', '2.104'])
@pytest.mark.parametrize(('method', 'path'), [
    ('GET', 'consoles'), ('POST', 'consoles'), ('GET', 'consoles/1'), ('DELETE', 'consoles/1'),
    ('GET', 'os-virtual-interfaces')])
def test_what_was_there_once(lab, demo, method, path, version):
    answer = demo.request(method, f'/servers/{UNKNOWN}/{path}', None, version)
    assert (answer.status, answer.fault[0]) == (410, 'computeFault')


def test_what_was_never_there(server, demo):
    assert demo.get(f'/servers/{server}/os-virtual-interfaces/1').status == 404
    assert demo.put(f'/servers/{server}/consoles/1', {}).status == 404

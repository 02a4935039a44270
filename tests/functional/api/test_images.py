# SPDX-License-Identifier: Apache-2.0
"""/images and their metadata, on the local backend, until 2.35 and 2.38."""
import json
import os
import uuid

import pytest

from mininova import context
from mininova.image import api as image_api

DATA = b'bytes of an image'


@pytest.fixture
def store(api):
    """Make an image; gives its id."""
    admin = context.get_admin_context()

    def make(name='cirros', owner='demo', **fields):
        image = {'name': name, 'owner': owner, 'visibility': 'public', 'properties': {}, **fields}
        return image_api.API().create(admin, image, data=fields.pop('data', DATA))['id']
    return make


def test_an_image_in_the_form_of_old_clients(api, store):
    image_id = store(min_ram=64, min_disk=1, properties={'hw_disk_bus': 'virtio'})
    shown = api.user('demo').get(f'/images/{image_id}').json['image']
    links = [{'rel': 'self', 'href': f'http://localhost/v2.1/images/{image_id}'},
             {'rel': 'bookmark', 'href': f'http://localhost/images/{image_id}'},
             {'rel': 'alternate', 'type': 'application/vnd.openstack.image',
              'href': f'http://localhost/images/{image_id}'}]
    created = shown.pop('created')
    assert created == shown.pop('updated') and len(created) == 20 and created.endswith('Z')
    assert shown == {'id': image_id, 'name': 'cirros', 'minRam': 64, 'minDisk': 1,
                     'metadata': {'hw_disk_bus': 'virtio'},
                     'status': 'ACTIVE', 'progress': 100, 'OS-EXT-IMG-SIZE:size': len(DATA), 'links': links}
    assert api.get('/images').json == {'images': [{'id': image_id, 'name': 'cirros', 'links': links}]}
    assert set(api.get('/images/detail').json['images'][0]) == {*shown, 'created', 'updated'}


def test_a_snapshot_names_its_server(api, store):
    server = str(uuid.uuid4())
    image_id = store(properties={'instance_uuid': server, 'auto_disk_config': 'True'})
    shown = api.get(f'/images/{image_id}').json['image']
    assert shown['server'] == {'id': server, 'links': [
        {'rel': 'self', 'href': f'http://localhost/v2.1/servers/{server}'},
        {'rel': 'bookmark', 'href': f'http://localhost/servers/{server}'}]}
    assert shown['OS-DCF:diskConfig'] == 'AUTO'


def test_an_image_without_bytes_is_being_saved(api):
    image_id = image_api.API().create(context.get_admin_context(), {'name': 'later', 'visibility': 'public'})['id']
    shown = api.get(f'/images/{image_id}').json['image']
    assert (shown['status'], shown['progress'], shown['OS-EXT-IMG-SIZE:size']) == ('SAVING', 25, 0)


def test_a_description_written_by_hand_is_as_old_as_its_file(api, store, cloud):
    image_id = store()
    description = cloud.directory / 'images' / f'{image_id}.json'
    description.write_text(json.dumps({'name': 'mine', 'visibility': 'public'}))
    os.utime(description, (1767323045, 1767323045))
    shown = api.get(f'/images/{image_id}').json['image']
    assert (shown['created'], shown['updated']) == ('2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z')


def test_the_proxy_ends_with_2_35_and_the_metadata_with_2_38(api, store):
    image_id = store()
    for path in ('/images', '/images/detail', f'/images/{image_id}'):
        assert api.get(path, '2.35').status == 200
        assert api.get(path, '2.36').fault[0] == 'itemNotFound'
    assert api.get(f'/images/{image_id}/metadata', '2.38').status == 200
    assert api.get(f'/images/{image_id}/metadata', '2.39').status == 404
    assert api.delete(f'/images/{image_id}', '2.36').status == 404
    assert api.delete(f'/images/{image_id}', '2.35').status == 204


def test_lists_are_filtered(api, store):
    server = str(uuid.uuid4())
    store('a', properties={'image_type': 'snapshot', 'instance_uuid': server})
    store('b', min_ram=64, properties={'os': 'linux'})

    def names(query):
        return sorted(image['name'] for image in api.get(f'/images?{query}').json['images'])
    assert names('') == ['a', 'b']
    assert names('name=b') == ['b']
    assert names('status=ACTIVE') == ['a', 'b']
    assert names('status=error') == []
    assert names('type=snapshot') == ['a']
    assert names(f'server=http://localhost/v2.1/servers/{server}') == ['a'] == names(f'server={server}')
    assert names('minRam=64') == ['b']
    assert names('property-os=linux') == ['b']
    assert names('changes-since=2100-01-01T00:00:00Z') == []
    assert names('colour=red') == ['a', 'b']
    for bad in ('minRam=x', 'changes-since=x', 'limit=0', 'limit=-1', 'limit=x', 'marker=nope', 'offset=x',
                'page_size=0'):
        assert api.get(f'/images?{bad}').status == 400, bad


def test_pages_follow_each_other(api, store):
    for number in range(3):
        store(f'i{number}')
    first = api.get('/images?limit=2').json
    last = first['images'][-1]['id']
    assert first['images_links'] == [{'rel': 'next', 'href': f'http://localhost/v2.1/images?limit=2&marker={last}'}]
    second = api.get(f'/images/detail?limit=2&marker={last}').json
    assert len(second['images']) == 1 and 'images_links' not in second


def test_others_private_images_do_not_exist(api, store):
    image_id = store(visibility='private')
    stranger = api.user('stranger')
    assert stranger.get('/images').json == {'images': []}
    for answer in (stranger.get(f'/images/{image_id}'), stranger.delete(f'/images/{image_id}'),
                   stranger.get(f'/images/{image_id}/metadata'), stranger.put(f'/images/{image_id}/metadata',
                                                                              {'metadata': {}})):
        assert answer.fault[0] == 'itemNotFound'
    assert api.user('demo').get(f'/images/{image_id}').status == 200


def test_public_images_are_deleted_by_their_owner(api, store):
    image_id = store()
    assert api.user('stranger').delete(f'/images/{image_id}').fault[0] == 'forbidden'
    assert api.user('demo').delete(f'/images/{image_id}').status == 204
    assert api.get(f'/images/{image_id}').status == 404


@pytest.mark.parametrize('odd', ['0', '-1', str(2 ** 63), 'x', '%00', 'y' * 300, '%f0%9f%98%80', '%2e%2e',
                                 str(uuid.uuid4())])
def test_odd_ids_are_not_found(api, odd):
    assert api.get(f'/images/{odd}').status == 404
    assert api.delete(f'/images/{odd}').status == 404
    assert api.get(f'/images/{odd}/metadata').status == 404


def test_metadata_is_read_and_changed(api, store):
    image_id = store(properties={'a': '1'})
    demo, path = api.user('demo'), f'/images/{image_id}/metadata'
    assert demo.get(path).json == {'metadata': {'a': '1'}}
    assert demo.get(f'{path}/a').json == {'meta': {'a': '1'}}
    assert demo.get(f'{path}/b').status == 404
    assert demo.post(path, {'metadata': {'b': '<>&"\''}}).json == {'metadata': {'a': '1', 'b': '<>&"\''}}
    assert demo.put(f'{path}/a', {'meta': {'a': '2'}}).json == {'meta': {'a': '2'}}
    assert demo.put(path, {'metadata': {'c': '3', 'd': '4'}}).json == {'metadata': {'c': '3', 'd': '4'}}
    answer = demo.delete(f'{path}/c')
    assert (answer.status, answer.body) == (204, b'')
    assert demo.delete(f'{path}/c').status == 404
    assert api.get(path, '2.38').json == {'metadata': {'d': '4'}}


def test_metadata_is_changed_by_the_owner_only(api, store):
    image_id = store(properties={'a': '1'})
    stranger, path = api.user('stranger'), f'/images/{image_id}/metadata'
    for answer in (stranger.post(path, {'metadata': {'b': '1'}}), stranger.put(path, {'metadata': {}}),
                   stranger.put(f'{path}/a', {'meta': {'a': '2'}}), stranger.delete(f'{path}/a')):
        assert answer.fault[0] == 'forbidden'
    assert stranger.get(path).json == {'metadata': {'a': '1'}}


@pytest.mark.parametrize('body', [
    {}, {'metadata': None}, {'metadata': {'a': 1}}, {'metadata': {'a': 'x' * 256}}, {'metadata': {'k' * 256: 'x'}},
    {'metadata': {'\U0001f600': 'x'}}, {'metadata': {'': 'x'}}, {'metadata': {}, 'more': 1}, b'{', b''])
def test_bad_metadata_is_refused(api, store, body):
    path = f'/images/{store()}/metadata'
    assert api.post(path, body).fault[0] == 'badRequest'
    assert api.put(path, body, '2.38').fault[0] == 'badRequest'


@pytest.mark.parametrize('body', [{}, {'meta': {}}, {'meta': {'b': '1'}}, {'meta': {'a': '1', 'b': '2'}},
                                  {'meta': {'a': 1}},
                                  {'meta': {'a': '1'}, 'more': 1}])
def test_one_key_is_changed_and_it_is_the_one_in_the_url(api, store, body):
    assert api.put(f'/images/{store()}/metadata/a', body).fault[0] == 'badRequest'


def test_metadata_is_limited(api, cloud, store):
    cloud.conf(group='quota', metadata_items=2)
    path = f'/images/{store(properties={"a": "1"})}/metadata'
    assert api.post(path, {'metadata': {'b': '1', 'c': '1'}}).fault[0] == 'forbidden'
    assert api.put(path, {'metadata': dict.fromkeys('abc', '1')}).status == 403
    assert api.put(path, {'metadata': dict.fromkeys('ab', '1')}).status == 200
    assert api.put(f'{path}/c', {'meta': {'c': '1'}}).status == 403


def test_the_link_prefix_is_for_an_image_service(api, cloud, store):
    cloud.conf(group='api', compute_link_prefix='https://cloud.example.org/compute',
               glance_link_prefix='https://images.example.org')
    links = api.get(f'/images/{store()}').json['image']['links']
    assert [link['href'].split('/images/')[0] for link in links] == [
        'https://cloud.example.org/compute/v2.1', 'https://cloud.example.org/compute',
        'https://cloud.example.org/compute']

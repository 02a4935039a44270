# SPDX-License-Identifier: Apache-2.0
"""Images of a directory."""
import hashlib
import io
import json
import os

import pytest

from mininova import context, exception
from mininova.image import api, local

DATA = b'a small image'


@pytest.fixture
def images(conf, tmp_path):
    conf.config(group='image', backend='local', local_path=str(tmp_path / 'images'))
    return api.API()


@pytest.fixture
def demo(conf):
    return context.RequestContext(user_id='demo', project_id='demo', roles=['member'], is_admin=False)


@pytest.fixture
def other(conf):
    return context.RequestContext(user_id='other', project_id='other', roles=['member'], is_admin=False)


@pytest.fixture
def admin(conf):
    return context.get_admin_context()


def test_an_image_is_kept_as_it_was_given(images, demo, tmp_path):
    made = images.create(demo, {'name': 'tiny', 'disk_format': 'qcow2', 'min_disk': 1, 'visibility': 'private',
                                'properties': {'hw_disk_bus': 'virtio'}}, data=DATA)
    assert images.get(demo, made['id']) == made
    assert {name: made[name] for name in ('name', 'status', 'size', 'disk_format', 'owner', 'checksum',
                                          'is_public')} == {
        'name': 'tiny', 'status': 'active', 'size': len(DATA), 'disk_format': 'qcow2', 'owner': 'demo',
        'checksum': hashlib.md5(DATA).hexdigest(), 'is_public': False}
    assert made['properties'] == {'hw_disk_bus': 'virtio'} and made['created_at'] == made['updated_at']
    images.download(demo, made['id'], tmp_path / 'copy')
    assert (tmp_path / 'copy').read_bytes() == DATA
    assert sorted(os.listdir(tmp_path / 'images')) == [made['id'], made['id'] + '.json']


def test_bytes_may_come_from_a_file(images, demo, tmp_path):
    made = images.create(demo, {'name': 'tiny'}, data=io.BytesIO(DATA))
    images.download(demo, made['id'], tmp_path / 'copy')
    assert (tmp_path / 'copy').read_bytes() == DATA


def test_an_image_without_bytes_is_queued_and_cannot_be_fetched(images, demo, tmp_path):
    made = images.create(demo, {'name': 'empty'})
    assert (made['status'], made['size']) == ('queued', None)
    with pytest.raises(exception.ImageUnacceptable):
        images.download(demo, made['id'], tmp_path / 'copy')
    assert not (tmp_path / 'copy').exists()


def test_damaged_bytes_are_not_given_out(images, demo, tmp_path):
    made = images.create(demo, {'name': 'tiny'}, data=DATA)
    for damage in (DATA.upper(), DATA[:-1]):
        (tmp_path / 'images' / made['id']).write_bytes(damage)
        with pytest.raises(exception.ImageUnacceptable):
            images.download(demo, made['id'], tmp_path / 'copy')
        assert not (tmp_path / 'copy').exists()


def test_private_images_do_not_exist_for_others(images, demo, other, admin, tmp_path):
    made = images.create(demo, {'name': 'mine', 'visibility': 'private'}, data=DATA)
    for ask in (lambda: images.get(other, made['id']), lambda: images.download(other, made['id'], tmp_path / 'copy'),
                lambda: images.update(other, made['id'], {'name': 'x'}), lambda: images.delete(other, made['id'])):
        with pytest.raises(exception.ImageNotFound):
            ask()
    assert images.get_all(other) == []
    assert images.get(admin, made['id'])['name'] == 'mine'


def test_public_images_are_changed_by_their_owner_only(images, demo, other):
    made = images.create(demo, {'name': 'ours', 'visibility': 'public'}, data=DATA)
    for change in (lambda: images.update(other, made['id'], {'name': 'x'}), lambda: images.delete(other, made['id'])):
        with pytest.raises(exception.ImageNotAuthorized):
            change()
    images.delete(demo, made['id'])
    with pytest.raises(exception.ImageNotFound):
        images.get(demo, made['id'])


def test_protected_images_stay(images, demo):
    made = images.create(demo, {'name': 'kept', 'protected': True}, data=DATA)
    with pytest.raises(exception.ImageNotAuthorized):
        images.delete(demo, made['id'])
    images.update(demo, made['id'], {'protected': False})
    images.delete(demo, made['id'])


def test_properties_are_added_or_replaced(images, demo):
    made = images.create(demo, {'name': 'a', 'properties': {'a': '1', 'b': '2'}}, data=DATA)
    assert images.update(demo, made['id'], {'properties': {'b': '3'}})['properties'] == {'a': '1', 'b': '3'}
    assert images.update(demo, made['id'], {'properties': {'c': '4'}}, purge_props=True)['properties'] == {'c': '4'}
    changed = images.update(demo, made['id'], {'name': 'b', 'owner': 'x', 'id': 'y', 'checksum': 'z'}, purge_props=True)
    assert (changed['id'], changed['name'], changed['owner'], changed['checksum']) == (
        made['id'], 'b', 'demo', made['checksum'])
    assert changed['properties'] == {'c': '4'}


def test_an_image_is_active_only_while_it_has_bytes(images, demo, tmp_path):
    made = images.create(demo, {'name': 'a'}, data=DATA)
    assert images.update(demo, made['id'], {'status': 'deactivated'})['status'] == 'deactivated'
    assert images.update(demo, made['id'], {'status': 'active'})['status'] == 'active'
    (tmp_path / 'images' / made['id']).unlink()
    assert images.get(demo, made['id'])['status'] == 'queued'


def test_lists_are_filtered_sorted_and_cut(images, demo):
    for name, properties in (('b', {'os': 'linux'}), ('a', {}), ('c', {'os': 'linux'})):
        images.create(demo, {'name': name, 'min_ram': 64 if name == 'a' else 0, 'properties': properties}, data=DATA)

    def names(**kwargs):
        return [image['name'] for image in images.get_all(demo, sort_key='name', sort_dir='asc', **kwargs)]
    assert names() == ['a', 'b', 'c']
    assert names(filters={'property-os': 'linux'}) == ['b', 'c']
    assert names(filters={'name': 'a', 'status': 'active', 'min_ram': '64'}) == ['a']
    assert names(filters={'changes-since': '2000-01-01T00:00:00Z'}) == ['a', 'b', 'c']
    assert names(filters={'changes-since': '2100-01-01T00:00:00Z'}) == []
    assert names(limit=1) == ['a']
    marker = images.get_all(demo, filters={'name': 'a'})[0]['id']
    assert names(marker=marker, limit=1) == ['b']
    with pytest.raises(exception.MarkerNotFound):
        names(marker='nope')
    for filters in ({'min_ram': 'x'}, {'changes-since': 'yesterday'}):
        with pytest.raises(exception.InvalidInput):
            names(filters=filters)


def test_a_description_written_by_hand_is_completed(images, demo, tmp_path):
    image_id = '11111111-2222-3333-4444-555555555555'
    os.makedirs(tmp_path / 'images')
    (tmp_path / 'images' / f'{image_id}.json').write_text(json.dumps({
        'name': 'mine', 'disk_format': 'qcow2', 'properties': {'hw_cpu_cores': 2, 'os_version': None}}))
    (tmp_path / 'images' / image_id).write_bytes(DATA)
    image = images.get(demo, image_id)
    assert (image['size'], image['status'], image['owner']) == (len(DATA), 'active', None)
    assert image['created_at'] == image['updated_at'] is not None
    assert image['properties'] == {'hw_cpu_cores': '2'}
    assert images.get_all(demo) == [image]


def test_a_damaged_description_does_not_hide_the_others(images, demo, tmp_path):
    made = images.create(demo, {'name': 'good'}, data=DATA)
    for name, text in (('11111111-2222-3333-4444-555555555555.json', '{'), ('11111111-2222-3333-4444-666666666666.json',
                                                                            '[]'),
                       ('notes.txt', 'x'), ('other.json', '{}')):
        (tmp_path / 'images' / name).write_text(text)
    assert [image['id'] for image in images.get_all(demo)] == [made['id']]


@pytest.mark.parametrize('image_id', ['../../etc/passwd', '', None, 'x', '..', '1' * 36, '/etc/passwd', '\u00e9' * 36])
def test_an_id_is_never_a_path(images, demo, image_id, tmp_path):
    with pytest.raises(exception.ImageNotFound):
        images.get(demo, image_id)
    with pytest.raises(exception.ImageNotFound):
        images.download(demo, image_id, tmp_path / 'copy')


def test_there_are_no_images_before_the_first_one(images, demo):
    assert images.get_all(demo) == []
    assert images.url(demo) is None


def test_an_id_is_used_once(images, demo):
    made = images.create(demo, {'name': 'a'}, data=DATA)
    with pytest.raises(exception.Conflict):
        images.create(demo, {'id': made['id'], 'name': 'b'}, data=b'other')
    assert images.get(demo, made['id'])['name'] == 'a'


@pytest.mark.parametrize('as_file', [True, False])
def test_an_image_gets_its_bytes_later(images, demo, tmp_path, as_file):
    made = images.create(demo, {'name': 'snap', 'properties': {'a': '1'}})
    assert made['status'] == 'queued'
    (tmp_path / 'disk').write_bytes(DATA)
    done = images.upload(demo, made['id'], {'disk_format': 'qcow2', 'properties': {'b': '2'}},
                         str(tmp_path / 'disk') if as_file else DATA)
    assert (done['status'], done['size'], done['disk_format']) == ('active', len(DATA), 'qcow2')
    assert done['properties'] == {'a': '1', 'b': '2'} and done['checksum']
    images.download(demo, made['id'], tmp_path / 'copy')
    assert (tmp_path / 'copy').read_bytes() == DATA


def test_bytes_of_an_image_that_is_removed_meanwhile_do_not_stay(images, demo, monkeypatch):
    made = images.create(demo, {'name': 'snap'})
    real = local._store_data

    def store(image_id, data):
        stored = real(image_id, data)
        os.unlink(local._path(image_id, '.json'))
        return stored
    monkeypatch.setattr(local, '_store_data', store)
    with pytest.raises(exception.ImageNotFound):
        images.upload(demo, made['id'], {}, DATA)
    assert not os.path.exists(local._path(made['id']))


def test_a_shared_image_is_seen_by_the_project_it_is_shared_with(images, demo):
    made = images.create(demo, {'name': 'snap', 'visibility': 'shared', 'properties': {'instance_owner': 'mine'}},
                         data=DATA)
    owner, other, nobody = (context.RequestContext(project_id=project, is_admin=False)
                            for project in ('mine', 'other', None))
    assert images.get(owner, made['id'])['id'] == made['id']
    for stranger in (other, nobody):
        with pytest.raises(exception.ImageNotFound):
            images.get(stranger, made['id'])

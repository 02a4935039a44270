# SPDX-License-Identifier: Apache-2.0
"""Images of the image service, asked over HTTP."""
import io

import pytest
import webob.exc

from mininova import context, exception
from mininova.image import api, glance_client, glance_format
from tests.fixtures.image_service import EXPIRED, image_service  # noqa: F401

DATA = b'0123456789' * 300000


@pytest.fixture
def images(image_service):  # noqa: F811
    api._backend.cache_clear()
    yield api.API()
    api._backend.cache_clear()


def caller(token='user:demo', project='demo', is_admin=False, **kwargs):
    return context.RequestContext(user_id='u', project_id=project, roles=['member'], is_admin=is_admin,
                                  auth_token=token, **kwargs)


def tokens(service):
    return [req.headers.get('X-Auth-Token') for req in service.requests if req.path.startswith('/v2')]


def test_an_image_is_read_with_the_callers_token(images, image_service):  # noqa: F811
    made = image_service.add(DATA, name='cirros', hw_disk_bus='virtio', min_ram=64)
    image = images.get(caller(), made['id'])
    assert {name: image[name] for name in ('id', 'name', 'size', 'status', 'min_ram', 'owner', 'checksum',
                                           'is_public')} == {
        'id': made['id'], 'name': 'cirros', 'size': len(DATA), 'status': 'active', 'min_ram': 64, 'owner': 'demo',
        'checksum': made['checksum'], 'is_public': False}
    assert image['properties'] == {'hw_disk_bus': 'virtio'}
    assert image['created_at'].isoformat() == '2026-01-02T03:04:05'
    assert tokens(image_service) == ['user:demo']


def test_the_request_id_goes_along(images, image_service):  # noqa: F811
    made = image_service.add(DATA)
    asking = caller()
    images.get(asking, made['id'])
    assert image_service.requests[-1].headers['X-OpenStack-Request-Id'] == asking.global_id


def test_what_the_caller_may_not_see_is_not_found(images, image_service):  # noqa: F811
    made = image_service.add(DATA, owner='other')
    for image_id in (made['id'], 'nope', '../images', '..', '.', '', 'a/b?c=d', '\U0001f600'):
        with pytest.raises(exception.ImageNotFound):
            images.get(caller(), image_id)


def test_a_download_is_compared_with_what_the_service_says(images, image_service, conf, tmp_path):  # noqa: F811
    conf.config(group='glance', num_retries=0)
    made = image_service.add(DATA)
    images.download(caller(), made['id'], tmp_path / 'image')
    assert (tmp_path / 'image').read_bytes() == DATA
    image_service.add(DATA, id='bad', os_hash_value='0' * 128)
    with pytest.raises(exception.ImageUnacceptable):
        images.download(caller(), 'bad', tmp_path / 'bad')
    assert not (tmp_path / 'bad').exists()
    old = image_service.add(DATA, os_hash_algo=None, os_hash_value=None, checksum='0' * 32)
    with pytest.raises(exception.ImageUnacceptable):
        images.download(caller(), old['id'], tmp_path / 'bad')


def test_a_download_that_breaks_is_begun_again(images, image_service, tmp_path):  # noqa: F811
    made = image_service.add(DATA)
    image_service.cut_after = 1000
    images.download(caller(), made['id'], tmp_path / 'image')
    assert (tmp_path / 'image').read_bytes() == DATA


def test_a_service_that_stumbles_is_asked_again(images, image_service, tmp_path):  # noqa: F811
    made = image_service.add(DATA)
    image_service.failures += [503, 500]
    assert images.get(caller(), made['id'])['id'] == made['id']


def test_a_service_that_stays_broken_is_a_clear_error(images, image_service, conf, tmp_path):  # noqa: F811
    made = image_service.add(DATA)
    conf.config(group='glance', num_retries=0)
    image_service.failures += [500]
    with pytest.raises(exception.GlanceConnectionFailed) as caught:
        images.download(caller(), made['id'], tmp_path / 'image')
    assert caught.value.code == 503
    assert not (tmp_path / 'image').exists()


def test_a_service_that_is_away_is_a_clear_error(images, conf):
    conf.config(group='glance', endpoint_override='http://127.0.0.1:1', num_retries=0)
    with pytest.raises(exception.GlanceConnectionFailed) as caught:
        images.get(caller(), 'x')
    assert 'http://127.0.0.1:1' in str(caught.value)


def test_nothing_configured_is_a_clear_error(images, conf):
    conf.config(group='glance', endpoint_override=None, username=None)
    with pytest.raises(exception.GlanceConnectionFailed) as caught:
        images.get(caller(), 'x')
    assert 'endpoint_override' in str(caught.value)
    conf.config(group='glance', endpoint_override='http://127.0.0.1:1')
    with pytest.raises(exception.GlanceConnectionFailed) as caught:
        images.get(caller(token=None), 'x')
    assert 'username' in str(caught.value)


def test_an_image_without_data_cannot_be_fetched(images, image_service, tmp_path):  # noqa: F811
    made = image_service.add()
    with pytest.raises(exception.ImageUnacceptable):
        images.download(caller(), made['id'], tmp_path / 'image')


def test_without_a_token_the_service_user_asks_and_we_decide(images, image_service, tmp_path):  # noqa: F811
    mine, others = image_service.add(DATA), image_service.add(DATA, owner='other')
    public = image_service.add(DATA, owner='other', visibility='public')
    asking = caller(token=None)
    images.download(asking, mine['id'], tmp_path / 'image')
    assert images.get(asking, public['id'])['is_public']
    for ask in (lambda: images.get(asking, others['id']), lambda: images.download(asking, others['id'],
                                                                                  tmp_path / 'other'),
                lambda: images.delete(asking, others['id'])):
        with pytest.raises(exception.ImageNotFound):
            ask()
    with pytest.raises(exception.ImageNotAuthorized):
        images.delete(asking, public['id'])
    assert [image['id'] for image in images.get_all(asking)] == [mine['id'], public['id']]
    assert set(tokens(image_service)) == {'service'}
    assert images.get(caller(token=None, is_admin=True), others['id'])['owner'] == 'other'


def test_an_image_shared_with_the_project_is_visible(images, image_service):  # noqa: F811
    shared = image_service.add(DATA, owner='other', visibility='shared')
    with pytest.raises(exception.ImageNotFound):
        images.get(caller(token=None), shared['id'])
    image_service.members.add((shared['id'], 'demo'))
    assert images.get(caller(token=None), shared['id'])['id'] == shared['id']


def test_an_expired_token_does_not_lose_a_build(images, image_service, tmp_path):  # noqa: F811
    mine, others = image_service.add(DATA), image_service.add(DATA, owner='other')
    images.download(caller(token=EXPIRED), mine['id'], tmp_path / 'image')
    assert (tmp_path / 'image').read_bytes() == DATA
    with pytest.raises(exception.ImageNotFound):
        images.download(caller(token=EXPIRED), others['id'], tmp_path / 'other')


def test_an_expired_token_is_refused_where_there_is_no_service_user(images, image_service, conf):  # noqa: F811
    made = image_service.add(DATA)
    conf.config(group='glance', username=None)
    with pytest.raises(exception.ImageNotAuthorized):
        images.get(caller(token=EXPIRED), made['id'])


def test_a_wrong_service_password_is_no_access(images, image_service, conf):  # noqa: F811
    made = image_service.add(DATA)
    conf.config(group='glance', password='wrong')
    with pytest.raises(exception.ImageNotAuthorized):
        images.get(caller(token=None), made['id'])


def test_the_catalog_tells_where_the_service_is(images, image_service, conf):  # noqa: F811
    made = image_service.add(DATA)
    conf.config(group='glance', endpoint_override=None)
    catalog = [{'type': 'network', 'endpoints': [{'region': 'R', 'internalURL': 'http://127.0.0.1:1'}]},
               {'type': 'image', 'endpoints': [{'region': 'R', 'internalURL': f'{image_service.url}/v2/',
                                                'publicURL': 'http://x'}]}]
    asking = caller(service_catalog=catalog)
    assert images.url(asking) == image_service.url
    assert images.get(asking, made['id'])['id'] == made['id']
    conf.config(group='glance', valid_interfaces=['public'])
    assert images.url(asking) == 'http://x'
    conf.config(group='glance', valid_interfaces=['internal'])
    assert images.get(caller(token=None), made['id'])['id'] == made['id']


@pytest.mark.parametrize('url, expected', [
    ('http://h:9292', 'http://h:9292'), ('http://h:9292/', 'http://h:9292'), ('http://h/image/v2', 'http://h/image'),
    ('http://h:9292/v2/', 'http://h:9292'), ('http://v2', 'http://v2')])
def test_an_endpoint_may_end_in_its_version(url, expected):
    assert glance_client._without_version(url) == expected


def test_lists_follow_pages(images, image_service, monkeypatch):  # noqa: F811
    monkeypatch.setattr('mininova.image.glance.MAX_PAGE', 2)
    made = [image_service.add(DATA, name=f'i{number}')['id'] for number in range(5)]
    assert [image['id'] for image in images.get_all(caller())] == made
    assert [image['id'] for image in images.get_all(caller(), limit=3)] == made[:3]
    assert [image['id'] for image in images.get_all(caller(), marker=made[3])] == made[4:]
    with pytest.raises(exception.MarkerNotFound):
        images.get_all(caller(), marker='nope')


def test_filters_reach_the_service(images, image_service):  # noqa: F811
    image_service.add(DATA, name='a', os='linux')
    image_service.add(DATA, name='b', os='linux')
    found = images.get_all(caller(), filters={'property-os': 'linux', 'name': 'b',
                                              'changes-since': '2020-01-01T00:00:00Z'})
    assert [image['name'] for image in found] == ['b']
    assert image_service.requests[-1].GET['updated_at'] == 'gte:2020-01-01T00:00:00Z'


def test_an_image_is_made_changed_and_deleted(images, image_service):  # noqa: F811
    asking = caller()
    made = images.create(asking, {'name': 'snap', 'disk_format': 'qcow2', 'container_format': 'bare',
                                  'properties': {'a': 1, 'b': 'x', 'c/d~e': 'y', 'none': None}},
                                  data=io.BytesIO(b'bytes'))
    assert (made['status'], made['size'], made['properties']) == ('active', 5, {'a': '1', 'b': 'x', 'c/d~e': 'y'})
    changed = images.update(asking, made['id'], {'name': 'new', 'properties': {'b': 'z'}})
    assert (changed['name'], changed['properties']) == ('new', {'a': '1', 'b': 'z', 'c/d~e': 'y'})
    purged = images.update(asking, made['id'], {'properties': {'b': 'z'}}, purge_props=True)
    assert purged['properties'] == {'b': 'z'}
    before = len(image_service.requests)
    assert images.update(asking, made['id'], {'properties': {'b': 'z'}})['properties'] == {'b': 'z'}
    assert [req.method for req in image_service.requests[before:]] == ['GET']
    images.delete(asking, made['id'])
    with pytest.raises(exception.ImageNotFound):
        images.delete(asking, made['id'])


def test_what_the_service_forbids_is_forbidden(images, image_service):  # noqa: F811
    public = image_service.add(DATA, owner='other', visibility='public')
    for change in (lambda: images.delete(caller(), public['id']), lambda: images.update(caller(), public['id'],
                                                                                        {'name': 'x'})):
        with pytest.raises(exception.ImageNotAuthorized):
            change()


def test_writing_is_not_repeated(images, image_service):  # noqa: F811
    image_service.failures += [503]
    with pytest.raises(exception.GlanceConnectionFailed):
        images.create(caller(), {'name': 'once'})
    assert [req.method for req in image_service.requests] == ['POST']


def test_what_the_service_says_of_a_request_is_passed_on(images, image_service):  # noqa: F811
    for status, kind in ((400, exception.InvalidInput), (409, exception.Conflict), (413, exception.InvalidInput)):
        image_service.failures += [status]
        with pytest.raises(kind) as caught:
            images.create(caller(), {'name': 'x'})
        assert '<' not in str(caught.value) and str(status) in str(caught.value)


def test_a_property_cannot_change_a_field():
    fields = glance_format.to_v2({'name': 'x', 'properties': {'visibility': 'public', 'owner': 'me', 'name': 'y',
                                                              'p': 'z'}})
    assert fields == {'name': 'x', 'p': 'z'}


# -- bytes that come after the record --------------------------------------------------------


@pytest.mark.parametrize('as_file', [True, False])
def test_an_image_gets_its_bytes_later(images, image_service, tmp_path, as_file):  # noqa: F811
    made = images.create(caller(), {'name': 'snap', 'properties': {'a': '1'}})
    assert image_service.images[made['id']]['status'] == 'queued'
    (tmp_path / 'disk').write_bytes(DATA)
    done = images.upload(caller(), made['id'], {'disk_format': 'qcow2', 'container_format': 'bare',
                                                'properties': {'b': '2'}}, str(tmp_path / 'disk') if as_file else DATA)
    assert (done['status'], done['size'], done['disk_format']) == ('active', len(DATA), 'qcow2')
    assert done['properties'] == {'a': '1', 'b': '2'}
    assert image_service.data[made['id']] == DATA


def test_bytes_are_sent_again_to_a_service_that_stumbles(images, image_service, conf, monkeypatch):  # noqa: F811
    monkeypatch.setattr('mininova.image.glance.MAX_DELAY_SECONDS', 0)
    made = images.create(caller(), {'name': 'snap'})
    real, times = image_service.put, []

    def put(image_id, data):
        times.append(len(data))
        if len(times) < 3:
            raise webob.exc.HTTPServiceUnavailable()
        real(image_id, data)
    monkeypatch.setattr(image_service, 'put', put)
    assert images.upload(caller(), made['id'], {}, DATA)['status'] == 'active'
    assert times == [len(DATA)] * 3


def test_bytes_for_an_image_that_is_gone(images, image_service):  # noqa: F811
    with pytest.raises(exception.ImageNotFound):
        images.upload(caller(), 'gone', {}, DATA)


def test_the_service_user_finishes_what_an_expired_token_began(images, image_service):  # noqa: F811
    made = images.create(caller(), {'name': 'snap'})
    late = caller(token=EXPIRED)
    assert images.upload(late, made['id'], {'disk_format': 'raw'}, DATA)['status'] == 'active'
    images.delete(late, made['id'])
    assert made['id'] not in image_service.images


def test_an_image_of_anothers_server_is_shared_with_its_project(images, image_service):  # noqa: F811
    made = images.create(caller(), {'name': 'snap', 'visibility': 'shared', 'properties': {'instance_owner': 'other'}})
    assert (made['id'], 'other') in image_service.members

# SPDX-License-Identifier: Apache-2.0
"""/images with an image service behind it."""
import pytest

from mininova.image import api as image_api
from tests.fixtures.image_service import image_service  # noqa: F401


@pytest.fixture
def proxy(api, image_service):  # noqa: F811
    image_api._backend.cache_clear()
    yield api
    image_api._backend.cache_clear()


def test_images_are_listed_shown_and_linked(proxy, image_service, cloud):  # noqa: F811
    made = image_service.add(b'bytes', name='cirros', owner='demo', os='linux')
    image_service.add(b'bytes', name='hidden', owner='other')
    demo = proxy.user('demo')
    shown = demo.get(f'/images/{made["id"]}').json['image']
    assert (shown['name'], shown['created'], shown['metadata']) == ('cirros', '2026-01-02T03:04:05Z', {'os': 'linux'})
    assert shown['links'][2]['href'] == f'{image_service.url}/images/{made["id"]}'
    assert [image['name'] for image in demo.get('/images/detail').json['images']] == ['cirros']
    cloud.conf(group='api', glance_link_prefix='https://images.example.org')
    links = demo.get(f'/images/{made["id"]}').json['image']['links']
    assert links[2]['href'] == f'https://images.example.org/images/{made["id"]}'


def test_metadata_goes_to_the_image_service(proxy, image_service):  # noqa: F811
    made = image_service.add(b'bytes', owner='demo', a='1')
    path, demo = f'/images/{made["id"]}/metadata', proxy.user('demo')
    assert demo.put(path, {'metadata': {'b': '2', 'visibility': 'public'}}).status == 200
    assert (made['b'], made['visibility'], 'a' in made) == ('2', 'private', False)


def test_an_image_service_that_is_away_is_503(proxy, image_service, cloud):  # noqa: F811
    cloud.conf(group='glance', endpoint_override='http://127.0.0.1:1', num_retries=0)
    answer = proxy.get('/images')
    assert answer.fault[0] == 'serviceUnavailable' and answer.headers['Retry-After']
    assert proxy.get('/images/x').status == 503
    assert proxy.delete('/images/x').status == 503

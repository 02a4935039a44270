# SPDX-License-Identifier: Apache-2.0
"""Images that an administrator has the hosts of an aggregate fetch: POST /os-aggregates/{id}/images."""
import uuid

import pytest

from mininova import rpc
from mininova.compute import rpcapi as compute_rpcapi
from mininova.image import local

OTHER = str(uuid.uuid4())


@pytest.fixture
def aggregate(whole):
    """An aggregate of the hosts cmp1 and cmp2."""
    whole.add_host('cmp2')
    made = whole.api.post('/os-aggregates', {'aggregate': {'name': 'fast'}}).json['aggregate']['id']
    for host in ('cmp1', 'cmp2'):
        assert whole.api.post(f'/os-aggregates/{made}/action', {'add_host': {'host': host}}).status == 200
    return made


def ask(api, aggregate, *images, version='2.81'):
    return api.post(f'/os-aggregates/{aggregate}/images', {'cache': [{'id': image} for image in images]}, version)


def cached(whole, host):
    return whole.hosts[host].manager.driver.host.images


def test_all_its_hosts_fetch_the_images(whole, aggregate):
    second = local.LocalBackend().create(whole.admin, {'name': 'second'}, data=b'\0' * 4096)['id']
    answer = ask(whole.api, aggregate, whole.image, second)
    assert (answer.status, answer.body) == (202, b'')
    for host in ('cmp1', 'cmp2'):
        whole.until(lambda: cached(whole, host) == {whole.image, second})  # noqa: B023


def test_no_image_and_no_host_hinders_another(whole, aggregate, monkeypatch):
    """One image is unknown, and the first host does not answer."""
    original = compute_rpcapi.ComputeAPI.cache_images

    def call(self, context, host, image_ids):
        if host == 'cmp1':
            raise rpc.MessagingTimeout('lost')
        return original(self, context, host, image_ids)
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, 'cache_images', call)
    assert ask(whole.api, aggregate, OTHER, whole.image).status == 202
    whole.until(lambda: cached(whole, 'cmp2') == {whole.image})
    assert cached(whole, 'cmp1') == set()


def test_each_image_has_a_result(whole):
    driver, operations = whole.hosts['cmp1'].manager.driver, whole.hosts['cmp1'].manager.image_cache
    assert operations.cache_images(whole.admin, [whole.image, OTHER]) == {whole.image: 'cached', OTHER: 'error'}
    assert operations.cache_images(whole.admin, [whole.image]) == {whole.image: 'existing'}
    driver.faults.add('cache_image', 'fail', value=None)
    assert operations.cache_images(whole.admin, [whole.image]) == {whole.image: 'error'}


def test_a_driver_without_a_cache_says_so(whole, monkeypatch):
    manager = whole.hosts['cmp1'].manager
    monkeypatch.setattr(manager.driver, 'cache_image', lambda *args: manager.driver._unsupported('cache_image'))
    assert manager.image_cache.cache_images(whole.admin, [OTHER]) == {OTHER: 'unsupported'}


@pytest.mark.parametrize('body', [
    {}, {'cache': []}, {'cache': [{}]}, {'cache': [{'id': 'x'}]}, {'cache': [{'id': OTHER, 'more': 1}]},
    {'cache': [{'id': OTHER}, {'id': OTHER}]}, {'cache': {'id': OTHER}}, {'cache': [{'id': OTHER}], 'more': 1}])
def test_bad_bodies(whole, aggregate, body):
    assert whole.api.post(f'/os-aggregates/{aggregate}/images', body, '2.81').status == 400


def test_who_may_ask_since_when_and_of_what(whole, aggregate):
    assert ask(whole.api, aggregate, OTHER, version='2.80').status == 404
    assert ask(whole.api.user('demo'), aggregate, OTHER).status == 403
    assert ask(whole.api, 7777, OTHER).status == 404
    assert ask(whole.api, 'x', OTHER).status == 400

# SPDX-License-Identifier: Apache-2.0
"""/os-baremetal-nodes until 2.35, of a cloud without Ironic."""
import pytest

PATH = '/os-baremetal-nodes'
READ = (('GET', PATH, None), ('GET', f'{PATH}/1', None))
CHANGE = (('POST', PATH, {'node': {}}), ('DELETE', f'{PATH}/1', None),
          ('POST', f'{PATH}/1/action', {'add_interface': {'address': 'x'}}),
          ('POST', f'{PATH}/1/action', {'remove_interface': {'address': 'x'}}))


@pytest.mark.parametrize('method, path, body', READ)
def test_there_is_no_ironic(api, method, path, body):
    answer = api.request(method, path, body, '2.35')
    assert (answer.status, answer.fault[1]) == (501, 'Ironic client unavailable, cannot access Ironic.')
    assert api.user('demo').request(method, path, body).status == 403


@pytest.mark.parametrize('method, path, body', CHANGE)
def test_nothing_is_changed_here(api, method, path, body):
    answer = api.request(method, path, body, '2.1')
    assert (answer.status, 'Please use Ironic command' in answer.fault[1]) == (400, True)


@pytest.mark.parametrize('method, path, body', READ + CHANGE)
def test_it_ends_with_2_35(api, method, path, body):
    assert api.request(method, path, body, '2.36').status == 404

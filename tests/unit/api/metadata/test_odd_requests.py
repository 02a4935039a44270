# SPDX-License-Identifier: Apache-2.0
"""Whatever a guest asks for, it gets a clear answer and never anything of another guest; nothing of it is in a log."""
import base64
import logging
import urllib.parse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mininova import objects

MINE, THEIRS = b'canary-of-mine', b'canary-of-theirs'
WORDS = ['', '.', '..', 'ec2', 'openstack', 'latest', '2009-04-04', '2012-08-10', '2025-04-04', '1.0', 'meta-data',
         'user-data', 'user_data', 'meta_data.json', 'vendor_data.json', 'vendor_data2.json', 'network_data.json',
         'password', 'content', '0000', 'public-keys', '0', '0=k', 'openssh-key', 'placement', 'block-device-mapping',
         '%2e%2e', '%2f', '%00', '%ff', '%c0%ae', '%', '\\', '~', '_name', '__class__', '{}', '*', 'api', 'token']
segments = st.one_of(st.sampled_from(WORDS), st.text(max_size=20).map(lambda text: urllib.parse.quote(text, safe='')),
                     st.binary(max_size=12).map(urllib.parse.quote_from_bytes))
paths = st.lists(segments, max_size=7).map(lambda parts: '/' + '/'.join(parts))


@pytest.fixture
def two(guest):
    def make(canary, **values):
        return guest(user_data=base64.b64encode(canary).decode(), key_name='k', key_data=f'ssh-rsa {canary.decode()}',
                     display_name=canary.decode(), hostname=canary.decode(), **values)
    return make(MINE), make(THEIRS)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=paths, method=st.sampled_from(['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']),
       query=st.text(max_size=10))
def test_no_path_fails_or_shows_another_guest(service, two, path, method, query):
    answer = service.get(path, method=method, headers={'Host': '169.254.169.254'}, body=b'\xff')
    assert answer.status_int in (200, 400, 404, 405, 409)
    assert THEIRS not in answer.body and two[1].encode() not in answer.body


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=st.one_of(st.text(max_size=50), st.ip_addresses().map(str), st.sampled_from(
    ['10.0.0.03', '10.0.0.3 ', '010.0.0.3', '10.0.3', '0x0a000003', '167772163', '10.0.0.3%', '::10.0.0.3',
     '64:ff9b::10.0.0.3', '10.0.0.3,10.0.0.4'])))
def test_no_address_but_its_own_shows_a_guest(service, two, address):
    """G3: an address that only looks like a guest's is nobody's."""
    answer = service.get('/latest/user-data', address)
    if answer.status_int != 404:
        assert address in ('10.0.0.3', '10.0.0.4', '10.0.0.3%', '::ffff:a00:3', '::ffff:a00:4')


@pytest.mark.parametrize('path', ['/%ff', '/openstack/%ff%fe', '/latest/meta-data/%c0%ae%c0%ae/'])
def test_what_is_no_text_is_not_there(guest, service, path):
    guest()
    assert service.get(path).status_int == 404


@pytest.mark.parametrize('path, same_as', [
    ('//latest//meta-data/', '/latest/meta-data'), ('/openstack/../latest/meta-data', '/latest/meta-data'),
    ('/latest/./meta-data/hostname', '/latest/meta-data/hostname'), ('/ec2/latest/user-data', '/latest/user-data'),
    ('/../../etc/passwd/../../../latest', '/latest')])
def test_dots_and_slashes_lead_nowhere_else(service, two, path, same_as):
    assert service.get(path).body == service.get(same_as).body
    assert service.get(path).status_int == 200


def test_a_token_of_another_cloud_is_not_there(guest, service):
    """Programs that know Amazon's second version of the service ask for one first."""
    guest()
    assert service.get('/latest/api/token', method='PUT').status_int == 404


def test_secrets_of_a_guest_are_in_no_log(service, two, caplog, admin, monkeypatch):
    """G5"""
    caplog.set_level(logging.DEBUG)
    instance = objects.Instance.get_by_uuid(admin, two[0])
    instance.system_metadata = {**instance.system_metadata, 'admin_pass': 'canary-of-mine'}
    for path in ('/latest/user-data', '/openstack/latest/meta_data.json', '/openstack/latest/user_data'):
        assert service.get(path).status_int == 200
    assert service.get('/openstack/latest/password', method='POST', body=b'canary-secret').status_int == 200
    assert service.get('/openstack/latest/password', method='POST', body=b'canary-secret').status_int == 409
    assert service.get('/openstack/latest/password').body == b'canary-secret'
    monkeypatch.setattr('mininova.compute.instance_metadata.InstanceMetadata.lookup', lambda *args: 1 / 0)
    assert service.get('/latest/user-data').status_int == 500
    assert 'canary' not in caplog.text and base64.b64encode(MINE).decode() not in caplog.text


def test_a_guest_cannot_read_the_password_it_was_given(service, two):
    """G5: admin_pass is on a config drive only, where Nova has it."""
    for path in ('/openstack/latest/meta_data.json', '/latest/meta-data/'):
        assert b'admin_pass' not in service.get(path).body


@pytest.mark.parametrize('method', ['PUT', 'DELETE', 'PATCH'])
def test_a_password_is_read_and_written_only(guest, service, method):
    guest()
    assert service.get('/openstack/latest/password', method=method, body=b'x').status_int == 400

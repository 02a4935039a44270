# SPDX-License-Identifier: Apache-2.0
"""Vendor data: the operator's file, and services that are asked for each guest."""
import base64
import json
import logging

import pytest

from mininova import exception, objects
from mininova.compute import instance_metadata
from tests.fixtures.metadata import PROJECT, Service
from tests.fixtures.processes import free_port
from tests.fixtures.vendordata_service import TOKEN

SECRET = base64.b64encode(b'canary-user-data').decode()


@pytest.fixture
def file(conf, tmp_path):
    """Function that writes the operator's file."""
    def write(text):
        (tmp_path / 'vendor.json').write_text(text)
        conf.config(group='api', vendordata_jsonfile_path=str(tmp_path / 'vendor.json'))
    return write


def first(service):
    return service.get('/openstack/latest/vendor_data.json')


def second(service):
    return service.get('/openstack/latest/vendor_data2.json')


# -- the file -------------------------------------------------------------------------

def test_without_a_file_there_is_nothing_in_it(guest, service):
    guest()
    assert first(service).json == {} and second(service).json == {'static': {}}


@pytest.mark.parametrize('content', [{'a': 1}, ['a', 'list'], 'text', {'cloud-init': '#cloud-config\n'}])
def test_the_file_is_told_as_it_is(guest, service, file, content):
    guest()
    file(json.dumps(content))
    assert first(service).json == content and second(service).json == {'static': content}


@pytest.mark.parametrize('content', ['not json', '', None])
def test_a_file_that_cannot_be_read_is_an_error_and_all_else_is_told(guest, service, file, tmp_path, content):
    guest()
    file(content or '')
    if content is None:
        (tmp_path / 'vendor.json').unlink()
    for answer in (first(service), second(service)):
        assert answer.status_int == 500 and 'vendor.json' not in answer.text
    assert service.get('/openstack/latest/meta_data.json').status_int == 200


def test_providers_choose_what_is_told(guest, service, file, conf):
    guest()
    file('{"a": 1}')
    conf.config(group='api', vendordata_providers=[])
    assert first(service).status_int == 404 and second(service).json == {}
    assert 'vendor_data.json' not in service.get('/openstack/latest').text.split('\n')


def test_a_config_drive_cannot_be_made_without_the_file(guest, admin, file):
    documents = instance_metadata.InstanceMetadata(objects.Instance.get_by_uuid(admin, guest()))
    file('broken')
    with pytest.raises(exception.VendorDataFailed):
        documents.metadata_for_config_drive()


# -- services -------------------------------------------------------------------------

def test_a_service_is_told_what_nova_tells_it(guest, service, vendor, admin):
    uuid = guest(user_data=SECRET, system_metadata={'boot_roles': 'member,reader'})
    instance = objects.Instance.get_by_uuid(admin, uuid)
    instance.metadata = {'role': 'web'}
    instance.save()
    assert second(service).json == {'static': {}, 'names': {'path': '/names'}}
    (path, headers, body), = vendor.requests
    assert json.loads(body) == {
        'project-id': PROJECT, 'instance-id': uuid, 'image-id': '12345678-1234-4234-8234-123456789012',
        'user-data': SECRET, 'hostname': 'vm1', 'metadata': {'role': 'web'}, 'boot-roles': 'member,reader'}
    assert (headers['Content-Type'], headers['Accept']) == ('application/json', 'application/json')
    assert headers['User-Agent'] == 'openstack-nova-vendordata' and 'X-Auth-Token' not in headers


def test_the_old_document_has_nothing_of_services(guest, service, vendor):
    guest()
    assert first(service).json == {} and not vendor.requests


def test_each_target_has_its_own_name(guest, service, vendor, conf):
    guest()
    conf.config(group='api', vendordata_dynamic_targets=[
        f'a@{vendor.url}/a', f'b@{vendor.url}/b@c', f'a@{vendor.url}/again', vendor.url, f'static@{vendor.url}/static'])
    assert second(service).json == {'static': {}, 'a': {'path': '/a'}, 'b': {'path': '/b@c'}}


def test_an_empty_answer_is_an_empty_object(guest, service, vendor):
    guest()
    vendor.answers['/names'] = (200, '')
    assert second(service).json['names'] == {}


@pytest.mark.parametrize('answer', [(500, '{}'), (404, ''), (401, 'canary-answer'), (200, 'canary-answer'),
                                    (200, b'\xff'.decode('latin-1'))])
def test_a_service_that_fails_is_left_out_or_fatal(guest, service, vendor, conf, answer):
    guest()
    vendor.answers['/names'] = answer
    assert second(service).json == {'static': {}, 'names': {}}
    conf.config(group='api', vendordata_dynamic_failure_fatal=True)
    assert second(service).status_int == 500
    vendor.answers.clear()
    assert second(service).json['names'] == {'path': '/names'}


def test_a_service_that_is_away_is_left_out(guest, service, vendor, conf):
    guest()
    conf.config(group='api', vendordata_dynamic_targets=[f'gone@http://127.0.0.1:{free_port()}/'])
    assert second(service).json == {'static': {}, 'gone': {}}


def test_a_slow_service_is_not_waited_for(guest, service, vendor, conf):
    guest()
    conf.config(group='api', vendordata_dynamic_read_timeout=3)
    vendor.delay = 3.5
    assert second(service).json == {'static': {}, 'names': {}}


def test_a_service_is_asked_once_for_all_versions_while_documents_are_kept(guest, service, vendor, conf):
    conf.config(group='api', metadata_cache_expiration=60)
    guest(), guest()
    for version in ('2016-10-06', '2020-10-14', 'latest'):
        service.get(f'/openstack/{version}/vendor_data2.json')
    assert len(vendor.requests) == 1
    service.get('/openstack/latest/vendor_data2.json', '10.0.0.4')
    assert len(vendor.requests) == 2
    conf.config(group='api', metadata_cache_expiration=0)
    other = Service()
    second(other), second(other)
    assert len(vendor.requests) == 4


def test_a_config_drive_asks_once_even_if_the_service_fails(guest, admin, vendor):
    vendor.answers['/names'] = (503, '')
    documents = instance_metadata.InstanceMetadata(objects.Instance.get_by_uuid(admin, guest()),
                                                   extra_md={'admin_pass': 'canary-pass'})
    files = documents.metadata_for_config_drive()
    assert json.loads(files['openstack/latest/vendor_data2.json']) == {'static': {}, 'names': {}}
    assert len(vendor.requests) == 1
    assert 'canary-pass' not in vendor.requests[0][2]


def test_requests_are_signed_with_a_token_of_the_service_user(guest, service, vendor, conf):
    guest()
    conf.config(group='vendordata_dynamic_auth', auth_type='password', auth_url=f'{vendor.url}/v3', username='nova',
                password='canary-password', project_name='service')
    assert second(service).json['names'] == {'path': '/names'}
    assert vendor.requests[-1][1]['X-Auth-Token'] == TOKEN


def test_without_a_token_nothing_is_asked(guest, service, vendor, conf):
    guest()
    conf.config(group='vendordata_dynamic_auth', auth_type='v3applicationcredential',
                auth_url=f'http://127.0.0.1:{free_port()}/v3', application_credential_id='id',
                application_credential_secret='canary-secret')
    assert second(service).json['names'] == {} and not vendor.requests


def test_nothing_of_a_guest_or_of_a_service_is_in_a_log(guest, service, vendor, conf, caplog):
    """G5"""
    caplog.set_level(logging.DEBUG)
    guest(user_data=SECRET)
    conf.config(group='vendordata_dynamic_auth', auth_type='password', auth_url=f'{vendor.url}/v3', username='nova',
                password='canary-password', project_name='service')
    vendor.answers['/names'] = (200, '{"key": "canary-answer"}')
    assert second(service).json['names'] == {'key': 'canary-answer'}
    for answer in ((500, 'canary-answer'), (200, 'canary-answer')):
        vendor.answers['/names'] = answer
        assert second(Service()).json['names'] == {}
    conf.config(group='api', vendordata_dynamic_targets=[f'gone@http://u:canary@127.0.0.1:{free_port()}/canary'])
    assert second(Service()).json['gone'] == {}
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(('urllib3', 'stevedore'))]
    assert not [text for text in ours if 'canary' in text or SECRET in text]
    assert any('vendor' in text.lower() for text in ours)

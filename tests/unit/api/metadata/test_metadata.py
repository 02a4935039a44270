# SPDX-License-Identifier: Apache-2.0
"""A guest learns what is its own."""
import base64
import json

import pytest

from mininova import exception, objects
from mininova.api.metadata import password
from mininova.compute import ec2_metadata, instance_metadata
from mininova.db import security_groups
from mininova.network import metadata_peers
from mininova.virt import hardware
from tests.fixtures.metadata import PROJECT, Service

# -- the trees ------------------------------------------------------------------------

def test_the_root_lists_the_ec2_versions(guest, service):
    guest()
    for path in ('/', '/ec2', '/ec2/'):
        assert service.get(path).text.split('\n')[0] == '1.0'
        assert service.get(path).text.split('\n')[-2:] == ['2009-04-04', 'latest']


def test_openstack_lists_its_versions(guest, service):
    guest()
    assert service.get('/openstack').text.split('\n') == [
        '2012-08-10', '2013-04-04', '2013-10-17', '2015-10-15', '2016-06-30', '2016-10-06', '2017-02-22', '2018-08-27',
        '2020-10-14', '2025-04-04', 'latest']


@pytest.mark.parametrize('path, text', [
    ('instance-id', 'i-00000001'), ('local-ipv4', '10.0.0.3'), ('hostname', 'vm1.novalocal'),
    ('ami-id', 'ami-12345678'), ('ami-launch-index', '0'), ('instance-type', 'm1.tiny'),
    ('placement/availability-zone', 'nova'), ('placement', 'availability-zone'), ('public-keys', '0=mykey'),
    ('public-keys/0/', 'openssh-key'), ('public-keys/0/openssh-key', 'ssh-rsa AAAA'), ('reservation-id', 'r-1'),
    ('security-groups', 'default\nweb'), ('block-device-mapping/root', '/dev/vda'), ('block-device-mapping/ami', 'vda'),
    ('public-ipv4', '')])
def test_the_ec2_tree(guest, service, path, text):
    instance_uuid = guest(key_name='mykey', key_data='ssh-rsa AAAA', root_device_name='/dev/vda')
    security_groups.ensure_default(PROJECT, 'u')
    security_groups.create({'name': 'web', 'description': '', 'project_id': PROJECT, 'user_id': 'u'}, -1)
    for group in security_groups.find(PROJECT, ['web', 'default']).values():
        security_groups.add_to_instance(group['uuid'], instance_uuid)
    answer = service.get(f'/latest/meta-data/{path}')
    assert (answer.status_int, answer.text) == (200, text)
    assert answer.content_type == 'text/plain'


def test_old_ec2_versions_know_less(guest, service):
    guest()
    assert 'instance-type' not in service.get('/1.0/meta-data/').text.split('\n')
    assert 'instance-type' in service.get('/2009-04-04/meta-data/').text.split('\n')
    assert 'block-device-mapping/' in service.get('/2009-04-04/meta-data/').text.split('\n')


def test_user_data_is_given_as_it_was(guest, service):
    raw = b'#!/bin/sh\necho \xff\x00\n'
    guest(user_data=base64.b64encode(raw).decode())
    assert service.get('/latest/user-data').body == raw
    assert service.get('/openstack/latest/user_data').body == raw
    assert 'user-data' in service.get('/latest').text.split('\n')
    assert 'user_data' in service.get('/openstack/latest').text.split('\n')


def test_without_user_data_there_is_no_document(guest, service):
    guest()
    assert service.get('/latest/user-data').status_int == 404
    assert service.get('/openstack/latest/user_data').status_int == 404
    assert 'user_data' not in service.get('/openstack/latest').text


@pytest.mark.parametrize('path', ['/nothing', '/latest/meta-data/nothing', '/latest/meta-data/hostname/more',
                                  '/openstack/2011-01-01', '/openstack/latest/nothing', '/openstack/content/0000',
                                  '/openstack/latest/meta_data.json/more', '/openstack/2012-08-10/vendor_data.json',
                                  '/openstack/2012-08-10/password', '/openstack/2013-04-04/network_data.json'])
def test_what_is_not_there_is_404(guest, service, path):
    guest()
    assert service.get(path).status_int == 404


def test_meta_data_json_grows_with_the_versions(guest, service, context):
    instance_uuid = guest(key_name='mykey', key_data='ssh-rsa AAAA')
    first = service.get('/openstack/2012-08-10/meta_data.json').json
    assert first['uuid'] == instance_uuid
    assert (first['name'], first['hostname'], first['launch_index']) == ('VM One', 'vm1.novalocal', 0)
    assert first['public_keys'] == {'mykey': 'ssh-rsa AAAA'}
    assert {'random_seed', 'project_id', 'devices', 'dedicated_cpus'}.isdisjoint(first)
    last = service.get('/openstack/latest/meta_data.json').json
    assert last['project_id'] == PROJECT
    assert last['keys'] == [{'name': 'mykey', 'type': 'ssh', 'data': 'ssh-rsa AAAA'}]
    assert len(base64.b64decode(last['random_seed'])) == 512
    assert last['devices'] == last['dedicated_cpus'] == []
    assert 'admin_pass' not in last
    assert service.get('/openstack/latest/meta_data.json').content_type == 'application/json'


def test_metadata_of_the_server_is_in_it(guest, service, admin):
    instance_uuid = guest()
    instance = objects.Instance.get_by_uuid(admin, instance_uuid)
    instance.metadata = {'role': 'web'}
    instance.save()
    assert service.get('/openstack/latest/meta_data.json').json['meta'] == {'role': 'web'}


def test_network_data_json_describes_cards_and_addresses(guest, service):
    guest()
    found = service.get('/openstack/latest/network_data.json').json
    link, = found['links']
    assert (link['type'], link['mtu'], link['id'][:3]) == ('bridge', None, 'tap')
    network, = found['networks']
    assert (network['type'], network['link'], network['id']) == ('ipv4_dhcp', link['id'], 'network0')
    assert found['services'] == [{'type': 'dns', 'address': '10.0.0.2'}]


def test_versions_of_the_openstack_tree_know_more_and_more(guest, service):
    guest(user_data=base64.b64encode(b'#!').decode())
    known = {version: service.get(f'/openstack/{version}').text.split('\n')
             for version in instance_metadata.OPENSTACK_VERSIONS}
    assert known['2012-08-10'] == ['meta_data.json', 'user_data']
    assert known['2013-04-04'] == ['meta_data.json', 'user_data', 'password']
    assert known['2013-10-17'] == [*known['2013-04-04'], 'vendor_data.json']
    assert known['2015-10-15'] == known['2016-06-30'] == [*known['2013-10-17'], 'network_data.json']
    for version in ('2016-10-06', '2017-02-22', '2018-08-27', '2020-10-14', '2025-04-04'):
        assert known[version] == [*known['2015-10-15'], 'vendor_data2.json']


@pytest.mark.parametrize('version, new', [
    ('2012-08-10', ()), ('2013-04-04', ('random_seed',)), ('2013-10-17', ()), ('2015-10-15', ('project_id',)),
    ('2016-06-30', ('devices',)), ('2016-10-06', ()), ('2017-02-22', ()), ('2018-08-27', ()),
    ('2020-10-14', ('dedicated_cpus',)), ('2025-04-04', ())])
def test_meta_data_json_gains_with_each_version(guest, service, version, new):
    guest()
    versions = instance_metadata.OPENSTACK_VERSIONS
    now = set(service.get(f'/openstack/{version}/meta_data.json').json)
    before = {'uuid', 'hostname', 'name', 'launch_index', 'availability_zone'}
    if version != versions[0]:
        before = set(service.get(f'/openstack/{versions[versions.index(version) - 1]}/meta_data.json').json)
    assert now - before == set(new) and not before - now


@pytest.mark.parametrize('version, new', [
    ('1.0', {'ami-id', 'ami-launch-index', 'ami-manifest-path', 'hostname', 'instance-id', 'local-ipv4',
             'reservation-id', 'security-groups', 'public-keys'}),
    ('2007-01-19', {'local-hostname', 'public-hostname', 'public-ipv4'}), ('2007-03-01', set()),
    ('2007-08-29', {'instance-type'}), ('2007-10-10', set()),
    ('2007-12-15', {'block-device-mapping', 'kernel-id', 'ramdisk-id'}), ('2008-02-01', {'placement'}),
    ('2008-09-01', {'instance-action'}), ('2009-04-04', set())])
def test_the_ec2_tree_gains_with_each_version(guest, admin, version, new):
    image = '12345678-1234-4234-8234-123456789012'
    instance = objects.Instance.get_by_uuid(admin, guest(key_name='k', key_data='d', kernel_id=image, ramdisk_id=image))
    documents, versions = instance_metadata.InstanceMetadata(instance), ec2_metadata.VERSIONS
    before = set()
    if version != versions[0]:
        before = set(documents.ec2_tree(versions[versions.index(version) - 1])['meta-data'])
    assert set(documents.ec2_tree(version)['meta-data']) - before == new


def test_volumes_are_in_the_block_device_mapping(guest, admin):
    def device(name, **values):
        return objects.BlockDeviceMapping(**{'device_name': name, 'source_type': 'blank', 'guest_format': None,
                                             'destination_type': 'local', 'tag': None, **values})
    documents = instance_metadata.InstanceMetadata(
        objects.Instance.get_by_uuid(admin, guest(root_device_name='/dev/vda')),
        block_devices=[device('/dev/vde', source_type='volume', destination_type='volume'),
                       device('/dev/vdd', destination_type='volume'), device('/dev/vdb'),
                       device('/dev/vdc', guest_format='swap')])
    assert documents.ec2_tree('2009-04-04')['meta-data']['block-device-mapping'] == {
        'ami': 'vda', 'root': '/dev/vda', 'ebs0': '/dev/vdd', 'ebs1': '/dev/vde', 'ephemeral0': '/dev/vdb',
        'swap': '/dev/vdc'}


def test_cpus_that_are_dedicated_are_told(guest, service, change_instance):
    wanted = hardware.InstanceNUMATopology(cells=[
        hardware.InstanceNUMACell(0, {0}, {1, 3}, 64), hardware.InstanceNUMACell(1, set(), {2}, 64)])
    change_instance(guest(), numa_topology=wanted.to_document())
    assert service.get('/openstack/latest/meta_data.json').json['dedicated_cpus'] == [1, 2, 3]


# -- what is kept ---------------------------------------------------------------------

def test_a_deleted_guest_gets_nothing_once_the_cache_is_over(guest, service, conf, change_instance):
    instance_uuid = guest()
    conf.config(group='api', metadata_cache_expiration=0)
    change_instance(instance_uuid, deleted=1)
    assert service.get('/latest/meta-data/instance-id').status_int == 404


def test_documents_are_kept_for_a_while(guest, service, conf, change_instance):
    instance_uuid = guest()
    conf.config(group='api', metadata_cache_expiration=60)
    assert service.get('/latest/meta-data/hostname').text == 'vm1.novalocal'
    change_instance(instance_uuid, hostname='other')
    assert service.get('/latest/meta-data/hostname').text == 'vm1.novalocal'
    conf.config(group='api', metadata_cache_expiration=0)
    assert Service().get('/latest/meta-data/hostname').text == 'other.novalocal'


# -- password -------------------------------------------------------------------------

def test_a_password_is_stored_once_and_read_back(guest, service, admin):
    instance_uuid = guest(system_metadata={'image_os': 'linux'})
    text = 'p' * 700
    assert service.get('/openstack/latest/password').body == b''
    assert service.get('/openstack/latest/password', method='POST', body=text.encode()).status_int == 200
    assert service.get('/openstack/2013-04-04/password').text == text
    assert service.get('/openstack/latest/password', method='POST', body=b'x').status_int == 409
    instance = objects.Instance.get_by_uuid(admin, instance_uuid)
    assert instance.system_metadata['image_os'] == 'linux'
    assert password.extract_password(instance) == text
    assert all(len(value) <= 255 for value in instance.system_metadata.values())


def test_a_password_has_a_limit(guest, service):
    guest()
    assert service.get('/openstack/latest/password', method='POST', body=b'x' * 1021).status_int == 400
    assert service.get('/openstack/latest/password', method='POST', body=b'\xff').status_int == 400
    assert service.get('/openstack/latest/password', method='POST', body=b'x' * 1020).status_int == 200


def test_a_guest_cannot_read_anothers_password(guest, service):
    guest()
    guest()
    service.get('/openstack/latest/password', '10.0.0.3', method='POST', body=b'secret')
    assert service.get('/openstack/latest/password', '10.0.0.4').text == ''


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE'])
def test_documents_can_only_be_read(guest, service, method):
    guest()
    assert service.get('/openstack/latest/meta_data.json', method=method).status_int == 405


def test_a_failure_tells_nothing_of_the_inside(guest, service, monkeypatch):
    guest()

    def fail(*args):
        raise exception.NovaException('mysql://nova:secret@db/nova')
    monkeypatch.setattr(metadata_peers, 'find_guest', fail)
    answer = service.get('/latest')
    assert answer.status_int == 500 and 'secret' not in answer.text


# -- config drive ---------------------------------------------------------------------

def test_a_config_drive_has_everything_as_files(guest, admin):
    instance = objects.Instance.get_by_uuid(admin, guest(user_data=base64.b64encode(b'#!').decode()))
    documents = instance_metadata.InstanceMetadata(
        instance, content=[('/etc/motd', b'hello'), ('/etc/x', 'text')], extra_md={'admin_pass': 's3cret'})
    files = documents.metadata_for_config_drive()
    meta = json.loads(files['openstack/latest/meta_data.json'])
    assert meta['admin_pass'] == 's3cret'
    assert meta['files'] == [{'path': '/etc/motd', 'content_path': '/content/0000'},
                             {'path': '/etc/x', 'content_path': '/content/0001'}]
    assert files['openstack/content/0000'] == b'hello' and files['openstack/content/0001'] == b'text'
    assert files['openstack/latest/user_data'] == files['ec2/latest/user-data'] == b'#!'
    assert json.loads(files['ec2/2009-04-04/meta-data.json'])['instance-id'].startswith('i-')
    assert not any(path.startswith('ec2/1.0') for path in files)
    assert 'openstack/2020-10-14/network_data.json' in files and 'openstack/latest/vendor_data2.json' in files
    assert all(isinstance(data, bytes) for data in files.values())
    assert not any('password' in path for path in files)

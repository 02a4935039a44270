# SPDX-License-Identifier: Apache-2.0
"""A guest learns what is its own from its address, and nothing else from anything it says."""

import base64
import hashlib
import hmac
import json

import pytest
import webob

from mininova import exception, objects
from mininova.api.metadata import handler, password
from mininova.compute import instance_metadata
from mininova.db import security_groups
from mininova.network import ipam

PROJECT = 'a' * 32
SECRET = 'between proxy and us'
FLAVOR = {'id': 1, 'flavorid': '1', 'name': 'm1.tiny', 'memory_mb': 128, 'vcpus': 1, 'root_gb': 1, 'ephemeral_gb': 0,
          'swap': 0}


class Service:
    """The application and the guests that ask it."""

    def __init__(self):
        self.application = handler.MetadataRequestHandler()

    def get(self, path, address='10.0.0.3', method='GET', headers=(), body=b''):
        request = webob.Request.blank(path, method=method, environ={'REMOTE_ADDR': address}, body=body)
        for name, value in dict(headers).items():
            request.headers[name] = value
        return request.get_response(self.application)


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def guest(context, make_network, make_instance, change_instance):
    """Function that makes a guest with an address; the first has 10.0.0.3."""
    make_network(mtu=1400)

    def make(**values):
        values = {'hostname': 'vm1', 'display_name': 'VM One', 'host': 'h1', 'flavor': FLAVOR, 'launch_index': 0,
                  'availability_zone': 'nova', 'reservation_id': 'r-1', 'system_metadata': {},
                  'image_ref': '12345678-1234-4234-8234-123456789012', **values}
        instance_uuid = make_instance(**values)
        cards = objects.VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, values['host'], None)
        info = ipam.network_info(cards)
        change_instance(instance_uuid, network_info=json.loads(info.json()))
        return instance_uuid
    return make


def signature(instance_uuid, secret=SECRET):
    return hmac.new(secret.encode(), instance_uuid.encode(), hashlib.sha256).hexdigest()


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
        '2020-10-14', 'latest']


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
    assert (link['type'], link['mtu'], link['id'][:3]) == ('bridge', 1400, 'tap')
    network, = found['networks']
    assert (network['type'], network['link'], network['id']) == ('ipv4_dhcp', link['id'], 'network0')
    assert found['services'] == [{'type': 'dns', 'address': '10.0.0.2'}]


def test_a_card_without_dhcp_is_described_with_its_address(guest, context, admin, make_network, make_instance):
    make_network('10.9.0.0/24', 'static', 'br109', enable_dhcp=False)
    cards = objects.VirtualInterfaceList.allocate(context, make_instance(host='h1'), PROJECT, 'h1', None)
    network = instance_metadata.network_data(ipam.network_info(cards))['networks'][1]
    assert (network['type'], network['ip_address'], network['netmask']) == ('ipv4', '10.9.0.3', '255.255.255.0')
    assert network['routes'] == [{'network': '0.0.0.0', 'netmask': '0.0.0.0', 'gateway': '10.9.0.2'}]


def test_vendor_data_comes_from_the_file(guest, service, conf, tmp_path):
    guest()
    assert service.get('/openstack/latest/vendor_data.json').json == {}
    (tmp_path / 'vendor.json').write_text('{"a": 1}')
    conf.config(group='api', vendordata_jsonfile_path=str(tmp_path / 'vendor.json'))
    assert service.get('/openstack/latest/vendor_data.json').json == {'a': 1}
    assert service.get('/openstack/latest/vendor_data2.json').json == {'static': {'a': 1}}
    (tmp_path / 'vendor.json').write_text('not json')
    assert service.get('/openstack/latest/vendor_data.json').json == {}


# -- who asks -------------------------------------------------------------------------

def test_an_unknown_address_gets_nothing(guest, service):
    guest()
    for address in ('10.0.0.4', '10.0.0.2', '192.0.2.1', ''):
        assert service.get('/latest/meta-data/instance-id', address).status_int == 404


def test_each_guest_gets_its_own(guest, service):
    first, second = guest(), guest(hostname='vm2')
    assert service.get('/openstack/latest/meta_data.json', '10.0.0.3').json['uuid'] == first
    assert service.get('/openstack/latest/meta_data.json', '10.0.0.4').json['uuid'] == second


def test_an_ipv4_peer_of_an_ipv6_socket_is_known(guest, service):
    guest()
    assert service.get('/latest/meta-data/hostname', '::ffff:10.0.0.3').status_int == 200


def test_forwarded_for_is_not_believed(guest, service):
    guest()
    answer = service.get('/openstack/latest/meta_data.json', '192.0.2.9', headers={'X-Forwarded-For': '10.0.0.3'})
    assert answer.status_int == 404


@pytest.mark.parametrize('header', ['X-Instance-ID', 'X-Metadata-Provider', 'X-Instance-ID-Signature'])
def test_proxy_headers_are_refused_without_a_proxy(guest, service, header):
    guest()
    victim = guest()
    assert service.get('/latest/meta-data/instance-id', headers={header: victim}).status_int == 400


def test_a_reused_address_tells_the_new_guest_only_its_own(guest, service, context):
    first = guest()
    assert service.get('/openstack/latest/meta_data.json').json['uuid'] == first
    objects.VirtualInterfaceList.deallocate(context, first)
    assert service.get('/openstack/latest/meta_data.json').status_int == 404
    second = guest()
    assert service.get('/openstack/latest/meta_data.json').json['uuid'] == second


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


@pytest.fixture
def proxied(conf):
    conf.config(group='neutron', service_metadata_proxy=True, metadata_proxy_shared_secret=SECRET)


def proxy_headers(instance_uuid, project=PROJECT, **changes):
    headers = {'X-Instance-ID': instance_uuid, 'X-Tenant-ID': project,
               'X-Instance-ID-Signature': signature(instance_uuid)}
    headers.update({name.replace('_', '-'): value for name, value in changes.items()})
    return {name: value for name, value in headers.items() if value is not None}


def test_a_proxy_that_knows_the_secret_names_the_guest(guest, service, proxied):
    instance_uuid = guest()
    answer = service.get('/openstack/latest/meta_data.json', '127.0.0.1', headers=proxy_headers(instance_uuid))
    assert answer.json['uuid'] == instance_uuid


def test_behind_a_proxy_the_address_means_nothing(guest, service, proxied):
    guest()
    assert service.get('/openstack/latest/meta_data.json').status_int == 400


@pytest.mark.parametrize('changes, status', [
    ({'X_Instance_ID_Signature': 'f' * 64}, 403), ({'X_Instance_ID_Signature': '\xff'}, 403),
    ({'X_Tenant_ID': 'b' * 32}, 404), ({'X_Tenant_ID': None}, 400), ({'X_Instance_ID': None}, 400),
    ({'X_Instance_ID_Signature': None}, 400)])
def test_a_proxied_request_must_be_complete_signed_and_of_the_right_project(guest, service, proxied, changes, status):
    headers = proxy_headers(guest(), **changes)
    assert service.get('/latest/meta-data/instance-id', '127.0.0.1', headers=headers).status_int == status


def test_another_instance_with_a_stolen_signature_is_refused(guest, service, proxied):
    mine, victim = guest(), guest()
    headers = proxy_headers(mine, X_Instance_ID=victim)
    assert service.get('/latest/meta-data/instance-id', '127.0.0.1', headers=headers).status_int == 403


def test_an_empty_secret_refuses_everything(guest, service, conf):
    conf.config(group='neutron', service_metadata_proxy=True, metadata_proxy_shared_secret='')
    instance_uuid = guest()
    headers = proxy_headers(instance_uuid, X_Instance_ID_Signature=signature(instance_uuid, ''))
    assert service.get('/latest/meta-data/instance-id', '127.0.0.1', headers=headers).status_int == 403


def test_a_repeated_header_is_a_bad_request(guest, service, proxied):
    mine, victim = guest(), guest()
    headers = proxy_headers(mine, X_Instance_ID=f'{mine},{victim}')
    assert service.get('/latest/meta-data/instance-id', '127.0.0.1', headers=headers).status_int == 400
    request = webob.Request.blank('/latest', environ={'headers_raw': [('X-Tenant-ID', 'a'), ('x-tenant-id', 'b')]})
    assert request.get_response(service.application).status_int == 400


def test_secrets_are_compared_in_constant_time():
    with open(handler.__file__) as file:
        assert 'hmac.compare_digest(expected' in file.read()


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
    monkeypatch.setattr(handler.FixedIP, 'get_by_address', fail)
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


def test_tags_of_cards_and_disks_are_told(guest, admin, context, make_instance):
    guest()
    network = objects.NetworkList.get_all(context)[0]
    instance_uuid = make_instance(host='h1', flavor=FLAVOR, system_metadata={})
    wanted = objects.NetworkRequestList(objects=[objects.NetworkRequest(network_id=network.uuid, tag='front')])
    cards = objects.VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, 'h1', wanted)
    disk = objects.BlockDeviceMapping(device_name='/dev/vdb', tag='data', source_type='blank', guest_format=None)
    documents = instance_metadata.InstanceMetadata(
        objects.Instance.get_by_uuid(admin, instance_uuid), ipam.network_info(cards), block_devices=[disk])
    assert documents.meta_data('2016-06-30')['devices'] == [
        {'type': 'nic', 'bus': 'none', 'address': 'none', 'mac': cards[0]['mac'], 'tags': ['front']},
        {'type': 'disk', 'bus': 'none', 'address': 'none', 'path': '/dev/vdb', 'tags': ['data']}]
    assert documents.lookup('latest/meta-data/block-device-mapping/ephemeral0') == b'/dev/vdb'

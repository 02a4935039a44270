# SPDX-License-Identifier: Apache-2.0
"""What a guest reads of the metadata service over HTTP, and finds on its config drive, after all that users do."""
import base64
import http.client
import json

import pytest

from mininova import context, objects, service
from mininova.network import ipam
from mininova.virt import fake_host
from tests.fixtures.metadata import SECRET, signature

USER_DATA = '#!/bin/sh\necho hello\n'


class Guest:
    """Asks the service as neutron-metadata-agent does for a guest."""

    def __init__(self, port, uuid, project='admin'):
        self.port, self.uuid, self.project = port, uuid, project

    def request(self, path, method='GET', body=None, **headers):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        connection.request(method, path, body, {
            'X-Instance-ID': self.uuid, 'X-Tenant-ID': self.project, 'X-Instance-ID-Signature': signature(self.uuid),
            'X-Forwarded-For': '10.1.0.3', **headers})
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def json(self, name, version='latest'):
        status, body = self.request(f'/openstack/{version}/{name}')
        assert status == 200, body
        return json.loads(body)


@pytest.fixture
def metadata(whole, cloud, conf):
    """Function that gives the guest of a server; the service is the one of the Paste file, behind a proxy."""
    cloud.conf(metadata_listen='127.0.0.1', metadata_listen_port=0, metadata_workers=1)
    conf.config(group='neutron', service_metadata_proxy=True, metadata_proxy_shared_secret=SECRET)
    conf.config(group='api', metadata_cache_expiration=0)
    server = service.WSGIService('metadata')
    server.start()
    yield lambda uuid, **values: Guest(server.port, uuid, **values)
    server.stop()
    server.wait()


@pytest.fixture
def network(whole):
    return ipam.create_network(context.get_admin_context(), 'blue', '10.1.0.0/28').uuid


@pytest.fixture
def drives(monkeypatch):
    """What was put on config drives: {server: files}."""
    found = {}

    def boot(whole, **values):
        driver = whole.hosts['cmp1'].manager.driver
        real = driver.virtapi.config_drive_files

        def look(instance, *args):
            found[instance.uuid] = real(instance, *args)
            return found[instance.uuid]
        monkeypatch.setattr(driver.virtapi, 'config_drive_files', look)
        return whole.boot(**values)
    found['boot'] = boot
    return found


def test_a_guest_reads_what_its_user_asked_for(whole, metadata, network, drives):
    key = whole.api.post('/os-keypairs', {'keypair': {'name': 'mykey'}}).json['keypair']['public_key'].strip()
    server = drives['boot'](
        whole, name='web 1', networks=[{'uuid': network, 'tag': 'front'}], key_name='mykey', config_drive=True,
        metadata={'role': 'web'}, user_data=base64.b64encode(USER_DATA.encode()).decode(), version='2.42',
        personality=[{'path': '/etc/motd', 'contents': base64.b64encode(b'hi').decode()}])
    assert whole.wait(server)['status'] == 'ACTIVE'
    guest = metadata(server)
    told = guest.json('meta_data.json')
    random_seed = told.pop('random_seed')
    assert len(base64.b64decode(random_seed)) == 512 and guest.json('meta_data.json')['random_seed'] != random_seed
    mac = fake_mac(whole, server)
    assert told == {
        'uuid': server, 'name': 'web 1', 'hostname': 'web-1.novalocal', 'launch_index': 0, 'availability_zone': 'nova',
        'meta': {'role': 'web'}, 'project_id': 'admin', 'public_keys': {'mykey': key}, 'dedicated_cpus': [],
        'keys': [{'name': 'mykey', 'type': 'ssh', 'data': key}],
        'devices': [{'type': 'nic', 'mac': mac, 'vf_trusted': False, 'bus': 'pci', 'address': '0000:00:03.0',
                     'tags': ['front']}]}
    assert guest.request('/openstack/latest/user_data') == (200, USER_DATA.encode())
    assert guest.request('/latest/meta-data/public-keys/0/openssh-key') == (200, key.encode())
    assert guest.request('/latest/meta-data/local-ipv4') == (200, b'10.1.0.3')
    assert guest.json('network_data.json')['networks'][0]['type'] == 'ipv4_dhcp'
    assert guest.json('vendor_data2.json') == {'static': {}}

    files = drives[server]
    on_drive = json.loads(files['openstack/latest/meta_data.json'])
    assert on_drive.pop('files') == [{'path': '/etc/motd', 'content_path': '/content/0000'}]
    assert on_drive.pop('admin_pass') and on_drive.pop('random_seed')
    on_drive['devices'] = told['devices']
    assert on_drive == told
    for name in ('user_data', 'vendor_data.json', 'vendor_data2.json', 'network_data.json'):
        assert files[f'openstack/latest/{name}'] == guest.request(f'/openstack/latest/{name}')[1]
    for version in guest.request('/openstack')[1].decode().split('\n'):
        listed = set(guest.request(f'/openstack/{version}')[1].decode().split('\n')) - {'password'}
        assert listed == {path.rpartition('/')[2] for path in files if path.startswith(f'openstack/{version}/')}


def fake_mac(whole, server):
    return whole.api.get(f'/servers/{server}/os-interface').json['interfaceAttachments'][0]['mac_addr']


def test_changes_of_a_server_are_told(whole, metadata, network):
    server = whole.boot('vm1', networks=[{'uuid': network}])
    assert whole.wait(server)['status'] == 'ACTIVE'
    guest = metadata(server)
    assert 'meta' not in guest.json('meta_data.json') and guest.json('meta_data.json')['devices'] == []
    whole.api.put(f'/servers/{server}/metadata', {'metadata': {'role': 'db'}})
    whole.api.put(f'/servers/{server}', {'server': {'name': 'renamed'}})
    assert (guest.json('meta_data.json')['meta'], guest.json('meta_data.json')['name']) == ({'role': 'db'}, 'renamed')
    green = ipam.create_network(context.get_admin_context(), 'green', '10.2.0.0/28').uuid
    answer = whole.api.post(f'/servers/{server}/os-interface',
                            {'interfaceAttachment': {'net_id': green, 'tag': 'back'}}, version='2.96')
    card, = guest.json('meta_data.json')['devices']
    assert (card['tags'], card['bus'], card['address']) == (['back'], 'pci', '0000:00:04.0')
    assert len(guest.json('network_data.json')['links']) == 2
    whole.api.delete(f'/servers/{server}/os-interface/{answer.json["interfaceAttachment"]["port_id"]}')
    whole.until(lambda: not guest.json('meta_data.json')['devices'])


def test_where_devices_are_is_known_after_a_reboot_too(whole, metadata, network):
    server = whole.boot('vm1', networks=[{'uuid': network, 'tag': 'front'}])
    whole.wait(server)
    before = metadata(server).json('meta_data.json')['devices']
    instance = objects.Instance.get_by_uuid(context.get_admin_context(), server)
    assert instance.device_metadata == fake_host.places(whole.hosts['cmp1'].manager.driver.host.guests[server])
    whole.act(server, {'reboot': {'type': 'HARD'}})
    whole.wait(server, 'ACTIVE')
    assert metadata(server).json('meta_data.json')['devices'] == before != []


def test_a_guest_tells_its_password_once_and_its_user_reads_it(whole, metadata):
    server = whole.boot('vm1')
    whole.wait(server)
    guest = metadata(server)
    assert guest.request('/openstack/latest/password') == (200, b'')
    assert guest.request('/openstack/latest/password', 'POST', b'x' * 1021)[0] == 400
    assert guest.request('/openstack/latest/password', 'POST', b'c2VjcmV0') == (200, b'')
    assert guest.request('/openstack/latest/password', 'POST', b'b3RoZXI=')[0] == 409
    assert whole.api.get(f'/servers/{server}/os-server-password').json == {'password': 'c2VjcmV0'}
    assert whole.api.delete(f'/servers/{server}/os-server-password').status == 204
    assert guest.request('/openstack/latest/password') == (200, b'')
    assert guest.request('/openstack/2012-08-10/password')[0] == 404


def test_a_guest_of_another_project_reads_nothing(whole, metadata):
    """G1"""
    server = whole.boot('vm1')
    whole.wait(server)
    assert metadata(server).request('/latest/meta-data/instance-id')[0] == 200
    for path in ('/latest/meta-data/', '/latest/user-data', '/openstack/latest/meta_data.json',
                 '/openstack/latest/password'):
        assert metadata(server, project='other').request(path)[0] == 404
    other = whole.boot('vm2')
    assert metadata(server).request('/latest', **{'X-Instance-ID': other})[0] == 403


def test_a_deleted_server_is_told_nothing(whole, metadata):
    server = whole.boot('vm1')
    whole.wait(server)
    guest = metadata(server)
    assert guest.request('/openstack/latest/meta_data.json')[0] == 200
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server)
    assert guest.request('/openstack/latest/meta_data.json')[0] == 404
    assert guest.request('/')[0] == 200


def test_a_broken_file_of_the_operator_is_an_error_that_says_so(whole, conf, tmp_path):
    conf.config(group='api', vendordata_jsonfile_path=str(tmp_path / 'missing'))
    server = whole.boot('vm1', config_drive=True)
    fault = whole.wait(server, 'ERROR')['fault']
    assert str(tmp_path) not in fault['message']
    assert whole.wait(whole.boot('vm2'))['status'] == 'ACTIVE'


def test_a_config_drive_that_nobody_asked_for_is_shown_and_stays(whole, conf):
    conf.config(force_config_drive=True)
    server = whole.boot('vm1')
    assert whole.wait(server)['config_drive'] == 'True'
    conf.config(force_config_drive=False)
    whole.act(server, {'rebuild': {'imageRef': whole.image}})
    assert whole.wait(server, 'ACTIVE')['config_drive'] == 'True'
    assert whole.hosts['cmp1'].manager.driver.host.guests[server].config_drive
    assert whole.wait(whole.boot('vm2'))['config_drive'] == ''

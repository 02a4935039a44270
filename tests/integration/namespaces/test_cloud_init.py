# SPDX-License-Identifier: Apache-2.0
"""A real cloud-init is satisfied by the metadata service, in both of its dialects, and by a config drive."""
import base64
import json
import sys

import pytest
import yaml

from mininova import context, objects
from mininova.compute import instance_metadata
from mininova.network import model
from mininova.virt import configdrive
from tests.fixtures import cloud_init, processes
from tests.fixtures.metadata import PROJECT
from tests.integration.network_lab import wait_for
from tests.unit.virt import test_configdrive

pytestmark = pytest.mark.needs('network')

KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9vbzK9vlpZHVd8pMoH3ZwRl1V6Q1x1j6rQ0b1B0a1k guest@cloud'
USER_DATA = '#cloud-config\nruncmd: [[sh, -c, "mkdir -p /var/told; echo user data ran > /var/told/user"]]\n'
VENDOR_DATA = '#cloud-config\nwrite_files: [{path: /var/told/vendor, content: "vendor data was read"}]\n'
# What its Ec2 data source says of every cloud but Amazon's, Nova's too.
AMAZON_ONLY = "Metadata 'network' key not valid: None."
SERVER = cloud_init.ROOT / 'doc' / 'source' / 'examples' / 'vendordata_server.py'


@pytest.fixture(scope='module', autouse=True)
def _cloud_init():
    cloud_init.fetch()


@pytest.fixture
def vendor_file(tmp_path):
    path = tmp_path / 'vendor.json'
    path.write_text(json.dumps({'cloud-init': VENDOR_DATA}))
    return path


@pytest.fixture
def values():
    """What the user asked for."""
    return {'key_name': 'mykey', 'key_data': KEY, 'key_type': 'ssh', 'root_device_name': '/dev/vda',
            'user_data': base64.b64encode(USER_DATA.encode()).decode()}


@pytest.fixture
def boot(lab, guest, values, vendor_file):
    """Function that makes a host with a metadata service and a guest on it: (instance uuid, namespace, host)."""
    def do(*options):
        instance_uuid = guest(**values)
        lab.networks['br100'] = objects.NetworkList.get_all(context.get_admin_context())[0].uuid
        host = lab.host('h1', '[api]', f'vendordata_jsonfile_path = {vendor_file}', *options)
        return instance_uuid, lab.guest(host, 'vm1', host.call('allocate', instance_uuid, PROJECT)[0]), host
    return do


def check(found, datasource):
    """What is true of each guest, however it was told."""
    assert not found.failed, found.output
    assert [line for line in found.complaints if AMAZON_ONLY not in line] == []
    assert found.datasource.startswith(f'DataSource{datasource}'), found.datasource
    assert found.hostname == 'vm1'
    assert KEY in found.keys
    assert found.files['var/told/user'] == 'user data ran\n'


def test_cloud_init_is_satisfied_by_the_openstack_tree(boot, tmp_path):
    port = processes.free_port()
    instance_uuid, guest, host = boot('vendordata_providers = StaticJSON,DynamicJSON',
                                      f'vendordata_dynamic_targets = cloud-init@http://127.0.0.1:{port}/')
    server = host.spawn(sys.executable, SERVER, port)
    try:
        wait_for(lambda: f':{port}' in host.run('ss', '-ltn'), 10, 'the service of vendor data listens')
        found = cloud_init.CloudInit(tmp_path / 'boot', 'OpenStack').boot(guest.name, guest.script)
    finally:
        server.kill()
        server.wait()
    check(found, 'OpenStackLocal')
    assert (found.v1['instance_id'], found.v1['availability_zone']) == (instance_uuid, 'nova')
    assert found.v1['cloud_name'] == 'openstack' and found.metadata['project_id'] == PROJECT
    assert found.files['etc/motd'] == 'Welcome.\nvm1\n', 'what a service told is above what the file told'
    mac = guest.vif['address']
    network = yaml.safe_load(found.netplan)['network']
    assert (network['version'], list(network['ethernets'])) == (2, ['eth0'])
    assert network['ethernets']['eth0']['dhcp4'] is True
    assert network['ethernets']['eth0']['match'] == {'macaddress': mac}


def test_cloud_init_is_satisfied_by_the_ec2_tree(boot, tmp_path):
    _instance_uuid, guest, _host = boot()
    found = cloud_init.CloudInit(tmp_path / 'boot', 'Ec2').boot(guest.name, guest.script)
    check(found, 'Ec2')
    assert found.v1['instance_id'] == 'i-00000001'
    assert found.metadata['placement'] == {'availability-zone': 'nova'}
    assert found.metadata['block-device-mapping'] == {'ami': 'vda', 'root': '/dev/vda'}
    assert found.metadata['public-keys'] == {'mykey': KEY}


def test_cloud_init_is_satisfied_by_a_config_drive(lab, guest, values, conf, admin, vendor_file, tmp_path):
    conf.config(group='api', vendordata_jsonfile_path=str(vendor_file))
    instance = objects.Instance.get_by_uuid(admin, guest(**values))
    info = model.NetworkInfo.hydrate(instance.network_info)
    del info[0]['network']['subnets'][0]['meta']['dhcp_server']
    documents = instance_metadata.InstanceMetadata(instance, info, content=[('/etc/injected', b'file of the user')],
                                                   extra_md={'admin_pass': 'secret'})
    configdrive.build(documents.metadata_for_config_drive(), str(tmp_path / 'disk.config'), 'iso9660')
    label, files = test_configdrive.read_iso(tmp_path / 'disk.config')
    alone = lab.namespace('alone')
    alone.ip('link', 'add', 'eth0', 'address', info[0]['address'], 'type', 'veth', 'peer', 'name', 'veth0')
    found = cloud_init.CloudInit(tmp_path / 'boot', 'ConfigDrive', files).boot(alone.name)
    check(found, 'ConfigDrive')
    assert label == 'config-2' and found.v1['instance_id'] == instance.uuid
    assert found.files['var/told/vendor'] == 'vendor data was read'
    assert '/etc/injected' in found.log
    card, = yaml.safe_load(found.netplan)['network']['ethernets'].values()
    assert card['addresses'] == ['10.0.0.3/24'] and card['mtu'] == 1400

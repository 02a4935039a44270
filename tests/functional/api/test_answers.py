# SPDX-License-Identifier: Apache-2.0
"""What can be read, at every microversion with a record of each kind: the schemas of answers are compared with it."""
import pytest
from oslo_utils import uuidutils

from mininova import context
from mininova.api.openstack import api_version_request as versions
from mininova.image import api as image_api
from tests.functional.api import hosts

NEWEST = int(versions.max_api_version().ver_minor)


def walk(client, path, first=1, last=NEWEST):
    """Read a path at all versions that have it."""
    for minor in range(first, last + 1):
        answer = client.get(path, version=f'2.{minor}')
        assert answer.status == 200, (path, minor, answer.body)
        assert all(answer.json.values()), f'{path} at 2.{minor} shows nothing'


# -- hosts ---------------------------------------------------------------------------------


@pytest.fixture
def host(api, cloud):
    """A host with services, a node, a server, a zone; gives (number, uuid) of the node."""
    hosts.add_service('cmp1')
    hosts.add_service('cmp1', binary='nova-network', topic='network', age=3600, disabled_reason='broken')
    hosts.add_service('control', binary='nova-conductor', topic='conductor', disabled=True)
    hosts.add_server(cloud, 'cmp1')
    hosts.add_zone(cloud, 'north', 'cmp1')
    return hosts.add_node(cloud, 'cmp1')


@pytest.mark.parametrize('path', ['/os-services', '/os-availability-zone', '/os-availability-zone/detail'])
def test_services_and_zones(api, host, path):
    walk(api, path)


@pytest.mark.parametrize('path', ['/os-hosts', '/os-hosts/cmp1'])
def test_hosts(api, host, path):
    walk(api, path, last=42)


def test_hypervisors(api, host, monkeypatch):
    monkeypatch.setattr('mininova.compute.rpcapi.ComputeAPI.get_host_uptime', lambda *_arguments: 'up 3 days')
    number, uuid = host
    for query in ('', '?with_servers=1'):
        walk(api, f'/os-hypervisors{query}')
        walk(api, f'/os-hypervisors/detail{query}')
        walk(api, f'/os-hypervisors/{number}{query}', last=52)
        walk(api, f'/os-hypervisors/{uuid}{query}', first=53)
    walk(api, f'/os-hypervisors/{number}/uptime', last=52)
    walk(api, f'/os-hypervisors/{uuid}/uptime', first=53, last=87)
    walk(api, '/os-hypervisors/statistics', last=87)
    walk(api, '/os-hypervisors/cmp1/search', last=52)
    walk(api, '/os-hypervisors/cmp1/servers', last=52)


def test_full_pages_of_hypervisors(api, host):
    for path in ('/os-hypervisors', '/os-hypervisors/detail'):
        walk(api, f'{path}?limit=1')
        assert 'hypervisors_links' in api.get(f'{path}?limit=1', version='2.33').json


def test_aggregates(api, host):
    bare, full = (api.post('/os-aggregates', {'aggregate': asked}).json['aggregate']['id'] for asked in (
        {'name': 'bare'}, {'name': 'ssd', 'availability_zone': 'north'}))
    assert api.post(f'/os-aggregates/{full}/action', {'add_host': {'host': 'cmp1'}}).status == 200
    walk(api, '/os-aggregates')
    walk(api, f'/os-aggregates/{bare}')
    walk(api, f'/os-aggregates/{full}')


# -- what servers are made of --------------------------------------------------------------


def test_flavors(api):
    flavor = {'name': 'private', 'ram': 64, 'vcpus': 1, 'disk': 0, 'id': 'private', 'os-flavor-access:is_public': False}
    assert api.post('/flavors', {'flavor': flavor}).status == 200
    assert api.post('/flavors/private/action', {'addTenantAccess': {'tenant': 'demo'}}).status == 200
    assert api.post('/flavors/private/os-extra_specs', {'extra_specs': {'hw:cpu_policy': 'shared'}}).status == 200
    for path in ('/flavors?is_public=None', '/flavors/detail?is_public=None', '/flavors/private',
                 '/flavors/private/os-flavor-access', '/flavors/private/os-extra_specs',
                 '/flavors/private/os-extra_specs/hw:cpu_policy'):
        walk(api, path)


def test_keypairs(api):
    assert api.post('/os-keypairs', {'keypair': {'name': 'mine'}}).status == 200
    walk(api, '/os-keypairs')
    walk(api, '/os-keypairs?limit=1', first=35)
    walk(api, '/os-keypairs/mine')


def test_images(api):
    image_id = image_api.API().create(context.get_admin_context(), {
        'name': 'cirros', 'visibility': 'public',
        'properties': {'instance_uuid': uuidutils.generate_uuid(), 'auto_disk_config': 'true'}}, data=b'x')['id']
    for path in ('/images', '/images/detail', '/images?limit=1', '/images/detail?limit=1', f'/images/{image_id}'):
        walk(api, path, last=35)
    for path in (f'/images/{image_id}/metadata', f'/images/{image_id}/metadata/auto_disk_config'):
        walk(api, path, last=38)


def test_server_groups(api, cloud):
    rules = {'name': 'apart', 'policy': 'anti-affinity', 'rules': {'max_server_per_host': 3}}
    made = api.post('/os-server-groups', {'server_group': rules}, version='2.64').json['server_group']['id']
    _number, uuid = hosts.add_server(cloud, 'cmp1')
    cloud.insert('instance_group_member', group_id=1, instance_uuid=uuid)
    walk(api, '/os-server-groups')
    walk(api, f'/os-server-groups/{made}')
    assert api.get(f'/os-server-groups/{made}').json['server_group']['members'] == [uuid]
